"""A workspace as tests see it: every file that may be read, in memory, within bounds.

What models never see, what is ignored, what begins with a dot and what tools made is left out, as
of the index (``workspace/index/path_filter.py``); no link is followed. Nothing is written to the
disk: a copy is bytes that go straight into a sandbox.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from moa_lsp.files.reading import Refusal, read_below
from moa_lsp.workspace.index.path_filter import hiding
from moa_lsp.workspace.index.reading import entries, kind_of

MAX_COPY_FILES = 5_000
"""Files of a copy; the larger packages of the registries have two thousand."""

MAX_COPY_BYTES = 32 * 2**20
"""All files of a copy: it is in memory three times while tests run, and the sandbox's own folder
holds four times as much."""

MAX_COPY_FILE_BYTES = 2 * 2**20
"""One file of a copy; a larger one is data that hardly a unit test reads."""

MAX_COPY_ENTRIES = 50_000
"""Names that are looked at for a copy; a walk of as many takes a second."""


@dataclass(frozen=True, slots=True)
class WorkspaceCopy:
    """Files of a workspace.

    Attributes:
        files: content by path below the workspace, with forward slashes.
        left_out: files that are larger than ``MAX_COPY_FILE_BYTES``.
        why: why it is not whole, so that it is not to be used; ``""`` if it is.
    """

    files: Mapping[str, bytes]
    left_out: int = 0
    why: str = ""


def copy_workspace(root: Path, exclude: Sequence[str], allow: Sequence[str]) -> WorkspaceCopy:
    """Read a workspace; looks at the disk, so not on the event loop.

    Args:
        root: its folder.
        exclude: files that models never see (``context.exclude``).
        allow: those that are read although they would be hidden (``context.allow``).
    """
    top = root.resolve()
    hides = hiding(top, exclude, allow)
    files: dict[str, bytes] = {}
    size = seen = left_out = 0
    folders = [""]
    while folders:
        folder = folders.pop()
        for entry in entries(top / folder):
            seen += 1
            if seen > MAX_COPY_ENTRIES:
                return _too_large(f"more than {MAX_COPY_ENTRIES:,} names")
            path = f"{folder}/{entry.name}" if folder else entry.name
            kind = kind_of(entry)
            if not kind or hides.hidden(path, folder=kind == "folder"):
                continue
            if kind == "folder":
                folders.append(path)
                continue
            read = read_below(top, path, MAX_COPY_FILE_BYTES)
            if isinstance(read, Refusal) or not read.whole:
                left_out += not isinstance(read, Refusal)
                continue
            files[path] = read.data
            size += len(read.data)
            if size > MAX_COPY_BYTES:
                return _too_large(f"more than {MAX_COPY_BYTES >> 20} MiB")
            if len(files) > MAX_COPY_FILES:
                return _too_large(f"more than {MAX_COPY_FILES:,} files")
    return WorkspaceCopy(files, left_out)


def _too_large(what: str) -> WorkspaceCopy:
    return WorkspaceCopy({}, why=f"the workspace has {what} that are not ignored")
