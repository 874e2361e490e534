"""The one reader of files that others may have put there: regular, bounded, through no link.

Nothing is looked at again between a check and its use: what was opened is what is checked. A pipe
or device in place of a file does not hold the reader (``O_NONBLOCK``).
"""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_OPENING = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)

_BY_FOLDER = os.open in os.supports_dir_fd
"""Whether a file can be opened relative to an open folder; Windows cannot."""


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file that was read.

    Attributes:
        data: its bytes, as many as were asked for at most.
        whole: whether that is all of it.
        status: as it was when it was opened.
    """

    data: bytes
    whole: bool
    status: os.stat_result


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file was not read.

    Attributes:
        reason: ``outside`` is a path that is not below its root, or a link out of it.
        cause: in words; of an unreadable file what the system says.
    """

    reason: Literal["unreadable", "not regular", "outside"]
    cause: str

    @property
    def text(self) -> str:
        """The same as a sentence's end, to follow the file's name."""
        return f"cannot be read: {self.cause}" if self.reason == "unreadable" else self.cause


def read_file(path: Path, max_bytes: int, *, follow: bool = False) -> FileContent | Refusal:
    """Read one file.

    Args:
        path: which.
        max_bytes: what is read at most.
        follow: whether its last name may be a link. Whoever calls vouches for the folders above.
    """
    try:
        descriptor = os.open(path, _OPENING | (0 if follow else _NO_FOLLOW))
    except (OSError, ValueError) as error:
        return _unreadable(error)
    return _read(descriptor, max_bytes)


def read_below(root: Path, path: str, max_bytes: int) -> FileContent | Refusal:
    """Read a file below a folder.

    Links are resolved first, and may lead to another place below the folder; the place found is
    then opened name by name, through no link, so that nobody can change the way meanwhile.

    Args:
        root: the folder; it may itself be reached by a link.
        path: below it, with forward slashes; an absolute one, or one with ``..``, is refused
            unless it ends below the folder all the same.
        max_bytes: what is read at most.
    """
    try:
        top = root.resolve(strict=True)
        real = (root / path).resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        return _unreadable(error)
    if not real.is_relative_to(top) or real == top:
        return Refusal("outside", "does not lie below its folder")
    try:
        descriptor = _opened_below(top, real.relative_to(top).parts)
    except OSError as error:
        return _unreadable(error)
    return _read(descriptor, max_bytes)


def text_below(root: Path, path: str, max_bytes: int) -> str | None:
    """The text of a small file below a folder, as ``read_below``.

    Returns:
        ``None`` of one that cannot be read so, is larger, or holds NUL, which no text does. Bytes
        that are not UTF-8 become U+FFFD.
    """
    found = read_below(root, path, max_bytes)
    if isinstance(found, Refusal) or not found.whole or b"\0" in found.data:
        return None
    return found.data.decode("utf-8", "replace")


def open_folder_below(top: Path, parts: Sequence[str]) -> int:
    """Open a folder below another one, name by name, through no link.

    POSIX alone (``os.supports_dir_fd``).

    Returns:
        A descriptor, to be closed by the caller.

    Raises:
        OSError: a name is missing, a link, or no folder.
    """
    folder = os.open(top, _FOLDER)
    for part in parts:
        try:
            below = os.open(part, _FOLDER | _NO_FOLLOW, dir_fd=folder)
        finally:
            os.close(folder)
        folder = below
    return folder


def _opened_below(top: Path, parts: Sequence[str]) -> int:
    if not _BY_FOLDER:
        return os.open(top.joinpath(*parts), _OPENING | _NO_FOLLOW)
    folder = open_folder_below(top, parts[:-1])
    try:
        return os.open(parts[-1], _OPENING | _NO_FOLLOW, dir_fd=folder)
    finally:
        os.close(folder)


def _read(descriptor: int, max_bytes: int) -> FileContent | Refusal:
    """Read from a descriptor, and close it."""
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return Refusal("not regular", "is not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        return _unreadable(error)
    finally:
        os.close(descriptor)
    return FileContent(data[:max_bytes], len(data) <= max_bytes, status)


def _unreadable(error: Exception) -> Refusal:
    cause = error.strerror or "error" if isinstance(error, OSError) else str(error)
    return Refusal("unreadable", cause.lower())
