"""What a file or folder looked like when it was read, to see later whether it changed.

Nothing here opens anything: an edit shows in a file's size, times or inode, a new file in its
folder. What was written twice within one tick of the file system's clock, to the same size, looks
the same; whoever watches waits for writers to come to rest first.
"""

import os
import stat
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from moa_lsp.config import limits

Stamp = tuple[object, ...]
"""Comparable, and otherwise nobody's business; ``()`` for what is not there."""

Stamps = Mapping[str, Stamp]
"""By path."""

NONE: Stamps = MappingProxyType({})


def stamp(path: str | Path) -> Stamp:
    """Look at one path; of a folder at its files too, of a link at where it leads as well."""
    try:
        found = os.lstat(path)
        if not os.path.isdir(path):  # noqa: PTH112  # hundreds of these, every two seconds
            return _file(path, found)
        with os.scandir(path) as entries:
            some = islice(entries, 2 * limits.MAX_CONFIG_FILES)
            names = sorted(entry.name for entry in some)
    except (OSError, ValueError):
        return ()
    return (found.st_ino, *((name, _member(os.path.join(path, name))) for name in names))  # noqa: PTH118  # as above


def stamps(paths: Iterable[str]) -> Stamps:
    """Look at all of these."""
    return {path: stamp(path) for path in paths}


def _member(path: str) -> Stamp:
    """A folder in a folder counts by its name alone."""
    try:
        found = os.lstat(path)
    except OSError:
        return ()
    return () if stat.S_ISDIR(found.st_mode) else _file(path, found)


def _file(path: str | Path, found: os.stat_result) -> Stamp:
    own = _marks(found)
    if not stat.S_ISLNK(found.st_mode):
        return own
    try:
        return (own, os.readlink(path), _marks(os.stat(path)))  # noqa: PTH115, PTH116  # as above
    except OSError:
        return (own,)


def _marks(found: os.stat_result) -> Stamp:
    return (found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
