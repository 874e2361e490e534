"""Cells carried out by inspect give the results that they give without it, and logs of them."""

import asyncio
import gc

import pytest

pytest.importorskip("inspect_ai", reason="the extra `bench` is not installed: make setup-bench")

from inspect_ai.log import list_eval_logs, read_eval_log

from moa_bench.evaluation import Evaluation, carry_out
from moa_bench.harness import Harness
from moa_lsp.errors import AuthRejected, BudgetExceeded
from tests.bench.unit.test_cell import runner
from tests.fakes.bench import MadeSet, fenced, source
from tests.fakes.runs import mix
from tests.fakes.scripted import Line

pytestmark = [
    # Of libraries that inspect uses; it is pinned, and nothing of ours.
    pytest.mark.filterwarnings("ignore:The 'initial' parameter:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Unclosed <Memory:ResourceWarning"),
]


@pytest.fixture(autouse=True)
def collected():
    """What those libraries leave open is collected while it may be."""
    yield
    gc.collect()


TASKS = MadeSet.of(3)
SCRIPT = {"a": Line(fenced(source(2, 2)))}
"""Right for the second task alone."""


def logs(folder):
    return [read_eval_log(each) for each in list_eval_logs(str(folder))]


async def driven(folder, drive, script=SCRIPT, samples=1, done=(), **options):
    plan = mix("a")
    found = []
    async with runner(folder, plan, script, **options) as (made, provider):
        cell = Evaluation(plan, "mix", TASKS, TASKS.tasks, samples)
        await drive(made, cell, done, found.append)
    return sorted(found, key=lambda each: (each.task, each.sample)), provider


def told(results):
    return [(each.task, each.sample, each.state, each.drill.answer) for each in results]


async def test_it_finds_what_is_found_without_it(tmp_path):
    with_it, _ = await driven(tmp_path / "a", Harness(tmp_path / "logs").drive, samples=2)
    without, _ = await driven(tmp_path / "b", carry_out, samples=2)
    assert told(with_it) == told(without)
    (log,) = logs(tmp_path / "logs")
    assert (log.status, log.eval.model) == ("success", "moa/m")
    scores = {sample.id: sample.scores["_verdict"].value for sample in log.samples}
    assert set(scores) == {"made/1", "made/2", "made/3"}
    assert log.stats.model_usage["moa/m"].total_cost == pytest.approx(0.001 * 6)


async def test_what_is_missing_is_asked_again_and_nothing_else(tmp_path):
    harness = Harness(tmp_path / "logs")
    broken = {"a": [Line(error=AuthRejected("the key is locked")), SCRIPT["a"]]}
    first, provider = await driven(tmp_path, harness.drive, broken)
    missing = [each for each in first if each.state == "missing"]
    assert len(missing) == 1
    assert logs(tmp_path / "logs")[0].status == "error"
    done = {(each.task, each.sample) for each in first if each.state != "missing"}
    second, provider = await driven(tmp_path, harness.drive, done=done)
    assert [each.task for each in second] == [each.task for each in missing]
    assert len(provider.requests) == len(missing)
    (log,) = logs(tmp_path / "logs")
    assert (log.status, len(log.samples)) == ("success", 3)


async def test_what_is_done_is_not_begun_again(tmp_path):
    harness = Harness(tmp_path / "logs")
    done = {(task.id, 0) for task in TASKS.tasks}
    found, provider = await driven(tmp_path, harness.drive, done=done)
    assert (found, provider.requests) == ([], [])


async def test_a_log_whose_results_are_gone_is_no_reason_to_have_none(tmp_path):
    harness = Harness(tmp_path / "logs")
    first, _ = await driven(tmp_path, harness.drive)
    again, provider = await driven(tmp_path, harness.drive)
    assert told(again) == told(first)
    assert provider.requests == []


async def test_a_budget_ends_it(tmp_path):
    script = {"a": Line(fenced(source(2, 2)), usage=None, cost_usd=0.04)}

    async def drive(made, cell, done, keep):
        made.shared.price = lambda _model, _usage: 0.04
        await Harness(tmp_path / "logs").drive(made, cell, done, keep)

    with pytest.raises(BudgetExceeded, match="raise the budget"):
        await driven(tmp_path, drive, script, budget=0.1)


async def test_cancelling_ends_every_question_and_its_thread(tmp_path):
    plan = mix("a")
    async with runner(tmp_path, plan, {"a": Line(hangs=True)}) as (made, provider):
        cell = Evaluation(plan, "mix", TASKS, TASKS.tasks)
        work = asyncio.ensure_future(
            Harness(tmp_path / "logs").drive(made, cell, (), lambda _result: None)
        )
        while provider.open < 3:  # noqa: ASYNC110  # a fake tells nobody
            await asyncio.sleep(0.01)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    assert provider.open == 0
