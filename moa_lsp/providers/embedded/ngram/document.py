"""A document as it was when it was last read whole, and what stands before a cursor in it now.

Reading a long document takes tens of milliseconds, a keystroke may take one: so only what differs
from the last reading, up to the cursor, is read at a keystroke.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from moa_lsp.limits import NGRAM_FRESH_CHARS, NGRAM_ORDER
from moa_lsp.providers.embedded.ngram.blend import Source
from moa_lsp.providers.embedded.ngram.index import Index, Range, build
from moa_lsp.providers.embedded.ngram.lexer import Break, Inside, Lexed, lex

_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """What stands before a cursor.

    Attributes:
        context: the last words, without the one that is being typed.
        typed: the beginning of that one, ``""`` between two words.
        inside: what the cursor is inside of.
        fresh: what is new before the cursor, without what the document's own index has of it.
    """

    context: tuple[str, ...]
    typed: str
    inside: Inside
    fresh: Source


@dataclass(frozen=True, slots=True)
class Document:
    """A text, its words and their index."""

    text: str
    language: str
    lexed: Lexed
    index: Index

    def place(self, text: str, cursor: int) -> Place | None:
        """Say what stands before a cursor in a later text; ``None`` if too much is new."""
        known = min(_common(self.text, text), cursor)
        breaks = self.lexed.breaks
        at = bisect_right(breaks, known, key=lambda each: each.start) - 1
        # The break just before may itself have grown: begin at the one before that.
        one = breaks[at - 1] if at > 0 else Break(0, 0, (0,))
        start, count = one.start, one.count
        old = breaks[at].count - count if at >= 0 else 0
        if cursor - start > NGRAM_FRESH_CHARS:
            return None
        fresh = lex(text[start:cursor], self.language, indents=one.indents)
        if fresh.typed and fresh.words[-1:] == [fresh.typed]:
            del fresh.words[-1], fresh.spaces[-1]  # half a word is none
        words = fresh.words
        before = self.lexed.words[max(0, count - NGRAM_ORDER) : count]
        return Place(
            tuple([*before, *words][-NGRAM_ORDER:]),
            fresh.typed,
            fresh.inside,
            Source(build([("", fresh)]), Range(NGRAM_ORDER, NGRAM_ORDER + old)),
        )


def read(text: str, language: str, secret: Callable[[str], bool]) -> Document:
    """Read a document whole."""
    lexed = lex(text, language, secret)
    return Document(text, language, lexed, build([("", lexed)]))


def _common(one: str, other: str) -> int:
    """The length of the common beginning of two texts."""
    start = 0
    while one[start : start + _CHUNK] == other[start : start + _CHUNK]:
        if start >= len(one):
            return len(one)
        start += _CHUNK
    low, high = start, min(start + _CHUNK, len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[start:middle] == other[start:middle]:
            low = middle
        else:
            high = middle - 1
    return low
