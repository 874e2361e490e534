"""Reads what lies around a document: its project's manifests, and what modules there are.

The one place that does. Never more than is needed to say what a project knows: files of known
names, regular ones, of a bounded size, in the document's folder and those above it up to the
workspace's root; of everything else only the name. Links are not followed out of the root. Call it
in a thread.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from moa_lsp.files.reading import Refusal, read_file
from moa_lsp.syntax.dependencies import is_manifest
from moa_lsp.syntax.imports import ProjectImports

MAX_MANIFEST_BYTES = 256 * 2**10
"""One manifest of a project; a larger one is generated, and what it says is not looked for."""

MAX_MANIFESTS = 32
"""Manifests read for one run: some for each folder from the document up to the root."""

MAX_MANIFEST_FOLDERS = 16
"""Folders from a document upwards that are looked at; deeper trees are no projects of people."""

MAX_FOLDER_ENTRIES = 2000
"""Names read of one folder: to know a project's own modules, not to walk through data."""


_SOURCES = ("src", "lib")
"""Folders below one of those on the way up that imports start from as well."""


def read(document: Path, root: Path | None) -> ProjectImports:
    """What is known around a document; nothing at all when that cannot be read.

    Args:
        document: the file's path; it need not exist.
        root: the workspace's root. A document outside it has its own folder as root.
    """
    manifests: dict[str, str] = {}
    modules: set[str] = set()
    for folder in _folders(document, root):
        for name in _entries(folder):
            modules.add(name.partition(".")[0])
            if is_manifest(name) and len(manifests) < MAX_MANIFESTS:
                text = _text(folder / name)
                if text is not None:
                    manifests[f"{folder.name}/{name}"] = text
    modules.discard("")
    return ProjectImports(manifests, frozenset(modules))


def _folders(document: Path, root: Path | None) -> Iterator[Path]:
    """The document's folder and those above it, each with its folders of sources."""
    try:
        folder = document.parent.resolve(strict=True)
        top = root.resolve(strict=True) if root is not None else folder
    except (OSError, RuntimeError, ValueError):
        return  # it is not there, links go in a circle, or no name of it can be told here
    if not folder.is_relative_to(top):
        top = folder
    above = [folder, *folder.parents][:MAX_MANIFEST_FOLDERS]
    for each in above:
        yield each
        yield from (each / name for name in _SOURCES if not (each / name).is_symlink())
        if each == top:
            return


def _entries(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for _, entry in zip(range(MAX_FOLDER_ENTRIES), entries, strict=False):
                yield entry.name
    except OSError:
        return


def _text(path: Path) -> str | None:
    """A small regular file that is no link; ``None`` for any other."""
    found = read_file(path, MAX_MANIFEST_BYTES)
    if isinstance(found, Refusal) or not found.whole:
        return None
    return found.data.decode("utf-8", "replace")
