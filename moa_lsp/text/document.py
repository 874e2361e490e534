r"""The mirror of one open document: kept as lines, changed in place by what the editor sends.

The text is always what a client that splices strings would have, in every encoding and with every
line ending (H7, L17 and L18 in docs/faults.md). A change costs what it touches, not what the
document holds: lines are replaced in one list, the text is joined when someone asks, and offsets
are counted from the nearest known place.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import NamedTuple

from moa_lsp.text.edit_history import EditHistory
from moa_lsp.text.edits import Edit, Span
from moa_lsp.text.lines import (
    Encoding,
    LineIndex,
    Position,
    split_lines,
    to_column,
)
from moa_lsp.text.rebase import carry
from moa_lsp.text.rebase import changes as edits_between


class DocumentChange(NamedTuple):
    """One change of ``didChange``: ``text`` takes the place of ``range``, or of everything."""

    range: tuple[Position, Position] | None
    text: str


class ChangeLog:
    """What happened to a document since the log began.

    Attributes:
        edits: successive edits in code points, each relative to the text left by the one before.
    """

    __slots__ = ("edits",)

    def __init__(self) -> None:
        self.edits: list[Edit] = []


class TrackedPosition:
    """A place that moves along with its document; it keeps no text.

    Attributes:
        span: where it is now, ``None`` once something touched it.
    """

    __slots__ = ("span",)

    def __init__(self, span: Span) -> None:
        self.span: Span | None = span

    def replaced(self, _before: str, _after: str, edits: Iterable[Edit]) -> None:
        """Move along where a whole text was sent; ``edits`` are one reading of what changed."""
        self.note(edits)

    def note(self, edits: Iterable[Edit]) -> None:
        """Move along with successive edits."""
        if self.span is not None:
            self.span = carry(self.span, edits)


class Document:
    """An open document.

    Attributes:
        uri: as the client spells it.
        language: LSP language identifier.
        version: the client's version number, as last received.
        opened: which opening of this URI it is; versions restart when it is opened again.
        history: what was typed of late; ``clock`` counts the changes of all documents.
    """

    def __init__(
        self,
        uri: str,
        text: str,
        language: str = "plaintext",
        version: int | None = None,
        opened: int = 0,
        clock: Iterator[int] | None = None,
    ) -> None:
        self.uri = uri
        self.language = language
        self.version = version
        self.opened = opened
        self.history = EditHistory()
        self._clock = count(1) if clock is None else clock
        self._logs: list[ChangeLog] = []
        self._marks: list[TrackedPosition] = []
        self._text: str | None
        self._index: LineIndex | None
        self._fill(text)

    @property
    def text(self) -> str:
        """The whole text."""
        if self._text is None:
            self._text = "".join(self._lines)
        return self._text

    @property
    def lines(self) -> Sequence[str]:
        """The lines with their endings; a view of now, not to be kept over changes."""
        return self._lines

    @property
    def index(self) -> LineIndex:
        """Positions and offsets of the text as it is now; later changes do not alter it."""
        if self._index is None:
            self._index = LineIndex(self.text, self._lines)
        return self._index

    def __len__(self) -> int:
        """Code points of the text."""
        return self._length

    def offset(self, position: Position, encoding: Encoding = "utf-16") -> int:
        """The offset of ``position``, clamped as ``LineIndex.offset`` does, without an index."""
        line, column = self._place(position, encoding)
        return self._start_of(line) + column

    def record(self) -> ChangeLog:
        """Start recording edits; ``forget`` ends it."""
        log = ChangeLog()
        self._logs.append(log)
        return log

    def forget(self, log: ChangeLog) -> None:
        """Stop recording edits in ``log``, which keeps those it has. Idempotent."""
        self._logs = [kept for kept in self._logs if kept is not log]

    def follow(self, span: Span) -> TrackedPosition:
        """A mark that moves along until something touches it, or it is unfollowed."""
        mark = TrackedPosition(span)
        self.attach(mark)
        return mark

    def attach(self, mark: TrackedPosition) -> None:
        """Move a mark along that was made elsewhere, for the text as it is now."""
        self._marks.append(mark)

    def unfollow(self, mark: TrackedPosition) -> None:
        """Stop moving a mark. Idempotent."""
        self._marks = [kept for kept in self._marks if kept is not mark]

    def apply(
        self, changes: Iterable[DocumentChange], version: int | None, encoding: Encoding = "utf-16"
    ) -> bool:
        """Make the changes of one notification, in order; each sees the text left by the last.

        Positions are clamped and a reversed range is turned round, so no change fails.

        Returns:
            Whether the version grew, as the protocol demands. The changes are made either way:
            messages arrive in order, so a wrong number does not make the text wrong.
        """
        for change in changes:
            if change.range is None:
                self._replace_all(change.text)
            else:
                self._replace(*change.range, change.text, encoding)
        grew = version is not None and (self.version is None or version > self.version)
        self.version = version
        return grew

    def _fill(self, text: str) -> None:
        self._lines = split_lines(text)
        self._length = len(text)
        self._text = text
        self._index = None
        self._anchor = (0, 0)  # a line and its offset: where counting may begin

    def _replace_all(self, text: str) -> None:
        if self._logs or self._marks:
            before, edits = self.text, edits_between(self.text, text)
            for log in self._logs:
                log.edits.extend(edits)
            for mark in self._marks:
                mark.replaced(before, text, edits)
            self._drop_lost()
        lines = split_lines(text)
        self.history.replaced(0, self._lines, lines, next(self._clock))
        self._fill(text)

    def _note(self, edits: list[Edit]) -> None:
        for log in self._logs:
            log.edits.extend(edits)
        for mark in self._marks:
            mark.note(edits)
        self._drop_lost()

    def _drop_lost(self) -> None:
        if any(mark.span is None for mark in self._marks):
            self._marks = [mark for mark in self._marks if mark.span is not None]

    def _place(self, position: Position, encoding: Encoding) -> tuple[int, int]:
        """Line and column (code points) of a position, clamped to the text."""
        line, character = position
        if line < 0:
            return 0, 0
        if line >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        return line, to_column(self._lines[line], character, encoding)

    def _start_of(self, line: int) -> int:
        """Offset of the first character of ``line``, counted from the nearest known place."""
        known = ((0, 0), self._anchor, (len(self._lines), self._length))
        near, start = min(known, key=lambda place: abs(place[0] - line))
        if near <= line:
            start += sum(map(len, self._lines[near:line]))
        else:
            start -= sum(map(len, self._lines[line:near]))
        self._anchor = (line, start)
        return start

    def _replace(self, start: Position, end: Position, text: str, encoding: Encoding) -> None:
        (first, head), (last, tail) = sorted(
            (self._place(start, encoding), self._place(end, encoding))
        )
        if self._logs or self._marks:
            begin = self._start_of(first) + head
            finish = self._start_of(last) + tail
            self._note([Edit(Span(begin, finish), text)])
        piece = self._lines[first][:head] + text + self._lines[last][tail:]
        if piece.startswith("\n") and first and self._lines[first - 1].endswith("\r"):
            first -= 1  # the ending of the line before becomes "\r\n"
            piece = self._lines[first] + piece
        if "\n" not in text and "\r" not in text:
            fresh = [piece]
        else:
            fresh = split_lines(piece)
            if last + 1 < len(self._lines):
                fresh.pop()  # what was left of the last line brought its ending, so this is ""
        self._splice(first, last + 1, fresh, len(piece))

    def _splice(self, first: int, after: int, fresh: list[str], length: int) -> None:
        """Lines ``first`` up to ``after`` become ``fresh``, which has ``length`` code points."""
        replaced = self._lines[first:after]
        self.history.replaced(first, replaced, fresh, next(self._clock))
        grown = length - sum(map(len, replaced))
        line, start = self._anchor
        if line >= after:
            self._anchor = (line + len(fresh) - (after - first), start + grown)
        elif line > first:
            self._anchor = (first, start - sum(map(len, self._lines[first:line])))
        self._lines[first:after] = fresh
        self._length += grown
        self._text = self._index = None
