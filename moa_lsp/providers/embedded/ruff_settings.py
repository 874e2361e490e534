"""Which rules a project has switched off, so that the refactoring rules do not bring them back.

ruff reads the project's settings itself. But rules added on the command line win over the
settings' ``ignore`` list (measured with ruff 0.17), so that list is read here and given again on
the command line. A file that cannot be read counts as empty: ruff then reports the same and the
caller falls back to no settings at all.
"""

import re
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
    """

    path: Path | None = None
    ignored: tuple[str, ...] = ()
    folder: Path | None = None


def project_of(document: Path) -> RuffProject:
    """Find and read the ruff settings of the project that holds ``document``. Reads files."""
    home = document.parent if document.parent.is_dir() else None
    for folder in document.parents:
        for name in _NAMES:
            settings = _settings(folder / name)
            if settings is not None:
                return RuffProject(folder / name, _ignored(folder / name, settings), home)
    return RuffProject(folder=home)


def _ignored(path: Path, settings: dict[str, object]) -> tuple[str, ...]:
    found: set[str] = set()
    for _ in range(MAX_RUFF_EXTENDS):
        lint = settings.get("lint")
        for table in (settings, lint if isinstance(lint, dict) else {}):
            for key in ("ignore", "extend-ignore"):
                value = table.get(key)
                found.update(_selectors(value if isinstance(value, list) else []))
        parent = settings.get("extend")
        if not isinstance(parent, str):
            break
        path = path.parent / Path(parent).expanduser()
        settings = _settings(path) or {}
    return tuple(sorted(found))


def _selectors(values: list[object]) -> list[str]:
    return [value for value in values if isinstance(value, str) and _SELECTOR.fullmatch(value)]


def _settings(path: Path) -> dict[str, object] | None:
    """The table of ruff settings in ``path``, ``None`` if the file has none."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            content = file.read(MAX_CONFIG_BYTES + 1)
    except OSError:
        return None
    if len(content) > MAX_CONFIG_BYTES:
        return None
    try:
        table: object = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None if path.name == "pyproject.toml" else {}
    if path.name == "pyproject.toml":
        for key in ("tool", "ruff"):
            table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else None
