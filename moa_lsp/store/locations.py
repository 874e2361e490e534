"""Locations of a user's ledger and cache: files that only their owner can access.

(A19 in docs/faults.md.) A folder or file that is a link, or that belongs to someone else, is
refused: whoever made it could read what is written there, or have us write elsewhere.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import platformdirs

_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600

Identity = tuple[int, int]
"""Device and inode: which file it was, whatever its name leads to later."""


@dataclass(frozen=True, slots=True)
class StoreLocations:
    """Where things are kept.

    Attributes:
        ledger: what must last; beside the user's other state.
        cache: what may be deleted at any time.
    """

    ledger: Path
    cache: Path


def users_places() -> StoreLocations:
    """The places of the platform for this user; nothing is made."""
    state = platformdirs.user_state_path("moa-lsp", appauthor=False)
    kept = platformdirs.user_cache_path("moa-lsp", appauthor=False)
    return StoreLocations(state / "usage.db", kept / "results.db")


def private_folder(path: Path) -> None:
    """Make sure that a file's folder is one that only this user can reach.

    Raises:
        PermissionError: it is a link or belongs to someone else.
        OSError: it cannot be made.
    """
    folder = path.parent
    folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise PermissionError("its folder is a link")
    if _foreign(found):
        raise PermissionError("its folder belongs to someone else")
    if _open_to_others(found):
        folder.chmod(_PRIVATE_FOLDER)


def private_file(path: Path) -> Identity | None:
    """Make sure that a file is a regular one that only this user can reach, if it is there.

    It is looked at by its name alone: to open and close it would end the locks that another
    connection of this process has on it, as POSIX wants it.

    Raises:
        PermissionError: it is a link or belongs to someone else.
        IsADirectoryError: a folder has its name.
        OSError: it cannot be looked at.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError("it is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise PermissionError("it is a link or no regular file")
    if _foreign(found):
        raise PermissionError("it belongs to someone else")
    if _open_to_others(found):
        path.chmod(_PRIVATE_FILE)
    return found.st_dev, found.st_ino


def set_aside(path: Path, identity: Identity | None, *, keep: bool = False) -> Path:
    """Rename a database that cannot be used, its journal with it.

    Args:
        path: the database.
        identity: the file that was found to be broken; when another server has put a new one in
            its place already, that one stays. ``None`` takes whatever is there.
        keep: whether one that was set aside before stays; else it is replaced.

    Returns:
        Its new name.

    Raises:
        OSError: it cannot be renamed.
    """
    aside = path.with_name(f"{path.name}.broken")
    number = 1
    while keep and os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}.broken-{number}")
    found = path.lstat()
    if identity is not None and identity != (found.st_dev, found.st_ino):
        return aside
    for ending in ("-wal", "-shm"):
        journal = path.with_name(path.name + ending)
        if os.path.lexists(journal):
            journal.replace(aside.with_name(aside.name + ending))
    path.replace(aside)
    return aside


def _foreign(found: os.stat_result) -> bool:
    return hasattr(os, "geteuid") and found.st_uid != os.geteuid()


def _open_to_others(found: os.stat_result) -> bool:
    return os.name == "posix" and bool(found.st_mode & 0o077)
