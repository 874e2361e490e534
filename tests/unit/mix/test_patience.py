"""Who is waited for: a model that reasons for long, and not one that says nothing."""

import asyncio
import os
from dataclasses import dataclass, field

import pytest

from moa_lsp.config.catalog import load_catalog
from moa_lsp.config.settings import is_local
from moa_lsp.providers.base import Reply, Usage
from tests.fakes.runs import BEFORE, code, mix, ran, text

CATALOG = load_catalog(environ={"MOA_LSP_CONFIG": os.devnull})
REASONED_S = 100


def _is_remote(plan) -> bool:
    entries = [CATALOG.providers[model.partition("/")[0]] for model in plan.models]
    return all(entry.base_url and not is_local(entry) for entry in entries)


REMOTE = sorted(
    name for name, entry in CATALOG.mixes.items() if _is_remote(entry.mix) and "inline" not in name
)


@dataclass
class Reasoner:
    """Reasons for a while, a hundred characters a second, and then answers; or says nothing."""

    name: str
    seconds: int = REASONED_S
    open: int = 0
    asked: list[str] = field(default_factory=list)

    async def answer(self, request, on_delta):
        self.asked.append(request.model)
        if not self.seconds:
            await asyncio.Event().wait()
        for second in range(self.seconds):
            await asyncio.sleep(1)
            request.meter.alive(100 * (second + 1))
        said = f"```python\n{text(len(self.asked))}\n```\n"
        on_delta(said)
        return Reply(said, usage=Usage(1, 1), cost_usd=0.0)

    async def close(self):
        pass


def reasoners(plan, seconds):
    names = {model.partition("/")[0] for model in plan.models}
    return {name: Reasoner(name, seconds) for name in names}


def test_there_are_bundled_mixes_of_remote_models():
    assert {"open-coding", "open-coding-2026", "review-deep", "fast"} <= set(REMOTE)


@pytest.mark.parametrize("name", REMOTE)
def test_every_bundled_remote_mix_waits_for_who_reasons(name):
    plan = CATALOG.mixes[name].mix
    found = ran(plan, {}, more=reasoners(plan, REASONED_S))
    assert found.text is not None
    states = [each.state for each in (*found.run.proposals, *found.run.aggregators)]
    assert set(states) <= {"ok", "rejected"}, found.reasons


@dataclass
class Pool(Reasoner):
    """One of its models reasons for long; the others answer at once."""

    model: str = ""

    async def answer(self, request, on_delta):
        self.seconds = REASONED_S if request.model == self.model else 1
        return await super().answer(request, on_delta)


LONG = [(name, agent.id, agent.model)
        for name in REMOTE
        for agent in CATALOG.mixes[name].mix.layers[0].agents
        if agent.reasoning and name != "fast"]  # fmt: skip
"""Who is told how deep to reason; `fast` says that it waits a second for whoever is late."""


def test_every_mix_of_models_that_reason_is_among_them():
    mixes = {name for name, _, _ in LONG}
    assert mixes == {
        "open-coding-2026", "commercial-coding-2026", "openrouter-open", "review-deep", "self-moa"
    }  # fmt: skip


@pytest.mark.parametrize(("name", "agent", "model"), LONG)
def test_one_who_reasons_is_waited_for_where_the_others_are_quick(name, agent, model):
    plan = CATALOG.mixes[name].mix
    provider, _, bare = model.partition("/")
    pools = {each: Pool(each, model=bare if each == provider else "") for each in
             reasoners(plan, 1)}  # fmt: skip
    found = ran(plan, {}, more=pools)
    assert found.record(agent).state == "ok", found.reasons


@pytest.mark.parametrize("name", REMOTE)
def test_no_bundled_remote_mix_waits_for_who_says_nothing(name):
    plan = CATALOG.mixes[name].mix
    found = ran(plan, {}, more=reasoners(plan, 0))
    assert found.text is None
    assert found.seconds < plan.deadline
    for agent in plan.layers[0].agents:
        assert f"no sign of life for {agent.timeout:g} s" in found.reasons[agent.id]


def test_progress_says_who_reasons_and_for_how_many_tokens():
    plan = mix("a", {"model": "b", "id": "glm"})
    found = ran(plan, {}, more={"scripted": Reasoner("scripted", 8)})
    told = [each.words for each in found.progress]
    assert any("glm reasons, 100 tokens" in words for words in told)
    assert "reasons" not in told[-1]


def test_a_run_that_ends_at_its_deadline_says_who_was_at_work_and_at_what():
    plan = mix("a", deadline=20.0)
    found = ran(plan, {}, more={"scripted": Reasoner("scripted", 60)})
    assert found.reasons["a"] == "no answer within the run's 20 s, it still reasoned, 400 tokens"
    assert "it still reasoned, 400 tokens" in found.outcome.reason


def test_who_is_cut_off_because_others_answered_was_at_work_at_something():
    plan = mix("a", {"model": "b", "id": "glm"}, deadline=30.0)
    found = ran(plan, {}, more={"scripted": Pool("scripted", model="b")})
    assert found.text is not None
    assert found.reasons["glm"] == (
        "cut off: enough others had answered, it still reasoned, 400 tokens"
    )


@pytest.mark.parametrize("early_stop", [True, False])
def test_a_mix_says_whether_requests_are_closed_once_their_answer_is_enough(early_stop):
    found = ran(mix("a", early_stop=early_stop), {"a": code(1)})
    (asked,) = found.provider.requests
    if not early_stop:
        assert asked.enough is None
        return
    closed = f"```python\n{text(1)}\n```\n"
    assert asked.enough(closed)
    assert not asked.enough(closed.removesuffix("\n"))
    unchanged = BEFORE[BEFORE.index("def") :]
    assert not asked.enough(f"```python\n{unchanged}```\n")


def test_what_a_closed_request_took_is_marked_as_an_estimate():
    class Stopped(Reasoner):
        async def answer(self, request, on_delta):
            request.meter.stopped = True
            return await super().answer(request, on_delta)

    found = ran(mix("a"), {}, more={"scripted": Stopped("scripted", 1)})
    assert found.record("a").estimated
