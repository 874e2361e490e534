"""Starts a program of our own beside the server: the same Python, isolated, with few variables.

The program is a module of this package. Nothing in a workspace is on its path: ``-I`` leaves out
the current folder and every ``PYTHON…`` variable, and it starts in the interpreter's own folder.
"""

import asyncio
import contextlib
import os
import sys
from pathlib import Path

from moa_lsp.errors import Unreachable

CHILD_END_S = 0.5
"""For a program of ours that has said all to end by itself, which takes Python 10 ms."""


_ENVIRONMENT = ("HOME", "USERPROFILE", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
"""What Python and its libraries need to start; no key of the user is among them."""


async def start(module: str, *arguments: str) -> asyncio.subprocess.Process:
    """Start a module as a program, with pipes to its stdin and stdout.

    Raises:
        Unreachable: it could not be started.
    """
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-m",
            module,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=Path(sys.executable).parent,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
    except OSError as err:
        raise Unreachable(f"{module} could not be started: {err.strerror or err}") from err


async def end(child: asyncio.subprocess.Process) -> None:
    """Let a process end that has closed its stdout, kill any other, and reap it."""
    if child.stdin is not None:
        child.stdin.close()
    if child.stdout is not None and child.stdout.at_eof():
        # It is ending by itself. Signals go through a look at the process, which takes its exit
        # code from the loop's own watcher.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CHILD_END_S):
                await child.wait()
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):  # it ended between the look and the kill
            child.kill()
        await child.wait()
