"""Whether an answer that is still being written holds all that will be taken of it.

Pure. Behind its code a model goes on in words, for a third of all characters (docs/extraction.md).
An answer is enough when one closed block stands that the ordered extraction takes, that parses
where it goes, and that nothing before it offers as one of several. A model that corrects itself
behind such a block is not heard; how seldom that matters is measured there.
"""

import re
from collections.abc import Iterator

from moa_lsp.answers.choose import NOT_MEANT
from moa_lsp.answers.compare import similarity
from moa_lsp.answers.extract import extract
from moa_lsp.answers.extraction_target import ExtractionTarget
from moa_lsp.answers.fences import scan
from moa_lsp.answers.final_answer import final_answer
from moa_lsp.answers.rejection import RejectedAnswer
from moa_lsp.syntax.gates import parses
from moa_lsp.syntax.languages import akin, by_id
from moa_lsp.syntax.symbols import symbols
from moa_lsp.text.eol import to_lf

_CLOSING = re.compile(r"(?:^|\n)[ \t]*(?:`{3,}|~{3,})[ \t]*\n\s*\Z")
"""A line that may close a block has just come to its end."""

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
    if not may_be_enough(answer) or not _is_settled(answer, target):
        return None
    found = extract(answer, "stop", asked).code
    if found is None:
        return None
    placed = target.placed(to_lf(found))
    kept = parses(target.document, placed, asked.language, target.region, to_lf(found))
    return found if kept.ok else None


def _is_settled(answer: str, asked: ExtractionTarget) -> bool:
    """Whether one block stands, closed, whole and meant, and others before it are examples."""
    language = by_id(asked.language)
    if language is None or not language.has_grammar:
        return False  # that it is whole cannot be seen
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
    return NOT_MEANT.search(whole[0].lead) is None


def _is_whole(code: str, asked: ExtractionTarget) -> bool:
    """Whether code defines what was asked for, or else is the region rewritten."""
    said = {symbol.name for symbol in symbols(code, asked.language)}
    if asked.insertion:
        return asked.name in said
    known = {symbol.name for symbol in symbols(asked.region, asked.language)}
    if asked.name in known:
        return asked.name in said
    return known <= said and (bool(known) or similarity(code, asked.region) >= _LIKENESS)
