"""How sure a measurement is: pass@k, intervals, paired tests, ranks with ties.

Pure: chance comes from a seed, so the same results give the same numbers. Tasks that are alike by
their making (a *cluster*) are drawn together; a score is the mean over tasks, not over clusters.
The standard library is enough: what is drawn are the sums of clusters, once for all comparisons.
"""

import random
import sys
from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, islice
from math import comb, exp, lgamma, log, log1p, sqrt

BOOTSTRAP_RESAMPLES = 2000
"""Drawn for an interval: its ends then vary by a tenth of its width from seed to seed."""

LEAST_DISCORDANT = 6
"""Tasks on which two mixes must differ before one is called better: with five, all for one side,
an exact test at 5 % still says nothing."""


SEED = 20_260_101
"""Any number does; one for all reports makes them repeatable."""

LEVEL = 0.95
"""Of every interval."""

Z = 1.959963984540054
"""Quantile of the normal distribution for ``LEVEL``."""

NEGLIGIBLE = 1e-12
"""Chance of a case that is left out of a sum over thousands of cases."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a number lies, to ``LEVEL``."""

    low: float
    high: float

    def excludes(self, number: float) -> bool:
        """Whether ``number`` lies outside."""
        return not self.low <= number <= self.high


@dataclass(frozen=True, slots=True)
class Score:
    """Of one task: the mean of its samples, from 0 to 1."""

    cluster: str
    mean: float


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over tasks with its clustered interval."""

    value: float
    interval: Interval
    tasks: int
    clusters: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two mixes on the tasks that both have a score of: the first minus the second.

    Attributes:
        difference: of the means.
        better, worse: clusters in which the first scores more, and less.
    """

    difference: float
    interval: Interval
    tasks: int
    clusters: int
    better: int
    worse: int

    @property
    def decided(self) -> bool:
        """Whether the two differ: the interval excludes 0, and not for a handful of clusters."""
        return self.better + self.worse >= LEAST_DISCORDANT and self.interval.excludes(0.0)


# --- one mix ------------------------------------------------------------------------------------


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """The chance that of ``k`` answers one passes, estimated without bias from more of them.

    Args:
        samples: answers of one task.
        passed: how many of them passed.
        k: from 1 to ``samples``.
    """
    if not 1 <= k <= samples or not 0 <= passed <= samples:
        raise ValueError(f"no pass@{k} of {passed} passed in {samples}")
    return 1.0 - comb(samples - passed, k) / comb(samples, k)


def mean(scores: Sequence[Score], *, clusters: Collection[str] = (), seed: int = SEED) -> Mean:
    """The mean over tasks, its interval by drawing clusters with replacement.

    Where all clusters are alike drawing shows no spread; the interval is then Wilson's for as
    many clusters, so that 20 of 20 is not taken for certain.

    Args:
        scores: of tasks, in any order.
        clusters: all that are drawn from. One without a score counts nothing when it is drawn;
            so all mixes of a table are drawn alike, whatever they miss.
        seed: of the drawing.

    Raises:
        ValueError: there is no score.
    """
    if not scores:
        raise ValueError("no score, no mean")
    totals = _totals(((score.cluster, score.mean) for score in scores), clusters)
    here = [(total, tasks) for total, tasks in totals if tasks]
    value = sum(total for total, _ in here) / len(scores)
    if len({total / tasks for total, tasks in here}) == 1:
        interval = wilson(value, len(here))
    else:
        interval = _around(value, _bootstrap(totals, seed))
    return Mean(value, interval, len(scores), len(here))


def wilson(share: float, trials: int) -> Interval:
    """Wilson's interval of a share that was seen in ``trials`` trials."""
    middle = (share + Z * Z / (2 * trials)) / (1 + Z * Z / trials)
    half = Z * sqrt(share * (1 - share) / trials + Z * Z / (4 * trials**2)) / (1 + Z * Z / trials)
    return Interval(max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share)))


