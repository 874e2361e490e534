"""Which words follow which contexts: a suffix array over a sequence of words.

The sequence is sorted by what stands *before* each position, read backwards, to ``NGRAM_ORDER``
words. So all positions with the same last word lie side by side, within them those with the same
last two, and looking one word further back narrows a range by two bisections. Nothing is counted
ahead: 9 bytes a word, where tables of counts took ten times as much.
"""

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from moa_lsp.limits import NGRAM_ORDER, NGRAM_SAMPLE
from moa_lsp.providers.embedded.ngram.lexer import END, Lexed


@dataclass(frozen=True, slots=True)
class Range:
    """Places in a sequence, from ``start`` to before ``end``."""

    start: int
    end: int


NOWHERE = Range(0, 0)


@dataclass(frozen=True)
class Index:
    """A sequence of words that can be looked into.

    Attributes:
        words: every different word, ascending.
        sequence: numbers of words, files one after the other, ``NGRAM_ORDER`` ends before each.
        spaces: columns before each.
        order: the positions of words in the sequence, sorted by what stands before them.
        files: where each file stands in the sequence.
    """

    words: Sequence[str]
    sequence: "array[int]"
    spaces: bytes
    order: "array[int]"
    files: Mapping[str, Range] = field(default_factory=dict)

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

    def ranges(self, context: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Yield where the last word of a context ends in ``order``, the last two, and so on."""
        low, high = 0, len(self.order)
        sequence, order, numbers = self.sequence, self.order, self.numbers
        for back, word in enumerate(reversed(context[-NGRAM_ORDER:]), 1):
            number = numbers.get(word)
            if number is None:
                return

            def before(position: int, back: int = back) -> int:
                return sequence[position - back]

            low = bisect_left(order, number, low, high, key=before)
            high = bisect_right(order, number, low, high, key=before)
            if low == high:
                return
            yield low, high

    def following(self, low: int, high: int) -> "array[int]":
        """Positions of words after a context: all of a short range, else an even sample."""
        step = -(-(high - low) // NGRAM_SAMPLE)
        return self.order[low:high:step]

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


def build(files: Iterable[tuple[str, Lexed]]) -> Index:
    """Index the words of files, by name."""
    sequence: list[str] = []
    spaces = bytearray()
    places: list[int] = []
    ranges: dict[str, Range] = {}
    for name, file in files:
        sequence += [END] * NGRAM_ORDER
        spaces += bytes(NGRAM_ORDER)
        ranges[name] = Range(len(sequence), len(sequence) + len(file.words))
        places += range(ranges[name].start, ranges[name].end)
        sequence += file.words
        spaces += file.spaces
    words = sorted({*sequence, END})
    numbers = {word: number for number, word in enumerate(words)}
    coded = array("I", map(numbers.__getitem__, sequence))
    return Index(words, coded, bytes(spaces), array("I", _sorted(coded, places)), ranges)


def _sorted(coded: "array[int]", places: list[int]) -> list[int]:
    """Sort places by the words before them: as bytes, since those compare in C."""
    backwards = coded[::-1]
    if sys.byteorder == "little":
        backwards.byteswap()
    raw = backwards.tobytes()
    width, depth = backwards.itemsize, backwards.itemsize * NGRAM_ORDER
    length = len(coded)
    keys = [raw[(length - place) * width : (length - place) * width + depth] for place in places]
    return [places[number] for number in sorted(range(len(keys)), key=keys.__getitem__)]
