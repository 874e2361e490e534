"""Keeps a process that reads foreign code from doing anything else.

Jedi parses what a workspace holds and imports only compiled modules of its own interpreter. That
is its promise; this makes it one that does not depend on it. Python asks the guard before it opens
a file for writing, starts a program, opens a socket or runs code, and the guard says no to all but
code of the interpreter's own folders. It cannot be taken off again.
"""

import os
import stat
import sys
from collections.abc import Callable, Sequence
from types import CodeType

Hook = Callable[[str, tuple[object, ...]], None]


class ForbiddenOperation(PermissionError, FileNotFoundError):
    """What was wanted has no place here.

    It is both, so that libraries which keep files get along without: the one that they look for is
    not there, and they may not write it.
    """


_STARTS = (
    "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.startfile",
    "pty.", "socket.", "ctypes.", "webbrowser.", "urllib.", "os.kill", "winreg.", "syslog.",
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate",
    "os.chmod", "os.chown", "shutil.", "tempfile.", "sqlite3.", "pickle.",
)  # fmt: skip
"""Beginnings of the names of events that have no place in reading code."""

_MADE_UP = "<"
"""How the file names of code begin that the standard library makes at run time."""

_READS = frozenset({"open", "os.listdir", "os.scandir"})

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def interpreter_folders() -> tuple[str, ...]:
    """Name the folders that the interpreter and its installed packages are in."""
    roots = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    roots |= {os.path.realpath(each) for each in roots}
    return tuple(f"{each.rstrip(os.sep)}{os.sep}" for each in sorted(roots))


class Workspace:
    """The folder that a question names: where regular files are read, and no link leads out."""

    def __init__(self) -> None:
        self._named = self._real = ""

    def enter(self, root: str) -> None:
        """Go on with this folder."""
        self._named = f"{os.path.abspath(root).rstrip(os.sep)}{os.sep}"  # noqa: PTH100  # as it is named
        self._real = f"{os.path.realpath(root).rstrip(os.sep)}{os.sep}"

    def closes(self, path: object, allowed: tuple[str, ...]) -> bool:
        """Whether this path below the folder is not to be read.

        Args:
            path: as it was given to the system.
            allowed: folders that a link may lead to.
        """
        if not self._named or not isinstance(path, str | bytes | os.PathLike):
            return False
        named = os.path.abspath(os.fsdecode(path))  # noqa: PTH100  # links are not resolved
        if not f"{named}{os.sep}".startswith((self._named, self._real)):
            return False
        real = os.path.realpath(named)
        if not f"{real}{os.sep}".startswith((self._real, *allowed)):
            return True
        try:
            mode = os.stat(real).st_mode  # noqa: PTH116  # pathlib would ask the guard
        except (OSError, ValueError):
            return False  # there is nothing to read
        return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def guard(folders: Sequence[str], workspace: Workspace | None = None) -> Hook:
    """Make the guard.

    Args:
        folders: code from here may run, each with a separator at its end.
        workspace: where no link is followed; by default none is named.

    Returns:
        An audit hook, which raises ``ForbiddenOperation`` at what is not allowed.
    """
    allowed = tuple(folders)

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            _, mode, flags = arguments
            written = isinstance(mode, str) and any(each in mode for each in "wax+")
            if written or (isinstance(flags, int) and flags & _WRITES):
                raise ForbiddenOperation("nothing is written here")
        elif event == "import":
            name = arguments[1]
            if isinstance(name, str) and not name.startswith(allowed):
                raise ForbiddenOperation("only installed modules are loaded here")
        elif event == "exec":
            code = arguments[0]
            if isinstance(code, CodeType):
                name = code.co_filename
                if not name.startswith((_MADE_UP, *allowed)):
                    raise ForbiddenOperation("only installed code runs here")
        elif event.startswith(_STARTS):
            raise ForbiddenOperation(f"{event} has no place here")

    return hook if workspace is None else _also_reading(hook, workspace, allowed)


def _also_reading(hook: Hook, workspace: Workspace, allowed: tuple[str, ...]) -> Hook:
    def both(event: str, arguments: tuple[object, ...]) -> None:
        if event in _READS and workspace.closes(arguments[0], allowed):
            raise ForbiddenOperation("only regular files are read here, and no link is followed")
        hook(event, arguments)

    return both
