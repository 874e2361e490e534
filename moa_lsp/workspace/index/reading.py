"""How the index looks at folders: names in order, never through a link."""

import os
from pathlib import Path
from typing import Literal


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
