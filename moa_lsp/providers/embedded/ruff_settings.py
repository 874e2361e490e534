"""Which rules a project has switched off, so that the refactoring rules do not bring them back.

ruff reads the project's settings itself. But rules added on the command line win over the
settings' ``ignore`` list (measured with ruff 0.17), so that list is read here and given again on
the command line. A file that cannot be read counts as empty: ruff then reports the same and the
caller falls back to no settings at all.

ruff would follow ``extend`` to any file, also to one without an end or that nobody ever writes
to. So the whole chain is looked at first: settings count only when every file of it is a regular
one below the repository (or the folder of the settings), links followed, within the bound.
"""

import os
import re
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path

from moa_lsp.limits import MAX_CONFIG_BYTES

MAX_RUFF_EXTENDS = 5
"""Settings files followed from one to the next by ``extend``; it also ends a circle."""


_NAMES = (".ruff.toml", "ruff.toml", "pyproject.toml")
_SELECTOR = re.compile(r"[A-Z]{1,6}[0-9]{0,4}")


@dataclass(frozen=True, slots=True)
class RuffProject:
    """The settings that apply to a document.

    Attributes:
        path: the settings file, ``None`` where the project has none.
        ignored: selectors of rules that it switches off, sorted.
        folder: where the document lies, ``None`` if there is no such folder.
        sound: whether ruff may read them.
    """

    path: Path | None = None
    ignored: tuple[str, ...] = ()
    folder: Path | None = None
    sound: bool = True


def project_of(document: Path) -> RuffProject:
    """Find and read the ruff settings of the project that holds ``document``. Reads files."""
    home = document.parent if document.parent.is_dir() else None
    for folder in document.parents:
        for name in _NAMES:
            path = folder / name
            try:
                settings = _settings(path, _root(folder))
            except _Unsound:
                return RuffProject(folder=home, sound=False)
            if settings is not None:
                return _followed(path, settings, home)
    return RuffProject(folder=home)


def _followed(path: Path, settings: dict[str, object], home: Path | None) -> RuffProject:
    """The settings of a file and of all that it extends."""
    found: set[str] = set()
    root, first = _root(path.parent), path
    for _ in range(MAX_RUFF_EXTENDS):
        lint = settings.get("lint")
        for table in (settings, lint if isinstance(lint, dict) else {}):
            for key in ("ignore", "extend-ignore"):
                value = table.get(key)
                found.update(_selectors(value if isinstance(value, list) else []))
        parent = settings.get("extend")
        if not isinstance(parent, str):
            return RuffProject(first, tuple(sorted(found)), home)
        try:
            path = path.parent / Path(os.path.expandvars(parent)).expanduser()
            settings = _settings(path, root) or {}
        except (_Unsound, RuntimeError, ValueError):  # no such user; a NUL
            return RuffProject(folder=home, sound=False)
    return RuffProject(folder=home, sound=False)  # a chain without end, as far as anybody looked


class _Unsound(Exception):
    """A file of settings is no regular one below the root, or is over the bound."""


def _root(folder: Path) -> Path:
    """The repository that holds a folder, else the folder."""
    return next(
        (each for each in (folder, *folder.parents) if os.path.lexists(each / ".git")), folder
    )


def _selectors(values: list[object]) -> list[str]:
    return [value for value in values if isinstance(value, str) and _SELECTOR.fullmatch(value)]


def _settings(path: Path, root: Path) -> dict[str, object] | None:
    """The table of ruff settings in ``path``, ``None`` if the file is not there or has none.

    Raises:
        _Unsound: ruff must not read it.
    """
    content = _content(path, root)
    if content is None:
        return None
    try:
        table: object = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):  # no TOML, no UTF-8, digits without end, nested too deep
        return None if path.name == "pyproject.toml" else {}
    if path.name == "pyproject.toml":
        for key in ("tool", "ruff"):
            table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else None


def _content(path: Path, root: Path) -> bytes | None:
    """What a file of settings holds, ``None`` if it is not there.

    Raises:
        _Unsound: it is no regular file below the root, or over the bound.
    """
    try:
        place = path.resolve(strict=True)
        kind = place.stat().st_mode
        if stat.S_ISDIR(kind):
            return None
        if not stat.S_ISREG(kind) or not place.is_relative_to(root.resolve()):
            raise _Unsound
        with place.open("rb") as file:
            content = file.read(MAX_CONFIG_BYTES + 1)
    except (OSError, RuntimeError):  # RuntimeError: a circle of links
        return None
    if len(content) > MAX_CONFIG_BYTES:
        raise _Unsound
    return content
