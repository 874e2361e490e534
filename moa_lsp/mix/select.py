"""Choosing among proposals without a model: classes of equal answers, vote, medoid, prior.

Pure functions over proposals in order of preference: highest weight first, then as the mix names
them. ``prior`` is the default for actions by measurement: behind ``verify: [parse]`` it alone
never did worse than the best model. Where that is clearly better, a vote or a medoid costs up to 3
points of 100; a majority (``agreed`` by more than half, else ``prior``) loses in a quarter of the
panels of one set of edits (docs/selection.md).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

SMALLEST_AGREEMENT = 2
"""One proposal agrees with nobody."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One usable proposal as the selectors see it.

    Attributes:
        order: place among the candidates of its run, unique.
        weight: the agent's weight in the mix.
        text: the new text of the target, or Markdown.
        key: equal for equal answers after normalisation.
    """

    order: int
    weight: float
    text: str
    key: str


def by_preference(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Highest weight first; equal weights as the mix names them."""
    return sorted(candidates, key=lambda each: (-each.weight, each.order))


def classes(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """Group equal answers, each class and the classes themselves in order of preference."""
    groups: dict[str, list[Candidate]] = {}
    for candidate in by_preference(candidates):
        groups.setdefault(candidate.key, []).append(candidate)
    return list(groups.values())


def agreed(candidates: Sequence[Candidate], share: float) -> Candidate | None:
    """The preferred member of a class with at least ``share`` of the candidates, if any."""
    if len(candidates) < SMALLEST_AGREEMENT:
        return None
    largest = max(classes(candidates), key=len)
    enough = len(largest) >= SMALLEST_AGREEMENT and len(largest) / len(candidates) >= share
    return largest[0] if enough else None


def prior(candidates: Sequence[Candidate]) -> Candidate:
    """The candidate of the highest weight."""
    return by_preference(candidates)[0]


def vote(candidates: Sequence[Candidate]) -> Candidate:
    """The preferred member of the largest class; ties go to the class of greater weight."""
    # max() keeps the first of equals, and classes() puts the preferred class first.
    return max(classes(candidates), key=lambda each: (len(each), sum(c.weight for c in each)))[0]


def medoid(candidates: Sequence[Candidate], similarity: Callable[[str, str], float]) -> Candidate:
    """The candidate that most of the panel's influence stands near, its own included.

    Influence is 1 for the candidates of the highest weight and 1/n for those that n - 1 others
    outweigh: only the order of weights counts, since measured qualities lie too close together to
    weigh anything as they are. Likeness is squared, so that a text half alike is hardly a witness.

    Args:
        candidates: at least one.
        similarity: 1.0 for equal texts down to 0.0, symmetric.
    """
    ranked = by_preference(candidates)
    influence = [1 / (1 + sum(c.weight > each.weight for c in ranked)) for each in ranked]
    scores = list(influence)
    for i, one in enumerate(ranked):
        for j in range(i):
            other = ranked[j]
            alike = 1.0 if one.key == other.key else similarity(one.text, other.text) ** 2
            scores[i] += alike * influence[j]
            scores[j] += alike * influence[i]
    return ranked[scores.index(max(scores))]
