"""Which words follow which contexts: a suffix array over a sequence of words.

The sequence is sorted by what stands *before* each position, read backwards, to ``NGRAM_ORDER``
words. So all positions with the same last word lie side by side, within them those with the same
last two, and looking one word further back narrows a range by two bisections. Nothing is counted
ahead: 13 bytes a word, where tables of counts took ten times as much.

It is sorted a second time by contexts that are alike: names count as one, but for the most common
ones (in any language its keywords, mostly), and so do numbers, and strings. What was never seen
after ``total = price`` is known from ``count = size``.
"""

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from moa_lsp.providers.embedded.ngram.lexer import END, TokenSequence
from moa_lsp.providers.embedded.ngram.limits import NGRAM_ORDER

NGRAM_COMMON = 24
"""Names that are told apart where contexts need only be alike: in most languages its keywords, and
how a method calls its object. With 8 or 32 next words are the same within half a point."""

NGRAM_SAMPLE = 64
"""Places of one context that are counted; of more an even sample tells the frequent words."""


@dataclass(frozen=True, slots=True)
class SequenceRange:
    """Places in a sequence, from ``start`` to before ``end``."""

    start: int
    end: int


NOWHERE = SequenceRange(0, 0)


@dataclass(frozen=True, slots=True)
class SequencePositions:
    """Positions that lie side by side in an order: what follows one context."""

    order: "array[int]"
    low: int
    high: int

    def __len__(self) -> int:
        return self.high - self.low

    def some(self) -> "array[int]":
        """All of a short range, else an even sample."""
        return self.order[self.low : self.high : -(-len(self) // NGRAM_SAMPLE)]


@dataclass(frozen=True)
class SequenceIndex:
    """A sequence of words that can be looked into.

    Attributes:
        words: every different word, ascending.
        kinds: of each of them: its own number, or that of names, numbers or strings.
        sequence: numbers of words, files one after the other, ``NGRAM_ORDER`` ends before each.
        spaces: columns before each.
        order: the positions of words in the sequence, sorted by what stands before them.
        alike: the same, sorted by the kinds of what stands before them.
        files: where each file stands in the sequence.
    """

    words: Sequence[str]
    kinds: "array[int]"
    sequence: "array[int]"
    spaces: bytes
    order: "array[int]"
    alike: "array[int]"
    files: Mapping[str, SequenceRange] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.order)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The place of each word among ``words``."""
        return {word: number for number, word in enumerate(self.words)}

    @cached_property
    def counts(self) -> Counter[int]:
        """How often each word is there, by number."""
        return Counter(self.sequence)

    def after(self, context: Sequence[str]) -> Iterator[SequencePositions]:
        """Yield what follows the last word of a context, the last two, and so on."""
        sequence = self.sequence
        numbers = map(self.numbers.get, reversed(context[-NGRAM_ORDER:]))
        return _narrowed(self.order, numbers, sequence.__getitem__)

    def after_alike(self, context: Sequence[str]) -> Iterator[SequencePositions]:
        """Yield what follows contexts like it: of one word, of two, and so on."""
        sequence, kinds = self.sequence, self.kinds
        asked = map(self._kind, reversed(context[-NGRAM_ORDER:]))
        return _narrowed(self.alike, asked, lambda position: kinds[sequence[position]])

    def _kind(self, word: str) -> int | None:
        number = self.numbers.get(word)
        return _kind(word, len(self.words)) if number is None else self.kinds[number]

    def numbered(self, typed: str) -> range:
        """The numbers of the words that begin so."""
        length = len(typed)

        def head(word: str) -> str:
            return word[:length]

        low = bisect_left(self.words, typed)
        return range(low, bisect_right(self.words, typed, low, key=head))

    def beginning(self, typed: str) -> list[tuple[str, int]]:
        """Every word that begins so, with how often it is there."""
        return [(self.words[number], self.counts[number]) for number in self.numbered(typed)]


def build(files: Iterable[tuple[str, TokenSequence]]) -> SequenceIndex:
    """Index the words of files, by name."""
    sequence: list[str] = []
    spaces = bytearray()
    places: list[int] = []
    ranges: dict[str, SequenceRange] = {}
    for name, file in files:
        sequence += [END] * NGRAM_ORDER
        spaces += bytes(NGRAM_ORDER)
        ranges[name] = SequenceRange(len(sequence), len(sequence) + len(file.words))
        places += range(ranges[name].start, ranges[name].end)
        sequence += file.words
        spaces += file.spaces
    words = sorted({*sequence, END})
    numbers = {word: number for number, word in enumerate(words)}
    coded = array("I", map(numbers.__getitem__, sequence))
    kinds = _kinds(words, Counter(coded))
    alike = array("I", map(kinds.__getitem__, coded))
    order, order_alike = _sorted(coded, places), _sorted(alike, places)
    return SequenceIndex(words, kinds, coded, bytes(spaces), order, order_alike, ranges)


def _kinds(words: Sequence[str], counts: Counter[int]) -> "array[int]":
    """The kind of each word, by number."""
    kinds = array("I", range(len(words)))
    common = 0
    for number, count in counts.most_common():
        kind = _kind(words[number], len(words))
        if kind == len(words) and count > 1 and common < NGRAM_COMMON:
            common += 1
        elif kind is not None:
            kinds[number] = kind
    return kinds


def _kind(word: str, names: int) -> int | None:
    """The number of names, one more for numbers, two for strings; ``None`` for other words."""
    if word[-1] in _QUOTES:
        return names + 2
    if word[0].isdigit():
        return names + 1
    return names if word[0].isalpha() or word[0] == "_" else None


_QUOTES = ('"', "'", "`")


def _narrowed(
    order: "array[int]", asked: Iterable[int | None], at: Callable[[int], int]
) -> Iterator[SequencePositions]:
    """Yield the places that have the first asked number just before them, the first two, ….

    Args:
        order: positions, sorted by what stands before them.
        asked: the numbers, from the nearest on; ``None`` for one that is nowhere.
        at: the number at a position.
    """
    low, high = 0, len(order)
    for back, number in enumerate(asked, 1):
        if number is None:
            return

        def before(position: int, back: int = back) -> int:
            return at(position - back)

        low = bisect_left(order, number, low, high, key=before)
        high = bisect_right(order, number, low, high, key=before)
        if low == high:
            return
        yield SequencePositions(order, low, high)


def _sorted(coded: "array[int]", places: list[int]) -> "array[int]":
    """Sort places by the numbers before them: as bytes, since those compare in C."""
    backwards = coded[::-1]
    if sys.byteorder == "little":
        backwards.byteswap()
    raw = backwards.tobytes()
    width, depth = backwards.itemsize, backwards.itemsize * NGRAM_ORDER
    length = len(coded)
    keys = [raw[(length - place) * width : (length - place) * width + depth] for place in places]
    return array("I", (places[each] for each in sorted(range(len(keys)), key=keys.__getitem__)))
