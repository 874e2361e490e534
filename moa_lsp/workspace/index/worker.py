"""The process that keeps one index, apart from the server so that typing never waits for a parser.

py-tree-sitter holds the interpreter's lock while it parses. The process gives way to all others,
reads messages (``messages.py``) on stdin, and ends when stdin ends, however its parent ended.
"""

import asyncio
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from moa_lsp import limits as shared_limits
from moa_lsp.files import process_limits
from moa_lsp.store.database import Database, Schema
from moa_lsp.workspace import limits
from moa_lsp.workspace.index.builder import IndexBuilder
from moa_lsp.workspace.index.folder import WorkspaceFolder
from moa_lsp.workspace.index.locations import prune
from moa_lsp.workspace.index.messages import Message, decoded, encoded
from moa_lsp.workspace.index.path_filter import decides, hiding
from moa_lsp.workspace.index.tables import SCHEMA, note

INDEX_MEMORY_BYTES = 2**30
"""Address space of the index's process, of which it has 150 MiB in memory for 10,000 files; past
this it ends, and another one goes on without the file that it was reading."""

INDEX_PROGRESS_S = 0.25
"""Between two words of the index's process on how far it is."""

INDEX_NICENESS = 10
"""Of the index's process: it gives way to the editor and to builds."""

INDEX_OUTLINE_S = 1.0
"""Between two rankings of all definitions, 0.1 s each, while files change."""


Say = Callable[[Message], None]
"""Sends a message to the server."""


def main() -> int:
    """Serve the server on stdin and stdout; the exit code."""
    with suppress(ValueError, OSError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command line; stdin ends
    process_limits.forbid_core_dumps()
    process_limits.bound_memory(INDEX_MEMORY_BYTES)
    process_limits.return_freed_memory()
    with suppress(AttributeError, OSError):
        os.nice(INDEX_NICENESS)
    return asyncio.run(_serve())


async def _serve() -> int:
    loop = asyncio.get_running_loop()
    inbox: asyncio.Queue[Message | None] = asyncio.Queue()

    def receive() -> None:
        with suppress(ValueError, OSError):  # what is no message ends the talk
            for line in _lines(sys.stdin.fileno()):
                loop.call_soon_threadsafe(inbox.put_nowait, decoded(line))
        _end_soon()
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(inbox.put_nowait, None)

    threading.Thread(target=receive, name="inbox", daemon=True).start()
    opening = await inbox.get()
    if opening is None:
        return 0
    await IndexWorker(opening, inbox, _say).run()
    return 0


def _lines(descriptor: int) -> Iterator[bytes]:
    """Lines as they come. A buffered file would be locked by this thread when the process ends."""
    rest = bytearray()
    while data := os.read(descriptor, shared_limits.READ_BYTES):
        rest += data
        while (end := rest.find(b"\n")) >= 0:
            yield bytes(rest[:end])
            del rest[: end + 1]
        if len(rest) > limits.MAX_INDEX_LINE_BYTES:
            raise ValueError("the line is too long")


def _say(message: Message) -> None:
    with suppress(OSError, ValueError):  # nobody listens: stdin has ended too
        sys.stdout.buffer.write(encoded(message))
        sys.stdout.buffer.flush()


def _end_soon() -> None:
    """End the process, even from within a parser."""
    timer = threading.Timer(shared_limits.EXIT_GRACE_S, os._exit, (0,))
    timer.daemon = True
    timer.start()


class IndexWorker:
    """The work of the process.

    Args:
        opening: the first message.
        inbox: those that follow; ``None`` is the end.
        say: sends to the server.
        schema: of the index.
    """

    def __init__(
        self,
        opening: Message,
        inbox: asyncio.Queue[Message | None],
        say: Say,
        schema: Schema = SCHEMA,
    ) -> None:
        self._opening = opening
        self._inbox = inbox
        self._say = say
        self._schema = schema
        self._heard = 0
        self._told = (-1.0, -1, False)
        self._ranking_due = 0.0

    async def run(self) -> None:
        """Work until the inbox ends, or the index cannot be kept."""
        spare = Path(self._opening["spare"])
        try:
            database = await self._open(Path(self._opening["database"]), spare)
            if database is None:
                self._say({"failed": "no folder for the index can be written"})
                return
            try:
                await self._work(database)
            finally:
                await database.close()
        finally:
            shutil.rmtree(spare.parent, ignore_errors=True)

    async def _open(self, *paths: Path) -> Database | None:
        """The index at the first of the places where it can be kept."""
        root = self._opening["root"]
        for path in paths:
            database = Database(path, self._schema, lambda sentence: self._say({"tell": sentence}))
            await database.write(lambda within: note(within, "root", root), otherwise=False)
            if not database.in_memory:
                with suppress(OSError):
                    os.utime(path)
                prune(path)
                self._say({"at": str(path)})
                return database
            await database.close()
        return None

    async def _work(self, database: Database) -> None:
        builder = IndexBuilder(self._folder(), database, self._announce, self._opening["skip"])
        await builder.scan()
        self._progress(builder)
        while not database.in_memory:
            if not await self._listen(builder):
                return
            if self._ranks_now(builder):
                began = time.monotonic()
                await builder.rank()
                took = time.monotonic() - began
                self._ranking_due = time.monotonic() + max(INDEX_OUTLINE_S, 20 * took)
            elif builder.waiting:
                await builder.step()
            self._progress(builder)
        self._say({"failed": "the index cannot grow any more"})

    def _ranks_now(self, builder: IndexBuilder) -> bool:
        return builder.unranked and time.monotonic() >= self._ranking_due

    async def _listen(self, builder: IndexBuilder) -> bool:
        """Take in what was said; waits for it only when there is nothing else to do.

        Returns:
            Whether there is more to come.
        """
        message: Message | None = None
        if builder.waiting or self._ranks_now(builder):
            if self._inbox.empty():
                return True
            message = self._inbox.get_nowait()
        else:
            due = self._ranking_due - time.monotonic() if builder.unranked else None
            try:
                async with asyncio.timeout(due):
                    message = await self._inbox.get()
            except TimeoutError:
                return True
        while message is not None:
            await self._take(builder, message)
            if self._inbox.empty():
                return True
            message = self._inbox.get_nowait()
        return False

    async def _take(self, builder: IndexBuilder, message: Message) -> None:
        self._heard = message["n"]
        if "changed" in message:
            await builder.changed(message["changed"])
            if any(map(decides, message["changed"])):
                await builder.scan(self._folder())
        elif "typed" in message:
            builder.typed(message["typed"], message["text"])
        else:
            await builder.scan(self._folder())

    def _folder(self) -> WorkspaceFolder:
        """The workspace, by the rule that its ignore files make now."""
        opening, root = self._opening, Path(self._opening["root"])
        return WorkspaceFolder(root, hiding(root, opening["exclude"], opening["allow"]))

    def _announce(self, paths: object) -> None:
        self._say({"reading": paths})

    def _progress(self, builder: IndexBuilder) -> None:
        now, (told, seen, ready) = time.monotonic(), self._told
        is_ready, on_delta = not builder.waiting, self._heard if builder.settled else seen
        if (on_delta, is_ready) == (seen, ready) and now - told < INDEX_PROGRESS_S:
            return
        self._told = (now, on_delta, is_ready)
        done = builder.total - builder.waiting
        self._say({"done": done, "total": builder.total, "ready": is_ready, "seen": on_delta})
