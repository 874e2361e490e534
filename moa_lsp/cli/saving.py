"""Puts a result into the user's file: whole or not at all, and never over something else.

The file must still be what the run worked on; permissions stay as they are.
"""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from moa_lsp.errors import RunError

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def replace(path: Path, before: str, after: str) -> None:
    """Replace a file's text; a link stays a link.

    Raises:
        RunError: it changed meanwhile, is write-protected, or cannot be written.
    """
    real = path.resolve()
    try:
        if real.read_bytes() != before.encode():
            raise RunError(f"{path} changed meanwhile; nothing was written, run it again")
        mode = stat.S_IMODE(real.stat().st_mode)
        if not mode & _WRITABLE:
            raise RunError(f"{path} is read-only; nothing was written")
        _swap(real, after.encode(), mode)
    except OSError as err:
        raise RunError(f"{path} cannot be written: {_cause(err)}") from err


def create(path: Path, text: str) -> None:
    """Write a new file.

    Raises:
        RunError: there is one of that name, or it cannot be written.
    """
    try:
        with path.open("xb") as file:
            file.write(text.encode())
    except FileExistsError as err:
        raise RunError(f"{path} appeared meanwhile; nothing was written") from err
    except OSError as err:
        raise RunError(f"{path} cannot be written: {_cause(err)}") from err


def _swap(real: Path, content: bytes, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        fresh.chmod(mode)
        fresh.replace(real)
    except BaseException:
        with suppress(FileNotFoundError):
            fresh.unlink()
        raise


def _cause(err: OSError) -> str:
    return (err.strerror or type(err).__name__).lower()
