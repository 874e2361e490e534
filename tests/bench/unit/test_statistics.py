"""Chances, intervals and tests against tables, simulation and their own laws."""

import random
from math import comb, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moa_bench import statistics
from moa_bench.statistics import Interval, Score

PASS_AT = [(1, 0, 1, 0.0), (1, 1, 1, 1.0), (20, 5, 1, 0.25), (5, 1, 5, 1.0), (4, 2, 2, 5 / 6),
           (10, 3, 5, 1 - 21 / 252), (10, 0, 10, 0.0)]  # fmt: skip


@pytest.mark.parametrize(("samples", "passed", "k", "chance"), PASS_AT)
def test_pass_at_k(samples, passed, k, chance):
    assert statistics.pass_at_k(samples, passed, k) == pytest.approx(chance)


@pytest.mark.parametrize(("samples", "passed", "k"), [(3, 1, 4), (3, 1, 0), (3, 4, 1), (0, 0, 1)])
def test_pass_at_k_of_nothing(samples, passed, k):
    with pytest.raises(ValueError, match="no pass@"):
        statistics.pass_at_k(samples, passed, k)


@given(st.integers(1, 30), st.data())
def test_pass_at_k_is_the_share_of_draws_with_a_right_one(samples, data):
    passed, k = data.draw(st.integers(0, samples)), data.draw(st.integers(1, samples))
    chance = statistics.pass_at_k(samples, passed, k)
    assert isclose(chance * comb(samples, k), comb(samples, k) - comb(samples - passed, k))
    if k < samples:
        assert chance <= statistics.pass_at_k(samples, passed, k + 1)


# --- intervals ----------------------------------------------------------------------------------

tasks = st.lists(
    st.builds(Score, st.sampled_from("abcdefgh"), st.sampled_from((0.0, 0.25, 0.5, 1.0))),
    min_size=1,
    max_size=30,
)


@given(tasks, st.randoms(use_true_random=False))
def test_an_interval_has_its_mean_and_no_order(scores, chance):
    made = statistics.mean(scores)
    assert 0 <= made.interval.low <= made.value <= made.interval.high <= 1
    assert made.tasks == len(scores)
    assert made.clusters == len({score.cluster for score in scores})
    mixed = chance.sample(scores, len(scores))
    again = statistics.mean(mixed)
    assert again.interval == made.interval
    assert again.value == pytest.approx(made.value)


def test_no_score_has_no_mean():
    with pytest.raises(ValueError, match="no score"):
        statistics.mean([])


def of(pattern, clusters=None):
    """A score for each letter: passed or not."""
    return [
        Score(clusters[at] if clusters else str(at), float(letter == "P"))
        for at, letter in enumerate(pattern)
    ]


ALIKE = [("P" * 20, 0.839, 1.0), ("F" * 20, 0.0, 0.161), ("P", 0.207, 1.0)]


@pytest.mark.parametrize(("pattern", "low", "high"), ALIKE)
def test_all_alike_is_not_certain(pattern, low, high):
    interval = statistics.mean(of(pattern)).interval
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.001)


def test_the_width_is_that_of_theory():
    """One sample of 148 tasks at a quarter: seven points to each side."""
    interval = statistics.mean(of("PFFF" * 37)).interval
    assert (interval.high - interval.low) / 2 == pytest.approx(0.07, abs=0.004)


def test_tasks_that_are_alike_count_less():
    single = statistics.mean(of("PPPPFFFF" * 10)).interval
    alike = statistics.mean(of("PPPPFFFF" * 10, [at // 4 for at in range(80)])).interval
    assert alike.high - alike.low > 1.7 * (single.high - single.low)


def test_a_cluster_weighs_as_many_tasks_as_it_has():
    scores = [Score("large", 1.0)] * 9 + [Score("small", 0.0)]
    assert statistics.mean(scores).value == pytest.approx(0.9)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    chance, covered = random.Random(5), 0
    for _ in range(100):
        scores = of("".join(chance.choices("PF", (0.4, 0.6), k=100)))
        covered += not statistics.mean(scores).interval.excludes(0.4)
    assert 0.9 <= covered / 100 <= 0.99


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=20), st.floats(0, 1))
def test_a_quantile_lies_between(numbers, share):
    ordered = sorted(numbers)
    found = statistics.quantile(ordered, share)
    assert ordered[0] - 1e-9 <= found <= ordered[-1] + 1e-9


@pytest.mark.parametrize(("numbers", "share", "found"), [([3.0], 0.95, 3.0), ([1, 2, 3], 0.5, 2),
                                                         ([0, 10], 0.25, 2.5)])  # fmt: skip
def test_quantiles(numbers, share, found):
    assert statistics.quantile(numbers, share) == pytest.approx(found)


# --- two mixes ----------------------------------------------------------------------------------


def named(pattern):
    return {str(at): score for at, score in enumerate(of(pattern))}


MCNEMAR = [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (6, 0, 0.03125), (29, 6, 0.0001168),
           (24, 19, 0.5424), (10, 10, 1.0), (2000, 2000, 1.0), (1500, 0, 0.0)]  # fmt: skip


@pytest.mark.parametrize(("better", "worse", "p"), MCNEMAR)
def test_mcnemar(better, worse, p):
    assert statistics.mcnemar(better, worse) == pytest.approx(p, rel=1e-3, abs=1e-12)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_has_no_side(better, worse):
    p = statistics.mcnemar(better, worse)
    assert p == statistics.mcnemar(worse, better)
    assert 0 < p <= 1


@given(
    st.dictionaries(st.sampled_from("abcdefghij"), st.sampled_from((0.0, 0.5, 1.0))),
    st.dictionaries(st.sampled_from("abcdefghij"), st.sampled_from((0.0, 0.5, 1.0))),
)
def test_a_pair_turned_round_is_its_negative(first, second):
    one = {task: Score(task, mean) for task, mean in first.items()}
    other = {task: Score(task, mean) for task, mean in second.items()}
    made, turned = statistics.pair(one, other), statistics.pair(other, one)
    if not first.keys() & second.keys():
        assert made is turned is None
        return
    assert made.difference == pytest.approx(-turned.difference)
    assert made.interval.low == pytest.approx(-turned.interval.high)
    assert (made.better, made.worse) == (turned.worse, turned.better)
    assert made.interval.low <= made.difference <= made.interval.high
    assert made.decided == turned.decided


DECIDED = [("P" * 6 + "F" * 20, "F" * 26, True), ("P" * 5 + "F" * 20, "F" * 25, False),
           ("P" * 20, "P" * 20, False), ("PPPPFFFF" * 5, "FFFFPPPP" * 5, False),
           ("P" * 30 + "F" * 10, "P" * 10 + "F" * 30, True), ("P", "F", False)]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "decided"), DECIDED)
