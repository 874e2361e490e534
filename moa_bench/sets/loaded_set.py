"""A task set as its data and its family make it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from moa_bench.values import BenchTask
from moa_lsp.errors import UsageError
from moa_lsp.sandbox.program import Program, Verdict

Judge = Callable[[BenchTask, str], Program | Verdict]
"""What to execute to judge an answer, or the verdict where none is to be executed."""


@dataclass(frozen=True, slots=True)
class LoadedSet:
    """Tasks of one kind, and how their answers are judged (``values.TaskSet``).

    Attributes:
        name: as on the command line.
        digest: SHA-256 of the data, hexadecimal.
        tasks: in the order of their file.
        judge: of the set's family.
        edits: whether the tasks change files that are there; then a file left as it is should
            not pass.
        warnings: for the user, in sentences.
    """

    name: str
    digest: str
    tasks: tuple[BenchTask, ...]
    judge: Judge
    edits: bool = False
    warnings: tuple[str, ...] = ()

    def assess(self, task: BenchTask, answer: str) -> Program | Verdict:
        """As ``values.TaskSet.assess``."""
        return self.judge(task, answer)


def distinct(tasks: Iterable[tuple[str, BenchTask]]) -> tuple[BenchTask, ...]:
    """The tasks of rows with their places, no two with the same id.

    Raises:
        UsageError: an id occurs twice.
    """
    seen: dict[str, str] = {}
    kept: list[BenchTask] = []
    for place, task in tasks:
        if task.id in seen:
            raise UsageError(f"{place}: the task {task.id} is already at {seen[task.id]}")
        seen[task.id] = place
        kept.append(task)
    return tuple(kept)
