"""From a model's answer to the text for the region: an ordered list of steps.

Every step either mends what it is sure of, and says so in a note, or rejects the answer with a
reason. Nothing is guessed: a wrong edit costs more than a lost proposal. Inside, line endings are
LF; the result has the document's. The result's edges are the region's: its leading and trailing
blank lines, and no final ending. An insertion comes back without blank lines at its edges and
without a final ending, indented for a line start between `before` and `after`.
"""

from collections.abc import Iterable, Sequence

from moa_lsp.answers import artifacts
from moa_lsp.answers.choose import choose, unfenced
from moa_lsp.answers.damage import damage
from moa_lsp.answers.echo import RegionContext, cut
from moa_lsp.answers.extraction_target import Extraction, ExtractionTarget
from moa_lsp.answers.fences import FencedBlock, outermost, scan
from moa_lsp.answers.final_answer import final_answer
from moa_lsp.answers.indent import (
    leading,
    level_of_symbol,
    levels,
    moved,
    readings,
    restyled,
    unit_of,
)
from moa_lsp.answers.markers import with_fences, without_numbers, without_tags
from moa_lsp.answers.nested_fences import document_text, has_fences, whole_block
from moa_lsp.answers.original import Original
from moa_lsp.answers.rejection import RejectedAnswer, Rejection
from moa_lsp.syntax.gates import parses, stands_alone
from moa_lsp.syntax.languages import akin, by_id
from moa_lsp.syntax.symbols import symbols
from moa_lsp.text.eol import convert, dominant

__all__ = ["Extraction", "ExtractionTarget", "extract", "markdown"]

_UNFINISHED = {
    "length": Rejection("truncated", "cut off at the length limit"),
    "refused": Rejection("refused", "refused by the model or a filter"),
    "unknown": Rejection("truncated", "the provider did not say that the answer is complete"),
}
_INCOMPLETE = Rejection("truncated", "the answer is not complete")
NO_CHANGE = Rejection("no_change", "no change")
"""An answer that says what stands there already."""

EMPTY = Rejection("empty", "the answer is empty")
UNCLOSED = Rejection("unclosed", "the code fence is not closed, so the code may be cut off")

_BOM = "\ufeff"


def extract(answer: str, finish: str, asked: ExtractionTarget) -> Extraction:
    """Take the text for the region from a model's answer.

    Args:
        answer: what the model wrote.
        finish: why it ended; anything but ``stop`` is rejected.
        asked: the place it is for.
    """
    if finish != "stop":
        return none(_UNFINISHED.get(finish, _INCOMPLETE))
    notes: list[str] = []
    try:
        code = _extract(answer, asked.in_lf(), notes)
    except RejectedAnswer as rejected:
        return none(rejected.rejection, tuple(notes))
    code = convert(code, dominant(asked.document))
    if code == asked.region:
        return none(NO_CHANGE, tuple(notes))
    return Extraction(code, None, tuple(notes))


def none(why: Rejection, notes: tuple[str, ...] = ()) -> Extraction:
    """Nothing was taken."""
    return Extraction(None, why.reason, notes, why.category)


def markdown(answer: str, finish: str, document: str = "") -> Extraction:
    """Take a Markdown document from an answer: all of it but reasoning and control tokens.

    An answer cut off at its length limit is still worth reading and is kept with a note.

    Args:
        answer: what the model wrote.
        finish: why it ended.
        document: what it is about; its own text is never taken for a marker.
    """
    if finish == "refused":
        return none(_UNFINISHED[finish])
    try:
        readable = with_fences(final_answer(answer, document))
        text = _clean(artifacts.document(readable), []).strip("\n").rstrip()
    except RejectedAnswer as rejected:
        return none(rejected.rejection)
    if not text.strip():
        return none(EMPTY)
    block = outermost(text) or next(iter(scan(text)), None)
    if block is not None and block.language == "markdown" and block.closed:
        lines = text.split("\n")
        if not block.lead.strip() and lines[-1].strip()[:3] in {"```", "~~~"}:
            text = block.code.strip("\n")
    return Extraction(text, None, (_UNFINISHED[finish].reason,) if finish == "length" else ())


def _extract(answer: str, asked: ExtractionTarget, notes: list[str]) -> str:
    text = with_fences(final_answer(answer, asked.document))
    if not text.strip():
        raise RejectedAnswer(EMPTY.category, EMPTY.reason)
    original = Original(asked.document, asked.region, asked.language)
    wrapped = artifacts.opened(text, original)
    text = _clean(wrapped, notes)
    blocks = scan(text)
    if blocks:
        code = _fenced(text, blocks, asked, notes)
    elif wrapped.notes:
        code = text
    else:
        code = unfenced(text, asked)
        notes.append("there was no code fence")
    code = "\n".join(_unmarked(code, asked, notes))
    lines = _clean(artifacts.cleaned(code, original), notes).split("\n")
    broken = damage("\n".join(lines), asked.document, asked.region, asked.language)
    if broken is not None:
        raise RejectedAnswer(broken.category, broken.reason)
    lines = _cut(lines, asked, notes)
    if _repeats_header(lines, asked.region):
        raise RejectedAnswer("echo", "says its first line twice")
    return _fit(lines, asked, notes)


def _fenced(
    text: str, blocks: Sequence[FencedBlock], asked: ExtractionTarget, notes: list[str]
) -> str:
    """The code of an answer with at least one fence."""
    if has_fences(asked.language):
        document = document_text(text, blocks, asked)
        if document is not None:
            return document
    elif _fences_are_code(text, blocks, asked):
        notes.append("there was no code fence")
        return unfenced(text, asked)  # its fences lie in a docstring or a string
    elif (whole := whole_block(text, blocks, asked)) is not None:
        blocks = [whole]
    block = choose(blocks, asked)
    if len(blocks) > 1:
        notes.append(f"took code block {blocks.index(block) + 1} of {len(blocks)}")
    if not block.closed:
        # No look at the code excuses it: what parses and ends as the region does may go on.
        raise RejectedAnswer(
            "unclosed", "the code fence is not closed, so the code may be cut off"
        )
    return block.code


