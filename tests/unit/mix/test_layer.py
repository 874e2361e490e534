"""Proposers: who is asked when, what becomes of each, and what is left when a layer ends."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from moa_lsp.errors import AuthRejected, ProviderOverloaded, UsageError
from moa_lsp.providers.base import Usage
from moa_lsp.text.tokens import tokens
from tests.fakes.runs import APOLOGY, BEFORE, BROKEN, agent, code, mix, ran, task, text
from tests.fakes.scripted import Line, Scripted

HANGS = Line(hangs=True)
DOWN = Line(error=ProviderOverloaded("the provider is overloaded"), seconds=2)  # fails half-way


@dataclass
class Case:
    """One panel.

    Attributes:
        expect: state of each seat by id.
        seconds: virtual seconds that the run took.
        text: what it found.
        reasons: part of a seat's reason, by id.
    """

    name: str
    proposers: list[Any]
    script: dict[str, Any]
    expect: dict[str, str]
    seconds: float
    text: str | None
    rest: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


CASES = [
    Case(
        "all at once: as slow as the slowest",
        ["a", "b", "c"],
        {"a": code(1, seconds=3), "b": code(2, seconds=5), "c": code(3, seconds=1)},
        {"a": "ok", "b": "ok", "c": "ok"},
        5,
        text(1),
    ),
    Case(
        "every state that an agent can come to",
        ["good", "declining", "chatty", "down", "slow", "cut"],
        {
            "good": code(1),
            "declining": Line(declines="needs Rust"),
            "chatty": Line(APOLOGY),
            "down": DOWN,
            "slow": HANGS,
            "cut": code(2, finish="length"),
        },
        {
            "good": "ok",
            "declining": "declined",
            "chatty": "rejected",
            "down": "failed",
            "slow": "late",
            "cut": "rejected",
        },
        20,
        text(1),
        {"deadline": 30},
        {
            "declining": "needs Rust",
            "chatty": "no code",
            "down": "overloaded",
            "slow": "enough others",
            "cut": "length limit",
        },
    ),
    Case(
        "an agent's own timeout is a failure",
        [{"model": "a", "timeout": 7}, "b"],
        {"a": HANGS, "b": code(1)},
        {"a": "failed", "b": "ok"},
        7,
        text(1),
        reasons={"a": "no sign of life for 7 s"},
    ),
    Case(
        "quorum, then grace: who comes within it counts, who does not is late",
        ["a", "b", "c"],
        {"a": code(1, seconds=4), "b": code(2, seconds=2), "c": code(3, seconds=9)},
        {"a": "ok", "b": "ok", "c": "late"},
        5,
        text(1),
        {"quorum": {"min": 1, "grace": 3.0}},
        {"c": "enough others"},
    ),
    Case(
        "only usable proposals count for the quorum",
        ["a", "b", "c"],
        {"a": Line(APOLOGY), "b": code(2, seconds=2), "c": code(3, seconds=9)},
        {"a": "rejected", "b": "ok", "c": "late"},
        3,
        text(2),
        {"quorum": {"min": 1, "grace": 1.0}},
    ),
    Case(
        "grace begins once and is not renewed",
        ["a", "b", "c"],
        {"a": code(1, seconds=2), "b": code(2, seconds=3), "c": code(3, seconds=4.5)},
        {"a": "ok", "b": "ok", "c": "late"},
        4,
        text(1),
        {"quorum": {"min": 1, "grace": 2.0}},
    ),
    Case(
        "without a quorum one proposal is enough at two thirds of the deadline",
        ["a", "b"],
        {"a": code(1, seconds=3), "b": HANGS},
        {"a": "ok", "b": "late"},
        20,
        text(1),
        {"deadline": 30},
    ),
    Case(
        "after the cut the first usable one ends it",
        ["a", "b"],
        {"a": code(1, seconds=25), "b": HANGS},
        {"a": "ok", "b": "late"},
        25,
        text(1),
        {"deadline": 30},
    ),
    Case(
        "a quorum that does not hold at two thirds is waited for, and what there is still counts",
        ["a", "b", "c"],
        {"a": code(1, seconds=3), "b": HANGS, "c": HANGS},
        {"a": "ok", "b": "late", "c": "late"},
        30,
        text(1),
        {"deadline": 30, "quorum": {"min": 2, "grace": 1.0}},
        {"b": "no answer within the run's 30 s, it said nothing"},
    ),
    Case(
        "a quorum that can no longer be reached ends with its agents",
        ["a", "b"],
        {"a": code(1, seconds=3), "b": DOWN},
        {"a": "ok", "b": "failed"},
        3,
        text(1),
        {"quorum": {"min": 2, "grace": 1.0}},
    ),
    Case(
        "nothing before the deadline",
        ["a", "b"],
        {"a": HANGS, "b": code(1, seconds=31)},
        {"a": "late", "b": "late"},
        30,
        None,
        {"deadline": 30},
    ),
    Case(
        "a layer's own deadline",
        [],
        {"a": code(1, seconds=3), "b": HANGS},
        {"a": "ok", "b": "late"},
        10,
        text(1),
        {
            "layers": [
                {
                    "agents": [agent("a"), agent("b")],
                    "deadline": 10,
                    "quorum": {"min": 2, "grace": 0.0},
                }
            ]
        },
        {"b": "no answer within the layer's 10 s, it said nothing"},
    ),
    Case(
        "first: the race ends with the first usable one, the losers are cut off",
        ["a", "b", "c"],
        {"a": code(1, seconds=4), "b": Line(APOLOGY), "c": code(3, seconds=2)},
        {"a": "late", "b": "rejected", "c": "ok"},
        2,
        text(3),
        {"aggregator": [{"first": True}]},
        {"a": "another answer was taken"},
    ),
    Case(
        "first after verify: what does not pass does not win",
        ["a", "b", "c"],
        {"a": code(1, seconds=4), "b": code("nobody", seconds=1), "c": HANGS},
        {"a": "ok", "b": "rejected", "c": "late"},
        4,
        text(1),
        {"aggregator": [{"verify": ["names"]}, {"first": True}]},
    ),
    Case(
        "first never takes what breaks the buffer",
        ["a", "b"],
        {"a": code(1, seconds=4), "b": Line(BROKEN, seconds=1)},
        {"a": "ok", "b": "ok"},
        4,
        text(1),
        {"aggregator": [{"first": True}]},
    ),
    Case(
        "two that come at the same moment: as the mix names them",
        ["a", "b"],
        {"a": code(1, seconds=2), "b": code(2, seconds=2)},
        {"a": "ok", "b": "ok"},
        2,
        text(1),
        {"aggregator": [{"first": True}]},
    ),
    Case(
        "samples are seats of their own",
        [{"model": "a", "samples": 3}, "b"],
        {"a": [code(1), code(2), DOWN], "b": code(3)},
        {"a": "ok", "a#2": "ok", "a#3": "failed", "b": "ok"},
        1,
        text(1),
    ),
    Case(
        "one model twice, each by its own name",
        ["a", {"model": "a", "id": "other"}],
        {"a": [code(1), code(2)]},
        {"a": "ok", "other": "ok"},
        0,
        text(1),
    ),
    Case(
        "fallbacks are asked in turn while the ones before failed",
        [{"model": "a", "fallbacks": ["scripted/b", "nowhere/x", "scripted/c", "scripted/d"]}],
        {
            "a": DOWN,
            "b": Line(error=AuthRejected("the key was refused")),
            "c": code(3),
            "d": HANGS,
        },
        {"a": "ok"},
        1,
        text(3),
    ),
    Case(
        "a rejected answer is no reason for a fallback",
        [{"model": "a", "fallbacks": ["scripted/b"]}],
        {"a": Line(APOLOGY), "b": code(1)},
        {"a": "rejected"},
        0,
        None,
    ),
    Case(
        "when all of an agent's models fail each is told",
        [{"model": "a", "fallbacks": ["nowhere/x"]}],
        {"a": DOWN},
        {"a": "failed"},
        1,
        None,
        reasons={"a": "scripted/a: the provider is overloaded; nowhere/x: the provider `nowhere`"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_panel(case: Case):
    found = ran(mix(*case.proposers, **case.rest), case.script)
    found.check_clean()
    assert found.error is None
    assert found.states == case.expect
    assert found.seconds == pytest.approx(case.seconds)
    assert found.text == case.text
    for name, part in case.reasons.items():
        assert part in (found.reasons[name] or "")


def test_records_have_times_tokens_and_model():
    plan = mix({"model": "a", "fallbacks": ["scripted/b"]}, "c", "d", deadline=30)
    script = {
        "a": DOWN,
        "b": code(1, seconds=4, usage=Usage(7, 8, 5), cost_usd=0.5),
        "c": Line(declines="no"),
        "d": code(3, seconds=1000),
    }
    found = ran(plan, script)
    fell, declined, late = found.run.proposals
    assert (fell.model, fell.seconds, fell.first_token_seconds) == ("scripted/b", 5, 3)
    assert (fell.usage, fell.cost_usd) == (Usage(7, 8, 5), 0.5)
    assert (declined.usage, declined.cost_usd) == (Usage(), 0.0)
    assert (late.seconds, late.first_token_seconds, late.usage) == (20, None, None)
    assert found.outcome is not None
    assert found.outcome.warnings == (
        "a: asked scripted/b because of scripted/a: the provider is overloaded",
    )


def test_a_model_that_was_at_work_for_nothing_may_be_billed():
    """A gateway's header is read when its model is answering (``providers/gateways.py``)."""
    chat = UsageError("s/a is reached by chat alone")
    chat.answering = True
    script = {"a": Line(error=chat), "b": code(1, cost_usd=0.5), "c": Line(error=UsageError("no"))}
    found = ran(mix("a", {"model": "a", "fallbacks": ["scripted/b"]}, "c"), script)
    alone, fell, unasked = found.run.proposals
    assert (alone.state, alone.cost_usd, alone.uncounted) == ("failed", None, True)
    assert (fell.state, fell.cost_usd, fell.uncounted) == ("ok", 0.5, True)
    assert (unasked.state, unasked.cost_usd, unasked.uncounted) == ("failed", None, False)


