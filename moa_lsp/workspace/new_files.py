"""Where a new file goes.

The place of tests is computed from the tested file's own path: beside it, or in the project's test
folder. A path from an answer has passed ``answers/paths.py``; here the disk has its say
(A06 in docs/faults.md).
"""

import os
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from moa_lsp.errors import RunError, UsageError

FOLDERS = ("tests", "test")
"""Names of test folders, looked for beside the tested file and in the folders above it."""

CLIMB = 4
"""Folders to climb while looking; deeper source trees have their tests nearer."""

_NAMES = {
    "python": "test_{stem}.py",
    "go": "{stem}_test.go",
    "java": "{stem}Test.java",
    "javascript": "{stem}.test{suffix}",
    "javascriptreact": "{stem}.test{suffix}",
    "typescript": "{stem}.test{suffix}",
    "typescriptreact": "{stem}.test{suffix}",
}

_IN_FOLDER = frozenset({"python"})
"""Languages whose tests live in a folder of their own; the others keep them beside the source."""


def path_of(uri: str) -> Path | None:
    """The path of a ``file:`` URI, ``None`` of any other (L19 in docs/faults.md)."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # an odd host, as in file://[
        return None
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    return Path(url2pathname(parts.path))


def test_file(uri: str, language: str) -> Path:
    """Where the tests of a document go.

    Raises:
        UsageError: the document is not a file yet, or its test file exists.
    """
    source = path_of(uri)
    if source is None:
        raise UsageError("the document is not a file yet; save it, then ask for its tests")
    name = _NAMES.get(language, "{stem}_test{suffix}")
    folder = _folder(source) if language in _IN_FOLDER else source.parent
    found = folder / name.format(stem=source.stem, suffix=source.suffix)
    if found.exists():
        raise UsageError(f"{found.name} exists already; open it and use generate there")
    return found


def place(folder: Path, path: str) -> Path:
    """Where a file that an answer names goes.

    Args:
        folder: the root of the workspace.
        path: below it, with forward slashes.

    Raises:
        RunError: something is there already, or the way there leads out of the folder.
    """
    wanted = folder.joinpath(*path.split("/"))
    try:
        root = folder.resolve(strict=True)
        above = next(each for each in wanted.parents if each.exists())
        outside = not above.resolve(strict=True).is_relative_to(root) or not above.is_dir()
        taken = os.path.lexists(wanted)
    except OSError as error:
        raise RunError(f"{path} cannot be made; nothing was applied") from error
    if outside:
        raise RunError(f"{path} does not lie in the workspace; nothing was applied")
    if taken:
        raise RunError(f"{path} exists already; nothing was applied")
    return wanted


def _folder(source: Path) -> Path:
    for above in [source.parent, *source.parent.parents][: CLIMB + 1]:
        for name in FOLDERS:
            if (above / name).is_dir():
                return above / name
        if (above / ".git").exists() or (above / "pyproject.toml").exists():
            break
    return source.parent
