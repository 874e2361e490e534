"""The run record: sums, and its JSON, key by key as editors read it."""

import json

import pytest

from moa_lsp.mix.record import AgentRecord, Aggregation, RunRecord, cost_of, rejections
from moa_lsp.providers.base import Usage
from tests.fakes.runs import BROKEN, code, mix, ran, task, text
from tests.fakes.scripted import Line

RUN_KEYS = [
    "run", "action", "mix", "mix_hash", "state", "applied", "needs_confirmation", "edit", "text",
    "reason", "seconds", "first_visible_seconds", "author", "aggregation", "proposals",
    "usage", "cost_usd", "cost_known", "warnings", "rejected",
]  # fmt: skip
AGENT_KEYS = ["agent", "model", "state", "seconds", "first_token_seconds", "usage", "cost_usd"]


def test_json_of_a_fresh_record():
    made = RunRecord("r", "fix", "m", "h").as_json()
    assert list(made) == RUN_KEYS
    assert (made["state"], made["applied"], made["needs_confirmation"]) == (
        "running",
        False,
        False,
    )
    assert made["edit"] is made["text"] is made["reason"] is made["aggregation"] is None
    assert (made["proposals"], made["warnings"], made["cost_known"]) == ([], [], True)
    assert made["rejected"] == {}


def test_json_of_a_full_record():
    record = RunRecord(
        "r",
        "fix",
        "m",
        "h",
        "done",
        seconds=1.23456,
        aggregation=Aggregation("model", "p/x", "p/y: down"),
        proposals=(
            AgentRecord("a", "p/a", "ok", None, 1.23456, 0.12345, Usage(1, 2, 3), 0.25),
            AgentRecord("b", "p/b", "late", "cut off", 2.0),
        ),
        usage=Usage(1, 2, 3),
        warnings=("careful",),
    )
    made = json.loads(json.dumps(record.as_json()))
    first, second = made["proposals"]
    assert list(first) == AGENT_KEYS
    assert list(second) == [*AGENT_KEYS, "reason"]
    assert first["usage"] == made["usage"] == {"input": 1, "output": 2, "cached": 3}
    assert (first["seconds"], first["first_token_seconds"]) == (1.2346, 0.1235)
    assert (second["usage"], second["first_token_seconds"], second["cost_usd"]) == (None,) * 3
    assert made["aggregation"] == {"by": "model", "model": "p/x", "fallback": "p/y: down"}
    assert RunRecord("r", "a", "m", "h", aggregation=Aggregation("agree")).as_json()[
        "aggregation"
    ] == {"by": "agree"}


KNOWN = [
    ([], True),
    ([AgentRecord("a", "m", "ok", cost_usd=0.0)], True),
    ([AgentRecord("a", "m", "ok")], False),
    ([AgentRecord("a", "m", "rejected")], False),
    ([AgentRecord("a", "m", "failed")], True),
    ([AgentRecord("a", "m", "late")], True),
    ([AgentRecord("a", "m", "late", first_token_seconds=0.0)], False),
    ([AgentRecord("a", "m", "cancelled", first_token_seconds=2.0)], False),
    ([AgentRecord("a", "m", "failed", first_token_seconds=2.0)], False),
    ([AgentRecord("a", "m", "failed", uncounted=True)], False),
    ([AgentRecord("a", "m", "ok", cost_usd=0.0, uncounted=True)], False),
    ([AgentRecord("a", "m", "ok", cost_usd=0.0), AgentRecord("b", "m", "ok")], False),
]


@pytest.mark.parametrize(("agents", "known"), KNOWN)
def test_a_price_is_known_when_nothing_was_billed_without_one(agents, known):
    assert cost_of(agents).known is known


def test_sums_count_every_answer_rejected_ones_and_aggregators_too():
    plan = mix("a", "b", "c", "d", aggregator=[{"model": "scripted/agg"}], deadline=30)
    found = ran(
        plan,
        {
            "a": code(1, usage=Usage(10, 1, 4), cost_usd=0.1),
            "b": Line("no code here", usage=Usage(20, 2), cost_usd=0.2),
            "c": Line(declines="no"),
            "d": Line(hangs=True),
            "agg": code(9, usage=Usage(40, 4), cost_usd=0.4),
        },
    )
    assert found.text == text(9)
    cost = cost_of(found.run.proposals + found.run.aggregators)
    assert (cost.usage, cost.known) == (Usage(70, 7, 4), True)
    assert cost.usd == pytest.approx(0.7)


def test_rejections_are_counted_by_kind_the_aggregator_s_too():
    chain = [{"verify": ["parse"]}, {"model": "scripted/agg"}]
    plan = mix("a", "b", "c", "d", "e", aggregator=chain)
    found = ran(
        plan,
        {
            "a": code(1),
            "b": Line("no code here"),
            "c": Line(BROKEN),
            "d": Line(f"```python\n{task().region}\n```"),
            "e": code(2),
            "agg": Line("I am sorry."),
        },
    )
    agents = found.run.proposals + found.run.aggregators
    assert rejections(agents) == {"no_change": 1, "no_code": 2, "parse": 1}
    assert list(rejections(agents)) == sorted(rejections(agents))
    made = RunRecord("r", "a", "m", "h", rejected=rejections(agents)).as_json()
    assert json.loads(json.dumps(made))["rejected"] == {"no_change": 1, "no_code": 2, "parse": 1}


def test_what_is_not_rejected_is_not_counted():
    late = AgentRecord("a", "m", "late", "cut off")
    assert rejections([late, AgentRecord("b", "m", "ok")]) == {}


def test_a_price_is_asked_for_where_the_provider_says_none():
    prices = {"scripted/a": 0.5}
    found = ran(
        mix("a", "b", "c"),
        {
            "a": code(1, cost_usd=None),
            "b": code(2, cost_usd=None),
            "c": code(3, cost_usd=None, usage=None),
        },
        price=lambda model, usage: prices.get(model),
    )
    assert [each.cost_usd for each in found.run.proposals] == [0.5, None, None]
    cost = cost_of(found.run.proposals)
    assert (cost.usd, cost.known) == (0.5, False)


def test_what_was_cut_off_while_it_answered_has_an_unknown_price():
    plan = mix("a", "b", quorum={"min": 1, "grace": 3.0})
    found = ran(plan, {"a": code(1), "b": code(2, seconds=4)})
    assert found.record("b").first_token_seconds == 2
    assert not cost_of(found.run.proposals).known
