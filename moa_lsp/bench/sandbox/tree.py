"""How much memory a process and all below it hold, from the outside."""

import contextlib
import os
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096

_PROC = Path("/proc")


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


def resident(root: int) -> int:
    """Bytes in memory of the whole tree; what two share counts twice."""
    total = 0
    for pid in members(root):
        with contextlib.suppress(OSError, IndexError):
            total += int((_PROC / str(pid) / "statm").read_bytes().split()[1]) * _PAGE
    return total


def available() -> int:
    """Bytes that the whole system can still give."""
    for line in (_PROC / "meminfo").read_bytes().split(b"\n"):
        if line.startswith(b"MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 1 << 62
