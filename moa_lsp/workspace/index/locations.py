"""Where the indexes lie: one file for each workspace, in a folder of the user's cache.

A file's name is a hash of its workspace's path, so that it tells nothing. Old ones are removed
when another is begun.
"""

import hashlib
from contextlib import suppress
from pathlib import Path

from moa_lsp.store.locations import users_places

MAX_INDEXES = 24
"""Indexes of different workspaces that are kept; the one used longest ago goes first."""

MAX_INDEXES_BYTES = 2**30
"""All of them together."""


_ENDING = ".db"

_NAME_CHARS = 32


def users_folder() -> Path:
    """The folder of this user's indexes; it is not made."""
    return users_places().cache.with_name("index")


def place(root: Path, folder: Path) -> Path:
    """The file of a workspace's index.

    Args:
        root: the workspace, resolved.
        folder: that of all indexes.
    """
    digest = hashlib.sha256(str(root).encode("utf-8", "surrogateescape")).hexdigest()
    return folder / f"{digest[:_NAME_CHARS]}{_ENDING}"


def prune(kept: Path, max_bytes: int = MAX_INDEXES_BYTES) -> None:
    """Remove the indexes that were used longest ago, as far as there are too many.

    Args:
        kept: the one in use; it counts and stays. Its neighbours are those looked at.
        max_bytes: of all together.
    """
    found = []
    for path in kept.parent.glob(f"*{_ENDING}"):
        with suppress(OSError):  # another process is faster
            looked_at = path.lstat()
            found.append((looked_at.st_mtime, looked_at.st_size, path))
    bytes_left = max_bytes
    ordered = sorted(found, key=lambda each: (each[2] == kept, each[0]), reverse=True)
    for number, (_, size, path) in enumerate(ordered):
        bytes_left -= size
        if path != kept and (number >= MAX_INDEXES or bytes_left < 0):
            _remove(path)


def _remove(path: Path) -> None:
    for each in path.parent.glob(f"{path.name}*"):  # its journal, and one that was set aside
        with suppress(OSError):
            each.unlink()
