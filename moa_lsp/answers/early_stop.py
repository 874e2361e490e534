"""Whether an answer that is still being written holds all that will be taken of it.

Pure. Behind its code a model goes on in words, for a third of all characters (docs/extraction.md).
An answer is enough when one closed block stands that the ordered extraction takes, that parses
where it goes, and that nothing before it offers as one of several. Other words before it may be
reasoning whose end is still to come: many chat templates write its opening tag into the prompt. A
model that corrects itself behind such a block is not heard; how seldom that matters is measured
there.
"""

import re
from collections.abc import Iterator

from moa_lsp.answers.choose import NOT_MEANT
from moa_lsp.answers.compare import similarity
from moa_lsp.answers.extract import extract
from moa_lsp.answers.extraction_target import ExtractionTarget
from moa_lsp.answers.fences import scan
from moa_lsp.answers.final_answer import final_answer
from moa_lsp.answers.reasoning_formats import CLOSES
from moa_lsp.answers.rejection import RejectedAnswer
from moa_lsp.syntax.gates import parses
from moa_lsp.syntax.languages import akin, by_id
from moa_lsp.syntax.symbols import symbols
from moa_lsp.text.eol import to_lf

_CLOSING = re.compile(r"(?:^|\n)[ \t]*(?:`{3,}|~{3,})[ \t]*\n\s*\Z")
"""A line that may close a block has just come to its end."""

_GIVES = re.compile(
    r"\W*(?:(?:sure|certainly|of course|absolutely)\b[^\n]*"
    r"|(?:here|below) (?:is|are|it is)\b[^\n]*|here(?:'s|\u2019s) [^\n]*"
    r"|[^\n]*\b(?:following|here is|here(?:'s|\u2019s)|below)\b[^\n]*:"
    r"|the (?:\w+ )?(?:code|function|method|class|version|implementation|solution)\b[^\n]*"
    r"|(?:updated|refactored|fixed|new|final) (?:code|version|function|method|class)\b[^\n]*)",
    re.IGNORECASE,
)
"""Words that give an answer, in one line. Reasoning begins otherwise."""

_TENTATIVE = re.compile(
    r"\b(?:drafts?|sketch|tr(?:y|ies)|attempts?|first|initial(?:ly)?|rough(?:ly)?|naive|maybe"
    r"|perhaps|could|might|would|should|think(?:ing)?|guess|idea|start(?:ing)?|let me|let's|need"
    r"|user|wants?|asks?|so far)\b",
    re.IGNORECASE,
)
"""In such words: it may be a step on the way."""

_DOUBTS = re.compile(
    r"\s*(?:but|wait|hmm+|however|actually|alternatively|or|no|so|that|though|okay|maybe|perhaps"
    r"|i|let me|let's)\b|[^\n]*</",
    re.IGNORECASE,
)
"""Words behind a block of a model that is not done."""

_TELLING_CHARS = 40
"""Behind a block, where no line ends sooner: enough words to tell an explanation from a doubt."""

_REACH = 80
"""Characters at the end of an answer in which a closing line and blanks behind it lie."""

_LIKENESS = 0.5
"""How much like a region without definitions a block must be: what followed would have to be
clearly more like it (``choose``)."""


def may_be_enough(answer: str) -> bool:
    """Whether a closer look is worth it: a block may just have been closed."""
    return _CLOSING.search(answer[-_REACH:]) is not None


def line_ends(known: int, text: str) -> Iterator[int]:
    """Where an answer is to be looked at that has grown from ``known`` characters to ``text``."""
    end = text.find("\n", known)
    while end >= 0:
        if may_be_enough(text[max(0, end + 1 - _REACH) : end + 1]):
            yield end + 1
        end = text.find("\n", end + 1)


def enough(answer: str, asked: ExtractionTarget) -> str | None:
    """The text for the region, when it would be taken whatever followed; else ``None``.

    Args:
        answer: what the model has written so far, up to the end of a line.
        asked: the place it is for.
    """
    target = asked.in_lf()
    if not is_settled(answer, asked):
        return None
    found = extract(answer, "stop", asked).code
    if found is None:
        return None
    placed = target.placed(to_lf(found))
    kept = parses(target.document, placed, asked.language, target.region, to_lf(found))
    return found if kept.ok else None


def is_left(behind: str) -> bool | None:
    """Whether a model has done with a block that is enough, by the first words behind it.

    Args:
        behind: what it has written behind the block so far.

    Returns:
        ``None`` while too little is known; false where it goes on to weigh or correct its code.
    """
    said, newline, _ = behind.lstrip().partition("\n")
    if not newline and len(said) < _TELLING_CHARS:
        return None
    return _DOUBTS.match(said) is None


def is_settled(answer: str, asked: ExtractionTarget) -> bool:
    """Whether one block stands, closed, whole and meant, and others before it are examples."""
    language = by_id(asked.language)
    if language is None or not language.has_grammar:
        return False  # that it is whole cannot be seen
    if not may_be_enough(answer):
        return False
    asked = asked.in_lf()
    try:
        blocks = scan(final_answer(answer, asked.document))
    except RejectedAnswer:
        return False
    whole = [
        block
        for block in blocks
        if (block.language is None or akin(block.language, asked.language))
        and _is_whole(block.code, asked)
    ]
    if len(whole) != 1 or whole[0] is not blocks[-1] or not all(each.closed for each in blocks):
        return False
    if NOT_MEANT.search(whole[0].lead):
        return False
    return CLOSES.search(answer) is not None or _gives(whole[0].lead)


def _gives(lead: str) -> bool:
    """Whether the words before a block, if there are any, give the answer and are no reasoning."""
    said = lead.strip()
    return not said or (_GIVES.fullmatch(said) is not None and not _TENTATIVE.search(said))


def _is_whole(code: str, asked: ExtractionTarget) -> bool:
    """Whether code defines what was asked for, or else is the region rewritten."""
    said = {symbol.name for symbol in symbols(code, asked.language)}
    if asked.insertion:
        return asked.name in said
    known = {symbol.name for symbol in symbols(asked.region, asked.language)}
    if asked.name in known:
        return asked.name in said
    return known <= said and (bool(known) or similarity(code, asked.region) >= _LIKENESS)