def test_every_seat_is_asked_with_its_agents_own_parameters():
    plan = mix(
        {"model": "a", "temperature": 0.1, "max_tokens": 10, "timeout": 5, "system": "be brief"},
        {"model": "b", "temperature": None},
    )
    about = task()
    found = ran(plan, {"a": code(1), "b": code(2)}, about=about)
    one, other = found.provider.requests
    assert (one.model, one.temperature, one.max_tokens, one.timeout) == ("a", 0.1, 10, 5)
    assert other.temperature is None
    assert one.messages[0].content.endswith("be brief")
    assert "be brief" not in other.messages[0].content
    assert one.messages[1] == other.messages[1]
    assert one.task is other.task is about
    assert about == task()


NOTHING = [
    (
        {"a": DOWN, "b": Line(declines="no")},
        False,
        "no agent could answer; `moa-lsp doctor` shows which providers do (a: the provider is",
    ),
    (
        {"a": Line(declines="needs Rust"), "b": Line(declines="x")},
        False,
        "mix does that; take a mix with a model (a: needs",
    ),
    ({"a": HANGS, "b": HANGS}, False, "no agent answered in time; raise the mix's deadline"),
    (
        {"a": Line(APOLOGY), "b": Line("")},
        False,
        "no answer was usable; run the action again or take another mix (a: no code block",
    ),
    (
        {"a": Line(APOLOGY), "b": DOWN},
        False,
        "no agent gave a usable proposal; run the action again or take another mix (a: no code",
    ),
    ({"a": code(1), "b": code(1)}, True, "no change"),
    ({"a": code(1), "b": Line(declines="no")}, True, "no change"),
    (
        {"a": Line(declines="tidy already", unchanged=True), "b": Line(declines="no")},
        True,
        "no change",
    ),
    ({"a": Line(declines="tidy", unchanged=True), "b": DOWN}, False, "b: the provider is"),
    ({"a": code(1), "b": DOWN}, False, "b: the provider is overloaded"),
    (
        {"a": code(1), "b": Line(APOLOGY)},
        False,
        "no answer was usable; run the action again or take another mix (a: no change; b: no",
    ),
]


