"""Holds the process that jedi works in: starts it, asks it one question at a time, ends it.

A question that nobody waits for any more is still answered; its answer is passed over. A process
that does not answer at all is ended, and the next question starts another one.
"""

import asyncio
import importlib.util
import json
import tempfile
from collections.abc import Callable
from typing import Any

from moa_lsp.errors import Unreachable
from moa_lsp.files import child_process

JEDI_ANSWER_S = 1.0
"""For jedi to name what may stand at a cursor; warm it needs 1 to 50 ms, and later than this the
user has typed on."""

JEDI_STUCK_S = 30.0
"""Without any answer, after which jedi's process is ended; its start takes up to ten."""


_WORKER = "moa_lsp.providers.embedded.jedi.worker"


class NotReady(Unreachable):
    """Jedi is still at work on something else."""


def installed() -> bool:
    """Say whether jedi is there, without importing it."""
    return importlib.util.find_spec("jedi") is not None


class JediProcess:
    """Jedi, behind two pipes."""

    def __init__(
        self, *, module: str = _WORKER, available: Callable[[], bool] = installed
    ) -> None:
        """Start nothing yet.

        Args:
            module: the program, as Python names it.
            available: says whether jedi is installed.
        """
        self._module = module
        self._available = available
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._asked = 0
        self._since: float | None = None

    @property
    def available(self) -> bool:
        """Whether jedi is installed."""
        return self._available()

    async def warm(self) -> None:
        """Start the process ahead of the first question; it takes seconds to be ready."""
        async with self._turn:
            await self._started()

    async def names(
        self, text: str, path: str | None, root: str, line: int, column: int
    ) -> list[list[str]]:
        """Ask which names may stand at a cursor.

        Args:
            text: the document.
            path: its place on disk, if it has one.
            root: the folder that its packages lie in.
            line: counted from 1.
            column: counted from 0, in code points.

        Raises:
            NotReady: no answer within ``JEDI_ANSWER_S``.
            Unreachable: there is no process, or it ended.
        """
        try:
            async with asyncio.timeout(JEDI_ANSWER_S), self._turn:
                question = {
                    "text": text, "path": path, "root": root, "line": line, "column": column,
                }  # fmt: skip
                return await self._answer(question)
        except TimeoutError as err:
            raise NotReady(f"no answer within {JEDI_ANSWER_S:g} s, jedi is still busy") from err

    async def close(self) -> None:
        """End the process; safe to call twice."""
        process, self._child = self._child, None
        self._since = None
        folder, self._folder = self._folder, None
        if process is not None:
            await child_process.end(process)
        if folder is not None:
            folder.cleanup()

    async def _answer(self, question: dict[str, Any]) -> list[list[str]]:
        process = await self._started()
        if process.stdin is None or process.stdout is None:
            raise Unreachable("jedi's process has no pipes, restart the server")
        try:
            if self._since is not None:  # one question at a time, or they would pile up
                await self._reply(process.stdout)
            self._asked += 1
            self._since = asyncio.get_running_loop().time()
            process.stdin.write(json.dumps({"id": self._asked, **question}).encode() + b"\n")
            await process.stdin.drain()
            return await self._reply(process.stdout)
        except (ConnectionError, ValueError, KeyError, TypeError) as err:
            await self.close()
            raise Unreachable("jedi's process broke off, it is started anew") from err

    async def _reply(self, stdout: asyncio.StreamReader) -> list[list[str]]:
        """Take the answer to the last question; those to earlier ones are passed over."""
        while line := await stdout.readline():
            reply = json.loads(line)
            if reply["id"] == self._asked:
                self._since = None
                found: list[list[str]] = reply["names"]
                return found
        raise ConnectionError

    async def _started(self) -> asyncio.subprocess.Process:
        now = asyncio.get_running_loop().time()
        if self._since is not None and now - self._since > JEDI_STUCK_S:
            await self.close()
        if self._child is None:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="moa-lsp-")
            try:
                self._child = await child_process.start_module(self._module, self._folder.name)
            except OSError as err:
                message = f"{self._module} could not be started: {err.strerror or err}"
                raise Unreachable(message) from err
            # It says when it is ready, as if that had been a question.
            self._asked, self._since = 0, now
        return self._child
