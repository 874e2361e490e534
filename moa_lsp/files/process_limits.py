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
