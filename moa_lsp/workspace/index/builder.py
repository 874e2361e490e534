"""Keeps an index equal to its workspace: what is new is read, what is gone is forgotten.

Works in short steps, so that its process hears of changes in between. What changed comes before
what is only new, so that a saved file is known at once while a whole workspace is being read.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from moa_lsp.store.database import Database
from moa_lsp.workspace import limits
from moa_lsp.workspace.index import tables
from moa_lsp.workspace.index.extract import FileExtract, extract
from moa_lsp.workspace.index.folder import WorkspaceFolder, language_of
from moa_lsp.workspace.index.tables import UNSAVED, FileRecord, FileStamp

INDEX_BATCH_FILES = 32
"""Files read before they are stored together: a transaction costs as much as parsing one."""

INDEX_BATCH_S = 0.2
"""As ``INDEX_BATCH_FILES``, in time: a file that was just saved waits no longer for its turn."""


Announce = Callable[[Sequence[str]], object]
"""Told the files that are about to be read."""


class IndexBuilder:
    """Builds one index.

    Args:
        folder: the workspace.
        database: the index.
        announce: see ``Announce``.
        skip: files that are not to be read, since reading them ended a process before.

    Attributes:
        unranked: whether something changed since definitions were ranked.
    """

    def __init__(
        self,
        folder: WorkspaceFolder,
        database: Database,
        announce: Announce = lambda _paths: None,
        skip: Iterable[str] = (),
    ) -> None:
        self._folder = folder
        self._database = database
        self._announce = announce
        self._skip = frozenset(skip)
        self._urgent: dict[str, None] = {}
        self._new: dict[str, None] = {}
        self._typed: dict[str, str] = {}
        self._files = 0
        self._failures = 0
        self.unranked = False

    @property
    def total(self) -> int:
        """How many files there are, as far as is known."""
        return self._files

    @property
    def waiting(self) -> int:
        """How many of them wait to be read."""
        return len(self._urgent) + len(self._new)

    @property
    def settled(self) -> bool:
        """Whether all changes that it was told are in the index."""
        return not self._urgent

    async def scan(self, folder: WorkspaceFolder | None = None) -> None:
        """Compare the whole workspace with the index; what differs waits to be read.

        Args:
            folder: the workspace with another rule, if it has changed.
        """
        self._folder = folder or self._folder
        nothing: dict[str, FileStamp] = {}
        known = await self._database.read(tables.known, nothing)
        there = dict(self._folder.files())
        gone = [path for path in known if path not in there and path not in self._typed]
        await self._keep([], gone)
        self._new = {
            path: None
            for path, stamp in there.items()
            if known.get(path) != stamp and path not in self._typed
        }
        self._urgent.update(dict.fromkeys(self._typed))  # they may be hidden now
        self._files = len(there)

    async def changed(self, paths: Iterable[str]) -> None:
        """Look again at files or folders that were changed, made or removed."""
        for path in paths:
            inside: list[str] = await self._database.read(partial(tables.below, folder=path), [])
            if self._folder.is_folder(path):
                inside += [each for each, _ in self._folder.files(path)]
            self._urgent.update(dict.fromkeys(inside))
            if language_of(path) is not None:
                self._urgent[path] = None

    def typed(self, path: str, text: str | None) -> None:
        """Take an open document's text for that of its file, or no longer with ``None``."""
        self._typed.pop(path, None)
        if text is not None:
            self._typed[path] = text
            while len(self._typed) > limits.MAX_TYPED_TEXTS:
                oldest = next(iter(self._typed))
                del self._typed[oldest]
                self._urgent[oldest] = None
        self._urgent[path] = None

    async def step(self) -> None:
        """Read some of the files that wait, and store them in one transaction."""
        queue = self._urgent or self._new
        batch = list(queue)[:INDEX_BATCH_FILES]
        self._announce(batch)
        until = time.monotonic() + INDEX_BATCH_S
        files: list[FileRecord] = []
        gone: list[str] = []
        for path in batch:
            del queue[path]
            if path in self._skip:
                continue
            read = self._read(path)
            if read is None:
                gone.append(path)
            else:
                files.append(read)
            if time.monotonic() > until:
                break
        kept = await self._keep(files, gone)
        self._failures = 0 if kept else self._failures + 1
        if not kept and self._failures <= limits.INDEX_RESTARTS:  # locked by another process
            self._urgent.update(dict.fromkeys([*gone, *(read.path for read in files)]))

    async def rank(self) -> None:
        """Rank the definitions for the workspace's map."""
        self.unranked = False
        await self._database.write(tables.rank, False)  # noqa: FBT003  # that it could not be done

    async def _keep(self, files: list[FileRecord], gone: list[str]) -> bool:
        if not files and not gone:
            return True
        self.unranked = True
        return await self._database.write(
            lambda within: tables.keep(within, files, gone), otherwise=False
        )

    def _read(self, path: str) -> FileRecord | None:
        """A file as it counts now, ``None`` if there is none."""
        language = language_of(path)
        if language is None:
            return None
        typed = self._typed.get(path)
        content = self._folder.read(path)
        if content is None:
            return None
        if typed is not None and typed != content.text:
            stamp = FileStamp(UNSAVED, len(typed))
            return FileRecord(path, language, stamp, extract(typed, language, path))
        found = FileExtract() if content.text is None else extract(content.text, language, path)
        return FileRecord(path, language, content.stamp, found)
