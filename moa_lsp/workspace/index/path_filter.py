"""Which files of a workspace are not looked at.

The one place that decides: the index's process makes its rule here from the workspace and the
user's settings, since a rule itself cannot be sent to it. What models never see (``context.deny``)
is not read; besides, what was installed or made by a tool is left alone.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from moa_lsp.context.deny import DenyRules
from moa_lsp.files.reading import Refusal, read_file
from moa_lsp.workspace import limits
from moa_lsp.workspace.index.reading import entries, kind_of

BULKY = frozenset({
    "node_modules", "bower_components", "venv", "site-packages", "__pycache__", "dist", "build",
    "target", "out",
})  # fmt: skip
"""Folders of what was installed or made by a tool; those with a dot in front are hidden anyway."""

IGNORE_FILES = (".gitignore", ".moaignore")


class PathFilter(Protocol):
    """Says of a path whether it is to be left alone."""

    def hidden(self, path: str, *, folder: bool) -> bool:
        """Whether a path below the root, with forward slashes, is not to be looked at.

        What is inside a hidden folder is never asked about.
        """
        ...


class DefaultPathFilter:
    """Hides what begins with a dot, folders of tools, and what models never see.

    Args:
        never: what models never see.
    """

    def __init__(self, never: PathFilter) -> None:
        self._never = never

    def hidden(self, path: str, *, folder: bool) -> bool:
        """As ``PathFilter`` says."""
        return _bulky(path.rpartition("/")[2], folder=folder) or self._never.hidden(
            path, folder=folder
        )


def hiding(root: Path, exclude: Sequence[str] = (), allow: Sequence[str] = ()) -> PathFilter:
    """The rule for a workspace: reads its ignore files.

    Args:
        root: the workspace, resolved.
        exclude: ``context.exclude`` of the user and the workspace.
        allow: ``context.allow`` of the user.
    """
    return DefaultPathFilter(DenyRules.of(exclude, dict(_ignore_files(root)), allow))


def decides(path: str) -> bool:
    """Whether a file that changed changes the rule."""
    return path.rpartition("/")[2] in IGNORE_FILES


def _bulky(name: str, *, folder: bool) -> bool:
    return name.startswith(".") or (folder and name in BULKY)


def _ignore_files(root: Path) -> Iterator[tuple[str, str | None]]:
    """The ignore files of a workspace, by path below it; ``None`` of those that are too large.

    They are too large together as well as alone.
    """
    seen = found = 0
    left = limits.MAX_IGNORE_TOTAL_BYTES
    folders = [""]
    while folders and seen < limits.MAX_INDEX_ENTRIES and found < limits.MAX_IGNORE_FILES:
        folder = folders.pop()
        for entry in entries(root / folder):
            seen += 1
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name in IGNORE_FILES:
                most = min(left, limits.MAX_IGNORE_BYTES)
                read = read_file(root / path, most)
                if not isinstance(read, Refusal):
                    found += 1
                    left -= len(read.data) if read.whole else 0
                    yield path, read.data.decode("utf-8", "replace") if read.whole else None
            elif kind_of(entry) == "folder" and not _bulky(entry.name, folder=True):
                folders.append(path)