def quantile(numbers: Sequence[float], share: float) -> float:
    """The quantile of sorted numbers, between neighbours in proportion."""
    place = share * (len(numbers) - 1)
    low = int(place)
    high = min(low + 1, len(numbers) - 1)
    return numbers[low] + (numbers[high] - numbers[low]) * (place - low)


# --- two mixes ----------------------------------------------------------------------------------


def pair(
    first: Mapping[str, Score],
    second: Mapping[str, Score],
    *,
    clusters: Collection[str] = (),
    seed: int = SEED,
) -> Pair | None:
    """Compare two mixes by the tasks that both have; ``None`` where there is none.

    Args:
        first: scores by task.
        second: the same of what it is compared with.
        clusters: all that are drawn from, as for ``mean``.
        seed: of the drawing.
    """
    common = sorted(first.keys() & second.keys())
    if not common:
        return None
    gaps = ((first[key].cluster, first[key].mean - second[key].mean) for key in common)
    totals = _totals(gaps, clusters)
    value = sum(total for total, _ in totals) / len(common)
    return Pair(
        value,
        _around(value, _bootstrap(totals, seed)),
        len(common),
        sum(tasks > 0 for _, tasks in totals),
        sum(total > 0 for total, _ in totals),
        sum(total < 0 for total, _ in totals),
    )


def mcnemar(better: int, worse: int) -> float:
    """The exact two-sided p of McNemar's test.

    Args:
        better: questions that the first alone answers rightly.
        worse: those that the second alone does.
    """
    discordant = better + worse
    tail = sum(islice(_ways(discordant), min(better, worse) + 1))
    return min(1.0, tail / (1 << discordant) * 2)


def holm(chances: Sequence[float]) -> list[float]:
    """Holm's correction of many p values, in the order in which they came."""
    corrected = [0.0] * len(chances)
    order = sorted(range(len(chances)), key=chances.__getitem__)
    raised = (min(1.0, (len(order) - rank) * chances[at]) for rank, at in enumerate(order))
    for at, value in zip(order, accumulate(raised, max), strict=True):
        corrected[at] = value
    return corrected


def power(tasks: int, discordant: float, gap: float, alpha: float = 1 - LEVEL) -> float:
    """How often McNemar's exact test finds a difference that is there; by summing all cases.

    Args:
        tasks: that both answer once.
        discordant: share of the tasks on which just one of the two is right.
        gap: difference of the two in truth; at most ``discordant``.
        alpha: the level of the test.
    """
    if not 0 <= gap <= discordant <= 1:
        raise ValueError(f"a gap of {gap} needs as many discordant tasks, not {discordant}")
    if not discordant:
        return 0.0
    better = (discordant + gap) / (2 * discordant)
    found = 0.0
    for many in range(1, tasks + 1):
        weight = _binomial(tasks, many, discordant)
        if weight < NEGLIGIBLE:
            continue
        worst = _critical(many, alpha)
        seen = sum(_binomial(many, few, better) for few in range(worst + 1))
        seen += sum(_binomial(many, few, 1 - better) for few in range(worst + 1))
        found += weight * seen
    return min(1.0, found)


def least_gap(tasks: int, discordant: float, wanted: float = 0.8) -> float | None:
    """The smallest gap, in whole points, that is found so often; ``None`` if none is."""
    for points in range(1, int(100 * discordant + 1e-9) + 1):
        if power(tasks, discordant, min(points / 100, discordant)) >= wanted:
            return points / 100
    return None


# --- many mixes ---------------------------------------------------------------------------------


def ranks(count: int, differ: Callable[[int, int], bool]) -> list[int]:
    """Ranks from 1 of what is sorted, best first; what cannot be told apart shares one.

    A place has the rank of the one above it, unless it differs from the best of that rank: were
    it compared with its neighbour alone, a long row of small steps would be one tie.

    Args:
        count: how many there are.
        differ: whether the two at these places differ for sure, the better one first.
    """
    given: list[int] = []
    head = 0
    for place in range(count):
        if place and differ(head, place):
            head = place
        given.append(head + 1)
    return given


