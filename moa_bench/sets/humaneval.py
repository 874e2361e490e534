"""HumanEval and HumanEval+: a function's head and docstring, to be finished by ``generate``.

The cursor stands at the end of the docstring, so that the product finds the unfinished function
as it would in an editor. A file passes if ``check`` of its tests runs to the end.
"""

from collections.abc import Iterator
from dataclasses import replace

from moa_bench.sets.loaded_set import distinct
from moa_bench.sets.rows import TaskRow, rows
from moa_bench.values import BenchTask, TaskRequest
from moa_lsp.sandbox.program import Program
from moa_lsp.text.span import Span

FILE = "solution.py"

SECONDS = 15.0
"""Its tests take milliseconds, or for ever; its authors give them three seconds."""

PLUS_SECONDS = 120.0
"""HumanEval+ has thousands of inputs a task; its slowest reference takes half a minute."""

_BROKEN_ORACLE = "assert _poly(*candidate(*inp), inp) <= 0.0001"
_ORACLE = "assert abs(_poly(*inp, candidate(*inp))) <= 0.0001"
"""In its original form the file asks for a root of the answer, not whether the answer is a root
of the polynomial, and no solution can pass."""


class _Row(TaskRow):
    task_id: str
    prompt: str
    entry_point: str
    canonical_solution: str
    test: str


def tasks(content: bytes, where: str) -> tuple[BenchTask, ...]:
    """Make the tasks of a file of HumanEval, or of HumanEval+ in HumanEval's form.

    Raises:
        UsageError: a row is not as it should be.
    """
    return distinct(_made(content, where))


def _made(content: bytes, where: str) -> Iterator[tuple[str, BenchTask]]:
    for place, row in rows(content, where, _Row):
        cursor = len(row.prompt.rstrip())
        test = row.test.replace(_BROKEN_ORACLE, _ORACLE)
        yield (
            place,
            BenchTask(
                id=row.task_id,
                cluster=row.task_id,
                ask=TaskRequest("generate", FILE, row.prompt, Span(cursor, cursor)),
                reference=f"{row.prompt}{row.canonical_solution}",
                facts={"test": test, "entry": row.entry_point},
            ),
        )


def judge(task: BenchTask, answer: str) -> Program:
    """The answer with its tests."""
    return Program("script", {"main.py": checked(task, answer)}, seconds=SECONDS)


def judge_plus(task: BenchTask, answer: str) -> Program:
    """As ``judge``, with the time that HumanEval+ needs."""
    return replace(judge(task, answer), seconds=PLUS_SECONDS)


def checked(task: BenchTask, code: str) -> str:
    """A program that ends well if ``check`` of the tests accepts what the code defines."""
    return f"{code}\n{task.facts['test']}\ncheck({task.facts['entry']})\n"
