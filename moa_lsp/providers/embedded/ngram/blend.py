"""How likely each next word is, by several indexes together.

Witten and Bell's estimate, order by order: of a context seen ``n`` times with ``d`` different next
words, the share ``n / (n + d)`` is believed and the rest left to the shorter context. At one order
the indexes speak in turn, the last one first of all. Contexts that are only alike are asked before
the last word alone: they say little of names, and most of what stands between them. What nobody
has seen keeps the rest, so the shares add up to 1 at most.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from moa_lsp.providers.embedded.ngram.index import (
    NOWHERE,
    SequenceIndex,
    SequencePositions,
    SequenceRange,
)
from moa_lsp.providers.embedded.ngram.limits import NGRAM_ORDER

NGRAM_DOUBT = 4.0
"""Each different word after a context counts so much against it. Witten and Bell have 1; but a
context and the shorter ones in it are the same evidence, and with 4 shares are nearest to what
comes true (docs/inline-embedded.md)."""

NGRAM_DOUBT_ALIKE = 8.0
"""The same for contexts that are only alike."""

NGRAM_IGNORED = 0.02
"""A share left to shorter contexts that no longer changes what is shown."""


_LONG, _SHORT = range(NGRAM_ORDER, 1, -1), range(1, 0, -1)
"""Words of a context: longer ones first, and the last word alone."""


@dataclass(frozen=True, slots=True)
class IndexSource:
    """An index to be asked, without the words of one range: those of an older text."""

    index: SequenceIndex
    without: SequenceRange = NOWHERE


@dataclass(slots=True)
class WordShares:
    """What may come next.

    Attributes:
        of: the share of each word.
        spaces: columns before it, as in the longest context that had it.
        left: the share of all that no context had.
    """

    of: dict[str, float] = field(default_factory=dict)
    spaces: dict[str, int] = field(default_factory=dict)
    left: float = 1.0

    def likeliest(self) -> tuple[str, float]:
        """The word with the largest share; ends of lines count as one word."""
        best, most, line = "", 0.0, 0.0
        for word, share in self.of.items():
            if word[0] == "\n":
                line += share
            elif share > most:
                best, most = word, share
        return ("\n", line) if line > most else (best, most)


def next_words(sources: Sequence[IndexSource], context: Sequence[str]) -> WordShares:
    """Blend what the indexes know of the words after a context."""
    return _blended(sources, context, [None] * len(sources))


def begun(sources: Sequence[IndexSource], context: Sequence[str], typed: str) -> WordShares:
    """Blend the same for a word of which the beginning is typed.

    Words that begin otherwise count nowhere: of what a context is mostly followed by, little is
    learnt about a word that is none of it. What no context had is left to how frequent it is.
    """
    shares = _blended(sources, context, [source.index.numbered(typed) for source in sources])
    frequent: Counter[str] = Counter()
    for source in sources:
        frequent.update(dict(source.index.beginning(typed)))
    total = frequent.total()
    for word, count in frequent.items():
        share = shares.left * count / (total + len(frequent))
        shares.of[word] = shares.of.get(word, 0.0) + share
    if total:
        shares.left *= len(frequent) / (total + len(frequent))
    return shares


def _blended(
    sources: Sequence[IndexSource], context: Sequence[str], only: Sequence[range | None]
) -> WordShares:
    """Blend, of each index the words of a range of its numbers alone, where one is given."""
    asked = list(zip(reversed(sources), reversed(only), strict=True))
    exact = [list(source.index.after(context)) for source, _ in asked]
    shares = WordShares()
    _speak(shares, asked, exact, _LONG, NGRAM_DOUBT)
    if shares.left >= NGRAM_IGNORED:
        alike = [list(source.index.after_alike(context)) for source, _ in asked]
        _speak(shares, asked, alike, _LONG, NGRAM_DOUBT_ALIKE)
        _speak(shares, asked, exact, _SHORT, NGRAM_DOUBT)
    return shares


def _speak(
    shares: WordShares,
    asked: Sequence[tuple[IndexSource, range | None]],
    found: Sequence[Sequence[SequencePositions]],
    lengths: range,
    doubt: float,
) -> None:
    """Add what the indexes found after contexts of these lengths."""
    for length in lengths:
        for (source, numbers), places in zip(asked, found, strict=True):
            if len(places) >= length:
                _add(shares, source, places[length - 1], numbers, doubt)
        if shares.left < NGRAM_IGNORED:
            return


def _add(
    shares: WordShares,
    source: IndexSource,
    places: SequencePositions,
    only: range | None,
    doubt: float,
) -> None:
    """Add what one context says, within the share that is left to it."""
    sequence, spaces, without = source.index.sequence, source.index.spaces, source.without
    counts: dict[int, int] = {}
    gaps: dict[int, int] = {}
    positions = places.some()
    for position in positions:
        number = sequence[position]
        if without.start <= position < without.end or (only is not None and number not in only):
            continue
        counts[number] = counts.get(number, 0) + 1
        gaps[number] = spaces[position]
    counted = sum(counts.values())
    if not counted:
        return
    times = len(places) * counted / len(positions)
    believed = times / (times + doubt * len(counts))
    scale = shares.left * believed / counted
    for number, count in counts.items():
        word = source.index.words[number]
        shares.of[word] = shares.of.get(word, 0.0) + scale * count
        shares.spaces.setdefault(word, gaps[number])
    shares.left *= 1.0 - believed
