"""A document as it was when it was last read whole, and what stands before a cursor in it now.

Reading a long document takes tens of milliseconds, a keystroke may take one: so only what differs
from the last reading, up to the cursor, is read at a keystroke.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

from moa_lsp.providers.embedded.ngram.blend import IndexSource
from moa_lsp.providers.embedded.ngram.index import SequenceIndex, SequenceRange, build
from moa_lsp.providers.embedded.ngram.lexer import Inside, LineBreak, TokenSequence, lex
from moa_lsp.providers.embedded.ngram.limits import NGRAM_ORDER

NGRAM_FRESH_CHARS = 2000
"""Text before the cursor that is newer than a document's index, and is read anew at each
keystroke: 0.5 ms. With more, the index is made anew, in a thread."""


_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class CursorWords:
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
    fresh: IndexSource


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """A text, its words and their index."""

    text: str
    language: str
    lexed: TokenSequence
    index: SequenceIndex

    def place(self, text: str, cursor: int) -> CursorWords | None:
        """Say what stands before a cursor in a later text; ``None`` if too much is new."""
        known = min(_common(self.text, text), cursor)
        breaks = self.lexed.breaks
        at = bisect_right(breaks, known, key=lambda each: each.start) - 1
        # The break just before may itself have grown: begin at the one before that.
        one = breaks[at - 1] if at > 0 else LineBreak(0, 0, (0,))
        start, count = one.start, one.count
        old = breaks[at].count - count if at >= 0 else 0
        if cursor - start > NGRAM_FRESH_CHARS:
            return None
        fresh = lex(text[start:cursor], self.language, indents=one.indents)
        if fresh.typed and fresh.words[-1:] == [fresh.typed]:
            del fresh.words[-1], fresh.spaces[-1]  # half a word is none
        words = fresh.words
        before = self.lexed.words[max(0, count - NGRAM_ORDER) : count]
        return CursorWords(
            tuple([*before, *words][-NGRAM_ORDER:]),
            fresh.typed,
            fresh.inside,
            IndexSource(build([("", fresh)]), SequenceRange(NGRAM_ORDER, NGRAM_ORDER + old)),
        )


def read(text: str, language: str, secret: Callable[[str], bool]) -> IndexedDocument:
    """Read a document whole."""
    lexed = lex(text, language, secret)
    return IndexedDocument(text, language, lexed, build([("", lexed)]))


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
