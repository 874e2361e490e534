"""From results to a board: who is ranked, with what, against whom."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moa_bench.report import board as boards
from moa_bench.report.leaderboard import build
from moa_bench.values import About, TaskDetail
from moa_lsp.errors import UsageError
from moa_lsp.providers.base import Usage
from tests.fakes.results import outcomes, result, sweep


def only(board):
    (table,) = board.tables
    return table


def rows(results, *more, **how):
    return {row.label: row for row in only(build(results, *more, **how)).rows}


def test_one_mix():
    made = outcomes("m", "PPFN", usage=Usage(10, 5, 1), cost_usd=0.5, spent_usd=0.25)
    row = rows(made)["m"]
    assert row.rank == 1
    assert row.score.value == 0.5
    assert (row.counts.passed, row.counts.failed, row.counts.no_answer) == (2, 1, 1)
    assert row.usage == Usage(40, 20, 4)
    assert (row.cost.total, row.cost.task, row.cost.solved, row.cost.spent) == (2.0, 0.5, 1.0, 1.0)
    assert row.cost.known
    assert row.pass_at == {1: 0.5}
    assert row.front
    assert row.delta is row.rejected is row.oracle is None


def test_what_passes_nothing_has_no_cost_of_a_solved_task():
    assert rows(outcomes("m", "FF"))["m"].cost.solved is None


def test_one_unknown_price_makes_the_sum_a_bound_and_leaves_the_front():
    known, unknown = outcomes("a", "PF" * 10), outcomes("b", "PP" * 10)
    unknown[3] = result("b", "t03", cost_known=False)
    board = build([*known, *unknown])
    by = {row.label: row for row in only(board).rows}
    assert not by["b"].cost.known
    assert (by["a"].front, by["b"].front) == (True, False)
    assert any(note.startswith("≥") for note in only(board).notes)


def test_missing_is_never_wrong_and_is_told_with_its_reason():
    made = outcomes("m", "PP" * 9 + "MM", drill=TaskDetail(detail="429\nat line 1"), cost_usd=1.0)
    row = rows(made)["m"]
    assert row.score.value == 1.0
    assert (row.score.tasks, row.missing_tasks, row.counts.missing) == (18, 2, 2)
    assert row.counts.why == (("429", 2),)
    assert row.cost.total == 18.0
    assert row.rank == 1


def test_with_too_much_missing_there_is_no_rank():
    made = [*outcomes("all", "PF" * 10), *outcomes("few", "PPPPP" + "M" * 15)]
    table = only(build(made))
    assert [(row.label, row.rank) for row in table.rows] == [("all", 1), ("few", None)]
    assert any("1 of 2 mixes have no rank" in note for note in table.notes)


def test_tasks_nobody_was_asked_yet_are_missing():
    about = About("made-up", "d" * 64, 30, 25, {"t98": "no network", "t99": "slow"})
    table = only(build(outcomes("m", "P" * 20), [about]))
    assert (table.asked, table.total, table.rows[0].missing_tasks) == (25, 30, 5)
    assert table.excluded == about.excluded
    assert table.rows[0].rank is None


def test_what_is_about_other_data_does_not_count():
    about = About("made-up", "e" * 64, 30, 25, {"t98": "no network"})
    assert only(build(outcomes("m", "P"), [about])).excluded == {}


def test_exclusions_that_differ_are_told():
    abouts = [About("made-up", "d" * 64, 3, 2, {"a": "x"}), About("made-up", "d" * 64, 3, 3)]
    assert any("other ones were excluded" in note for note in
               only(build(outcomes("m", "PPP"), abouts)).notes)  # fmt: skip


def test_samples_make_a_score_of_a_task_and_pass_at_k():
    made = [result("m", task, "passed" if at < passed else "failed", sample=at)
            for task, passed in (("a", 1), ("b", 5)) for at in range(5)]  # fmt: skip
    row = rows(made)["m"]
    assert row.score.value == pytest.approx(0.6)
    assert row.pass_at == pytest.approx({1: 0.6, 5: 1.0})
    assert row.samples == 5


def test_latency_and_rates():
    made = [result("m", str(at), "failed", seconds=float(at), slowest=at / 2, timed_out=at == 3,
                   proposed=3, rejected=at % 2) for at in range(1, 5)]  # fmt: skip
    row = rows(made)["m"]
    assert (row.latency.p50, row.latency.slowest_p50) == (2.5, 1.25)
    assert row.latency.p95 == pytest.approx(3.85)
    assert row.counts.timed_out == 1
    assert row.rejected == pytest.approx(2 / 12)


def test_the_oracle_counts_where_it_is_known():
    made = [
        result("m", "a", "failed", right={"x": True, "y": False}),
        result("m", "b", "failed", right={"x": False, "y": False}),
        result("m", "c", "passed"),
    ]
    oracle = rows(made)["m"].oracle
    assert (oracle.share, oracle.tasks) == (0.5, 2)


# --- comparing ----------------------------------------------------------------------------------


def three():
    return [
        *outcomes("best", "P" * 30 + "F" * 10),
        *outcomes("next", "P" * 27 + "F" * 13),
        *outcomes("alone-a", "P" * 10 + "F" * 30, role="alone"),
        *outcomes("alone-b", "P" * 5 + "F" * 35, role="alone"),
    ]


def test_ties_share_a_rank_and_the_best_single_model_is_the_baseline():
    table = only(build(three()))
    assert [(row.label, row.rank) for row in table.rows] == [
        ("best", 1), ("next", 1), ("alone-a", 3), ("alone-b", 3)]  # fmt: skip
    assert table.baseline == "alone-a"
    best, _, base, worst = table.rows
    assert base.delta is None
    assert (best.delta.better, best.delta.worse) == (20, 0)
    assert best.delta.pair.difference == pytest.approx(0.5)
    assert best.delta.p == pytest.approx(2 / 2**20)
    assert best.delta.p_holm == pytest.approx(3 * 2 / 2**20)
    assert (worst.delta.better, worst.delta.worse, worst.delta.p) == (0, 5, 0.0625)


def test_a_chosen_baseline():
    table = only(build(three(), baseline="next"))
    assert table.baseline == "next"
    assert table.rows[1].delta is None
    assert table.rows[0].delta.better == 3


WANTED = {
    "by one sweep": (["next"], None, "next"),
    "by runs and a sweep": ([None, "next"], None, "next"),
    "by two sweeps": (["next", "alone-b"], None, "alone-a"),
    "and not there": (["gone"], None, "alone-a"),
    "and another chosen": (["alone-b"], "next", "next"),
    "by two sweeps, and one chosen": (["next", "alone-b"], "next", "next"),
}


@pytest.mark.parametrize("what", WANTED)
def test_a_baseline_that_was_wanted(what):
    wanted, chosen, found = WANTED[what]
    abouts = [About("made-up", "d" * 64, 40, 40, baseline=name) for name in wanted]
    table = only(build(three(), abouts, chosen))
    assert table.baseline == found
    told = [note for note in table.notes if "baseline" in note]
    assert [what, *("(alone-b, next)" in note for note in told)] == (
        [what, True] if what == "by two sweeps" else [what]
    )


@pytest.mark.parametrize("name", ["nobody", "\x1b[2J", "twice"])
def test_a_baseline_that_is_none(name):
    made = [*three(), *outcomes("twice", "P", mix_hash="1"), *outcomes("twice", "P", mix_hash="2")]
    with pytest.raises(UsageError, match="no single mix is called") as caught:
        build(made, baseline=name)
    assert "alone-a, alone-b, best, next, twice@1, twice@2" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_without_one_model_alone_there_is_no_baseline():
    table = only(build(outcomes("m", "PF")))
    assert table.baseline is None
    assert not table.power.measured


def test_the_first_sample_that_both_have_is_compared():
    ours = [result("m", "a", "missing", sample=0), result("m", "a", "passed", sample=1)]
    theirs = [result("n", "a", "passed", sample=0, role="alone"),
              result("n", "a", "failed", sample=1, role="alone")]  # fmt: skip
    delta = rows([*ours, *theirs])["m"].delta
    assert (delta.better, delta.worse) == (1, 0)
    assert delta.pair.difference == 0.5


def test_the_front():
    made = [
        *outcomes("cheap", "PF" * 5, cost_usd=0.01),
        *outcomes("dear", "PP" * 5, cost_usd=0.1),
        *outcomes("dearer", "PP" * 5, cost_usd=0.2),
        *outcomes("worse", "FF" * 5, cost_usd=0.05),
    ]
    assert {label for label, row in rows(made).items() if row.front} == {"cheap", "dear"}


def test_power_is_that_of_the_comparisons():
    power = only(build(three())).power
    assert power.measured
    assert (power.tasks, power.discordant) == (40, pytest.approx(17 / 40))
    assert dict(power.found)[0.1] < dict(power.found)[0.15] < 0.8


# --- what is not mixed --------------------------------------------------------------------------

APART = {"digest": "e" * 64, "sandbox": "podman", "set": "other"}


@pytest.mark.parametrize("what", APART)
def test_what_was_not_measured_alike_is_in_no_common_table(what):
    board = build([*outcomes("m", "PF"), *outcomes("m", "FF", **{what: APART[what]})])
    assert sorted(table.rows[0].score.value for table in board.tables) == [0.0, 0.5]
    assert bool(board.notes) == (what != "set")


ROWS = {"mix_hash": "other", "prompts": "p2", "role": "alone"}


@pytest.mark.parametrize("what", ROWS)
def test_what_was_not_asked_alike_is_in_no_common_row(what):
    table = only(build([*outcomes("m", "PF"), *outcomes("m", "FF", **{what: ROWS[what]})]))
    assert [row.score.value for row in table.rows] == [0.5, 0.0]
    assert len({row.label for row in table.rows}) == 2
    assert any(note.startswith("m: one name") for note in table.notes)


def test_unsandboxed_is_marked():
    table = only(build(outcomes("m", "P", sandbox="none")))
    assert table.unsandboxed
    assert table.notes[0].startswith("NOT SANDBOXED")
    assert not only(build(outcomes("m", "P"))).unsandboxed


def test_a_question_answered_later_was_not_missing():
    first, again = result(state="missing", spent_usd=0.1), result(spent_usd=0.2)
    row = rows([first, again, first])["m"]
    assert (row.counts.passed, row.counts.missing) == (1, 0)
    assert row.cost.spent == pytest.approx(0.4)


def test_the_same_file_twice_changes_nothing():
    assert build(three() + three()) == build(three())


def test_two_answers_to_a_question_are_refused():
    with pytest.raises(UsageError, match="twice, and differently"):
        build([result(), result(state="failed")])


def test_nothing_is_an_empty_board():
    assert build([]).tables == ()
    with pytest.raises(UsageError, match="no mix at all"):
        build([], baseline="m")


states = st.text("PFNM", min_size=1, max_size=12)


@settings(deadline=None, max_examples=40)
@given(st.lists(states, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_results_does_not_matter(patterns, chance):
    made = [
        each
        for at, pattern in enumerate(patterns)
        for each in outcomes(f"m{at}", pattern, cost_usd=0.1 * at, role="alone" if at else "mix")
    ]
    board = build(made)
    assert build(chance.sample(made, len(made))) == board
    for row in only(board).rows:
        assert row.score is None or row.score.interval.low <= row.score.value
        assert row.score is None or row.score.value <= row.score.interval.high
    json.dumps(boards.as_json(board), allow_nan=False)


def test_a_sweep_of_24_configurations():
    results, about = sweep(tasks=60)
    table = only(build(results, [about]))
    assert len(table.rows) == 24
    assert table.baseline.startswith("alone-")
    ranks = [row.rank for row in table.rows]
    assert ranks == sorted(ranks)
    scores = [row.score.value for row in table.rows]
    assert scores == sorted(scores, reverse=True)
    assert all(row.oracle.share >= row.score.value - 0.05 for row in table.rows)
    told = json.loads(json.dumps(boards.as_json(build(results, [about]))))
    assert told["v"] == 1
    assert told["tables"][0]["rows"][0]["score"]["interval"]["low"] < scores[0]
