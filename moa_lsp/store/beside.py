"""Atomic writes: a temporary file in the target's folder, to be renamed over the target."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def atomic_write(path: Path, content: bytes, mode: int | None = None) -> Path:
    """Write a file with another name into the folder of its place.

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
