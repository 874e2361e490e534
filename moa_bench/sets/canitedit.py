"""CanItEdit: a whole file to be changed as an instruction says; two instructions a file.

The descriptive and the lazy instruction of a file are one cluster: they ask for the same change.
"""

from collections.abc import Iterator

from moa_bench.sets.loaded_set import distinct
from moa_bench.sets.rows import TaskRow, rows
from moa_bench.values import BenchTask, TaskRequest
from moa_lsp.sandbox.program import Program
from moa_lsp.text.span import Span

SECONDS = 60.0
"""The slowest reference takes six; a file that never ends is told after ten times that."""


class _Row(TaskRow):
    full_name: str
    before: str
    after: str
    tests: str
    instruction_descriptive: str
    instruction_lazy: str


def tasks(content: bytes, where: str) -> tuple[BenchTask, ...]:
    """Make two tasks of each row.

    Raises:
        UsageError: a row is not as it should be.
    """
    return distinct(_made(content, where))


def _made(content: bytes, where: str) -> Iterator[tuple[str, BenchTask]]:
    for place, row in rows(content, where, _Row):
        asked = {
            "instruction_descriptive": row.instruction_descriptive,
            "instruction_lazy": row.instruction_lazy,
        }
        for kind, instruction in asked.items():
            whole = Span(0, len(row.before))
            yield (
                place,
                BenchTask(
                    id=f"{row.full_name}/{kind}",
                    cluster=row.full_name,
                    ask=TaskRequest(
                        "refactor", f"{row.full_name}.py", row.before, whole, instruction.strip()
                    ),
                    reference=row.after,
                    facts={"test": row.tests},
                ),
            )


def judge(task: BenchTask, answer: str) -> Program:
    """The changed file with its tests behind it."""
    return Program("script", {"main.py": f"{answer}\n\n{task.facts['test']}\n"}, seconds=SECONDS)
