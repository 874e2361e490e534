"""How likely each next word is, by several indexes together.

Witten and Bell's estimate, order by order: of a context seen ``n`` times with ``d`` different next
words, the share ``n / (n + d)`` is believed and the rest left to the shorter context. At one order
the indexes speak in turn, the last one first of all. What nobody has seen keeps the rest, so the
shares add up to 1 at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from moa_lsp.limits import NGRAM_DOUBT, NGRAM_IGNORED
from moa_lsp.providers.embedded.ngram.index import NOWHERE, Index, Range


@dataclass(frozen=True, slots=True)
class Source:
    """An index to be asked, without the words of one range: those of an older text."""

    index: Index
    without: Range = NOWHERE


@dataclass(slots=True)
class Shares:
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


def next_words(sources: Sequence[Source], context: Sequence[str]) -> Shares:
    """Blend what the indexes know of the words after a context."""
    found = [list(source.index.ranges(context)) for source in sources]
    shares = Shares()
    for order in range(max(map(len, found), default=0), 0, -1):
        for source, ranges in zip(reversed(sources), reversed(found), strict=True):
            if len(ranges) >= order:
                _add(shares, source, *ranges[order - 1])
        if shares.left < NGRAM_IGNORED:
            break
    return shares


def begun(sources: Sequence[Source], context: Sequence[str], typed: str) -> Shares:
    """Blend the same for a word of which the beginning is typed.

    The words that begin so share the whole; where no context had one, they are as likely as they
    are frequent.
    """
    seen = next_words(sources, context)
    shares = Shares({word: part for word, part in seen.of.items() if word.startswith(typed)})
    shares.spaces = seen.spaces
    total = sum(len(source.index) for source in sources) or 1
    unseen = 0.0
    for source in sources:
        for word, count in source.index.beginning(typed):
            shares.of[word] = shares.of.get(word, 0.0) + seen.left * count / total
            unseen += seen.left / total
    whole = sum(shares.of.values()) + unseen
    shares.of = {word: part / whole for word, part in shares.of.items()} if whole else {}
    shares.left = unseen / whole if whole else 1.0
    return shares


def _add(shares: Shares, source: Source, low: int, high: int) -> None:
    """Add what one context says, within the share that is left to it."""
    sequence, spaces, without = source.index.sequence, source.index.spaces, source.without
    counts: dict[int, int] = {}
    gaps: dict[int, int] = {}
    positions = source.index.following(low, high)
    for position in positions:
        if without.start <= position < without.end:
            continue
        number = sequence[position]
        counts[number] = counts.get(number, 0) + 1
        gaps[number] = spaces[position]
    counted = sum(counts.values())
    if not counted:
        return
    times = (high - low) * counted / len(positions)
    believed = times / (times + NGRAM_DOUBT * len(counts))
    scale = shares.left * believed / counted
    for number, count in counts.items():
        word = source.index.words[number]
        shares.of[word] = shares.of.get(word, 0.0) + scale * count
        shares.spaces.setdefault(word, gaps[number])
    shares.left *= 1.0 - believed
