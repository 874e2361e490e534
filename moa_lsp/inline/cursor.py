"""The place of an inline completion: the text around the cursor, and whether to offer there.

Pure. An automatic offer is made where people want one: at the end of what is being written, never
inside a word and never directly after a deletion. An invoked completion is offered anywhere.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from moa_lsp import limits
from moa_lsp.syntax.languages import by_id

INLINE_TAIL_CHARS = 8
"""Right of the cursor, from which on the rest of a line counts as written; llama.vim uses
the same number."""


Trigger = Literal["automatic", "invoked"]

_WORD = re.compile(r"\w+\Z")
_CLOSES = re.compile(r"[\s)\]}>'\"`;:,]*\Z")
"""What may stand right of the cursor while a line is still being written: what editors close."""

_OPENS = (":", "{", "(", "[", "=>", "->", "do", "then", "else", "begin")


@dataclass(frozen=True)
class CursorContext:
    """A cursor in a text.

    Attributes:
        uri: the document's URI.
        text: the whole text, line endings as in the buffer.
        offset: of the cursor, in code points.
        language: LSP language identifier.
    """

    uri: str
    text: str
    offset: int
    language: str

    @cached_property
    def prefix(self) -> str:
        """The text before the cursor."""
        return self.text[: self.offset]

    @cached_property
    def suffix(self) -> str:
        """The text after it."""
        return self.text[self.offset :]

    @cached_property
    def line(self) -> int:
        """The number of the cursor's line, however its lines end."""
        return max(self.text.count(end, 0, self.offset) for end in "\n\r")

    @cached_property
    def head(self) -> str:
        """The cursor's line up to the cursor."""
        start = max(self.text.rfind("\n", 0, self.offset), self.text.rfind("\r", 0, self.offset))
        return self.text[start + 1 : self.offset]

    @cached_property
    def tail(self) -> str:
        """The cursor's line from the cursor on, without its ending."""
        found = re.compile(r"[\r\n]").search(self.text, self.offset)
        return self.text[self.offset : found.start() if found else len(self.text)]

    @cached_property
    def typed(self) -> str:
        """The beginning of a word that ends at the cursor, ``""`` where none does."""
        found = _WORD.search(self.head)
        return found.group() if found else ""

    @property
    def multiline(self) -> bool:
        """Whether more than a line is wanted: on a line of its own, or where a block begins."""
        if self.tail.strip(" \t)]}>;,"):
            return False
        head = self.head.rstrip()
        if not head:
            return True
        return head.endswith(_OPENS) and not self.commented

    def long(self, trigger: Trigger) -> bool:
        """Whether an answer may have several lines: they are wanted, or it was asked for."""
        return self.multiline or trigger == "invoked"

    @property
    def commented(self) -> bool:
        """Whether the line up to the cursor is a comment."""
        known = by_id(self.language)
        marks = (known.line_comment, *(known.block_comment or ())[:1]) if known else ()
        return self.head.lstrip().startswith(tuple(mark for mark in marks if mark))


def unwanted(place: CursorContext, trigger: Trigger, *, deleted: bool = False) -> str | None:
    """Why nothing is to be offered here, ``None`` where something may be.

    Args:
        place: the cursor.
        trigger: automatic offers are made at fewer places.
        deleted: whether the last change took text away.
    """
    if len(place.text) > limits.SELECTION_ONLY_CHARS:
        return "the document is too large"
    if not place.text.strip():
        return "the document is empty"
    return None if trigger == "invoked" else _unasked(place, deleted=deleted)


def _unasked(place: CursorContext, *, deleted: bool) -> str | None:
    """Why nothing is to be offered that nobody asked for."""
    if deleted:
        return "text was just deleted"
    if place.tail[:1].isalnum() or place.tail.startswith("_"):
        return "the cursor is inside a word or before one"
    if len(place.tail.strip()) > INLINE_TAIL_CHARS and not _CLOSES.match(place.tail):
        return "the rest of the line is written already"
    return None
