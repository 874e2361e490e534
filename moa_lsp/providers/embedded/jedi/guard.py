"""Keeps a process that reads foreign code from doing anything else.

Jedi parses what a workspace holds and imports only compiled modules of its own interpreter. That
is its promise; this makes it one that does not depend on it. Python asks the guard before it opens
a file for writing, starts a program, opens a socket or runs code, and the guard says no to all but
code of the interpreter's own folders. It cannot be taken off again.
"""

import os
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

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def interpreter_folders() -> tuple[str, ...]:
    """Name the folders that the interpreter and its installed packages are in."""
    roots = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    roots |= {os.path.realpath(each) for each in roots}
    return tuple(f"{each.rstrip(os.sep)}{os.sep}" for each in sorted(roots))


def guard(folders: Sequence[str]) -> Hook:
    """Make the guard.

    Args:
        folders: code from here may run, each with a separator at its end.

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

    return hook
