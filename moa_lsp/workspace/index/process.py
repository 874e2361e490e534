"""Starts the index's process, and talks with it.

The program is this Python, whatever lies in the workspace or on PATH; it imports nothing from the
folder that it runs in (``-P``), and gets a short list of allowed variables, so the user's keys do
not reach it. It ends when its stdin ends, so it never outlives the server.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from moa_lsp.errors import Unreachable
from moa_lsp.files import child_process
from moa_lsp.workspace import limits
from moa_lsp.workspace.index.messages import Message, decoded, encoded

INDEX_CLOSE_S = 0.3
"""For the index's process to end by itself; it is then killed, which costs it nothing (part of
``CLOSE_GRACE_S``)."""


class IndexProcess:
    """One running process; made by ``started``."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child

    @property
    def pid(self) -> int:
        """Its id."""
        return self._child.pid

    @property
    def behind(self) -> int:
        """Bytes that it has not taken in yet."""
        stdin = self._child.stdin
        return stdin.transport.get_write_buffer_size() if stdin is not None else 0

    def send(self, message: Message) -> None:
        """Say something; nothing where it does not listen any more."""
        stdin = self._child.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(encoded(message))

    async def messages(self) -> AsyncGenerator[dict[str, Any], None]:
        """What it says, until it ends or says something that is no message."""
        stdout = self._child.stdout
        with contextlib.suppress(ValueError):
            while stdout is not None and (line := await stdout.readline()):
                yield decoded(line)

    async def close(self) -> None:
        """Have it end, or end it; it is gone when this returns."""
        if self._child.stdin is not None:
            self._child.stdin.close()
        try:
            async with asyncio.timeout(INDEX_CLOSE_S):
                await self._child.wait()
        except TimeoutError:
            pass  # it is within a parser, and loses nothing
        finally:
            await child_process.kill(self._child)


async def started() -> IndexProcess:
    """Start the process.

    Raises:
        Unreachable: it cannot be started.
    """
    try:
        child = await child_process.start(
            sys.executable,
            "-P",
            "-m",
            "moa_lsp.workspace.index",
            variables=child_process.PYTHON_VARIABLES,
            folder=Path(sys.executable).parent,
            stderr="ours",  # a crash belongs in the server's log
            max_line_bytes=limits.MAX_INDEX_LINE_BYTES,
        )
    except (OSError, ValueError) as err:
        raise Unreachable(f"the index's process could not be started: {err}") from err
    return IndexProcess(child)
