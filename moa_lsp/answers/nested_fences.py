"""Which fence ends the answer where the text that was asked for has fences of its own.

Documents in Markdown, docstrings and strings hold fences, and models wrap them in three backticks
all the same. By CommonMark the first inner fence then ends the block, and what was taken would be
a part of the answer. Here all readings of such an answer are compared with what was asked for; a
part is never taken for the whole: in doubt there is no answer.
"""

import re
from collections.abc import Sequence

from moa_lsp.answers.choose import fits
from moa_lsp.answers.compare import similarity
from moa_lsp.answers.extraction_target import ExtractionTarget
from moa_lsp.answers.fences import FencedBlock, outermost
from moa_lsp.answers.rejection import RejectedAnswer, Rejection
from moa_lsp.syntax.languages import akin, by_id

FENCES_ARE_TEXT = frozenset({"mdx", "quarto", "rmd", "asciidoc", "restructuredtext"})
"""Languages besides Markdown in which a fence is part of the text."""

DOUBTFUL = Rejection(
    "doubtful", "it is in doubt which fence ends the answer, since the text has fences of its own"
)

_MARGIN = 0.05
"""How much more like the region one reading must be than another with as many fences."""

_LIKENESS = 0.35
"""From here on a block in another language is taken for the region rewritten."""

_FENCE_LINE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[^`\n]*$", re.MULTILINE)
_WORDS = re.compile(r"\w[.:!?][*_)]*[ \t]*$|^[ \t]*(?:[A-Z]\w*[ ,]+)?(?:[\w']+ ){3}", re.MULTILINE)
"""A line of words, as stands before a second block."""

_TALK = re.compile(
    r"\s*(?:Here(?:'s|\u2019s| is| are)|Sure|Certainly|Of course|Below is"
    r"|The (?:updated|new|revised))\b[^\n]*:[ \t]*\n[ \t]*\n"
)


def has_fences(language: str) -> bool:
    """Whether a fence is part of the text of documents in a language."""
    return language in FENCES_ARE_TEXT or akin(language, "markdown")


def whole_block(
    text: str, blocks: Sequence[FencedBlock], asked: ExtractionTarget
) -> FencedBlock | None:
    """The block from the first fence to the last, where code with fences of its own is meant.

    Args:
        text: the answer.
        blocks: as ``fences.scan`` reads it.
        asked: a place in a language in which fences are no part of the syntax.

    Returns:
        ``None`` where the answer reads as it is scanned.

    Raises:
        Rejected: what stands between two blocks is not words, so they may be parts of one.
    """
    whole = outermost(text)
    if whole is None or not blocks:
        return None
    language = by_id(asked.language)
    if language is not None and language.has_grammar:
        if whole.language is not None and not akin(whole.language, asked.language):
            return None  # the first block holds something else, however well its text would fit
        return whole if not fits(blocks[0].code, asked) and fits(whole.code, asked) else None
    own = _fences(asked.region)
    if own and _fences(whole.code) == own != _fences(blocks[0].code):
        return whole
    rest = blocks[1:]
    if rest and all(not block.info and not _WORDS.search(block.lead) for block in rest):
        raise RejectedAnswer(DOUBTFUL.category, DOUBTFUL.reason)
    return None


def document_text(text: str, blocks: Sequence[FencedBlock], asked: ExtractionTarget) -> str | None:
    """The new text for a region of a document that may hold fences.

    Args:
        text: the answer.
        blocks: as ``fences.scan`` reads it, at least one.
        asked: the place.

    Returns:
        ``None`` where the answer has one reading alone.

    Raises:
        Rejected: it is in doubt which reading is meant.
    """
    readings = _readings(text, blocks, asked)
    if asked.insertion:
        labelled = [block for block in blocks if _labelled(block, asked)]
        if len(blocks) > 1 and (not labelled or outermost(text) is not None):
            raise RejectedAnswer(DOUBTFUL.category, DOUBTFUL.reason)
        return None
    if len(readings) == 1 and len(blocks) == 1:
        return None
    own = _fences(asked.region)
    alike = [reading for reading in readings if _fences(reading) == own]
    ranked = sorted(
        ((similarity(reading, asked.region), reading) for reading in alike), reverse=True
    )
    if not ranked or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _MARGIN):
        raise RejectedAnswer(DOUBTFUL.category, DOUBTFUL.reason)
    likeness, best = ranked[0]
    by_block = next((block for block in blocks if block.code == best), None)
    if by_block is not None and not _labelled(by_block, asked) and likeness < _LIKENESS:
        raise RejectedAnswer(DOUBTFUL.category, DOUBTFUL.reason)
    if by_block is not None and _cut_short(text, by_block, asked):
        raise RejectedAnswer(DOUBTFUL.category, DOUBTFUL.reason)
    return best


def _readings(text: str, blocks: Sequence[FencedBlock], asked: ExtractionTarget) -> list[str]:
    """What the answer may mean: all of it, all between two fences, or one block."""
    whole = outermost(text)
    found = [] if whole is None else [whole.code]
    found += [block.code for block in blocks if block.closed and block.code.strip()]
    if not any(_labelled(block, asked) and block.info for block in blocks):
        talk = _TALK.match(text)
        bare = text[talk.end() :] if talk and talk[0].strip() not in asked.region else text
        found.append(bare.strip("\n"))
    return list(dict.fromkeys(found))


def _cut_short(text: str, block: FencedBlock, asked: ExtractionTarget) -> bool:
    """Whether a block is the start of a longer one: it is the first, and says it is the document.

    A second block without a name behind it may be the rest of the text.
    """
    whole = outermost(text)
    return (
        whole is not None and whole.code.startswith(f"{block.code}\n") and _labelled(block, asked)
    )


def _labelled(block: FencedBlock, asked: ExtractionTarget) -> bool:
    """Whether a block's fence names the document's language, or none."""
    return not block.info or (block.language is not None and akin(block.language, asked.language))


def _fences(text: str) -> int:
    return len(_FENCE_LINE.findall(text))
