"""What was typed in a document of late, as places whose lines were replaced. Pure.

Kept by the document as it changes, so that nobody compares whole texts: what touches goes
together, what was taken back is gone, and a place is dropped when it outgrows its bound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_EDIT_PLACES = 8
"""Of one document; of more the oldest is forgotten."""

MAX_EDIT_LINES = 40
"""Of one place, before and after: more is a paste, or a file that was formatted anew."""


@dataclass(frozen=True, slots=True)
class EditedLines:
    """Lines that stand where others stood.

    Attributes:
        line: of the first of them now, from 0.
        before: the lines that stood there, with their endings.
        count: how many stand there now.
        at: when the place was last typed in; larger is later, among all documents.
    """

    line: int
    before: tuple[str, ...]
    count: int
    at: int

    @property
    def end(self) -> int:
        """The line behind the last one."""
        return self.line + self.count


class EditHistory:
    """The edited places of one document, the one typed in last at the end."""

    def __init__(self) -> None:
        self._places: list[EditedLines] = []

    def replaced(self, line: int, before: Sequence[str], after: Sequence[str], at: int) -> None:
        """Lines were replaced.

        Args:
            line: of the first one, from 0.
            before: those that stood there.
            after: those that stand there now.
            at: when.
        """
        head = _shared(before, after)
        tail = _shared(before[head:][::-1], after[head:][::-1])
        line, before = line + head, before[head : len(before) - tail]
        count = len(after) - head - tail
        grown, end = count - len(before), line + len(before)
        kept, joined = [], []
        for place in self._places:
            if place.end < line:
                kept.append(place)
            elif place.line > end:
                kept.append(EditedLines(place.line + grown, place.before, place.count, place.at))
            else:
                joined.append(place)
        self._places = kept
        new = _joined(line, before, sorted(joined, key=lambda each: each.line))
        new = EditedLines(new.line, new.before, new.count + grown, at)
        if max(len(new.before), new.count) <= MAX_EDIT_LINES and (new.before or new.count):
            self._places = [*kept, new][-MAX_EDIT_PLACES:]

    def places(self, lines: Sequence[str]) -> list[EditedLines]:
        """Those where another text stands than before, the one typed in last at the end."""
        return [each for each in self._places if each.before != tuple(lines[each.line : each.end])]


def _joined(line: int, before: Sequence[str], touched: Sequence[EditedLines]) -> EditedLines:
    """A change together with the places that it touches, with what stood there before all.

    What lies between them is part of the change, so that its lines are known. ``count`` is that
    of before the change.
    """
    start = min((line, *(each.line for each in touched)))
    end = max((line + len(before), *(each.end for each in touched)))
    found: list[str] = []
    here = start
    for place in touched:
        found += before[max(0, here - line) : max(0, place.line - line)]
        found += place.before
        here = place.end
    found += before[max(0, here - line) :]
    return EditedLines(start, tuple(found), end - start, 0)


def _shared(left: Sequence[str], right: Sequence[str]) -> int:
    """How many leading lines are equal."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(left), len(right)))
