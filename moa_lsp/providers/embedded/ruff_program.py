"""Starts the ruff binary of the ``ruff`` wheel and takes its answer.

The binary is the wheel's own: nothing in the workspace and nothing on PATH can name another one
(A02 in docs/faults.md). Arguments are a list, no shell sees them; the child's environment is a
short list of allowed names, so neither ``RUFF_*`` settings nor the user's keys reach it. When the
caller is cancelled the child is killed and reaped before the cancellation goes on.
"""

import asyncio
import contextlib
import functools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ruff import find_ruff_bin  # type: ignore[import-untyped]  # the wheel ships no types

from moa_lsp.errors import Unreachable
from moa_lsp.files.child_process import WINDOWS_VARIABLES, kill, start

RUFF_TIMEOUT_S = 10.0
"""One call of the ruff binary; it needs 30 ms for ten thousand lines."""


RUFF_MEMORY_BYTES = 2 * 2**30
"""Address space of ruff: it takes 0.1 GiB for the largest document and reserves more for its
threads; a settings file without an end ends it here."""

RUFF_CPU_S = 20
"""CPU of ruff, all its threads: twice its time on the clock."""

_VARIABLES = (*WINDOWS_VARIABLES, "HOME", "XDG_CONFIG_HOME", "APPDATA")
"""Among them those by which ruff finds the user's own settings."""


@dataclass(frozen=True, slots=True)
class RuffOutput:
    """What a call of ruff gave: ``code`` is 0 (clean), 1 (findings) or 2 (it could not work)."""

    code: int
    stdout: bytes


@functools.cache
def program() -> str | None:
    """The path of the wheel's binary, or ``None`` where the wheel has none."""
    try:
        return str(find_ruff_bin())
    except FileNotFoundError:
        return None


async def call(
    arguments: Sequence[str], stdin: bytes = b"", folder: Path | None = None
) -> RuffOutput:
    """Run ruff once.

    Args:
        arguments: what follows the program's name.
        stdin: the document, UTF-8.
        folder: an existing folder where ruff looks for first-party modules; the binary's own
            without one.

    Raises:
        Unreachable: ruff could not be started or took longer than ``RUFF_TIMEOUT_S``.
    """
    binary = program()
    if binary is None:
        message = "the ruff program is missing, reinstall the ruff package"
        raise Unreachable(message)
    try:
        child = await start(
            binary, *arguments, variables=_VARIABLES, folder=folder or Path(binary).parent
        )
    except OSError as err:
        message = f"ruff could not be started: {err.strerror or err}"
        raise Unreachable(message) from err
    _limit(child.pid)
    try:
        async with asyncio.timeout(RUFF_TIMEOUT_S):
            stdout, _ = await child.communicate(stdin)
    except TimeoutError as err:
        message = f"ruff took longer than {RUFF_TIMEOUT_S:.0f} s, try a smaller file"
        raise Unreachable(message) from err
    finally:
        await kill(child)
    return RuffOutput(child.returncode if child.returncode is not None else 2, stdout)


def _limit(pid: int) -> None:
    """Bound what a child may take, where the system can (Linux); it waits for its input yet."""
    if sys.platform != "linux":
        return
    import resource

    for kind, bound in (
        (resource.RLIMIT_AS, RUFF_MEMORY_BYTES),
        (resource.RLIMIT_CPU, RUFF_CPU_S),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(pid, kind, (bound, bound))
