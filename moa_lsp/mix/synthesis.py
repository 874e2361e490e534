"""What an aggregator is shown of the proposals: each answer once, in a fair order, within bounds.

* Every usable proposal is there; equal ones are one, and it is said how many they were.
* Higher weights come first. Among equal ones the order is drawn from a seed, since models favour
  places: the same run draws the same order.
* No proposal takes room that another needs: each has an equal share, and what one leaves goes to
  the others, by weight. What is cut is said, with its size.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from moa_lsp.mix import limits, select
from moa_lsp.mix.select import Candidate
from moa_lsp.text.lines import split_lines
from moa_lsp.text.tokens import end_of, tokens

LONGEST_NOTE = (
    "16 of 16 proposals said this; uses names that nothing defines; "
    "only the first 10,000 of its 100,000 lines are shown"
)
"""For reckoning the room that notes take."""


@dataclass(frozen=True, slots=True)
class LabelledProposal:
    """One proposal as a prompt shows it.

    Attributes:
        text: code or Markdown, perhaps cut.
        note: what is said about it outside its block, in words of ours alone.
        order: ``Candidate.order`` of the proposal; of equal ones, the preferred one's.
    """

    text: str
    note: str | None = None
    order: int = 0


def shown(
    candidates: Sequence[Candidate],
    seed: str,
    *,
    room: int = limits.MAX_SHOWN_TOKENS,
    faults: Mapping[int, str] = MappingProxyType({}),
) -> list[LabelledProposal]:
    """Lay out proposals for a prompt.

    Args:
        candidates: all usable ones.
        seed: decides the order among equal weights.
        room: tokens for all of them together.
        faults: what checks say, by ``Candidate.order``; the part up to a colon is shown.
    """
    groups = select.classes(candidates)
    rooms = _rooms([tokens(group[0].text) for group in groups], room)
    places = list(range(len(groups)))
    random.Random(seed).shuffle(places)  # noqa: S311  # a fair order, not a secret
    laid: list[tuple[float, int, LabelledProposal]] = []
    for group, place, most in zip(groups, places, rooms, strict=True):
        text, cut = _cut(group[0].text, most)
        # Only our own words: what follows the colon may quote the proposal.
        fault = faults.get(group[0].order, "").partition(":")[0]
        said = (_repeated(len(group), len(candidates)), fault, cut)
        note = "; ".join(each for each in said if each) or None
        laid.append((-group[0].weight, place, LabelledProposal(text, note, group[0].order)))
    return [each for _, _, each in sorted(laid, key=lambda one: one[:2])]


def _rooms(sizes: Sequence[int], room: int) -> list[int]:
    """Share out the room: equal shares first, then what is left, to the first ones first."""
    share = room // max(1, len(sizes))
    granted = [min(size, share) for size in sizes]
    left = room - sum(granted)
    for number, size in enumerate(sizes):
        more = min(size - granted[number], left)
        granted[number] += more
        left -= more
    return granted


def _cut(text: str, most: int) -> tuple[str, str | None]:
    """Keep whole lines from the start, or a part of the first one, and say what is missing."""
    end = end_of(text, most)
    if end >= len(text):
        return text, None
    kept = text[:end]
    whole = "".join(split_lines(kept)[:-1])
    if not whole:
        return kept, f"it is cut off after {end:,} of {len(text):,} characters"
    shown_lines, lines = len(split_lines(whole)) - 1, len(split_lines(text))
    return whole, f"only the first {shown_lines:,} of its {lines:,} lines are shown"


def _repeated(count: int, of: int) -> str | None:
    return f"{count} of {of} proposals said this" if count > 1 else None