@pytest.mark.parametrize(("script", "unchanged", "part"), NOTHING)
def test_P41_why_nothing_came_of_it(script, unchanged, part):
    found = ran(mix("a", "b", deadline=30), script, about=task(f"{text(1)}\n"))
    found.check_clean()
    assert found.outcome is not None
    assert found.text is None
    assert found.outcome.unchanged is unchanged
    assert part in (found.outcome.reason or "")
    assert "\n" not in (found.outcome.reason or "")


def test_P43_a_late_proposers_request_is_closed():
    found = ran(mix("a", "b", quorum={"min": 1, "grace": 0.5}), {"a": code(1), "b": HANGS})
    assert (found.provider.cancelled, found.provider.open) == (1, 0)


def test_no_answer_is_forgotten_that_came_with_the_end():
    """``first`` ends the race; who came at the same moment is told as what it was."""
    plan = mix("a", "b", "c", aggregator=[{"first": True}])
    found = ran(plan, {"a": code(1, seconds=1), "b": Line(APOLOGY, seconds=1), "c": HANGS})
    assert found.states == {"a": "ok", "b": "rejected", "c": "late"}


@pytest.mark.parametrize(
    "bug", [KeyError("x"), RecursionError(), MemoryError(), OSError("x"), AssertionError()]
)
def test_an_agent_with_a_bug_ends_alone(bug):
    found = ran(mix("a", "c"), {"a": code(1), "c": Line(error=bug, seconds=1)})
    found.check_clean()
    assert found.error is None
    assert found.text == text(1)
    assert found.states == {"a": "ok", "c": "failed"}
    assert type(bug).__name__ in found.reasons["c"]


