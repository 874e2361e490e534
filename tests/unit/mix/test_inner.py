"""A mix as one agent of another: one proposal, with all that its own agents took."""

from dataclasses import replace

import pytest

from moa_lsp.config.mixes import Agent, Mix
from moa_lsp.errors import ProviderOverloaded
from moa_lsp.providers.base import Usage
from tests.fakes.runs import APOLOGY, code, mix, ran, task, text
from tests.fakes.scripted import Line, Scripted

DOWN = Line(error=ProviderOverloaded("down"))
HANGS = Line(hangs=True)


def around(inner: Mix, *others: str, timeout: float = 100.0, fallbacks=(), **rest) -> Mix:
    """A mix whose first agent is ``mix/team``."""
    plan = mix(*(others or ("nobody",)), **rest)
    (layer,) = plan.layers
    team = Agent(model="mix/team", id="team", timeout=timeout, fallbacks=fallbacks)
    agents = (team, *(layer.agents if others else ()))
    return replace(
        plan, layers=(layer.model_copy(update={"agents": agents}),), inner={"team": inner}
    )


TEAM = mix("a", "b", aggregator=[{"model": "scripted/z"}], deadline=30)


def test_its_result_is_one_proposal_and_everything_is_added_up():
    found = ran(around(TEAM, "c"), {"a": code(1), "b": code(2), "z": code(3), "c": code(4)})
    found.check_clean()
    assert found.text == text(3)
    assert found.states == {"team": "ok", "c": "ok"}
    team = found.record("team")
    assert (team.model, team.usage) == ("mix/team", Usage(300, 60))
    assert team.cost_usd == pytest.approx(0.003)
    assert team.first_token_seconds is not None
    assert len(found.provider.requests) == 4


def test_an_unknown_cost_within_makes_its_cost_unknown():
    script = {"a": code(1, cost_usd=None), "b": code(2), "z": code(3)}
    found = ran(around(TEAM), script)
    assert found.record("team").usage == Usage(300, 60)
    assert found.record("team").cost_usd is None


ENDS = [
    (
        {"a": DOWN, "b": DOWN},
        "failed",
        "no agent could answer; `moa-lsp doctor` shows which providers do (a, b: down)",
    ),
    ({"a": Line(APOLOGY), "b": DOWN}, "failed", "no agent gave a usable proposal"),
    ({"a": Line(declines="no"), "b": Line(declines="no")}, "declined", "no agent of this mix"),
]


@pytest.mark.parametrize(("script", "state", "reason"), ENDS)
def test_how_it_ends(script, state, reason):
    found = ran(around(TEAM, "c"), {**script, "c": code(4)})
    found.check_clean()
    assert found.text == text(4)
    assert found.states == {"team": state, "c": "ok"}
    assert (found.reasons["team"] or "").startswith(reason)


def test_no_change_is_no_change():
    same = Line(f"```python\n{task().region}\n```")
    found = ran(around(TEAM), {"a": same, "b": same})
    assert found.outcome is not None
    assert found.outcome.unchanged
    assert found.states == {"team": "rejected"}


def test_what_a_failed_one_took_is_told_beside_its_fallback():
    plan = around(TEAM, fallbacks=("scripted/spare",))
    found = ran(plan, {"a": Line(APOLOGY), "b": DOWN, "spare": code(7)})
    assert found.text == text(7)
    team = found.record("team")
    assert (team.model, team.state, team.usage) == ("scripted/spare", "ok", Usage(200, 40))
    assert team.cost_usd == pytest.approx(0.002)


@pytest.mark.parametrize(("deadline", "ends"), [(200, 30), (20, 18)])
def test_its_time_is_its_own_or_what_is_left_and_what_it_found_counts(deadline, ends):
    script = {"a": code(1, seconds=2), "b": HANGS, "z": HANGS}
    found = ran(around(TEAM, deadline=deadline), script)
    found.check_clean()
    assert found.seconds == pytest.approx(ends)
    assert (found.text, found.states) == (text(1), {"team": "ok"})


def test_its_timeout_bounds_it():
    found = ran(around(TEAM, timeout=6), {"a": code(1, seconds=1), "b": HANGS, "z": HANGS})
    assert (found.seconds, found.text) == (6, text(1))


def test_cancelling_reaches_its_agents():
    found = ran(around(TEAM), {"a": code(1, seconds=1), "b": HANGS}, cancel_at=5)
    found.check_clean()
    team = found.record("team")
    assert (team.state, team.usage) == ("cancelled", Usage(100, 20))
    assert team.cost_usd == pytest.approx(0.001)
    assert found.provider.cancelled == 1


def test_samples_are_runs_of_their_own():
    plan = around(TEAM)
    (layer,) = plan.layers
    twice = layer.agents[0].model_copy(update={"samples": 2})
    plan = replace(plan, layers=(layer.model_copy(update={"agents": (twice,)}),))
    found = ran(plan, {"a": code(1), "b": code(2), "z": [code(3), code(4)]})
    assert found.states == {"team": "ok", "team#2": "ok"}
    assert len(found.provider.asked("z")) == 2


def test_an_embedded_agent_within_costs_nothing():
    free = Scripted({"a": code(1, usage=Usage(), cost_usd=0.0)}, "free")
    inner = replace(
        TEAM,
        layers=(TEAM.layers[0].model_copy(update={"agents": (Agent(model="free/a", id="a"),)}),),
        aggregator=(),
    )
    found = ran(around(inner), {}, more={"free": free})
    assert (found.text, found.record("team").cost_usd) == (text(1), 0.0)


def test_pieces_say_whose_they_are_and_an_inner_mix_is_not_mixed_in():
    """Its agents speak at once, so what is heard of it is no text."""
    on_delta = []
    plan = around(TEAM, "c", aggregator=[{"model": "scripted/agg"}])
    script = {"a": code(1), "b": code(2), "z": code(3), "c": code(4), "agg": code(5)}
    found = ran(plan, script, follow=on_delta.append)
    assert found.text == text(5)
    assert [(each.stage, each.agent, each.model) for each in on_delta] == [
        ((1, False), "c", "scripted/c"),
        ((1, True), "aggregator", "scripted/agg"),
    ]
    assert on_delta[1].text == code(5).text
