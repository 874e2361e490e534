"""The index as a server or a command sees it: questions that never keep the event loop.

Answers come from the database, read in a thread, so they are there before the process that keeps
it has begun, while it reads, and after it crashed. Nothing here ever fails: where there is no
index, or no answer within ``INDEX_ANSWER_S``, answers are empty.
"""

import asyncio
import logging
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal, TypeVar

from moa_lsp.context.items import Definition
from moa_lsp.errors import Unreachable
from moa_lsp.files.uris import below
from moa_lsp.store.database import Database, Work
from moa_lsp.workspace import limits
from moa_lsp.workspace.index import queries
from moa_lsp.workspace.index.folder import language_of
from moa_lsp.workspace.index.locations import place, users_folder
from moa_lsp.workspace.index.process import IndexProcess, started
from moa_lsp.workspace.index.tables import SCHEMA

INDEX_ANSWER_S = 0.25
"""For one question to the index, which takes under 5 ms: context that comes later is left out."""

INDEX_RESTART_S = 1.0
"""Before it is started again."""

MAX_INDEX_CHANGES = 500
"""Changed files told one by one; after more, as when a branch is switched, all are looked at."""

INDEX_GATHER_S = 0.1
"""Changes are gathered as long before the index hears of them: tools write several files."""


T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IndexState:
    """How far an index is.

    Attributes:
        phase: ``off`` without a process, ``reading`` until every file was read once, then
            ``ready``, or ``failed`` when its process cannot be kept running.
        done: files that are in it.
        total: files there are.
        why: the reason of ``off`` or ``failed``.
    """

    phase: Literal["off", "reading", "ready", "failed"] = "off"
    done: int = 0
    total: int = 0
    why: str = ""


