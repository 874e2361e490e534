"""HumanEvalFix: a function with one planted mistake and its docstring, to be mended.

This is the variant that states the purpose by the docstring (HumanEvalFixDocs): it is what a user
has before them. No tool reports such a mistake, so there are no diagnostics; the instruction says
what a user would.
"""

from collections.abc import Iterator

from moa_bench.sets import humaneval
from moa_bench.sets.loaded_set import distinct
from moa_bench.sets.rows import TaskRow, rows
from moa_bench.values import BenchTask, TaskRequest
from moa_lsp.text.span import Span

judge = humaneval.judge


class _Row(TaskRow):
    task_id: str
    prompt: str
    entry_point: str
    canonical_solution: str
    buggy_solution: str
    test: str


def tasks(content: bytes, where: str) -> tuple[BenchTask, ...]:
    """Make the tasks.

    Raises:
        UsageError: a row is not as it should be.
    """
    return distinct(_made(content, where))


def _made(content: bytes, where: str) -> Iterator[tuple[str, BenchTask]]:
    for place, row in rows(content, where, _Row):
        buggy = f"{row.prompt}{row.buggy_solution}"
        instruction = f"`{row.entry_point}` does not do what it should: find the mistake, mend it"
        yield (
            place,
            BenchTask(
                id=row.task_id,
                cluster=row.task_id,
                ask=TaskRequest("fix", humaneval.FILE, buggy, Span(0, len(buggy)), instruction),
                reference=f"{row.prompt}{row.canonical_solution}",
                facts={"test": row.test, "entry": row.entry_point},
            ),
        )
