"""The rules that are compared, each made of the engine's own selectors, and their scores.

Scores and gains are points of 100. An interval is where 95 of 100 gains lie when whole clusters of
like tasks are drawn anew.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from benchmarks.recorded.answers import Answer, Question
from moa_lsp.answers.compare import similarity
from moa_lsp.mix import select
from moa_lsp.mix.select import Candidate

Rule = Callable[[Sequence[Answer]], Answer]

DRAWS = 2000


def _usable(answers: Sequence[Answer]) -> Sequence[Answer]:
    """As the engine: what fails a gate is out; where all fail there is only the first."""
    return [answer for answer in answers if answer.usable] or answers[:1]


def _by(choose: Callable[[Sequence[Candidate]], Candidate]) -> Rule:
    def rule(answers: Sequence[Answer]) -> Answer:
        candidates = [answer.candidate for answer in answers]
        chosen = choose(candidates)
        return next(answer for answer in answers if answer.candidate.order == chosen.order)

    return rule


def _of_usable(rule: Rule) -> Rule:
    return lambda answers: rule(_usable(answers))


def _first_that_parses(answers: Sequence[Answer]) -> Answer:
    return next((answer for answer in answers if answer.parses), answers[0])


def _agreed(candidates: Sequence[Candidate]) -> Candidate:
    """The aggregator ``[{agree: …}, {select: prior}]``, for a share just over one half."""
    least = (len(candidates) // 2 + 1) / len(candidates)
    return select.agreed(candidates, least) or select.prior(candidates)


_alike = lru_cache(maxsize=200_000)(similarity)
"""Three rules ask for the likeness of the same pairs."""


def _medoid(candidates: Sequence[Candidate]) -> Candidate:
    return select.medoid(candidates, _alike)


def _plain_medoid(candidates: Sequence[Candidate]) -> Candidate:
    """As if nothing were known of the models."""
    return _medoid([replace(candidate, weight=1.0) for candidate in candidates])


RULES: Mapping[str, Rule] = {
    "best": _by(select.prior),
    "first that parses": _first_that_parses,
    "first usable": _of_usable(_by(select.prior)),
    "majority": _of_usable(_by(_agreed)),
    "vote": _of_usable(_by(select.vote)),
    "medoid": _of_usable(_by(_medoid)),
    "plain medoid": _of_usable(_by(_plain_medoid)),
    "plain medoid of all": _by(_plain_medoid),
    "vote of all": _by(select.vote),
}
"""By name; ``best`` is the best single model in hindsight. Those not said to be of all work on
what the engine lets pass in a mix that begins with ``verify: [parse]``."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a rule gets: points, points over the best model, and the interval of the latter."""

    points: float
    gain: float
    low: float
    high: float


def oracle(questions: Sequence[Question]) -> float:
    """Points when the right answer is always chosen where there is one."""
    return _share([any(answer.passed for answer in each.answers) for each in questions])


def score(rule: Rule, questions: Sequence[Question], *, seed: int = 1) -> Score:
    """What a rule gets on a group's questions."""
    mine = [rule(each.answers).passed for each in questions]
    best = [RULES["best"](each.answers).passed for each in questions]
    clusters: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for question, one, other in zip(questions, mine, best, strict=True):
        sums = clusters[question.cluster]
        sums[0] += one - other
        sums[1] += 1
    chance = random.Random(seed)
    drawn = sorted(
        _gain(chance.choices(list(clusters.values()), k=len(clusters))) for _ in range(DRAWS)
    )
    low, high = drawn[DRAWS // 40], drawn[-1 - DRAWS // 40]
    return Score(_share(mine), _share(mine) - _share(best), low, high)


def agreement(questions: Sequence[Question]) -> tuple[float, float]:
    """How many of 100 questions two models agree on, and how often that answer is then right."""
    right = [
        chosen.passed
        for each in questions
        if select.agreed([answer.candidate for answer in each.answers], 0.0)
        for chosen in [RULES["vote of all"](each.answers)]
    ]
    return 100 * len(right) / len(questions), _share(right)


def _share(passed: Sequence[bool]) -> float:
    return 100 * sum(passed) / len(passed)


def _gain(sums: Sequence[Sequence[int]]) -> float:
    return 100 * sum(gained for gained, _ in sums) / sum(count for _, count in sums)
