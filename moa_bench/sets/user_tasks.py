"""Tasks of a user's own, as JSONL: any language whose tests run as a command in the sandbox.

The form is described in docs/bench-tasks.md. The answer's file is laid out with the files of
``tests`` around it; then the program runs, and its end is the verdict.
"""

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from moa_bench.sets.loaded_set import distinct
from moa_bench.sets.rows import TaskRow, rows
from moa_bench.values import BenchTask, TaskRequest
from moa_lsp.errors import UsageError
from moa_lsp.sandbox.program import Program
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.span import Span

MAX_OWN_SECONDS = 3600.0
"""That a user's own task may let its tests run."""

MAX_OWN_MEMORY = 64 * 2**30
"""Bytes that a user's own task may let one process allocate."""


Place = tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]


class _Row(TaskRow):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1)]
    cluster: str = ""
    action: Annotated[str, Field(min_length=1)]
    file: str
    text: str = ""
    lines: Place | None = None
    cursor: Place | None = None
    instruction: str = ""
    beside: dict[str, str] = Field(default_factory=dict)
    reference: str
    tests: dict[str, str] = Field(default_factory=dict)
    mode: Literal["script", "unittest", "command"] = "command"
    entry: str = ""
    command: tuple[str, ...] = ()
    seconds: Annotated[float, Field(gt=0, le=MAX_OWN_SECONDS)] = 30.0
    memory_mb: Annotated[int, Field(ge=64, le=MAX_OWN_MEMORY >> 20)] = 4096

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.lines and self.cursor:
            raise ValueError("`lines` and `cursor` exclude each other")
        if self.action == "complete" and not self.cursor:
            raise ValueError("a task for `complete` needs `cursor`")
        if self.mode == "command" and (not self.command or self.entry):
            raise ValueError("mode `command` needs `command`, and no `entry`")
        if self.mode != "command" and (not self.entry or self.command):
            raise ValueError(f"mode `{self.mode}` needs `entry`, and no `command`")
        if self.entry and self.entry not in {self.file, *self.tests}:
            raise ValueError(f"`entry` {self.entry} is neither `file` nor in `tests`")
        for path in (self.file, *self.beside, *self.tests):
            _check_path(path)
        return self


def _check_path(path: str) -> None:
    pure = PurePosixPath(path)
    bad = not path or pure.is_absolute() or ".." in pure.parts or "\\" in path or "\0" in path
    if bad or str(pure) != path:
        raise ValueError(f"`{path}` is no path below the working folder, such as src/app.py")


def tasks(content: bytes, where: str) -> tuple[BenchTask, ...]:
    """Make the tasks of a file.

    Raises:
        UsageError: a row is not as it should be.
    """
    return distinct(_made(content, where))


def _made(content: bytes, where: str) -> Iterator[tuple[str, BenchTask]]:
    for place, row in rows(content, where, _Row):
        program = {
            "mode": row.mode,
            "files": {**row.beside, **row.tests},
            "entry": row.entry or "main.py",
            "command": row.command,
            "seconds": row.seconds,
            "memory": row.memory_mb << 20,
        }
        yield (
            place,
            BenchTask(
                id=row.id,
                cluster=row.cluster or row.id,
                ask=TaskRequest(
                    row.action,
                    row.file,
                    row.text,
                    _target(row, place),
                    row.instruction,
                    row.beside,
                ),
                reference=row.reference,
                facts={"program": json.dumps(program)},
            ),
        )


def _target(row: _Row, place: str) -> Span:
    """The lines or the place that a row names, else all of the text."""
    index = LineIndex(row.text)
    line = (row.cursor or row.lines or (1, 1))[0]
    last = row.lines[1] if row.lines else line
    if not line <= last <= index.line_count:
        raise UsageError(f"{place}: the text has lines 1 to {index.line_count}")
    if row.lines:
        return Span(index.line_span(line - 1).start, index.line_span(last - 1).end)
    if not row.cursor:
        return Span(0, len(row.text))
    span = index.line_span(line - 1)
    at = span.start + row.cursor[1] - 1
    if at > span.end:
        raise UsageError(f"{place}: line {line} has columns 1 to {span.end - span.start + 1}")
    return Span(at, at)


def judge(task: BenchTask, answer: str) -> Program:
    """The answer in its file among the others, and what is run there."""
    ask, said = task.ask, json.loads(task.facts["program"])
    if ask.action == "complete":
        answer = f"{ask.text[: ask.target.start]}{answer}{ask.text[ask.target.end :]}"
    return Program(
        mode=said["mode"],
        files={**said["files"], ask.file: answer},
        entry=said["entry"],
        command=tuple(said["command"]),
        seconds=said["seconds"],
        memory=said["memory"],
    )
