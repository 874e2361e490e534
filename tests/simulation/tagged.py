"""A buffer in which every character has an identity, so that a place is known without any offset.

Nothing of our rebasing is used: where a target is now is where its characters are now.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

from tests.fakes.buffer import Buffer

_tags = count(1)


def fresh(number: int) -> list[int]:
    """Identities that no character has had."""
    return list(islice(_tags, number))


def shared_start(one: str, other: str) -> int:
    """How many first characters are equal."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


@dataclass(frozen=True)
class Undo:
    """What takes one change back: the characters that were replaced, and themselves."""

    start: int
    length: int
    text: str
    tags: list[int]


class Tagged(Buffer):
    """An open document of the editor.

    Attributes:
        tags: one identity a character.
        past: what can be undone, the last change last.
        tracked: the places that are watched.
        applying: an edit of the server is going in, so nobody is typing.
    """

    def __init__(self, uri: str, text: str, encoding: str, version: int = 1) -> None:
        super().__init__(uri, text, encoding, version)
        self.tags = fresh(len(text))
        self.past: list[Undo] = []
        self.tracked: list[Place] = []
        self.applying = False

    def splice(self, start: int, end: int, new: str, tags: list[int] | None = None) -> None:
        if not self.applying:
            for place in self.tracked:
                place.typed(self, start, end, new)
        was = Undo(start, len(new), self.text[start:end], self.tags[start:end])
        super().splice(start, end, new)
        self.tags[start:end] = fresh(len(new)) if tags is None else tags
        self.past.append(was)

    def edit(self, start: int, end: int, new: str, *, beyond: int = 0) -> dict[str, Any]:
        """Replace a stretch; one content change, whose end may lie ``beyond`` its line's end."""
        where = self.range(start, end)
        where["end"]["character"] += beyond
        self.splice(start, end, new)
        return {"range": where, "text": new}

    def retype(self, start: int, end: int, new: str) -> None:
        """Replace a stretch of which only the text will be told: what stays equal at its ends
        stays itself, since nobody can tell it from what was there.
        """
        old = self.text[start:end]
        head = shared_start(old, new)
        tail = shared_start(old[head:][::-1], new[head:][::-1])
        spans = list(self._slides(start + head, end - tail, new[head : len(new) - tail]))
        whole = [each for each in spans if all(p.survives(self, *each) for p in self.tracked)]
        self.splice(*(whole or spans)[0])

    def _slides(self, start: int, end: int, new: str) -> Iterator[tuple[int, int, str]]:
        """The changes that leave the same text: in "aa" either "a" may be the new one."""
        yield start, end, new
        text = self.text
        if new and start < end:
            return
        left, piece = start, new or text[start:end]
        while left and text[left - 1] == piece[-1:]:
            left, piece = left - 1, piece[-1] + piece[:-1]
            yield left, left + end - start, piece if new else ""
        right, piece = end, new or text[start:end]
        while right < len(text) and text[right] == piece[:1]:
            right, piece = right + 1, piece[1:] + piece[0]
            yield right - (end - start), right, piece if new else ""

    def undo(self) -> dict[str, Any]:
        """Take the last change back; one content change."""
        last = self.past.pop()
        where = self.range(last.start, last.start + last.length)
        self.splice(last.start, last.start + last.length, last.text, last.tags)
        self.past.pop()
        return {"range": where, "text": last.text}

    def can_undo(self) -> bool:
        """Whether the last change can be told as a range: none cuts a CR from its LF."""
        if not self.past:
            return False
        last = self.past[-1]
        return self.is_place(last.start) and self.is_place(last.start + last.length)

    def is_place(self, offset: int) -> bool:
        """Whether the protocol has a position for an offset."""
        return self.text[max(0, offset - 1) : offset + 1] != "\r\n" or offset == 0


@dataclass
class Place:
    """A stretch of a buffer, followed by its characters.

    Attributes:
        inner: identities of its characters.
        left: of the character before it, ``None`` at the start; ``right`` likewise.
        touched: something was typed in it or at its borders, whatever was undone later.
    """

    inner: list[int]
    left: int | None
    right: int | None
    touched: bool = field(default=False)

    @classmethod
    def of(cls, buffer: Tagged, start: int, end: int) -> "Place":
        tags = buffer.tags
        return cls(
            tags[start:end],
            tags[start - 1] if start else None,
            tags[end] if end < len(tags) else None,
        )

    def now(self, buffer: Tagged) -> tuple[int, int] | None:
        """Where it is, or ``None`` if its characters are gone or were parted."""
        tags = buffer.tags
        if self.inner:
            if self.inner[0] not in tags:
                return None
            start = tags.index(self.inner[0])
            end = start + len(self.inner)
            return (start, end) if tags[start:end] == self.inner else None
        if self.left is None:
            start = 0
        elif self.left in tags:
            start = tags.index(self.left) + 1
        else:
            return None
        right = tags[start] if start < len(tags) else None
        return (start, start) if right == self.right else None

    def survives(self, buffer: Tagged, start: int, end: int, _new: str) -> bool:
        """Whether it is still in one piece once a stretch is replaced."""
        now = self.now(buffer)
        if now is None or self.inner:
            return now is None or end <= now[0] or start >= now[1]
        return end < now[0] or start > now[0]

    def typed(self, buffer: Tagged, start: int, end: int, new: str) -> None:
        """Note a change that is about to be made."""
        if start == end and not new:
            return
        now = self.now(buffer)
        if now is None or not (end < now[0] or start > now[1]):
            self.touched = True