def test_what_is_decided(one, other, decided):
    assert statistics.pair(named(one), named(other)).decided is decided


def test_only_common_tasks_are_compared():
    pair = statistics.pair(named("PPPF"), named("PF"))
    assert (pair.tasks, pair.difference) == (2, 0.5)


HOLM = [([], []), ([0.02], [0.02]), ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.5, 0.9], [1.0, 1.0]), ([0.04, 0.01], [0.04, 0.02])]  # fmt: skip


@pytest.mark.parametrize(("chances", "corrected"), HOLM)
def test_holm(chances, corrected):
    assert statistics.holm(chances) == pytest.approx(corrected)


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_keeps_the_order_and_never_helps(chances):
    corrected = statistics.holm(chances)
    assert all(new >= old and new <= 1 for old, new in zip(chances, corrected, strict=True))
    order = sorted(range(len(chances)), key=chances.__getitem__)
    assert [corrected[at] for at in order] == sorted(corrected)


# --- power --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gap", "found"), [(0.05, 0.24), (0.08, 0.51), (0.10, 0.73)])
def test_power_is_near_what_others_simulated(gap, found):
    assert statistics.power(148, 0.2, gap) == pytest.approx(found, abs=0.035)


@pytest.mark.parametrize(("tasks", "discordant", "gap"), [(60, 0.3, 0.2), (148, 0.2, 0.05)])
def test_power_is_what_simulation_finds(tasks, discordant, gap):
    chance, found, runs = random.Random(3), 0, 3000
    weights = ((discordant + gap) / 2, (discordant - gap) / 2, 1 - discordant)
    for _ in range(runs):
        drawn = chance.choices("BW-", weights, k=tasks)
        found += statistics.mcnemar(drawn.count("B"), drawn.count("W")) <= 0.05
    assert statistics.power(tasks, discordant, gap) == pytest.approx(found / runs, abs=0.025)


@pytest.mark.parametrize(("tasks", "discordant", "gap", "found"), [(5, 1.0, 1.0, 0.0),
    (6, 1.0, 1.0, 1.0), (100, 0.0, 0.0, 0.0)])  # fmt: skip
def test_power_at_its_ends(tasks, discordant, gap, found):
    assert statistics.power(tasks, discordant, gap) == pytest.approx(found)


def test_power_of_no_difference_is_below_the_level():
    assert 0 < statistics.power(148, 0.2, 0.0) < 0.05


def test_a_gap_needs_discordant_tasks():
    with pytest.raises(ValueError, match="discordant"):
        statistics.power(100, 0.1, 0.2)


def test_the_least_gap_is_the_first_that_is_found():
    least = statistics.least_gap(148, 0.2)
    assert statistics.power(148, 0.2, least) >= 0.8 > statistics.power(148, 0.2, least - 0.01)
    assert statistics.least_gap(10, 0.1) is None


# --- ranks --------------------------------------------------------------------------------------

RANKS = [([], 1, []), ([9], 1, [1]), ([9, 9, 9], 1, [1, 1, 1]), ([9, 7, 5], 1, [1, 2, 3]),
         ([9, 8.5, 7, 6.5, 3], 1, [1, 1, 3, 3, 5]),
         ([9, 8.4, 7.8, 7.2], 1, [1, 1, 3, 3])]  # fmt: skip


@pytest.mark.parametrize(("scores", "step", "ranks"), RANKS)
def test_ranks(scores, step, ranks):
    """The last row: small steps are no tie without end."""
    found = statistics.ranks(len(scores), lambda head, at: scores[head] - scores[at] >= step)
    assert found == ranks


def test_the_same_seed_gives_the_same_and_another_almost():
    scores = of("PPFFF" * 20)
    first = statistics.mean(scores, seed=1).interval
    assert statistics.mean(scores, seed=1).interval == first
    other = statistics.mean(scores, seed=2).interval
    assert other.low == pytest.approx(first.low, abs=0.03)
    assert Interval(0.1, 0.2).excludes(0.0)


def test_clusters_without_a_score_count_nothing():
    scores = of("PPFFF" * 20)
    alone = statistics.mean(scores)
    among = statistics.mean(scores, clusters=[str(at) for at in range(110)])
    assert (among.value, among.tasks, among.clusters) == (alone.value, 100, 100)
    assert among.interval.low == pytest.approx(alone.interval.low, abs=0.02)
    assert among.interval.high == pytest.approx(alone.interval.high, abs=0.02)
    first, second = named("P" * 8), named("F" * 8)
    pair = statistics.pair(first, second, clusters=["x", "y", *first])
    assert (pair.difference, pair.tasks, pair.clusters, pair.better) == (1.0, 8, 8, 8)
