"""Tasks asked of a mix by the product's own path, and what becomes of the answers."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from moa_bench.evaluation import Evaluation, carry_out
from moa_bench.replay.request_cache import RealProvider
from moa_bench.replay.store import Store, StoredAnswer
from moa_bench.run import BenchEnvironment, BenchOptions, desk_of
from moa_bench.values import BenchTask, TaskRequest
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import (
    AnswerRefused,
    BudgetExceeded,
    ProviderOverloaded,
    RateLimited,
    SandboxEndError,
)
from moa_lsp.runs.runtime_config import load_runtime_config
from moa_lsp.text.span import Span
from tests.fakes.bench import MadeSet, Models, ReadingSandbox, fenced, gap, numbered, source, task
from tests.fakes.runs import mix
from tests.fakes.scripted import Line, Scripted


@asynccontextmanager
async def runner(folder, plan, script, *, sandbox=None, budget=None, own=None):
    """A desk whose models answer by a script, in real time."""
    provider = Scripted(script)
    entry = ProviderEntry("scripted", "scripted")
    empty = folder / "config.yaml"
    folder.mkdir(exist_ok=True)
    empty.write_text("")
    runtime = load_runtime_config(
        config=empty, environ={}, providers={"scripted": provider}, entries={"scripted": entry}
    )
    wanted = BenchOptions(folder / "out", budget, own=own or (lambda *_of: {}))
    made = desk_of(runtime, [plan], BenchEnvironment(sandbox or ReadingSandbox(), "f"), wanted)
    made.shared.chance = lambda: 0.0
    try:
        yield made, provider
    finally:
        await made.close()


def right(number, **line):
    return Line(fenced(source(number, number)), **line)


def wrong(number, **line):
    return Line(fenced(source(number, 0)), **line)


async def asked(folder, plan, script, tasks=None, *, samples=1, oracle=False, **options):
    tasks = tasks or MadeSet.of(1)
    found = []
    async with runner(folder, plan, script, **options) as (made, provider):
        cell = Evaluation(plan, "mix", tasks, tasks.tasks, samples, oracle)
        await carry_out(made, cell, (), found.append)
    return sorted(found, key=lambda each: (each.task, each.sample)), provider


async def one(folder, plan, script, **options):
    (found,), _ = await asked(folder, plan, script, **options)
    return found


async def test_a_right_answer_passes_and_a_wrong_one_fails(tmp_path):
    found = await one(tmp_path / "a", mix("a"), {"a": right(1)})
    assert (found.state, found.task, found.cluster) == ("passed", "made/1", "made/0")
    assert found.drill.answer == source(1, 1)
    assert found.sandbox == "reading"
    assert (found.cost_usd, found.cost_known, found.spent_usd) == (0.001, True, 0.001)
    assert (found.usage.input, found.usage.output) == (100, 20)
    assert "answer_1" in found.drill.prompt
    assert found.drill.proposals == (("a", source(1, 1)),)
    found = await one(tmp_path / "b", mix("a"), {"a": wrong(1)})
    assert (found.state, found.drill.detail) == ("failed", "AssertionError\nfailed: test_it")


NOTHING = {
    "apology": Line("I am sorry, but I cannot help with that."),
    "refusal": Line(error=AnswerRefused("the model will not")),
    "declined": Line(declines="not my work"),
    "unchanged": Line(fenced(source(1))),
}


@pytest.mark.parametrize("what", NOTHING)
async def test_no_answer_is_an_answer_that_fails(tmp_path, what):
    found = await one(tmp_path, mix("a"), {"a": NOTHING[what]})
    assert found.state == "no_answer"
    assert found.drill.detail
    assert found.drill.answer is None


BROKEN = {
    "limited": Line(error=RateLimited("come back")),
    "overloaded": Line(error=ProviderOverloaded("over capacity")),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_the_infrastructure_does_is_never_a_wrong_answer(tmp_path, what):
    plan = mix("a", "b")
    found = await one(tmp_path, plan, {"a": BROKEN[what], "b": wrong(1)})
    assert found.state == "missing"
    assert str(BROKEN[what].error) in found.drill.detail
    again = await one(tmp_path, plan, {"a": right(1), "b": wrong(1)})
    assert again.state == "passed"


async def test_a_sandbox_that_fails_says_nothing_of_the_answer(tmp_path):
    sandbox = ReadingSandbox(broken=True)
    found = await one(tmp_path, mix("a"), {"a": right(1)}, sandbox=sandbox)
    assert (found.state, found.drill.detail) == ("missing", "the sandbox is not itself today")
    sandbox = ReadingSandbox()
    again = await one(tmp_path, mix("a"), {"a": Line("never asked")}, sandbox=sandbox)
    assert (again.state, len(sandbox.ran)) == ("passed", 1)


async def test_an_end_that_the_program_delays_is_its_failure(tmp_path):
    late = ReadingSandbox(raises=SandboxEndError("what ran did not end within 20 s"))
    found = await one(tmp_path, mix("a"), {"a": right(1)}, sandbox=late)
    assert (found.state, found.drill.detail) == ("failed", "what ran did not end within 20 s")


async def test_a_program_is_executed_once(tmp_path):
    sandbox = ReadingSandbox()
    for folder in ("out", "out"):
        await one(tmp_path / folder, mix("a"), {"a": right(1)}, sandbox=sandbox)
    assert len(sandbox.ran) == 1


async def test_the_oracle_judges_every_usable_proposal(tmp_path):
    plan = mix("a", "b", "c", aggregator=[{"select": "prior"}])
    script = {"a": wrong(1), "b": right(1), "c": Line("no code at all, sorry")}
    found = await one(tmp_path, plan, script, oracle=True)
    assert found.state == "failed"
    assert found.right == {"a": False, "b": True}
    assert dict(found.drill.proposals)["c"] != ""
    assert (found.proposed, found.rejected) == (3, 1)


async def test_samples_of_an_agent_and_of_a_task_are_distinct(tmp_path):
    plan = mix({"model": "a", "samples": 2})
    found, provider = await asked(tmp_path, plan, {"a": right(1)}, samples=3)
    assert len(provider.requests) == 6
    assert [each.sample for each in found] == [0, 1, 2]
    assert all(each.proposed == 2 for each in found)


async def test_mixes_share_what_they_ask_alike_and_each_is_charged_for_it(tmp_path):
    alone, both = mix("a", name="alone"), mix("a", "b", name="both")
    script = {"a": right(1), "b": wrong(1)}
    first = await one(tmp_path, alone, script)
    (second,), provider = await asked(tmp_path, both, script)
    assert [each.model for each in provider.requests] == ["b"]
    assert (first.cost_usd, second.cost_usd) == (0.001, 0.002)
    assert (first.spent_usd, second.spent_usd) == (0.001, 0.001)


def remembered(folder, times):
    """Answers of a first run, with other times put in their place."""
    store = Store(folder / "out" / "answers.sqlite")
    rows = store._connection.execute("SELECT key, value FROM answers").fetchall()
    for key, value in rows:
        answered = store.answer(key)
        for text, (first, seconds) in times.items():
            if text in value:
                store.keep_answer(key, StoredAnswer(answered.reply, first, seconds, 0.0))
    store.close()


TIMES = {"return 11": (1.0, 3.0), "return 22": (2.0, 8.0), "return 33": (5.0, 40.0)}
SLOW = {
    "all are waited for": ({}, 40.0, 40.0, "ok"),
    "a quorum and its grace": ({"quorum": {"min": 1, "grace": 2.0}}, 5.0, 5.0, "late"),
    "two and a grace": ({"quorum": {"min": 2, "grace": 0.5}}, 8.5, 8.5, "late"),
    "two thirds of a deadline": ({"deadline": 30.0}, 20.0, 20.0, "late"),
}


@pytest.mark.parametrize("what", SLOW)
async def test_a_mix_takes_as_long_as_its_answers_once_took(tmp_path, what):
    """However quick they are to be had by now, and however slow the machine is."""
    more, seconds, slowest, last = SLOW[what]
    steps = {"aggregator": [{"select": "prior"}]}
    script = {
        name: Line(fenced(source(1, value)))
        for name, value in zip("abc", (11, 22, 33), strict=True)
    }
    await one(tmp_path, mix("a", "b", "c", **steps), script)
    remembered(tmp_path, TIMES)
    found = await one(tmp_path, mix("a", "b", "c", **steps, **more), script)
    assert (found.seconds, found.slowest) == (pytest.approx(seconds), pytest.approx(slowest))
    assert (dict(found.drill.proposals)["c"] == source(1, 33)) == (last == "ok")


async def test_what_is_beside_is_shown_and_nothing_else_is_read(tmp_path):
    (tmp_path / "near.py").write_text("ON_THE_DISK = 1\n")
    text = source(1, "helper_of_one(first, second)")
    helper = "def helper_of_one(first, second):\n    return first + second\n"
    ask = TaskRequest("refactor", "made.py", text, Span(0, len(text)), "", {"helper.py": helper})
    beside = BenchTask("b", "b", ask, source(1, 1), {"number": "1"})
    _, provider = await asked(tmp_path, mix("a"), {"a": right(1)}, MadeSet((beside,)))
    prompt = "\n".join(each.content for each in provider.requests[0].messages)
    assert "def helper_of_one" in prompt
    assert "ON_THE_DISK" not in prompt


async def test_gaps_are_filled_by_the_completer(tmp_path):
    tasks = MadeSet((gap(1), gap(2)))
    plan = mix("a")
    found, provider = await asked(tmp_path, plan, {"a": Line("1", exact=True)}, tasks, oracle=True)
    assert [each.state for each in found] == ["passed", "failed"]
    assert found[0].drill.answer == "1"
    assert found[0].right == {"a": True}
    assert all(request.infill is not None for request in provider.requests)
    assert found[0].cost_usd == 0.001


async def test_what_the_product_refuses_is_no_answer(tmp_path):
    ask = TaskRequest("no-such-action", "made.py", source(1), Span(0, 3))
    refused = MadeSet((BenchTask("r", "r", ask, "", {"number": "1"}),))
    found = await one(tmp_path, mix("a"), {"a": right(1)}, tasks=refused)
    assert found.state == "no_answer"
    assert "there is no action" in found.drill.detail


async def test_a_budget_ends_it_and_keeps_what_was_found(tmp_path):
    plan, tasks = mix("a"), MadeSet.of(6)
    provider_script = {"a": right(1, usage=None, cost_usd=0.04)}
    found = []
    async with runner(tmp_path, plan, provider_script, budget=0.1) as (made, provider):
        made.shared.price = lambda _model, _usage: 0.04
        cell = Evaluation(plan, "mix", tasks, tasks.tasks)
        with pytest.raises(BudgetExceeded, match="raise the budget"):
            await carry_out(made, cell, (), found.append)
    assert len(provider.requests) == 2
    assert all(each.state != "missing" for each in found)
    async with runner(tmp_path, plan, provider_script, budget=0.1) as (made, provider):
        assert made.shared.spent == pytest.approx(0.08)


async def test_cancelling_ends_every_question(tmp_path):
    plan, tasks = mix("a"), MadeSet.of(30)
    async with runner(tmp_path, plan, {"a": Line(hangs=True)}) as (made, provider):
        cell = Evaluation(plan, "mix", tasks, tasks.tasks)
        work = asyncio.ensure_future(carry_out(made, cell, (), lambda _result: None))
        while provider.open < 8:  # noqa: ASYNC110  # a fake tells nobody
            await asyncio.sleep(0.01)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    assert provider.open == 0


async def test_providers_of_one_task_alone_are_kept_nowhere(tmp_path):
    given = Scripted({"x": right(1)}, name="own")
    plan = mix("a")
    plan = replace(
        plan,
        layers=(
            plan.layers[0].model_copy(
                update={
                    "agents": (plan.agents[0].model_copy(update={"model": "own/x", "id": "x"}),)
                }
            ),
        ),
    )

    def own(_mix, _task, _sample):
        return {"own": given}

    entry = RealProvider(given, ["own"])
    assert entry.most
    async with runner(tmp_path, plan, {}, own=own) as (made, _):
        catalog = made.runtime.catalog
        entries = {**catalog.providers, "own": ProviderEntry("own", "scripted")}
        made.runtime = replace(made.runtime, catalog=replace(catalog, providers=entries))
        found = []
        await carry_out(made, Evaluation(plan, "mix", MadeSet.of(1), (task(1),)), (), found.append)
        assert [each.state for each in found] == ["passed"]
        assert made.store.spent() == 0
        assert made.shared.sent == 0


async def test_real_requests_go_over_http_within_the_providers_places(tmp_path):
    def says(_model, prompt):
        return fenced(source(numbered(prompt), numbered(prompt)))

    with Models(says) as models:
        models.refuse["m"] = [(429, {"Retry-After": "0"}), (503, {})]
        config = tmp_path / "config.yaml"
        config.write_text(models.config("m"))
        runtime = load_runtime_config(config=config, environ={}, providers={})
        made = mix("m")
        agents = tuple(each.model_copy(update={"model": "lab/m"}) for each in made.agents)
        plan = replace(made, layers=(made.layers[0].model_copy(update={"agents": agents}),))
        bench = BenchEnvironment(ReadingSandbox(), "f")
        work = desk_of(runtime, [plan], bench, BenchOptions(tmp_path / "out"))
        tasks = MadeSet.of(12)
        found = []
        await carry_out(work, Evaluation(plan, "alone", tasks, tasks.tasks), (), found.append)
        await work.close()
        assert {each.state for each in found} == {"passed"}
        assert len(models.bodies) == 14
        assert models.most_at_once <= 4
        assert found[0].cost_usd == pytest.approx((100 * 1 + 20 * 10) / 1e6)
