"""Distribution of the token budget of a prompt. Pure arithmetic.

The target and the instruction come first and are never cut. Of what they leave, each part has a
share at most, in the drop order of ``SHARES``; the text around the target has the rest, and all
that others do not need: first what is in the same function or class, then what is outside, three
times as much before as after, since code is read downwards. More tokens never show less.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate

from moa_lsp.actions.view import Part
from moa_lsp.text.tokens import tokens

SHARES: Mapping[Part, float] = {
    "conventions": 0.10,
    "definitions": 0.20,
    "outline": 0.10,
    "snippets": 0.10,
    "file": 0.05,
    "edits": 0.05,
    "reports": 0.02,
    "project": 0.03,
}
"""Of what the target leaves, at most."""

DIAGNOSTICS_SHARE = 0.15
"""The same for what tools said of the target."""

BEFORE = 0.75
"""Of the text around the target, what stands before it."""


def allot(left: int, needs: Mapping[Part, int]) -> tuple[dict[Part, int], int]:
    """Distribute the tokens that the target leaves.

    Args:
        left: tokens.
        needs: tokens that each part could use.

    Returns:
        Tokens of each part, and tokens for the text around the target.
    """
    exact = {part: min(needs.get(part, 0), share * left) for part, share in SHARES.items()}
    around = int(left - sum(exact.values()) + 1e-6)
    return {part: int(tokens_of) for part, tokens_of in exact.items()}, around


def fitting(costs: Sequence[int], room: int) -> int:
    """How many of the first ones fit; the first that does not ends it."""
    return sum(total <= room for total in accumulate(costs))


def around(
    before: Sequence[str], after: Sequence[str], inner: tuple[int, int], room: int
) -> tuple[int, int]:
    """How many lines to show on each side of the target.

    Args:
        before: lines, the nearest first.
        after: lines, the nearest first.
        inner: how many of each are of the function or class that the target lies in.
        room: tokens.
    """
    costs_before = [tokens(line) for line in before]
    costs_after = [tokens(line) for line in after]
    near = sum(costs_before[: inner[0]]), sum(costs_after[: inner[1]])
    far = sum(costs_before) - near[0], sum(costs_after) - near[1]
    if room < sum(near):
        shares = _shared(*near, room)
    else:
        outside = _shared(*far, room - sum(near))
        shares = near[0] + outside[0], near[1] + outside[1]
    return fitting(costs_before, shares[0]), fitting(costs_after, shares[1])


def _shared(before: int, after: int, room: int) -> tuple[int, int]:
    """Distribute room between two sides; what one does not need goes to the other."""
    first = int(room * BEFORE)
    return (
        min(before, max(first, room - after)),
        min(after, max(room - first, room - before)),
    )
