"""Any mix, any providers: a run ends in time, tells every seat once, and leaves nothing behind."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moa_lsp.config.mixes import Agent
from moa_lsp.errors import ProviderOverloaded
from moa_lsp.providers.base import Usage
from tests.fakes.runs import APOLOGY, BROKEN, agent, code, mix, ran
from tests.fakes.scripted import Line

TIMES = st.sampled_from([0.0, 0.5, 1.0, 3.0, 8.0, 20.0, 100.0])
LINES = st.one_of(
    st.builds(lambda value, seconds: code(value, seconds=seconds), st.integers(0, 2), TIMES),
    st.builds(lambda seconds: Line(BROKEN, seconds=seconds), TIMES),
    st.builds(lambda seconds: Line(APOLOGY, seconds=seconds, cost_usd=None), TIMES),
    st.builds(lambda seconds: Line(error=ProviderOverloaded("down"), seconds=seconds), TIMES),
    st.builds(lambda seconds: Line(declines="no", seconds=seconds), TIMES),
    st.just(Line(hangs=True)),
)
NAMES = ("a", "b", "c", "d")
MODELS = st.sampled_from([f"scripted/{name}" for name in NAMES])
AGENTS = st.builds(
    lambda name, more: {**agent(name), **more},
    st.sampled_from(NAMES),
    st.fixed_dictionaries(
        {},
        optional={
            "samples": st.integers(1, 2),
            "weight": st.sampled_from([0.0, 1.0, 2.0]),
            "timeout": st.sampled_from([2.0, 10.0, 60.0]),
            "fallbacks": st.lists(MODELS, max_size=2),
            "sees": st.sampled_from(["task", "previous"]),
        },
    ),
)
QUORUM = st.none() | st.builds(
    lambda least, grace: {"min": least, "grace": grace}, st.integers(1, 3), TIMES
)
LAYERS = st.lists(
    st.fixed_dictionaries(
        {"agents": st.lists(AGENTS, min_size=1, max_size=3)},
        optional={"quorum": QUORUM, "deadline": st.sampled_from([1.0, 15.0])},
    ),
    min_size=1,
    max_size=3,
)
STEPS = st.lists(
    st.one_of(
        st.builds(lambda share: {"agree": share}, st.sampled_from([0.5, 1.0])),
        st.just({"verify": ["parse"]}),
        st.just({"verify": ["names", "parse"]}),
        st.builds(lambda how: {"select": how}, st.sampled_from(["prior", "vote", "medoid"])),
        st.just({"first": True}),
        st.builds(
            lambda model, spares: {"model": model, "fallbacks": spares, "timeout": 10.0},
            MODELS,
            st.lists(MODELS, max_size=1),
        ),
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.heavy
@given(
    layers=LAYERS,
    steps=STEPS,
    quorum=QUORUM,
    deadline=st.sampled_from([1.0, 6.0, 30.0]),
    script=st.fixed_dictionaries(dict.fromkeys(NAMES, LINES)),
    cancel_at=st.none() | TIMES,
)
def test_any_run(layers, steps, quorum, deadline, script, cancel_at):
    plan = mix(layers=layers, aggregator=steps, quorum=quorum, deadline=deadline)
    found = ran(plan, script, cancel_at=cancel_at)
    found.check_clean()
    assert found.seconds <= deadline
    if found.error is not None:
        assert type(found.error).__name__ == "CancelledError"
        assert cancel_at is not None
        assert cancel_at <= deadline
        return
    outcome = found.outcome
    assert outcome is not None
    assert (outcome.text is None) == (outcome.aggregation is None) == bool(outcome.reason)
    _check_seats(plan, found)
    if outcome.text is not None:
        assert outcome.text.startswith("def size(path):\n    return ")
        said = {each.state for each in found.run.proposals}
        assert "ok" in said


@pytest.mark.heavy
@given(
    layers=LAYERS,
    steps=STEPS,
    outer=STEPS,
    deadlines=st.tuples(*[st.sampled_from([1.0, 6.0, 30.0])] * 2),
    timeout=st.sampled_from([2.0, 60.0]),
    script=st.fixed_dictionaries(dict.fromkeys(NAMES, LINES)),
    cancel_at=st.none() | TIMES,
)
def test_any_mix_as_an_agent(layers, steps, outer, deadlines, timeout, script, cancel_at):
    inner = mix(layers=layers, aggregator=steps, deadline=deadlines[0])
    team = Agent(model="mix/team", id="team", timeout=timeout, fallbacks=("scripted/a",))
    plan = mix("b", aggregator=outer, deadline=deadlines[1])
    agents = (team, *plan.layers[0].agents)
    layer = plan.layers[0].model_copy(update={"agents": agents})
    found = ran(replace(plan, layers=(layer,), inner={"team": inner}), script, cancel_at=cancel_at)
    found.check_clean()
    assert found.seconds <= deadlines[1]
    if found.error is not None:
        assert type(found.error).__name__ == "CancelledError"
        return
    assert [each.agent for each in found.run.proposals] == ["team", "b"]
    _check_sums(found)


def _check_sums(found):
    """Everything that any agent took is in the records, once."""
    records = found.run.proposals + found.run.aggregators
    told = sum(each.usage.output for each in records if each.usage is not None)
    assert told == 20 * found.provider.answered


def _check_seats(plan, found):
    seats = [
        each.id if sample == 1 else f"{each.id}#{sample}"
        for layer in plan.layers
        for each in layer.agents
        for sample in range(1, each.samples + 1)
    ]
    records = found.run.proposals
    told = [each.agent for each in records]
    assert told == seats[: len(told)]
    assert told == seats or found.seconds == plan.deadline
    for record in records:
        assert record.state != "cancelled"
        assert (record.state == "ok") == (record.reason is None)
        assert 0 <= record.seconds <= plan.deadline
        assert record.usage in (None, Usage(), Usage(100, 20))
    answered = [each for each in records if each.state in ("ok", "rejected")]
    assert all(each.usage == Usage(100, 20) for each in answered)
