"""The files of a workspace as the index sees them (A06 in docs/faults.md).

Only regular files below the root in a language with a grammar: no link is followed, neither to a
file nor through a folder, and what the rule hides is neither listed nor read.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from moa_lsp.files.reading import FileContent, Refusal, read_below
from moa_lsp.syntax.languages import by_path
from moa_lsp.syntax.tree import has_grammar
from moa_lsp.workspace import limits
from moa_lsp.workspace.index.path_filter import PathFilter, hiding
from moa_lsp.workspace.index.reading import entries, kind_of
from moa_lsp.workspace.index.tables import FileStamp

MAX_INDEXED_FILES = 20_000
"""Files of a workspace that are read; five times the standard library with its tests."""

MAX_MEAN_LINE_CHARS = 300
"""Of a file's lines on average; a longer mean is minified or generated code."""


_BINARY_BYTES = 8 * 2**10
"""Looked through for a NUL, which no source text has."""


@dataclass(frozen=True, slots=True)
class IndexedText:
    """A file that was read; ``text`` is ``None`` of one that is no source text to keep."""

    stamp: FileStamp
    text: str | None


class WorkspaceFolder:
    """A workspace.

    Args:
        root: its folder, without links in it (``Path.resolve``).
        hides: the rule.
        max_files: files that are given at most.
        max_entries: names that are looked at for them.
    """

    def __init__(
        self,
        root: Path,
        hides: PathFilter,
        *,
        max_files: int = MAX_INDEXED_FILES,
        max_entries: int = limits.MAX_INDEX_ENTRIES,
    ) -> None:
        self.root = root
        self._hides = hides
        self._max_files = max_files
        self._max_entries = max_entries

    def files(self, below: str = "") -> Iterator[tuple[str, FileStamp]]:
        """All files of a folder with their stamps, as far as the bounds go.

        Args:
            below: a folder below the root, ``""`` for the root itself. It is looked at only if
                it may be.
        """
        if below and not self._open_to_us(below, folder=True):
            return
        seen = found = 0
        folders = [below]
        while folders:
            folder = folders.pop()
            for entry in entries(self.root / folder):
                seen += 1
                path = f"{folder}/{entry.name}" if folder else entry.name
                kind = kind_of(entry)
                if kind == "folder" and not self._hides.hidden(path, folder=True):
                    folders.append(path)
                elif kind == "file" and language_of(path) is not None:
                    stamp = _stamp(entry)
                    if stamp is None or self._hides.hidden(path, folder=False):
                        continue
                    yield path, stamp
                    found += 1
                if found == self._max_files or seen == self._max_entries:
                    return

    def is_folder(self, path: str) -> bool:
        """Whether a folder below the root has this path."""
        return self._open_to_us(path, folder=True)

    def read(self, path: str) -> IndexedText | None:
        """A file's content, ``None`` where there is none that may be read."""
        if language_of(path) is None or not self._open_to_us(path, folder=False):
            return None
        read = read_below(self.root, path, limits.MAX_INDEXED_BYTES)
        if isinstance(read, Refusal):
            return None
        found = read.status
        return IndexedText(FileStamp(found.st_mtime_ns, found.st_size), _text(read))

    def _open_to_us(self, path: str, *, folder: bool) -> bool:
        """Whether a path is below the root, of the right kind, not hidden, and has no link in it.

        It is asked of what a client names; a walk comes to such paths alone.
        """
        parts = path.split("/")
        if not path or any(part in ("", ".", "..") or "\0" in part for part in parts):
            return False
        try:
            path.encode()
            where = self.root / path
            mode = where.lstat().st_mode
            whole = where.resolve(strict=True) == where
        except (OSError, UnicodeEncodeError):
            return False
        if not whole or not (stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode)):
            return False
        above = ["/".join(parts[:length]) for length in range(1, len(parts))]
        return not any(
            self._hides.hidden(each, folder=True) for each in above
        ) and not self._hides.hidden(path, folder=folder)


def sources(root: Path, exclude: Sequence[str], allow: Sequence[str]) -> list[tuple[str, str]]:
    """Path and language of all files of a folder that the index sees; looks at the disk.

    Args:
        root: the folder.
        exclude: patterns of what models never see, beside the built-in ones.
        allow: patterns that open what those hide.
    """
    resolved = root.resolve()
    folder = WorkspaceFolder(resolved, hiding(resolved, exclude, allow))
    return [(str(resolved / path), language_of(path) or "") for path, _ in folder.files()]


def language_of(path: str) -> str | None:
    """The language of a file by its name, ``None`` of one that cannot be parsed."""
    language = by_path(path)
    return language if has_grammar(language) else None


def _stamp(entry: os.DirEntry[str]) -> FileStamp | None:
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return FileStamp(found.st_mtime_ns, found.st_size)


def _text(content: FileContent) -> str | None:
    data = content.data
    if not content.whole or b"\0" in data[:_BINARY_BYTES]:
        return None
    if len(data) > MAX_MEAN_LINE_CHARS * (data.count(b"\n") + data.count(b"\r") + 1):
        return None
    return data.decode("utf-8-sig", "replace")
