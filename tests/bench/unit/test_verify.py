import asyncio
import json
from dataclasses import replace

import pytest

from moa_bench.sets.loaded_set import LoadedSet
from moa_bench.values import BenchTask, TaskRequest
from moa_bench.verify import ExcludedTask, VerdictFile, VerificationReport, verify
from moa_lsp.errors import RunError
from moa_lsp.sandbox.program import Program, Verdict
from moa_lsp.text.span import Span
from tests.fakes.sandbox import ReadingSandbox


def task(name, reference, given="WRONG"):
    return BenchTask(name, name, TaskRequest("fix", "x.py", given, Span(0, 0)), reference)


def judge(of, answer):
    return Program("script", {"main.py": f"{of.id} {answer}"})


def a_set(*tasks, **more):
    return LoadedSet("mine", "d", tasks, judge, **more)


GOOD, BAD, SLOW = task("a", "right"), task("b", "WRONG"), task("c", "SLOW")


async def test_a_reference_that_fails_excludes_its_task_by_name():
    found = await verify(
        a_set(GOOD, BAD, SLOW), ReadingSandbox(), VerdictFile(None, "w"), at_once=2
    )
    assert found == VerificationReport(
        "mine",
        "d",
        passed=1,
        total=3,
        excluded=(ExcludedTask("b", "boom\nWRONG"), ExcludedTask("c", "timeout")),
        given=None,
        sandbox="reading",
    )
    assert str(found) == "mine 1/3, excluded b, c"


async def test_files_as_they_are_given_run_too_where_a_set_changes_files():
    tasks = a_set(GOOD, task("d", "right", given="right as it is"), edits=True)
    found = await verify(tasks, ReadingSandbox(), VerdictFile(None, "w"), at_once=1)
    assert (found.passed, found.given) == (2, 1)
    assert str(found) == "mine 2/2, excluded none"


async def test_a_set_that_is_looked_at_needs_no_sandbox():
    sandbox = ReadingSandbox()
    tasks = replace(
        a_set(GOOD, BAD), judge=lambda of, _: Verdict("passed" if of is GOOD else "failed")
    )
    found = await verify(tasks, sandbox, VerdictFile(None, "w"), at_once=2)
    assert [each.id for each in found.excluded] == ["b"]
    assert sandbox.ran == []


async def test_only_so_many_programs_run_at_once_and_progress_is_heard():
    sandbox, on_delta = ReadingSandbox(), []
    tasks = a_set(*(task(str(n), "right") for n in range(20)))
    await verify(
        tasks,
        sandbox,
        VerdictFile(None, "w"),
        at_once=3,
        on_delta=lambda *pair: on_delta.append(pair),
    )
    assert sandbox.most == 3
    assert on_delta == [(n, 20) for n in range(1, 21)]


async def test_a_sandbox_that_fails_says_nothing_of_a_task():
    with pytest.raises(RunError, match="no sandbox"):
        await verify(
            a_set(GOOD, BAD),
            ReadingSandbox(RunError("no sandbox")),
            VerdictFile(None, "w"),
            at_once=2,
        )


# --- kept verdicts -----------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    return tmp_path / "kept" / "v.json"


async def again(path, world="w", tasks=(GOOD, BAD, SLOW)):
    """The programs that ran, and what was found."""
    sandbox = ReadingSandbox()
    found = await verify(a_set(*tasks), sandbox, VerdictFile(path, world), at_once=1)
    return [program.files["main.py"] for program in sandbox.ran], found


async def test_what_is_known_does_not_run_again_but_for_timeouts(path):
    _, first = await again(path)
    ran, second = await again(path)
    assert ran == ["c SLOW"]
    assert second == first


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"world": "another Python"}, id="the world"),
        pytest.param({"tasks": (replace(GOOD, reference="right!"),)}, id="the program"),
    ],
)
async def test_what_a_verdict_follows_from_is_its_key(change, path):
    await again(path, tasks=(GOOD,))
    ran, _ = await again(path, **{"tasks": (GOOD,), **change})
    assert len(ran) == 1


async def test_limits_are_of_the_program():
    kept = VerdictFile(None, "w")
    kept.keep(Program("script", {}), Verdict("passed"))
    assert kept.find(Program("script", {})) == Verdict("passed")
    assert kept.find(Program("script", {}, seconds=31.0)) is None
    assert kept.find(Program("script", {}, memory=1)) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', '{"a": {"status": 1, "x": 2}}'])
async def test_a_broken_file_holds_nothing(text, path):
    path.parent.mkdir()
    path.write_text(text)
    ran, found = await again(path)
    assert len(ran) == 3
    assert found.passed == 1
    assert len(json.loads(path.read_text())) == 2


async def test_who_is_interrupted_keeps_what_was_found(path):
    sandbox = ReadingSandbox(hold=asyncio.Event())
    sandbox.hold.set()

    def stop(ended, _total):
        if ended == 1:
            sandbox.hold.clear()
            stopped.set()

    stopped = asyncio.Event()
    tasks = a_set(GOOD, BAD, task("e", "right"))
    running = asyncio.create_task(
        verify(tasks, sandbox, VerdictFile(path, "w"), at_once=1, on_delta=stop)
    )
    await stopped.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sandbox.inside == 0
    ran, _ = await again(path, tasks=(GOOD, BAD, task("e", "right")))
    assert ran == ["b WRONG", "e right"]