# --- drawing ------------------------------------------------------------------------------------

LANE = "I"
"""The type of a count: no sum of a draw comes near its end."""

Totals = list[tuple[float, int]]
"""By cluster: the sum over its tasks, and how many they are, perhaps none."""


def _totals(scores: Iterable[tuple[str, float]], clusters: Collection[str]) -> Totals:
    sums: dict[str, list[float]] = defaultdict(list, {cluster: [] for cluster in clusters})
    for cluster, score in scores:
        sums[cluster].append(score)
    # Sorted: a result must not depend on the order in which tasks were answered.
    return [(sum(sorted(sums[key])), len(sums[key])) for key in sorted(sums)]


def _bootstrap(totals: Totals, seed: int) -> Interval:
    sums = _drawn_sums([total for total, _ in totals], seed)
    sizes = [tasks for _, tasks in totals]
    if len(set(sizes)) == 1:
        means = [each / sum(sizes) for each in sums]
    else:
        counts = _drawn_sums(sizes, seed)
        means = [each / tasks for each, tasks in zip(sums, counts, strict=True) if tasks]
    means.sort()
    outside = (1 - LEVEL) / 2
    return Interval(quantile(means, outside), quantile(means, 1 - outside))


def _drawn_sums(numbers: Sequence[float], seed: int) -> list[float]:
    """Of each draw of clusters the sum of their numbers.

    Few different numbers occur, so clusters of one number are added up first: their counts in all
    draws are the lanes of one long integer, and a thousand of those are added in a millisecond.
    """
    alike: dict[float, int] = defaultdict(int)
    for number, lanes in zip(numbers, _draws(len(numbers), seed), strict=True):
        alike[number] += lanes
    sums = [0.0] * BOOTSTRAP_RESAMPLES
    for number in sorted(alike):
        counts = array(LANE)
        counts.frombytes(alike[number].to_bytes(len(sums) * counts.itemsize, sys.byteorder))
        sums = [each + number * count for each, count in zip(sums, counts, strict=True)]
    return sums


@lru_cache(maxsize=4)
def _draws(clusters: int, seed: int) -> tuple[int, ...]:
    """How often each cluster is in each draw, a draw to a lane.

    Kept, since all mixes of a table have the same clusters.
    """
    chance = random.Random(seed)  # noqa: S311  # to be repeatable, not to be secret
    counted = [
        array(LANE, bytes(BOOTSTRAP_RESAMPLES * array(LANE).itemsize)) for _ in range(clusters)
    ]
    for draw in range(BOOTSTRAP_RESAMPLES):
        for cluster in chance.choices(range(clusters), k=clusters):
            counted[cluster][draw] += 1
    return tuple(int.from_bytes(lanes.tobytes(), sys.byteorder) for lanes in counted)


def _around(value: float, interval: Interval) -> Interval:
    """The interval, not losing the value itself to drawing or rounding."""
    return Interval(min(interval.low, value), max(interval.high, value))


@lru_cache(maxsize=4096)
def _critical(discordant: int, alpha: float) -> int:
    """The largest count of the rarer kind that is still significant; -1 if none is."""
    tail = 0
    for few, ways in enumerate(islice(_ways(discordant), discordant // 2 + 1)):
        tail += ways
        if tail / (1 << discordant) * 2 > alpha:
            return few - 1
    return discordant // 2


def _ways(trials: int) -> Iterator[int]:
    """In how many ways 0, 1, 2, … of some trials hit; each from the one before."""
    ways = 1
    for hits in range(trials + 1):
        yield ways
        ways = ways * (trials - hits) // (hits + 1)


def _binomial(trials: int, hits: int, chance: float) -> float:
    if chance in (0.0, 1.0):
        return float(hits == trials * chance)
    ways = lgamma(trials + 1) - lgamma(hits + 1) - lgamma(trials - hits + 1)
    return exp(ways + hits * log(chance) + (trials - hits) * log1p(-chance))
