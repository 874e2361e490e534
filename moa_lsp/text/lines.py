r"""Lines and positions as the language server protocol counts them.

Lines end at ``\n``, ``\r\n`` and ``\r`` and nowhere else: ``str.splitlines`` also cuts at form
feed, NEL, U+2028 and others, which puts every later line number off (H7 in docs/faults.md).
Offsets are code points; characters of a position are units of the negotiated encoding. Nothing
here fails on lone surrogates, negative numbers or positions past an end: those are clamped as LSP
says.
"""

import io
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

from moa_lsp.text.span import Span

Encoding = Literal["utf-8", "utf-16", "utf-32"]
"""What ``Position.character`` counts: bytes, 16-bit units or code points."""

_WIDEST = {"utf-8": 4, "utf-16": 2, "utf-32": 1}  # units of the widest code point


class Position(NamedTuple):
    """A place in a text: line and character count from 0, the character in encoding units."""

    line: int
    character: int


def split_lines(text: str) -> list[str]:
    """Cut ``text`` into lines that keep their endings.

    Returns:
        At least one piece; only the last has no ending, and it is ``""`` when the text ends with
        one. Joined they are ``text`` again.
    """
    lines = io.StringIO(text, newline="").readlines()
    if not lines or lines[-1].endswith(("\n", "\r")):
        lines.append("")
    return lines


def content_length(line: str) -> int:
    """Code points of ``line`` before its ending."""
    if line.endswith("\r\n"):
        return len(line) - 2
    return len(line) - line.endswith(("\n", "\r"))


def units(text: str, encoding: Encoding) -> int:
    """How many encoding units ``text`` takes; half a surrogate pair is 1 in utf-16, 3 in utf-8."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def to_column(line: str, character: int, encoding: Encoding) -> int:
    """The offset in ``line`` of a position's character.

    Clamped to 0 and to the line's content; inside a character it is that character's start.
    """
    length = content_length(line)
    if encoding == "utf-32" or line.isascii():
        return max(0, min(character, length))
    column, left, widest = 0, character, _WIDEST[encoding]
    # A stretch of left // widest code points never overshoots, and each round takes a fixed share
    # of what is left: one 10 MB line costs a few encodings instead of a loop over characters.
    while column < length and left > 0:
        stretch = line[column : min(length, column + max(1, left // widest))]
        left -= units(stretch, encoding)
        if left < 0:
            return column
        column += len(stretch)
    return column


def to_character(line: str, column: int, encoding: Encoding) -> int:
    """The position's character of an offset in ``line``, clamped to the line's content."""
    return units(line[: max(0, min(column, content_length(line)))], encoding)


class LineIndex:
    """Positions and offsets of one text that does not change; 8 bytes a line beside the text.

    Args:
        text: the text.
        lines: the pieces of ``split_lines(text)``, where the caller has them at hand.
    """

    __slots__ = ("_starts", "text")

    def __init__(self, text: str, lines: Sequence[str] | None = None) -> None:
        self.text = text
        pieces = io.StringIO(text, newline="") if lines is None else lines
        self._starts = array("Q", accumulate(map(len, pieces), initial=0))
        if lines is None and (not text or text.endswith(("\n", "\r"))):
            self._starts.append(len(text))

    @property
    def line_count(self) -> int:
        """Number of lines: 1 for an empty text."""
        return len(self._starts) - 1

    def line_of(self, offset: int) -> int:
        """The line that ``offset`` lies in; an ending belongs to the line it ends."""
        offset = max(0, min(offset, len(self.text)))
        return bisect_right(self._starts, offset, hi=self.line_count) - 1

    def line_span(self, line: int, *, ending: bool = False) -> Span:
        """Where ``line`` lies, with or without its ending.

        Raises:
            IndexError: there is no such line.
        """
        if not 0 <= line < self.line_count:
            raise IndexError(f"line {line} of {self.line_count}")
        start, end = self._starts[line], self._starts[line + 1]
        if ending:
            return Span(start, end)
        tail = self.text[max(start, end - 2) : end]  # which holds the ending
        return Span(start, end - len(tail) + content_length(tail))

    def position(self, offset: int, encoding: Encoding = "utf-16") -> Position:
        """The position of ``offset``, clamped to the text; inside an ending it is before it."""
        line = self.line_of(offset)
        content = self.line_span(line)
        before = self.text[content.start : max(content.start, min(offset, content.end))]
        return Position(line, units(before, encoding))

    def offset(self, position: Position, encoding: Encoding = "utf-16") -> int:
        """The offset of ``position``: clamped, and never inside a character or a line ending."""
        line, character = position
        if line < 0:
            return 0
        if line >= self.line_count:
            return len(self.text)
        content = self.line_span(line)
        if encoding == "utf-32" or self.text.isascii():
            return max(content.start, min(content.start + character, content.end))
        written = self.text[content.start : content.end]
        return content.start + to_column(written, character, encoding)

    def span(self, start: Position, end: Position, encoding: Encoding = "utf-16") -> Span:
        """The span between two positions, which may come in either order."""
        low, high = sorted((self.offset(start, encoding), self.offset(end, encoding)))
        return Span(low, high)

    def cover(self, span: Span) -> Span:
        """``span`` grown to whole lines, without the last line's ending.

        A selection that ends before the first character of a line, as editors select whole lines,
        does not take that line. So a cover that ends in an empty line is not to be covered
        again: it would lose that line.
        """
        first, last = self.line_of(span.start), self.line_of(span.end)
        if last > first and span.end == self._starts[last]:
            last -= 1
        return Span(self._starts[first], self.line_span(last).end)
