"""One line tells how a run went, and one cause once."""

import pytest

from moa_lsp.mix.record import AgentRecord, Aggregation, RunRecord
from moa_lsp.mix.summary import Cause, grouped, summary, troubled

KEY = "lab rejected the key (401), check the variable LAB_KEY"


def agent(name, state="ok", reason=None):
    return AgentRecord(name, f"lab/{name}", state, reason)


def run(*proposals, settled=None, **more):
    return RunRecord(
        "r1",
        "refactor",
        "trio",
        "hash",
        "done",
        aggregation=settled,
        proposals=proposals,
        seconds=4.2,
        **more,
    )


@pytest.mark.parametrize(
    ("causes", "clauses"),
    [
        ([("a", "lab/a", KEY), ("b", "lab/b", KEY)], [f"a, b: {KEY}"]),
        (
            [("a", "lab/a", "lab/a failed (500)"), ("b", "lab/b", "lab/b failed (500)")],
            ["a, b: lab failed (500)"],
        ),
        ([("a", "lab/a", "lab/a failed (500)")], ["a: lab/a failed (500)"]),
        ([("a", "lab/a", "slow"), ("b", "other/b", "slow")], ["a, b: slow"]),
        ([("a", "lab/a", "slow"), ("b", "lab/b", "down")], ["a: slow", "b: down"]),
    ],
)
def test_one_cause_is_said_once(causes, clauses):
    assert grouped(Cause(*each) for each in causes) == clauses


@pytest.mark.parametrize(
    ("record", "cached", "line", "trouble"),
    [
        (
            run(agent("a"), agent("b"), settled=Aggregation("model", "lab/z"), cost_usd=0.0123),
            False,
            "refactor by trio: a, b proposed; lab/z wrote; $0.0123, 4.2 s",
            False,
        ),
        (
            run(agent("a"), agent("b", "failed", KEY), settled=Aggregation("single")),
            False,
            f"refactor by trio: a proposed; failed: b: {KEY}; a wrote; free, 4.2 s",
            True,
        ),
        (
            run(
                agent("a"),
                agent("b", "rejected", "nothing"),
                settled=Aggregation("select", fallback="lab/z: lab/z failed (500)"),
            ),
            False,
            "refactor by trio: a proposed; not usable: b; the aggregator failed "
            "(lab/z: lab/z failed (500)), so the best proposal was taken; free, 4.2 s",
            True,
        ),
        (
            run(
                agent("a"),
                settled=Aggregation("model", "lab/y", "lab/z: lab/z failed (500)"),
                cost_known=False,
            ),
            False,
            "refactor by trio: a proposed; the aggregator failed (lab/z: lab/z failed (500)), "
            "so lab/y wrote; $0.0000 and what nobody told, 4.2 s",
            True,
        ),
        (
            run(settled=Aggregation("model", "lab/z")),
            True,
            "refactor by trio: from the cache; free, 4.2 s",
            False,
        ),
        (
            run(agent("a"), agent("b"), settled=Aggregation("agree")),
            False,
            "refactor by trio: a, b proposed; a, b wrote; free, 4.2 s",
            False,
        ),
    ],
)
def test_the_line_of_a_run(record, cached, line, trouble):
    assert summary(record, cached=cached) == line
    assert troubled(record) is trouble
