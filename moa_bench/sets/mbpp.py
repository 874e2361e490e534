"""MBPP and MBPP+: a sentence and examples of calls, to be written into an empty file.

MBPP shows its three assertions, as its authors do; MBPP+ shows the first, as its authors do.
"""

from collections.abc import Iterator
from dataclasses import replace

from moa_bench.sets.humaneval import FILE
from moa_bench.sets.loaded_set import distinct
from moa_bench.sets.rows import TaskRow, rows
from moa_bench.values import BenchTask, TaskRequest
from moa_lsp.sandbox.program import Program
from moa_lsp.text.span import Span

PLUS_SECONDS = 120.0
"""MBPP+ has up to hundreds of inputs a task, some of them large."""


class _Row(TaskRow):
    task_id: int
    text: str
    code: str
    test_list: tuple[str, ...]
    test_setup_code: str
    challenge_test_list: tuple[str, ...] = ()


class _PlusRow(TaskRow):
    task_id: int
    prompt: str
    code: str
    test_list: tuple[str, ...]
    test: str


def tasks(content: bytes, where: str) -> tuple[BenchTask, ...]:
    """Make the tasks of a file of MBPP.

    Raises:
        UsageError: a row is not as it should be.
    """
    return distinct(_made(content, where))


def _made(content: bytes, where: str) -> Iterator[tuple[str, BenchTask]]:
    for place, row in rows(content, where, _Row):
        test = "\n".join((row.test_setup_code, *row.test_list))
        yield place, _task(f"Mbpp/{row.task_id}", row.text, row.test_list, row.code, test)


def plus_tasks(content: bytes, where: str) -> tuple[BenchTask, ...]:
    """Make the tasks of a file of MBPP+ in MBPP's form.

    Raises:
        UsageError: a row is not as it should be.
    """
    return distinct(_plus_made(content, where))


def _plus_made(content: bytes, where: str) -> Iterator[tuple[str, BenchTask]]:
    for place, row in rows(content, where, _PlusRow):
        shown = row.test_list[:1]
        yield place, _task(f"Mbpp/{row.task_id}", row.prompt, shown, row.code, row.test)


def _task(name: str, wanted: str, shown: tuple[str, ...], code: str, test: str) -> BenchTask:
    calls = "\n".join(shown)
    instruction = f"{wanted.strip()}\nIt must pass:\n{calls}" if shown else wanted.strip()
    return BenchTask(
        id=name,
        cluster=name,
        ask=TaskRequest("generate", FILE, "", Span(0, 0), instruction),
        reference=code,
        facts={"test": test},
    )


def judge(task: BenchTask, answer: str) -> Program:
    """The answer with its tests."""
    return Program("script", {"main.py": f"{answer}\n{task.facts['test']}\n"})


def judge_plus(task: BenchTask, answer: str) -> Program:
    """As ``judge``, with the time that MBPP+ needs."""
    return replace(judge(task, answer), seconds=PLUS_SECONDS)
