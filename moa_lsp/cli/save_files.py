"""Puts a result into the user's files: whole or not at all, and never over something else.

A file must still be what the run worked on; permissions stay as they are. Of several files every
one is checked and written beside its place before the first is put into it: then only a system
that fails between two renames can leave a part.
"""

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moa_lsp.errors import RunError
from moa_lsp.files.atomic_write import create_below, write_beside
from moa_lsp.files.reading import Refusal, read_file

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class FileRewrite:
    """A file and its new text.

    Attributes:
        before: what it must hold, ``None`` of a new file.
        root: below which a new file is made, through no link; its own folder without one.
    """

    path: Path
    before: str | None
    after: str
    root: Path | None = None


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
                made += _created(change)
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
        expected = before.encode()
        found = read_file(real, len(expected))
        if isinstance(found, Refusal):
            raise RunError(f"{path} cannot be written: {found.cause}")
        if not found.whole or found.data != expected:
            raise RunError(f"{path} changed meanwhile; nothing was written, run it again")
        mode = stat.S_IMODE(real.stat().st_mode)
        if not mode & _WRITABLE:
            raise RunError(f"{path} is read-only; nothing was written, make it writable first")
        return write_beside(real, after.encode(), mode), real
    except OSError as err:
        raise RunError(f"{path} cannot be written: {_cause(err)}") from err


def _created(change: FileRewrite) -> list[Path]:
    """Write a new file; it and the folders that had to be made, outer ones first."""
    path = change.path
    root = change.root or next(each for each in path.absolute().parents if each.is_dir())
    try:
        return create_below(root, path.absolute(), change.after.encode())
    except FileExistsError as err:
        raise RunError(f"{path} appeared meanwhile; nothing was written, run it again") from err
    except OSError as err:
        raise RunError(f"{path} cannot be written: {_cause(err)}") from err


def _cause(err: OSError) -> str:
    return (err.strerror or type(err).__name__).lower()
