"""Which files of a workspace are not looked at.

The one place that decides: the index's process makes its rule here from the workspace's root and
the user's exclusions, since a rule itself cannot be sent to it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from moa_lsp import limits
from moa_lsp.config import files
from moa_lsp.context.deny import Hidden
from moa_lsp.errors import ConfigError

BULKY = frozenset({
    "node_modules", "bower_components", "venv", "site-packages", "__pycache__", "dist", "build",
    "target", "out",
})  # fmt: skip
"""Folders of what was installed or made by a tool; those with a dot in front are hidden anyway."""

IGNORE_FILES = (".gitignore", ".moaignore")


class Hides(Protocol):
    """Says of a path whether it is to be left alone."""

    def hidden(self, path: str, *, folder: bool) -> bool:
        """Whether a path below the root, with forward slashes, is not to be looked at.

        What is inside a hidden folder is never asked about.
        """
        ...


class Usual:
    """Hides what begins with a dot, folders of tools, and all that models never see.

    The ignore files of a folder are read when something in it is first asked about; one that
    changes later counts from the next start on, and for prompts at once (``actions``).

    Args:
        root: the workspace's folder.
        exclude: ``context.exclude``.
    """

    def __init__(self, root: Path, exclude: Sequence[str] = ()) -> None:
        self._root = root
        self._exclude = tuple(exclude)
        self._texts: dict[str, str] = {}
        self._looked: set[str] = set()
        self._rule = Hidden.of(self._exclude, {})

    def hidden(self, path: str, *, folder: bool) -> bool:
        """As ``Hides`` says."""
        above, _, name = path.rpartition("/")
        if name.startswith(".") or (folder and name in BULKY):
            return True
        self._look(above)
        return self._rule.hidden(path, folder=folder)

    def _look(self, folder: str) -> None:
        """Read the ignore files from the root down to a folder, each once."""
        if folder in self._looked:
            return
        parts = folder.split("/")[: limits.MAX_IGNORE_DEPTH] if folder else []
        before = len(self._texts)
        for depth in range(len(parts) + 1):
            place = "/".join(parts[:depth])
            if place not in self._looked:
                self._looked.add(place)
                self._read(place)
        self._looked.add(folder)
        if len(self._texts) > before:
            self._rule = Hidden.of(self._exclude, self._texts)

    def _read(self, folder: str) -> None:
        for name in IGNORE_FILES:
            path = f"{folder}/{name}" if folder else name
            if not (self._root / path).is_file():
                continue
            try:
                self._texts[path] = files.read(self._root / path, follow=False)
            except ConfigError:  # a link, or no text: it says nothing
                continue


def hiding(root: Path, exclude: Sequence[str]) -> Hides:
    """The rule for a workspace.

    Args:
        root: its folder.
        exclude: what the user and the workspace exclude (``context.exclude``).
    """
    return Usual(root, exclude)
