"""How imports find files: keys of files, and what an import may mean.

A file's key is its path below the workspace without its extension, or that of its folder where the
folder is what one imports (``__init__.py``, ``index.ts``, ``mod.rs``, Go). An import wants keys,
the likeliest first; one that begins with ``/`` is meant exactly, any other may stand below any
folder, because source roots differ. Nothing here looks at a disk.
"""

import posixpath

_FOLDERS = {
    "python": frozenset({"__init__"}),
    "javascript": frozenset({"index"}),
    "javascriptreact": frozenset({"index"}),
    "typescript": frozenset({"index"}),
    "typescriptreact": frozenset({"index"}),
    "rust": frozenset({"mod"}),
}
"""Names, without extension, of files that stand for their folder."""

_ROOTS = ("", "src", "lib")
"""Below these a key of one part counts, besides the importing file's own folder. Anywhere else
``import json`` would find somebody's ``tests/json.py``."""


def key_of(path: str, language: str) -> str:
    """The key of a file; ``""`` of one that stands for the workspace itself."""
    folder, name = posixpath.split(path)
    if language == "go":
        return folder
    name = posixpath.splitext(name)[0].removesuffix(".d")  # a.d.ts
    return folder if name in _FOLDERS.get(language, ()) else posixpath.join(folder, name)


def stem_of(key: str) -> str:
    """The last part of a key, by which keys are looked up."""
    return key.rpartition("/")[2]


def means(wanted: str, key: str, folder: str) -> bool:
    """Whether an import of ``wanted`` in a file in ``folder`` may mean the file with this key."""
    if wanted.startswith("/"):
        return key == wanted[1:]
    if key == wanted:
        return True
    if not key.endswith(f"/{wanted}"):
        return False
    return "/" in wanted or key[: -len(wanted) - 1] in (*_ROOTS, folder)


def distance(key: str, folder: str) -> tuple[int, int]:
    """Sorts keys that an import may mean: the one with most folders in common comes first."""
    shared = 0
    for one, other in zip(key.split("/"), folder.split("/"), strict=False):
        if one != other:
            break
        shared += 1
    return -shared, len(key)


def beside(folder: str, relative: str) -> str:
    """The exact key of a path relative to ``folder``; ``""`` where it leaves the workspace."""
    joined = posixpath.normpath(posixpath.join("/", folder, relative))
    climbed = posixpath.normpath(posixpath.join(folder, relative)).startswith("..")
    return "" if climbed else joined
