"""Puts a result into the user's files: whole or not at all, and never over something else.

A file must still be what the run worked on; permissions stay as they are. Of several files every
one is checked and written beside its place before the first is put into it: then only a system
that fails between two renames can leave a part.
"""

import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from moa_lsp.errors import RunError
from moa_lsp.store.beside import atomic_write

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class FileRewrite:
    """A file and its new text.

    Attributes:
        before: what it must hold, ``None`` of a new file.
    """

    path: Path
    before: str | None
    after: str


def save(changes: Sequence[FileRewrite]) -> None:
    """Write all of these files, or none; a link stays a link.

    Raises:
        RunError: one changed meanwhile, is write-protected, exists already, or cannot be
            written.
    """
    ready: list[tuple[Path, Path]] = []
    made: list[Path] = []
    renamed = 0
    try:
        for change in changes:
            if change.before is not None:
                prepared = _prepared(change.path, change.before, change.after)
                ready.append(prepared)
        for change in changes:
            if change.before is None:
                made += _created(change.path, change.after)
        for fresh, real in ready:
            fresh.replace(real)
            renamed += 1
    except BaseException as err:
        for path in reversed(made) if not renamed else ():
            path.unlink() if not path.is_dir() else path.rmdir()
        if isinstance(err, OSError):
            raise RunError(f"{err.filename} cannot be written: {_cause(err)}") from err
        raise
    finally:
        for fresh, _ in ready[renamed:]:
            fresh.unlink(missing_ok=True)


def _prepared(path: Path, before: str, after: str) -> tuple[Path, Path]:
    """A file with the new text beside the real one, and the real one."""
    real = path.resolve()
    try:
        if real.read_bytes() != before.encode():
            raise RunError(f"{path} changed meanwhile; nothing was written, run it again")
        mode = stat.S_IMODE(real.stat().st_mode)
        if not mode & _WRITABLE:
            raise RunError(f"{path} is read-only; nothing was written, make it writable first")
        return atomic_write(real, after.encode(), mode), real
    except OSError as err:
        raise RunError(f"{path} cannot be written: {_cause(err)}") from err


def _created(path: Path, text: str) -> list[Path]:
    """Write a new file; it and the folders that had to be made, outer ones first."""
    made = [each for each in reversed(path.parents) if not each.exists()]
    try:
        for folder in made:
            folder.mkdir()
        with path.open("xb") as file:
            made.append(path)
            file.write(text.encode())
    except BaseException as err:
        for each in reversed(made):
            with suppress(OSError):
                each.rmdir() if each.is_dir() else each.unlink()
        if isinstance(err, FileExistsError):
            raise RunError(f"{path} appeared meanwhile; nothing was written") from err
        if isinstance(err, OSError):
            raise RunError(f"{path} cannot be written: {_cause(err)}") from err
        raise
    return made


def _cause(err: OSError) -> str:
    return (err.strerror or type(err).__name__).lower()
