"""Which files of a workspace are not looked at.

The one place that decides: the index's process makes its rule here from the workspace's root and
the user's exclusions, since a rule itself cannot be sent to it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from wcmatch import glob

BULKY = frozenset({
    "node_modules", "bower_components", "venv", "site-packages", "__pycache__", "dist", "build",
    "target", "out",
})  # fmt: skip
"""Folders of what was installed or made by a tool; those with a dot in front are hidden anyway."""


_FLAGS = glob.GLOBSTAR | glob.DOTGLOB | glob.FORCEUNIX
"""Globs mean what they mean in ``config.resolve``, which would bring pydantic into the process."""


class Hides(Protocol):
    """Says of a path whether it is to be left alone."""

    def hidden(self, path: str, *, folder: bool) -> bool:
        """Whether a path below the root, with forward slashes, is not to be looked at.

        What is inside a hidden folder is never asked about.
        """
        ...


class Usual:
    """Hides what begins with a dot, folders of tools, and what the user excludes.

    Args:
        exclude: globs over paths below the root.
    """

    def __init__(self, exclude: Sequence[str] = ()) -> None:
        self._exclude = list(exclude)

    def hidden(self, path: str, *, folder: bool) -> bool:
        """As ``Hides`` says."""
        name = path.rpartition("/")[2]
        if name.startswith(".") or (folder and name in BULKY):
            return True
        return bool(self._exclude) and glob.globmatch(path, self._exclude, flags=_FLAGS)


def hiding(_root: Path, exclude: Sequence[str]) -> Hides:
    """The rule for a workspace.

    Args:
        exclude: the user's and the workspace's globs (``context.exclude``).
    """
    return Usual(exclude)
