"""Fenced code blocks of an answer, by CommonMark's rules, grown by what models really write.

A fence ends at a line of the same character, at least as long, with nothing after it. A fence
inside a block that names a language opens a nested block. Any indentation is allowed and taken
off the content where all of it has it; an opening may stand behind a list marker, or at the end of
a line of prose if it names a known language. Text is given and returned with LF line endings.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from moa_lsp.syntax.languages import by_fence

_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<marker>(?:[-*+]|\d{1,9}[.)])[ \t]+)?"
    r"(?P<fence>`{3,}|~{3,})(?P<info>.*)$"
)
_AFTER_PROSE = re.compile(r"^[^`~]*[^`~\s][ \t]*(?P<fence>`{3,})(?P<info>[\w+#-]+)[ \t]*$")
_GLUED_END = re.compile(r"^(?P<code>.*[^`\s])[ \t]*(?P<fence>`{3,})[ \t]*$")

_DEEPEST_END = 3
"""Columns that a closing fence may stand further in than the opening one (CommonMark 4.5)."""

_INFO = re.compile(r"[A-Za-z][\w+#.-]*(?:[ ,:{].*[={:].*)?", re.ASCII)
"""A name, perhaps with attributes."""


@dataclass(frozen=True, slots=True)
class FencedBlock:
    """One fenced block.

    Attributes:
        code: the content without the fences and without the final line ending.
        language: LSP identifier that the info string names, or ``None``.
        info: the info string.
        closed: whether the closing fence was there.
        lead: the text between the block before and this one.
    """

    code: str
    language: str | None
    info: str
    closed: bool
    lead: str = ""


@dataclass(frozen=True, slots=True)
class _FenceOpening:
    fence: str
    info: str
    indent: str


def _opening(line: str) -> _FenceOpening | None:
    if "```" not in line and "~~~" not in line:
        return None
    match = _FENCE.match(line)
    if match is None:
        match = _AFTER_PROSE.match(line)
        if match is None or by_fence(match["info"]) is None:
            return None
        return _FenceOpening(match["fence"], match["info"].strip(), "")
    info = match["info"].strip()
    if match["fence"].startswith("`") and "`" in info:
        return None  # CommonMark: that is inline code
    # The content of a list item is indented as far as the fence after its marker.
    indent = match["indent"] + " " * len(match["marker"] or "")
    return _FenceOpening(match["fence"], info, indent)


def _fence_inside(line: str, opening: _FenceOpening) -> str | None:
    """The info string if `line` is a fence that counts inside a block opened by `opening`."""
    match = _FENCE.match(line)
    if match is None or match["marker"] or not match["fence"].startswith(opening.fence):
        return None
    info: str = match["info"].strip()
    return None if "`" in info else info


def scan(text: str) -> list[FencedBlock]:
    """All fenced blocks of an answer in order; only the last can be unclosed."""
    lines = text.split("\n")
    blocks: list[FencedBlock] = []
    last = 0
    for found in _found(lines):
        lead = "\n".join(lines[last : found.start - 1])
        blocks.append(_block(found.opening, found.content, lead, closed=found.closed))
        last = found.end + 1
    return blocks


def spans(text: str, base: int = 0) -> list[tuple[int, int]]:
    """Where the contents of closed blocks start and end, read from offset `base` on.

    The end of a block whose fence stands on its last line of code is behind that fence.
    """
    lines = text[base:].split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=base))
    return [
        (starts[found.start], max(starts[min(found.end, len(lines))] - 1, starts[found.start]))
        for found in _found(lines)
        if found.closed and found.start < len(lines)
    ]


def outermost(text: str) -> FencedBlock | None:
    """The block from the first fence to the last one, if there are bare fences between the two.

    By CommonMark the first of these ends it; models that wrap a text that has fences of its own
    often mean the last. ``None`` where there is no other reading than that of ``scan``.
    """
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines) if _opening(line) is not None), None)
    opening = None if first is None else _opening(lines[first])
    if first is None or opening is None:
        return None
    bare = [at for at in range(first + 1, len(lines)) if _fence_inside(lines[at], opening) == ""]
    if not bare or bare[-1] <= _end(lines, first + 1, opening):
        return None
    content = lines[first + 1 : bare[-1]]
    return _block(opening, content, "\n".join(lines[:first]), closed=True)


@dataclass(frozen=True, slots=True)
class _FencePair:
    """A block as lines: its content starts at `start`, its closing fence is `end`."""

    opening: _FenceOpening
    start: int
    end: int
    content: list[str]
    closed: bool


def _found(lines: list[str]) -> Iterator[_FencePair]:
    """The blocks of an answer in order."""
    index = 0
    while index < len(lines):
        opening = _opening(lines[index])
        index += 1
        if opening is None:
            continue
        end = _end(lines, index, opening)
        closed = end < len(lines)
        if not closed and (odd := _odd_end(lines, index, opening)) is not None:
            end, closed = odd, True
        content = lines[index:end]
        if not closed and (glued := _glued_end(content, opening)) is not None:
            content, closed = glued, True
        yield _FencePair(opening, index, end, content, closed)
        index = end + 1


def _end(lines: Sequence[str], start: int, opening: _FenceOpening) -> int:
    """Index of the line that closes a block whose content starts at `start`, or past the end.

    A fence that stands much deeper than the opening one is content, as in a docstring, unless no
    other closes the block (CommonMark allows a closing fence three columns).
    """
    strict = _end_within(lines, start, opening, len(opening.indent) + _DEEPEST_END)
    return strict if strict < len(lines) else _end_within(lines, start, opening, None)


def _end_within(
    lines: Sequence[str], start: int, opening: _FenceOpening, depth_limit: int | None
) -> int:
    depth = 0
    for index in range(start, len(lines)):
        info = _fence_inside(lines[index], opening)
        if info is None:
            continue
        margin = len(lines[index]) - len(lines[index].lstrip())
        if depth_limit is not None and margin > depth_limit:
            continue
        if info:
            depth += 1
        elif depth:
            depth -= 1
        else:
            return index
    return len(lines)


def _odd_end(lines: Sequence[str], start: int, opening: _FenceOpening) -> int | None:
    """Index of a closing fence with something behind it that is no info string, if one is there.

    Small models go on talking on the line of the fence, or leave a broken token there.
    """
    for index in range(start, len(lines)):
        info = _fence_inside(lines[index], opening)
        if info and not _INFO.fullmatch(info) and by_fence(info) is None:
            return index
    return None


def _glued_end(content: list[str], opening: _FenceOpening) -> list[str] | None:
    """The content without a closing fence that stands on the last line of code, if one does."""
    last = max((index for index, line in enumerate(content) if line.strip()), default=0)
    match = _GLUED_END.match(content[last]) if content and "```" in content[last] else None
    if match is None or "`" in match["code"] or not match["fence"].startswith(opening.fence):
        return None
    return [*content[:last], match["code"]]


def _block(
    opening: _FenceOpening, content: Sequence[str], lead: str, *, closed: bool
) -> FencedBlock:
    indent = opening.indent
    if indent and all(line.startswith(indent) for line in content if line.strip()):
        content = [line.removeprefix(indent) for line in content]
    return FencedBlock("\n".join(content), by_fence(opening.info), opening.info, closed, lead)
