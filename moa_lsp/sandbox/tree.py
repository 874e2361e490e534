"""A process and all below it, from the outside: what memory they hold, and their end."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096

_PROC = Path("/proc")

_DEAD = "ZX"

_STILL = "Tt" + _DEAD

_MOMENT_S = 0.001
"""Between two looks at what the kernel is about to do."""


def is_visible() -> bool:
    """Whether this system tells who the children of a process are."""
    own = _PROC / "self" / "task"
    return own.is_dir() and all((each / "children").exists() for each in own.iterdir())


def members(root: int) -> list[int]:
    """The process ``root`` and all its descendants that are alive now."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with contextlib.suppress(OSError):  # it ended meanwhile
            for thread in (_PROC / str(pid) / "task").iterdir():
                with contextlib.suppress(OSError):
                    waiting += map(int, (thread / "children").read_bytes().split())
    return found


async def fell(root: int) -> None:
    """End a process and all its descendants, also one that it is just making.

    Args:
        root: a child of this process.
    """
    with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
        os.kill(root, signal.SIGSTOP)
        while _state(root) not in _STILL:  # noqa: ASYNC110  # the kernel tells no event
            await asyncio.sleep(_MOMENT_S)
        while below := [pid for pid in members(root)[1:] if _state(pid) not in _DEAD]:
            for pid in below:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(_MOMENT_S)
        os.kill(root, signal.SIGKILL)


def _state(pid: int) -> str:
    """The letter of a process's state; ``X`` for one that is gone."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return "X"
    return stat.rpartition(")")[2].split()[0]


def holds_more(root: int, size: int) -> bool:
    """Whether the whole tree holds more than ``size`` bytes of memory.

    What two processes share counts once. That takes the kernel a while to say, so it is asked only
    where the quick sum, in which it counts twice, is over.
    """
    found = members(root)
    quick = {pid: _resident(pid) for pid in found}
    if sum(quick.values()) <= size:
        return False
    return sum(_share(pid, quick[pid]) for pid in found) > size


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError):  # it ended meanwhile
        return int((_PROC / str(pid) / "statm").read_bytes().split()[1]) * _PAGE
    return 0


def _share(pid: int, otherwise: int) -> int:
    """Bytes of a process, each divided by how many share it."""
    try:
        for line in (_PROC / str(pid) / "smaps_rollup").read_bytes().split(b"\n"):
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it ended meanwhile
    except OSError:
        return otherwise
    return otherwise


def available() -> int:
    """Bytes that the whole system can still give."""
    for line in (_PROC / "meminfo").read_bytes().split(b"\n"):
        if line.startswith(b"MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 1 << 62
