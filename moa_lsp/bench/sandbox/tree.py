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
