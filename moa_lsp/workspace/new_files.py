"""Where a new file goes.

The place of tests is computed from the tested file's own path: beside it, or in the project's test
folder. A path from an answer has passed ``answers/paths.py``; here the disk has its say
(A06 in docs/faults.md).
"""

import os
from pathlib import Path

from moa_lsp.errors import RunError, UsageError
from moa_lsp.files.uris import below, local_path

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


def test_file(uri: str, language: str, root: Path | None) -> Path:
    """Where the tests of a document go: below its workspace, through no link.

    Args:
        uri: of the document.
        language: its language identifier.
        root: of the workspace that it lies in, ``None`` without one.

    Raises:
        UsageError: the document is not a file yet, lies outside the workspace or behind a link,
            or its test file exists.
    """
    source = local_path(uri)
    if source is None:
        raise UsageError("the document is not a file yet; save it, then ask for its tests")
    top = workspace_of(source, root)
    if below(source, top) is None:
        raise UsageError(
            f"{source.name} lies outside the opened folder, where no file is made; open its folder"
        )
    name = _NAMES.get(language, "{stem}_test{suffix}")
    folder = _folder(source, top) if language in _IN_FOLDER else source.parent
    found = folder / name.format(stem=source.stem, suffix=source.suffix)
    if found.exists():
        raise UsageError(f"{found.name} exists already; open it and use generate there")
    try:
        check(found, top)
    except RunError as error:
        raise UsageError(str(error)) from error
    return found


def workspace_of(source: Path, root: Path | None) -> Path:
    """The folder below which a file for a document may be made.

    Args:
        source: the document's path.
        root: of the workspace, ``None`` without one: then it is the project around the document,
            as a `.git` or a `pyproject.toml` marks it, or else the document's own folder.
    """
    if root is not None:
        return root
    above = [source.parent, *source.parent.parents][: CLIMB + 1]
    return next(filter(_is_project, above), source.parent)


def place(folder: Path, path: str) -> Path:
    """Where a file that an answer names goes.

    Args:
        folder: the root of the workspace.
        path: below it, with forward slashes.

    Raises:
        RunError: something is there already, or the way there leads out of the folder.
    """
    return check(folder.joinpath(*path.split("/")), folder, path)


def check(wanted: Path, folder: Path, name: str = "") -> Path:
    """Look on the disk whether a new file may be made at a place; again when it is made.

    Args:
        wanted: the place.
        folder: the root of the workspace.
        name: what a message calls the place; its own name without one.

    Returns:
        The place.

    Raises:
        RunError: something is there already, it is not below the folder, or behind a link.
    """
    name = name or wanted.name
    try:
        root = folder.resolve(strict=True)
        above = next(each for each in wanted.parents if each.exists())
        real = above.resolve(strict=True)
        outside = not real.is_relative_to(root) or not above.is_dir()
        linked = above != folder and below(above, folder) != below(real, root)
        taken = os.path.lexists(wanted)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise RunError(f"{name} cannot be made ({cause}); mend that and try again") from error
    if outside or below(wanted, folder) is None:
        raise RunError(f"{name} does not lie in the workspace; open its folder and try again")
    if linked:
        raise RunError(f"{name} lies behind a link; open the folder it leads to instead")
    if taken:
        raise RunError(f"{name} exists already; rename that file and try again")
    return wanted


def _folder(source: Path, top: Path) -> Path:
    for above in [source.parent, *source.parent.parents][: CLIMB + 1]:
        if above != top and below(above, top) is None:
            break
        for name in FOLDERS:
            if (above / name).is_dir() and not (above / name).is_symlink():
                return above / name
        if _is_project(above):
            break
    return source.parent


def _is_project(folder: Path) -> bool:
    return (folder / ".git").exists() or (folder / "pyproject.toml").exists()
