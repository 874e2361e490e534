"""How the index looks at a disk: names in order, regular files, never through a link."""

import os
import stat
from pathlib import Path
from typing import Literal

_OPENING = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe that somebody put there does not hold us
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder, by name; nothing of one that is gone or not for us."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def kind_of(entry: os.DirEntry[str]) -> Literal["folder", "file", ""]:
    """What an entry is; ``""`` of a link, of what is no file, and of a name that is no Unicode."""
    try:
        entry.name.encode()
        if entry.is_dir(follow_symlinks=False):
            return "folder"
        return "file" if entry.is_file(follow_symlinks=False) else ""
    except (OSError, UnicodeEncodeError):
        return ""


def read_file(path: Path, most: int) -> tuple[os.stat_result, bytes] | None:
    """A regular file: how it was found, and its bytes, of which more than ``most`` are cut.

    Only its last name is looked at: whoever calls has made sure of the folders above.
    """
    try:
        descriptor = os.open(path, _OPENING)
    except OSError:
        return None
    with open(descriptor, "rb", closefd=True) as file:  # noqa: PTH123  # a descriptor has no path
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return None
        try:
            return found, file.read(most + 1)
        except OSError:
            return None
