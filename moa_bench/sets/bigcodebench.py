"""BigCodeBench-Hard: functions that use many libraries, from a sentence or from a docstring.

Scored as its authors do by default (calibrated): the answer is sanitised and put behind the head
of the function, whose imports it may rely on.
"""

from collections.abc import Callable, Iterator

from moa_bench.sanitize import sanitize
from moa_bench.sets.humaneval import FILE
from moa_bench.sets.loaded_set import distinct
from moa_bench.sets.rows import TaskRow, rows
from moa_bench.values import BenchTask, TaskRequest
from moa_lsp.sandbox.program import Program
from moa_lsp.text.span import Span

SECONDS = 241.0
"""As its authors have it: one reference sleeps for 150 seconds."""

MEMORY = 30 << 30
"""As its authors have it: TensorFlow reserves far more addresses than it uses."""


class _Row(TaskRow):
    task_id: str
    complete_prompt: str
    instruct_prompt: str
    canonical_solution: str
    code_prompt: str
    test: str
    entry_point: str


def instruct(content: bytes, where: str) -> tuple[BenchTask, ...]:
    """Make tasks that describe a function in words: it is written into an empty file.

    Raises:
        UsageError: a row is not as it should be.
    """
    return distinct(
        _made(
            content,
            where,
            lambda row: TaskRequest("generate", FILE, "", Span(0, 0), row.instruct_prompt.strip()),
        )
    )


def complete(content: bytes, where: str) -> tuple[BenchTask, ...]:
    """Make tasks that describe a function by its docstring: it is finished where it stands.

    Raises:
        UsageError: a row is not as it should be.
    """
    return distinct(_made(content, where, _completing))


def _completing(row: _Row) -> TaskRequest:
    cursor = len(row.complete_prompt.rstrip())
    return TaskRequest("generate", FILE, row.complete_prompt, Span(cursor, cursor))


def _made(
    content: bytes, where: str, ask: Callable[[_Row], TaskRequest]
) -> Iterator[tuple[str, BenchTask]]:
    for place, row in rows(content, where, _Row):
        yield (
            place,
            BenchTask(
                id=row.task_id,
                cluster=row.task_id,
                ask=ask(row),
                reference=f"{row.complete_prompt}{row.canonical_solution}",
                facts={"test": row.test, "entry": row.entry_point, "head": row.code_prompt},
            ),
        )


def judge(task: BenchTask, answer: str) -> Program:
    """The sanitised answer behind the function's head, with its test cases."""
    code = calibrated(task, sanitize(answer, task.facts["entry"]))
    files = {"main.py": f"{code}\n{task.facts['test']}"}
    return Program("unittest", files, seconds=SECONDS, memory=MEMORY)


def calibrated(task: BenchTask, sanitized: str) -> str:
    """A sanitised answer behind the function's head, whose imports it may rely on."""
    return f"{task.facts['head']}\n    pass\n{sanitized}"
