"""Whether an answer that is still being written holds all that will be taken of it.

Pure. Behind its code a model goes on in words, for a third of all characters (docs/extraction.md).
An answer is enough when one closed block stands that the ordered extraction takes, that parses
where it goes, and that the words before it give (``lead``). It is heard further until the words
behind the block explain it; where they do anything else, it is heard to its end. A model that
corrects itself behind its explanation is not heard; how seldom that matters is measured there.
"""

import re
from collections.abc import Iterator

from moa_lsp.answers.choose import said_names
from moa_lsp.answers.compare import similarity
from moa_lsp.answers.extract import extract
from moa_lsp.answers.extraction_target import ExtractionTarget
from moa_lsp.answers.fences import scan
from moa_lsp.answers.final_answer import final_answer
from moa_lsp.answers.lead import gives, is_of_what_was
from moa_lsp.answers.reasoning_formats import CLOSES
from moa_lsp.answers.rejection import RejectedAnswer
from moa_lsp.syntax.gates import parses
from moa_lsp.syntax.languages import akin, by_id
from moa_lsp.syntax.symbols import symbols
from moa_lsp.text.eol import to_lf

_CLOSING = re.compile(r"(?:^|\n)[ \t]*(?:`{3,}|~{3,})[ \t]*\n\s*\Z")
"""A line that may close a block has just come to its end."""

_CODE = (
    r"(?:\w+ )?(?:function|code|implementation|program|solution|method|script|version|class"
    r"|algorithm|approach|`[^`\n]+`(?: function| method)?)(?:,? (?:named )?`[^`\n]*`,?)?"
)
_FAULTY = r"(?:fails|misses|ignores|breaks|loses|lacks|crashes|needs|is|was|has|does|returns)\b"
_EXPLANATIONS = (
    r"\#{1,6} \W*(?:explanation|how|usage|(?:additional )?(?:examples?|tests?)|notes?|key)",
    r"\#{1,6} \W*(?:output|complexity|testing|instruction|overview|important notes)",
    r"(?:\*\*)?(?:explanation|examples?|usage|note|output)",
    r"(?:\*\*)?key (?:improve|change|point|feature)\w*",
    rf"in (?:this|the) {_CODE}(?:(?=[,:])| above)",
    rf"(?:this|the|above) {_CODE},? (?:(?!{_FAULTY})[a-z]+s|\w+ly|first|we|will|can|when called)",
    rf"(?:this|the|above) {_CODE} (?:returns (?:an?|the (?!wrong)\w+)|is (?:an?|the|named))",
    rf"(?:this|the|above) {_CODE} is (?:quite )?(?:simple|straightforward|efficient)",
    rf"(?:this|the|above) {_CODE} has no",
    rf"(?:this|the|above) {_CODE} does(?:n['\u2019]t| not) (?:take|have|need|require) (?:in )?any",
    rf"(?:this|the|above) {_CODE} does (?:the following|exactly)",
    r"this (?:\w+ )?(?:function|code|implementation|program|solution)(?=:)",
    r"(?:this|it) is an? \w+ (?:function|implementation|solution|approach|method|way)",
    r"you can (?:use|call|test|run|then|now)|to (?:use|test|call|run)|(?:for|as an) example",
    r"here(?:'s|\u2019s| is| are) (?:an? )?(?:how|brief|step|explanation|breakdown|some|example)",
    r"it (?:uses|takes|works by)|how (?:it|this|does)|please note|when (?:you|called)",
    rf"the (?:`[^`\n]+`|\w+(?:\(\))?) (?:function|method|class) (?!{_FAULTY})(?:[a-z]+s|\w+ly)",
    r"this (?:works|uses|will (?:output|print|return|create|calculate))",
    r"here, the function|we (?:can simply|(?:just )?(?:use|define|return))",
    r"(?:now, )?let me explain|to explain this code|the idea (?:behind|is)|i hope this helps",
    rf"(?:here(?:'s|\u2019s| is) )?what (?:this|the) {_CODE} does",
    r"(?:please |just )+make sure|now you can",
)
_EXPLAINS = re.compile(rf"(?:{'|'.join(_EXPLANATIONS)})(?=\W)", re.IGNORECASE)
"""Words behind a block that explain it: the model has done with it."""

_RULED = re.compile(r"\A\s*(?:-{3,}\s+|\*{3,}\s+|`{3,}[ \t]*\n\s*)?")
"""Blanks and a line across the page, or a fence that closes what is closed."""

_TELLING_CHARS = 120
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
    said = _RULED.sub("", behind)
    if _EXPLAINS.match(said):
        return True
    return None if "\n" not in said and len(said) < _TELLING_CHARS else False


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
    if is_of_what_was(whole[0].lead):
        return False
    return CLOSES.search(answer) is not None or gives([block.lead for block in blocks])


def _is_whole(code: str, asked: ExtractionTarget) -> bool:
    """Whether code defines what was asked for, or else is the region rewritten."""
    if asked.insertion:
        return asked.name in {symbol.name for symbol in symbols(code, asked.language)}
    said = said_names(code, asked)
    known = {symbol.name for symbol in symbols(asked.region, asked.language)}
    if asked.name in known:
        return asked.name in said
    return known <= said and (bool(known) or similarity(code, asked.region) >= _LIKENESS)
