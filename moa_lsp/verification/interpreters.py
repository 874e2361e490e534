"""Which Python runs tests: one that the user has, never one that a workspace brings along.

Finding it executes nothing of a workspace: the interpreter that is asked about itself, outside of
any sandbox, lies outside of the workspace, unless the user's own configuration names it.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?")


def find_python(program: str, root: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The Python that a command means.

    Args:
        program: the first word of the command.
        root: of the workspace.
        environ: whose ``PATH`` is looked at; places that are not absolute do not count.

    Returns:
        ``None`` for a command that starts something else.
    """
    if not _PYTHON.fullmatch(Path(program).name):
        return None
    if Path(program).is_absolute():
        return Path(program)
    if "/" in program:
        return None
    for folder in _folders(environ):
        found = shutil.which(program, path=str(folder))
        if found is not None and not _inside(Path(found), root):
            return Path(found)
    return Path(sys.executable)


def _folders(environ: Mapping[str, str]) -> Iterator[Path]:
    for each in environ.get("PATH", "").split(os.pathsep):
        if each and Path(each).is_absolute():
            yield Path(each)


def _inside(path: Path, root: Path | None) -> bool:
    """Whether a path, or what it leads to, lies in the workspace."""
    if root is None:
        return False
    top = root.resolve()
    return any(each.is_relative_to(top) for each in (path, path.resolve()))
