"""The one way to start a child process: no shell, a clean environment, reaped when nobody waits.

Arguments are a list. A child inherits only the variables that its caller names, so neither the
user's keys nor settings of the workspace reach it; nothing of the workspace is on its path.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

CHILD_END_S = 0.5
"""For a program of ours that has said all to end by itself, which takes Python 10 ms."""


Process = asyncio.subprocess.Process

WINDOWS_VARIABLES = ("SYSTEMROOT", "TEMP", "TMP", "USERPROFILE")
"""What a program of Windows cannot start without, and where it finds the user's folder."""

ISOLATED_VARIABLES = (*WINDOWS_VARIABLES, "HOME", "TMPDIR")
"""What Python needs with ``-I``, which reads no variable of its own."""

PYTHON_VARIABLES = (
    *WINDOWS_VARIABLES,
    # where Python finds its modules, as it did for the server
    "PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "HOME", "APPDATA",
    # how file names are read
    "LANG", "LC_ALL", "LC_CTYPE", "PYTHONUTF8",
)  # fmt: skip
"""What Python needs to import what this one can import."""

_STREAM_LIMIT = 2**16
"""Bytes of a line that asyncio buffers unless a caller asks for more: its own default."""


def environment(names: Sequence[str], environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """The named variables, as far as they are set.

    Args:
        names: which.
        environ: where from; this process's own without it.
    """
    environ = os.environ if environ is None else environ
    return {name: environ[name] for name in names if name in environ}


async def start(
    program: str,
    *arguments: str,
    variables: Sequence[str] | None,
    folder: Path | None,
    stdin: Literal["pipe", "nothing"] = "pipe",
    stderr: Literal["nothing", "ours"] = "nothing",
    own_group: bool = False,
    max_line_bytes: int = _STREAM_LIMIT,
) -> Process:
    """Start a program, with a pipe from its stdout.

    Args:
        program: its absolute path, or a name on PATH where the user chose it.
        arguments: what follows it.
        variables: names of the environment that it gets; ``None`` for all, which is for the
            user's own commands alone.
        folder: where it runs; ``None`` for where this process does, which may be a workspace.
        stdin: a pipe, or an empty input.
        stderr: dropped, or written to the server's own, which goes to its log.
        own_group: whether it leads a session, so that ``end`` reaches what it starts.
        max_line_bytes: the longest line that is read from it.

    Raises:
        OSError: it cannot be started.
        ValueError: an argument holds NUL.
    """
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        program,
        *arguments,
        stdin=pipe if stdin == "pipe" else nothing,
        stdout=pipe,
        stderr=None if stderr == "ours" else nothing,
        cwd=folder,
        env=None if variables is None else environment(variables),
        start_new_session=own_group,
        limit=max_line_bytes,
    )


async def start_module(
    module: str,
    *arguments: str,
    variables: Sequence[str] = ISOLATED_VARIABLES,
    own_group: bool = False,
) -> Process:
    """Start a module of this package with the same Python, isolated (``-I``).

    ``-I`` leaves out the current folder and every ``PYTHON…`` variable.

    Args:
        module: its full name.
        arguments: what follows it.
        variables: as of ``start``.
        own_group: as of ``start``.

    Raises:
        OSError: it cannot be started.
    """
    return await start(
        sys.executable,
        "-I",
        "-m",
        module,
        *arguments,
        variables=variables,
        folder=Path(sys.executable).parent,
        own_group=own_group,
    )


async def end(child: Process, *, grace_s: float = CHILD_END_S) -> None:
    """Let a process end that has closed its stdout, kill any other, and reap it."""
    if child.stdin is not None:
        child.stdin.close()
    if child.stdout is not None and child.stdout.at_eof():
        # It is ending by itself. Signals go through a look at the process, which takes its exit
        # code from the loop's own watcher.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_s):
                await child.wait()
    await kill(child)


async def kill(child: Process) -> None:
    """Kill what still runs and reap it; nothing after an ordinary end."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):  # it ended between the look and the kill
            child.kill()
        await child.wait()


async def kill_group(child: Process, grace_s: float, piece_bytes: int) -> None:
    """Kill a child that was started with ``own_group``, with what it started, and reap it.

    Args:
        child: the process.
        grace_s: for how long a grandchild of another session may hold its pipe.
        piece_bytes: read and dropped at once, while it ends.
    """
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):  # it ended between the look and the kill
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(grace_s):
            # asyncio reaps only when the pipe is empty, and stops reading a full one
            while child.stdout is not None and await child.stdout.read(piece_bytes):
                pass
            await child.wait()
