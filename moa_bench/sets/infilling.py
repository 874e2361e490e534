"""HumanEval-Infilling: a gap in a small program, to be filled by an inline completion."""

from collections.abc import Iterator

from moa_bench.sets import humaneval
from moa_bench.sets.loaded_set import distinct
from moa_bench.sets.rows import TaskRow, rows
from moa_bench.values import BenchTask, TaskRequest
from moa_lsp.errors import UsageError
from moa_lsp.sandbox.program import Program
from moa_lsp.text.span import Span


class _Row(TaskRow):
    task_id: str
    entry_point: str
    prompt: str
    suffix: str
    canonical_solution: str
    test: str


def tasks(content: bytes, where: str) -> tuple[BenchTask, ...]:
    """Make the tasks; gaps of one function are one cluster.

    Raises:
        UsageError: a row is not as it should be.
    """
    return distinct(_made(content, where))


def _made(content: bytes, where: str) -> Iterator[tuple[str, BenchTask]]:
    for place, row in rows(content, where, _Row):
        _, _, rest = row.task_id.partition("/")
        function, _, gap = rest.rpartition("/")
        if not function or not gap:
            raise UsageError(
                f"{place}: `task_id` is {row.task_id}, not a set, a function and a gap"
            )
        cursor = len(row.prompt)
        yield (
            place,
            BenchTask(
                id=row.task_id,
                cluster=function,
                ask=TaskRequest(
                    "complete",
                    f"{row.entry_point}.py",
                    f"{row.prompt}{row.suffix}",
                    Span(cursor, cursor),
                ),
                reference=row.canonical_solution,
                facts={"test": row.test, "entry": row.entry_point},
            ),
        )


def judge(task: BenchTask, answer: str) -> Program:
    """The filled program with its tests."""
    ask = task.ask
    filled = f"{ask.text[: ask.target.start]}{answer}{ask.text[ask.target.end :]}"
    return humaneval.judge(task, filled)
