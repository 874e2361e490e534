"""The one writer of files: whole or not at all, and a new one only where none is.

A changed file is written beside its place and renamed into it. A new file's place is resolved and
checked when it is written: below its root, through no link, and created exclusively.
"""

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from moa_lsp.files.reading import open_folder_below

_CREATING = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)

_BY_FOLDER = os.open in os.supports_dir_fd and os.mkdir in os.supports_dir_fd
"""Whether files and folders can be made relative to an open folder; Windows cannot."""

_FILE_MODE, _FOLDER_MODE = 0o666, 0o777
"""Of new files and folders, less the user's umask."""


def write_beside(path: Path, content: bytes, mode: int | None = None) -> Path:
    """Write a file with another name into the folder of its place.

    For callers that prepare several before the first is put into its place.

    Args:
        path: its place.
        content: all of it.
        mode: its permissions; ``None`` for what only this user can read.

    Returns:
        The file, to be renamed or removed by the caller; nothing is left behind after an error.

    Raises:
        OSError: it cannot be written.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        if mode is not None:
            fresh.chmod(mode)
    except BaseException:
        with suppress(FileNotFoundError):
            fresh.unlink()
        raise
    return fresh


def atomic_write(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a file whole or not at all; one that is there is replaced.

    Args:
        path: its place, in a folder that exists.
        content: all of it.
        mode: as in ``write_beside``.

    Raises:
        OSError: it cannot be written.
    """
    fresh = write_beside(path, content, mode)
    try:
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def create_below(root: Path, path: Path, content: bytes) -> list[Path]:
    """Make a new file below a folder, with the folders on the way that are not there.

    Args:
        root: the folder, which exists; it may itself be reached by a link.
        path: the place, below the root as it is spelled.
        content: all of it.

    Returns:
        What was made, outer folders first and the file last. Nothing is left after an error.

    Raises:
        FileExistsError: something is there already, also a link that leads nowhere.
        PermissionError: the place is not below the root.
        OSError: a link or a file is in the way, or it cannot be written.
    """
    top = root.resolve(strict=True)
    parts = _parts(path, root, top)
    made: list[Path] = []
    try:
        if _BY_FOLDER:
            _create_by_folder(top, parts, content, made)
        else:
            _create_by_path(top, parts, content, made)
    except BaseException:
        for each in reversed(made):
            with suppress(OSError):
                each.rmdir() if each.is_dir() else each.unlink()
        raise
    return made


def _parts(path: Path, root: Path, top: Path) -> tuple[str, ...]:
    for each in (root, top):
        if path.is_relative_to(each) and path != each and ".." not in path.parts:
            return path.relative_to(each).parts
    raise PermissionError(1, "it is not below the workspace", str(path))


def _create_by_folder(top: Path, parts: Sequence[str], content: bytes, made: list[Path]) -> None:
    for depth in range(1, len(parts)):
        _make_folder(top, parts[:depth], made)
    folder = open_folder_below(top, parts[:-1])
    try:
        place = top.joinpath(*parts)
        _write_new(os.open(parts[-1], _CREATING, _FILE_MODE, dir_fd=folder), place, content, made)
    finally:
        os.close(folder)


def _make_folder(top: Path, parts: Sequence[str], made: list[Path]) -> None:
    folder = open_folder_below(top, parts[:-1])
    try:
        with suppress(FileExistsError):
            os.mkdir(parts[-1], _FOLDER_MODE, dir_fd=folder)
            made.append(top.joinpath(*parts))
    finally:
        os.close(folder)


def _create_by_path(top: Path, parts: Sequence[str], content: bytes, made: list[Path]) -> None:
    place = top.joinpath(*parts)
    for folder in reversed(place.parents):
        if folder == top or not folder.is_relative_to(top):
            continue
        if not os.path.lexists(folder):
            folder.mkdir(_FOLDER_MODE)
            made.append(folder)
        if folder.resolve(strict=True) != folder:
            raise PermissionError(1, "a link is in the way", str(place))
    _write_new(os.open(place, _CREATING, _FILE_MODE), place, content, made)


def _write_new(descriptor: int, place: Path, content: bytes, made: list[Path]) -> None:
    made.append(place)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