def _fences_are_code(text: str, blocks: Sequence[FencedBlock], asked: ExtractionTarget) -> bool:
    """Whether a text is code as a whole, its fences part of a docstring or a string.

    In JavaScript words before a fence parse as well, as a label and a template string; a fence
    that names the language of the document is one of Markdown.
    """
    first = blocks[0]
    named = first.language is not None and akin(first.language, asked.language)
    if named or not first.lead.strip() or not _has_grammar(asked):
        return False
    return stands_alone(text, asked.language)


def _has_grammar(asked: ExtractionTarget) -> bool:
    language = by_id(asked.language)
    return language is not None and language.has_grammar


def _clean(found: artifacts.CleanText, notes: list[str]) -> str:
    """The text without artifacts, and what was mended among the notes."""
    notes += [note for note in found.notes if note not in notes]
    if found.rejection is not None:
        raise RejectedAnswer(found.rejection.category, found.rejection.reason)
    return found.text


def _repeats_header(lines: Sequence[str], region: str) -> bool:
    """Whether the line that opens a block stands there twice: moved in, the second would parse."""

    def twice(of: Iterable[str]) -> bool:
        first, second = [*[line.strip() for line in of if line.strip()][:2], "", ""][:2]
        return first == second and first.endswith((":", "{"))

    return twice(lines) and not twice(region.split("\n"))


def _unmarked(code: str, asked: ExtractionTarget, notes: list[str]) -> list[str]:
    given = code.removeprefix(_BOM).split("\n")
    lines = without_tags(given, asked.region)
    if lines is not given:
        notes.append("took the prompt's own tags off")
    unnumbered = without_numbers(lines, asked.region)
    if unnumbered is not lines:
        notes.append("took line numbers off")
    return unnumbered


def _cut(lines: list[str], asked: ExtractionTarget, notes: list[str]) -> list[str]:
    left = cut(
        lines,
        RegionContext(
            asked.before.split("\n"),
            [] if asked.insertion else asked.region.split("\n"),
            asked.after.split("\n"),
        ),
    )
    if left.rejection is not None:
        raise RejectedAnswer(left.rejection.category, left.rejection.reason)
    notes.extend(left.notes)
    if asked.name is not None and not asked.insertion:
        _check_scope("\n".join(left.lines), asked, asked.name)
    return left.lines


def _check_scope(code: str, asked: ExtractionTarget, name: str) -> None:
    """Reject the whole of a function where the region is only a part of it."""

    def defined(text: str) -> bool:
        return any(symbol.name == name for symbol in symbols(text, asked.language))

    if defined(code) and not defined(asked.region) and defined(asked.document):
        raise RejectedAnswer(
            "wrong_scope", f"holds all of {name} where a part of it was asked for"
        )


def _fit(lines: Sequence[str], asked: ExtractionTarget, notes: list[str]) -> str:
    """Give the lines the indentation and the edges of their place."""
    body = _trimmed(lines)
    if not body:
        raise RejectedAnswer("empty", "the code block is empty")
    document = asked.document.split("\n")
    styled = restyled(body, document)
    ways = _insertions(styled, asked) if asked.insertion else _replacements(styled, asked)
    fitted = _first_that_parses([_edged(way, asked) for way in ways], asked)
    if fitted != _edged(body, asked):
        notes.append("changed the indentation to fit")
    return fitted


def _first_that_parses(ways: Sequence[str], asked: ExtractionTarget) -> str:
    distinct = list(dict.fromkeys(ways))
    if len(distinct) == 1:
        return distinct[0]
    before = asked.document
    for way in distinct:
        if parses(before, asked.placed(way), asked.language, asked.region, way).ok:
            return way
    return distinct[0]


def _replacements(lines: list[str], asked: ExtractionTarget) -> Iterable[Sequence[str]]:
    return readings(lines, asked.region.split("\n"), asked.language)


def _insertions(lines: list[str], asked: ExtractionTarget) -> Iterable[Sequence[str]]:
    before, after = asked.before.split("\n"), asked.after.split("\n")
    own = min((leading(line) for line in lines if line.strip()), key=len)
    wanted = levels(before, after, unit_of([*before, *after]))
    code = "\n".join(lines)
    if asked.name is not None and symbols(code, asked.language):
        beside = level_of_symbol(asked.document, asked.before, asked.language, asked.name)
        if beside is not None:
            wanted.insert(0, beside)
    if place := leading(asked.region):
        wanted.insert(0, place)  # the cursor's own depth on a blank line
    if own in wanted and own:
        wanted.insert(0, own)  # the model saw the place and chose this depth
    for level in dict.fromkeys([*wanted, own]):
        yield moved(lines, own, level, frozenset())


def _trimmed(lines: Sequence[str]) -> list[str]:
    filled = [index for index, line in enumerate(lines) if line.strip()]
    return list(lines[filled[0] : filled[-1] + 1]) if filled else []


def _edged(lines: Sequence[str], asked: ExtractionTarget) -> str:
    """The lines with the region's own blank lines at their ends."""
    if asked.insertion:
        return "\n".join(lines)
    own = asked.region.split("\n")
    filled = [index for index, line in enumerate(own) if line.strip()]
    if not filled:
        return "\n".join(lines)
    bom = _BOM if asked.region.startswith(_BOM) else ""
    return bom + "\n".join([*own[: filled[0]], *lines, *own[filled[-1] + 1 :]])