class Index:
    """The index of one workspace.

    Args:
        folder: where indexes lie, by default in the user's cache.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._state = IndexState()
        self._roots: tuple[Path, ...] = ()
        self._opening: dict[str, Any] = {}
        self._reader: Database | None = None
        self._process: IndexProcess | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._changes: dict[str, None] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._typed: dict[str, str] = {}
        self._sent = self._seen = 0

    @property
    def state(self) -> IndexState:
        """How far it is."""
        return self._state

    @property
    def pid(self) -> int | None:
        """The process that keeps it, if it runs."""
        return self._process.pid if self._process is not None else None

    async def start(
        self, root: Path, exclude: Sequence[str] = (), allow: Sequence[str] = ()
    ) -> None:
        """Begin to keep the index of a workspace; returns before anything is read.

        Args:
            root: the workspace's folder.
            exclude: what is not to be looked at, as lines of ignore files (``context.exclude``).
            allow: what is although it would be hidden (``context.allow``).
        """
        resolved, why = await asyncio.to_thread(_usable, root)
        if resolved is None:
            self._set(IndexState("off", why=why))
            return
        self._roots = (root, resolved)
        kept = self._folder if self._folder is not None else users_folder()
        spare = Path(tempfile.gettempdir()) / f"moa-lsp-{token_hex(8)}" / "index.db"
        self._opening = {
            "root": str(resolved),
            "database": str(place(resolved, kept)),
            "spare": str(spare),
            "exclude": list(exclude),
            "allow": list(allow),
        }
        self._reader = _reader(self._opening["database"])
        self._set(IndexState("reading"))
        self._keeping = asyncio.create_task(self._keep())

    async def ready(self, within_s: float) -> bool:
        """Wait until all files were read and all changes that were told are in the index.

        Args:
            within_s: the longest wait in seconds.

        Returns:
            Whether it is so.
        """
        try:
            async with asyncio.timeout(within_s):
                while self._state.phase == "reading" or self._behind:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            return False
        return self._state.phase == "ready"

    async def close(self) -> None:
        """End the process and let go of the database; safe to call twice."""
        if self._flush is not None:
            self._flush.cancel()
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            await asyncio.to_thread(
                shutil.rmtree, Path(self._opening["spare"]).parent, ignore_errors=True
            )
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.close()
        self._set(IndexState("off", why="closed"))

    # --- what changed ------------------------------------------------------------------------

    def below(self, path: Path) -> str | None:
        """A file's path below the workspace with forward slashes, ``None`` of one outside it."""
        for root in self._roots:
            found = below(path, root)
            if found is not None:
                return found
        return None

    def changed(self, paths: Iterable[Path]) -> None:
        """Tell of files or folders that were changed, made or removed; others are ignored."""
        inside = [place for path in paths if (place := self.below(path)) is not None]
        if not inside or self._keeping is None:
            return
        self._changes.update(dict.fromkeys(inside))
        if self._flush is None:
            loop = asyncio.get_running_loop()
            self._flush = loop.call_later(INDEX_GATHER_S, self._send_changes)

    def typed(self, path: Path, text: str | None) -> None:
        """Tell an open document's text, which counts for its file's; ``None`` at its end."""
        place = self.below(path)
        if place is None or self._keeping is None or language_of(place) is None:
            return
        if text is None and place not in self._typed:
            return
        self._typed.pop(place, None)
        if text is not None:
            if len(text) > limits.MAX_INDEXED_BYTES:
                return
            self._typed[place] = text
            while len(self._typed) > limits.MAX_TYPED_TEXTS:
                del self._typed[next(iter(self._typed))]
        if self._process is not None and self._process.behind < limits.MAX_INDEX_LINE_BYTES:
            self._send({"typed": place, "text": text})

    # --- questions ---------------------------------------------------------------------------

    async def definitions(
        self, names: Sequence[str], language: str, near: str
    ) -> list[Definition]:
        """What other files define under these names, the likeliest first.

        Args:
            names: the first ``MAX_INDEX_NAMES`` count.
            language: LSP language identifier of the file that uses them.
            near: that file's path below the workspace.
        """
        return await self._ask(
            lambda within: queries.definitions(within, names, language, near), []
        )

    async def neighbours(self, path: str) -> list[str]:
        """Paths of files that have to do with one: it imports, it uses, that import it."""
        return await self._ask(lambda within: queries.neighbours(within, path), [])

    async def outline(self, limit: int) -> list[Definition]:
        """The ``limit`` most used definitions of the workspace, those first."""
        return await self._ask(lambda within: queries.outline(within, limit), [])

    async def users(self, path: str, names: Sequence[str]) -> list[tuple[str, bool, bool]]:
        """Files that import a file or have one of these names: path, and which of both."""
        return await self._ask(lambda within: queries.users(within, path, names), [])

    async def _ask(self, work: Work[T], otherwise: T) -> T:
        if self._reader is None:
            return otherwise
        try:
            async with asyncio.timeout(INDEX_ANSWER_S):
                return await self._reader.read(work, otherwise)
        except TimeoutError:
            _log.info("the index did not answer in time")
            return otherwise

    # --- the process -------------------------------------------------------------------------

    @property
    def _behind(self) -> bool:
        return self._state.phase == "ready" and (bool(self._changes) or self._seen < self._sent)

    def _set(self, state: IndexState) -> None:
        self._state = state
        self._news.set()

    def _send(self, message: dict[str, Any]) -> None:
        if self._process is not None:
            self._sent += 1
            self._process.send({**message, "n": self._sent})

    def _send_changes(self) -> None:
        self._flush = None
        paths, self._changes = list(self._changes), {}
        if len(paths) > MAX_INDEX_CHANGES:
            self._send({"scan": True})
        elif paths:
            self._send({"changed": paths})

    async def _keep(self) -> None:
        """Keep a process running, as long as it does not crash too often."""
        suspected: Counter[str] = Counter()
        why = ""
        for attempt in range(1 + limits.INDEX_RESTARTS):
            if attempt:
                await asyncio.sleep(INDEX_RESTART_S)
            try:
                process = await started()
            except Unreachable as err:
                why = str(err)
                break
            try:
                reading, gave_up = await self._follow(process, suspected)
            finally:
                self._process = None
                await asyncio.shield(process.close())
            if gave_up:
                why = gave_up
                break
            suspected.update(reading)
            why = "its process crashed too often"
            _log.warning("the index's process ended unexpectedly")
        _log.warning("the workspace is not indexed any more: %s", why)
        self._set(IndexState("failed", self._state.done, self._state.total, why))

    async def _follow(
        self, process: IndexProcess, suspected: Counter[str]
    ) -> tuple[Sequence[str], str]:
        """Talk with a process until it ends.

        Args:
            process: just started.
            suspected: how often a process crashed while it read a file; those it did so twice
                are left out.

        Returns:
            What it was reading then, and why it gave up, ``""`` if it did not.
        """
        skip = [path for path, times in suspected.items() if times > 1]
        self._process = process
        self._seen = self._sent
        self._set(IndexState("reading", self._state.done, self._state.total))
        process.send({**self._opening, "skip": skip})
        for path, text in self._typed.items():
            self._send({"typed": path, "text": text})
        reading: Sequence[str] = ()
        async with aclosing(process.messages()) as messages:
            async for message in messages:
                if "reading" in message:
                    reading = message["reading"]
                elif "done" in message:
                    self._seen = max(self._seen, message["seen"])
                    phase: Literal["ready", "reading"] = "ready" if message["ready"] else "reading"
                    self._set(IndexState(phase, message["done"], message["total"]))
                    reading = () if message["ready"] else reading
                elif "at" in message:
                    await self._read_at(message["at"])
                elif "tell" in message:
                    _log.info("%s", message["tell"])
                elif "failed" in message:
                    return (), str(message["failed"])
        return reading, ""

    async def _read_at(self, path: str) -> None:
        """Ask the database that the process keeps from now on."""
        if path != self._opening["database"] and self._reader is not None:
            await self._reader.close()
            self._reader = _reader(path)


def _reader(path: str) -> Database:
    return Database(Path(path), SCHEMA, lambda sentence: _log.info("%s", sentence))


def _usable(root: Path) -> tuple[Path | None, str]:
    """A workspace's folder without links in its path, or why it is not indexed."""
    try:
        resolved = root.resolve(strict=True)
        home = Path.home().resolve()
    except (OSError, RuntimeError, ValueError) as err:  # also a name that the locale cannot say
        return None, f"the folder cannot be found: {err}"
    if not resolved.is_dir():
        return None, "it is not a folder"
    if home.is_relative_to(resolved):
        return None, "it is your home folder, or one above it; open a project's"
    return resolved, ""
