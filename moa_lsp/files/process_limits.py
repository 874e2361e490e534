"""What a process of ours may take of the machine, where the system has such limits (Unix)."""

from contextlib import suppress

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def bound_memory(most: int) -> None:
    """Let this process and those that it starts reserve no more than so many bytes each.

    A system that does not know the limit, or whose own is lower already, is left as it is.
    """
    _lower("RLIMIT_AS", most)


def forbid_core_dumps() -> None:
    """Let no crash of this process write its memory, with keys and texts, to the disk."""
    _lower("RLIMIT_CORE", 0)


def _lower(name: str, most: int) -> None:
    limit = getattr(resource, name, None)
    if limit is None:  # also where there is no `resource` at all
        return
    with suppress(ValueError, OSError):
        soft, hard = resource.getrlimit(limit)
        unbound = resource.RLIM_INFINITY
        lowest = min(each for each in (soft, hard, most) if each == most or each != unbound)
        resource.setrlimit(limit, (lowest, lowest))


def return_freed_memory() -> None:
    """Let glibc give large blocks back to the system as soon as they are freed.

    By itself it raises its threshold for blocks of their own to the largest that was ever freed,
    up to 32 MiB (mallopt(3), M_MMAP_THRESHOLD), and has an arena for each of eight threads per
    core: texts of large documents then leave holes that only texts of their size fit into. Where
    there is no such function (macOS, musl, Windows) nothing is done.
    """
    with suppress(ImportError, OSError, AttributeError, TypeError):
        import ctypes  # here alone, after the client was answered: 5 ms

        tune = ctypes.CDLL(None).mallopt
        tune(_M_MMAP_THRESHOLD, OWN_BLOCK_BYTES)
        tune(_M_ARENA_MAX, ARENAS)


_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # of <malloc.h>

OWN_BLOCK_BYTES = 256 * 2**10
"""Larger blocks are the system's own pages: double what glibc begins with, for a call costs some
microseconds, and such texts are copied no more often than they are typed in."""

ARENAS = 2
"""One for the event loop and one for the threads beside it, which seldom work at the same time."""
