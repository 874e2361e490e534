"""The ignore files around some documents, read once for each of their states."""

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from moa_lsp.config.settings import ContextSettings
from moa_lsp.context.deny import DenyRules
from moa_lsp.files.reading import Refusal, read_below
from moa_lsp.workspace import limits
from moa_lsp.workspace.index.path_filter import IGNORE_FILES

MAX_KEPT_RULES = 8
"""Sets of ignore files whose rules are kept read: one for each of the folders being worked in."""


Stamp = tuple[int, int, int]
"""Which state of a file: its time of change in nanoseconds, its bytes, its inode."""

_known: dict[object, DenyRules] = {}
_using = threading.Lock()


def hidden(root: Path | None, context: ContextSettings, folders: Iterable[str]) -> DenyRules:
    """What is never shown of a workspace, as far as the ignore files in these folders say.

    Looks at every file, and reads them when one has changed; so not on the event loop.

    Args:
        root: the workspace, ``None`` without one.
        context: the settings.
        folders: below the root, with forward slashes, ``""`` for the root itself.
    """
    stamps = {} if root is None else _stamps(root, folders)
    key = (root, tuple(context.exclude), tuple(context.allow), tuple(stamps.items()))
    with _using:
        found = _known.pop(key, None)
    if found is None:
        texts = {} if root is None else _texts(root, stamps)
        found = DenyRules.of(context.exclude, texts, context.allow)
    with _using:
        _known[key] = found  # the one used last stands last
        while len(_known) > MAX_KEPT_RULES:
            del _known[next(iter(_known))]
    return found


def _stamps(root: Path, folders: Iterable[str]) -> dict[str, Stamp]:
    """The ignore files, outer folders first, as many as count."""
    found: dict[str, Stamp] = {}
    for folder in sorted(folders, key=lambda each: (each.count("/"), each)):
        for name in IGNORE_FILES:
            path = f"{folder}/{name}" if folder else name
            try:
                state = (root / path).stat()
            except (OSError, ValueError):
                continue
            found[path] = (state.st_mtime_ns, state.st_size, state.st_ino)
            if len(found) == limits.MAX_IGNORE_FILES:
                return found
    return found


def _texts(root: Path, stamps: Mapping[str, Stamp]) -> dict[str, str | None]:
    """Their texts; ``None`` of those that are too large, alone or together."""
    left = limits.MAX_IGNORE_TOTAL_BYTES
    texts: dict[str, str | None] = {}
    for path in stamps:
        read = read_below(root, path, min(left, limits.MAX_IGNORE_BYTES))
        if isinstance(read, Refusal) or b"\0" in read.data:
            continue
        texts[path] = read.data.decode("utf-8", "replace") if read.whole else None
        left -= len(read.data) if read.whole else 0
    return texts
