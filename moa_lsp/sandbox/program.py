"""What is executed in a sandbox, and what became of it, as values (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

Mode = Literal["script", "unittest", "command"]
Status = Literal["passed", "failed", "timeout"]


@dataclass(frozen=True, slots=True)
class Program:
    """Something to execute in a sandbox, and how it is seen to pass.

    Attributes:
        mode: ``script``: the Python file ``entry`` is executed as ``__main__`` and passes if it
            runs to its end; ``unittest``: all test cases of the Python file ``entry`` are run and
            pass; ``command``: the program and arguments ``command`` exit with 0, which the
            executed code can forge.
        files: text by relative path, laid out in the working folder.
        entry: path of the Python file.
        command: for ``command`` alone.
        seconds: of the wall, after which it counts as a timeout.
        memory: bytes that one process may allocate.
    """

    mode: Mode
    files: Mapping[str, str]
    entry: str = "main.py"
    command: tuple[str, ...] = ()
    seconds: float = 30.0
    memory: int = 4 << 30


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an answer: by a program, or by looking at it.

    Attributes:
        detail: for people: the last lines of a traceback, or what was missing. Bounded.
        seconds: that the execution took.
    """

    status: Status
    detail: str = ""
    seconds: float = 0.0


class Sandbox(Protocol):
    """Where programs are executed that nobody has read."""

    @property
    def kind(self) -> str:
        """Like ``bubblewrap``; told in every result."""

    async def run(self, program: Program) -> Verdict:
        """Execute a program; cancelling kills all of it.

        Raises:
            SandboxError: the sandbox itself failed. That says nothing of the program.
        """