class _Streams(Scripted):
    """Streams to the request's meter, and breaks off before it answers or hangs."""

    said = ("x = 1\n" * 10, "thinking " * 90)

    async def answer(self, request, on_delta):
        request.meter.begin(lambda: self.said)
        return await super().answer(request, on_delta)


@pytest.mark.parametrize(
    ("line", "state", "rest"),
    [
        (HANGS, "failed", {"timeout": 3}),
        (HANGS, "late", {}),
        (DOWN, "failed", {}),
    ],
)
def test_what_was_streamed_before_a_seat_ended_is_charged_by_estimate(line, state, rest):
    layer = {"agents": [agent("a"), {"model": "other/z", "id": "z", **rest}]}
    other = _Streams({"z": line}, name="other")
    found = ran(
        mix(layers=[layer], deadline=9), {"a": code(1)}, more={"other": other},
        price=lambda _model, usage: usage.output * 0.001,
    )  # fmt: skip
    lost = found.record("z")
    assert lost.state == state
    assert lost.usage.output == sum(map(tokens, other.said))
    assert lost.usage.input > 50
    assert lost.cost_usd == pytest.approx(lost.usage.output * 0.001)
    assert lost.estimated


def test_a_reply_that_claims_more_than_its_request_can_cost_has_no_known_cost():
    script = {"a": code(1, cost_usd=5.0), "b": code(1, cost_usd=0.01)}
    found = ran(mix("a", "b"), script, bound=lambda _model, _request: 0.01)
    assert (found.record("a").cost_usd, found.record("a").usage) == (None, None)
    assert found.record("b").cost_usd == 0.01


class _Stubborn(Scripted):
    """Fails while it is closed."""

    async def answer(self, request, on_delta):
        try:
            return await super().answer(request, on_delta)
        finally:
            raise ProviderOverloaded("closing failed")


def test_a_provider_that_fails_while_it_is_cancelled_does_no_harm():
    other = _Stubborn({"z": HANGS})
    layer = {"agents": [agent("a"), {"model": "other/z"}], "quorum": {"min": 1, "grace": 1.0}}
    found = ran(mix(layers=[layer]), {"a": code(1)}, more={"other": other})
    found.check_clean()
    assert found.text == text(1)
    assert found.states == {"a": "ok", "z": "failed"}


TIMES = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.5]


@pytest.mark.parametrize("at", TIMES)
def test_cancelling_at_any_time_leaves_nothing(at):
    plan = mix(
        layers=[
            {"agents": [agent("a"), agent("slow")], "quorum": {"min": 1, "grace": 1.0}},
            {"agents": [agent("b"), agent("c")]},
        ],
        aggregator=[{"agree": 1.0}, {"verify": ["parse"]}, {"model": "scripted/d"}],
    )
    script = {
        "a": code(1, seconds=1),
        "slow": HANGS,
        "b": code(2, seconds=1),
        "c": code(3, seconds=1),
        "d": code(4, seconds=2),
    }
    found = ran(plan, script, cancel_at=at)
    found.check_clean()
    if at > 5:
        assert found.by == "model"
        return
    assert type(found.error).__name__ == "CancelledError"
    assert found.seconds == at
    if at >= 3.5:
        assert [each.state for each in found.run.aggregators] == ["cancelled"]
    elif found.run.proposals:
        assert "cancelled" in found.states.values()


def test_cancelling_between_any_two_steps_of_the_loop_leaves_nothing():
    plan = mix(
        "a",
        "b",
        {"model": "x", "fallbacks": ["scripted/y"]},
        aggregator=[{"model": "scripted/d", "fallbacks": ["scripted/e"]}],
    )
    script = {
        "a": code(1),
        "b": code(2),
        "x": Line(error=ProviderOverloaded("down")),
        "y": code(3),
        "d": Line(APOLOGY),
        "e": code(5),
    }
    whole = 0
    for steps in range(60):
        found = ran(plan, script, steps=steps)
        found.check_clean()
        if found.error is None:
            assert found.text == text(5)
            whole += 1
        else:
            assert type(found.error).__name__ == "CancelledError"
            if found.run.proposals and not found.run.aggregators:
                assert set(found.states.values()) <= {"ok", "cancelled"}
    assert 0 < whole < 60


def test_the_document_of_the_task_is_only_read():
    about = task()
    ran(mix("a", aggregator=[{"model": "scripted/b"}]), {"a": code(1), "b": code(2)}, about=about)
    assert about.snapshot.text == BEFORE
