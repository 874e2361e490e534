"""One SQLite file that several servers share, kept off the event loop, and never fatal.

* All work on it is done in one thread of its own, each piece in one transaction.
* Locked by another process: waited for briefly, then the piece of work is left out.
* A broken or foreign file is moved aside and a new one made (S03, S19 in docs/faults.md); so is a
  newer one of what can be made again. A newer one of what cannot is left alone: memory stands in.
* SQL that SQLite does not understand is our bug: reported, and never a reason to move a file.
* Where a file cannot be written (read-only, full, refused), memory stands in for the rest of the
  process's life. Each such change is told once, as a sentence.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from moa_lsp.files.uris import sqlite_uri
from moa_lsp.store import limits
from moa_lsp.store.locations import Identity, private_file, private_folder, set_aside

DATABASE_RETRY_S = 0.02
"""Before a lock is tried again: SQLite reports some of them at once."""


T = TypeVar("T")

Connection = sqlite3.Connection
"""What a piece of work is given."""

Work = Callable[[Connection], T]
"""A piece of work: runs in the database's thread, inside a transaction."""

Tell = Callable[[str], None]
"""Takes one sentence for the user or the log."""

APPLICATION_ID = 0x6D6F61  # "moa": a database of ours, not one that happens to lie there

_BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_OURS = frozenset({
    sqlite3.SQLITE_ERROR, sqlite3.SQLITE_SCHEMA, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE,
    sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_CONSTRAINT,
})  # fmt: skip
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


@dataclass(frozen=True, slots=True)
class Schema:
    """What a database holds.

    Attributes:
        title: what it is called in sentences.
        steps: SQL scripts; step n leads from version n to n + 1, so there are as many as versions.
        max_bytes: a larger file counts as a full disk.
        attempts: how often a lock of ``limits.DATABASE_BUSY_S`` is waited for.
        carried: whether its content cannot be made again: it goes along when memory takes the
            place of a full disk, and no file that was set aside is ever overwritten.
        on_loss: an SQL statement by which a new file notes that it took the place of a lost one.
    """

    title: str
    steps: tuple[str, ...]
    max_bytes: int
    attempts: int = 1
    carried: bool = False
    on_loss: str = ""


class Database:
    """A database, opened when it is first used.

    Args:
        path: its file, ``None`` to keep everything in memory.
        schema: what it holds.
        tell: hears what the user should know, each sentence once, on the event loop.
        vfs: SQLite's access to files, where the platform's own does not do (S06).
    """

    def __init__(self, path: Path | None, schema: Schema, tell: Tell, *, vfs: str = "") -> None:
        self._path = path
        self._schema = schema
        self._tell = tell
        self._vfs = vfs
        self._executor: ThreadPoolExecutor | None = None
        self._connection: sqlite3.Connection | None = None
        self._identity: Identity | None = None
        self._set_aside = False
        self._stands_in = False
        self._closed = False
        self._news: list[str] = []
        self._told: set[str] = set()

    @property
    def in_memory(self) -> bool:
        """Whether nothing of it outlives the process."""
        return self._path is None

    @property
    def stands_in(self) -> bool:
        """Whether memory stands in for a file that cannot be used."""
        return self._stands_in

    async def read(self, work: Work[T], otherwise: T) -> T:
        """Look something up; ``otherwise`` when that cannot be done now."""
        return await self._in_thread(work, "BEGIN", otherwise)

    async def write(self, work: Work[T], otherwise: T) -> T:
        """Change something, all or nothing; ``otherwise`` when that cannot be done now.

        The work is done even when the caller is cancelled meanwhile.
        """
        return await self._in_thread(work, "BEGIN IMMEDIATE", otherwise)

    async def close(self) -> None:
        """Close the file and end the thread; safe to call twice. Nothing is done afterwards."""
        self._closed = True
        executor, self._executor = self._executor, None
        if executor is not None:
            loop = asyncio.get_running_loop()
            await asyncio.shield(loop.run_in_executor(executor, self._disconnect))
            executor.shutdown(wait=False)

    async def _in_thread(self, work: Work[T], begin: str, otherwise: T) -> T:
        if self._closed:
            return otherwise
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, f"moa {self._schema.title}")
        loop = asyncio.get_running_loop()
        job = loop.run_in_executor(self._executor, self._done, work, begin, otherwise)
        try:
            return await asyncio.shield(job)
        finally:
            self._report()

    def _report(self) -> None:
        while self._news:
            sentence = self._news.pop(0)
            if sentence not in self._told:
                self._told.add(sentence)
                self._tell(sentence)

    # --- in the thread -----------------------------------------------------------------------

    def _done(self, work: Work[T], begin: str, otherwise: T) -> T:
        waits, mendings = self._schema.attempts, 3
        while waits and mendings:
            try:
                return _transaction(self._connected(), work, begin)
            except _Newer as error:
                mendings -= 1
                if self._schema.carried:
                    self._to_memory(str(error), "update moa-lsp")
                else:
                    self._replace(str(error))
            except (_UnusableDatabase, IsADirectoryError) as error:
                mendings -= 1
                self._replace(str(error))
            except OSError as error:
                mendings -= 1
                self._to_memory((error.strerror or str(error)).lower())
            except sqlite3.Error as error:
                code = getattr(error, "sqlite_errorcode", None)
                if code is None:  # raised by Python's own layer: a bug of ours
                    raise
                if code & 0xFF in _OURS:
                    self._news.append(
                        f"the {self._schema.title} was asked wrongly ({error}), "
                        "which is a bug of moa-lsp: report it"
                    )
                    return otherwise
                if code & 0xFF in _BUSY:
                    waits -= 1
                    time.sleep(DATABASE_RETRY_S)  # some locks are reported without a wait
                else:
                    mendings -= 1
                    self._mend(error, code)
        return otherwise

    def _connected(self) -> sqlite3.Connection:
        if self._connection is not None and self._path is not None:
            if private_file(self._path) == self._identity:
                return self._connection
            self._disconnect()  # deleted, or moved aside by another server
        if self._connection is None:
            self._connection = self._opened(self._path) if self._path else self._memory()
        return self._connection

    def _memory(self) -> sqlite3.Connection:
        connection = _connected(":memory:")
        _prepared(connection, self._schema, self._schema.max_bytes)
        return connection

    def _opened(self, path: Path) -> sqlite3.Connection:
        private_folder(path)
        self._identity = private_file(path)
        vfs = f"&vfs={self._vfs}" if self._vfs else ""
        connection = _connected(sqlite_uri(path.absolute(), f"mode=rwc{vfs}"))
        try:
            self._identity = private_file(path)  # before the journal is made, which gets its mode
            _check_ours(connection, self._schema)
            # Where the file system has no shared memory this stays as it was, which works too.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            _prepared(connection, self._schema, self._schema.max_bytes)
            _check_tables(connection, self._schema)
            if self._set_aside and self._schema.on_loss:
                statement = self._schema.on_loss
                _transaction(connection, lambda within: within.execute(statement), "BEGIN")
        except BaseException:
            connection.close()
            raise
        return connection

    def _mend(self, error: sqlite3.Error, code: int) -> None:
        """Change what made a piece of work fail, so that it can be tried again."""
        if self._path is None:
            if code & 0xFF != sqlite3.SQLITE_FULL:
                raise error  # memory does not break: a bug of ours
        elif code & 0xFF in _BROKEN:
            self._disconnect()
            self._replace(str(error))
        else:
            self._to_memory(str(error))

    def _replace(self, reason: str) -> None:
        """Move the file aside, so that a new one is made; once in a process."""
        if self._path is None:
            return
        if self._set_aside:
            self._to_memory(reason)
            return
        self._set_aside = True
        try:
            aside = set_aside(self._path, self._identity, keep=self._schema.carried)
        except OSError as error:
            self._to_memory(f"{reason}; {(error.strerror or str(error)).lower()}")
            return
        self._news.append(
            f"the {self._schema.title} could not be read ({reason}): a new one is begun, "
            f"the old one is {aside}"
        )

    def _to_memory(self, reason: str, advice: str = "") -> None:
        """Go on in memory."""
        path, self._path = self._path, None
        self._stands_in = True
        kept = _connected(":memory:")
        if self._connection is not None and self._schema.carried:
            try:
                self._connection.backup(kept)
            except sqlite3.Error:  # it cannot even be read: begin empty
                kept.close()
                kept = _connected(":memory:")
        self._disconnect()
        _prepared(kept, self._schema, 2 * self._schema.max_bytes)  # the file may have been full
        self._connection = kept
        self._news.append(
            f"the {self._schema.title} cannot be written ({reason}): it lasts only as long as "
            f"this process; {advice or f'make {path} writable'} and start again"
        )

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            try:
                connection.close()
            except sqlite3.Error:  # what could not be written was given up before
                return


class _UnusableDatabase(Exception):
    """The file is a database, but none that this version can use."""


class _Newer(_UnusableDatabase):
    """It is one of ours, of a version to come."""


def _connected(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri, timeout=limits.DATABASE_BUSY_S, isolation_level=None, uri=True
    )
    connection.execute("PRAGMA trusted_schema=OFF")  # a file may carry triggers of someone else
    return connection


def _transaction(connection: sqlite3.Connection, work: Work[T], begin: str) -> T:
    connection.execute(begin)
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _check_ours(connection: sqlite3.Connection, schema: Schema) -> None:
    """Tell a database of ours, or an empty one, from others.

    Raises:
        _Unfit: it is another program's, or of a newer version.
    """
    found, version, tables = _transaction(connection, _described, "BEGIN")
    if found != APPLICATION_ID and (found or version or tables):
        raise _UnusableDatabase("it is a database of another program")
    if version > len(schema.steps):
        raise _Newer("it was written by a newer moa-lsp")


def _check_tables(connection: sqlite3.Connection, schema: Schema) -> None:
    """See that nothing is missing, which no version of ours leaves out.

    Raises:
        _Unfit: a table or column is.
    """
    plain = sqlite3.connect(":memory:", isolation_level=None)
    try:
        _transaction(plain, lambda within: _upgrade(within, schema), "BEGIN")
        if not _columns(plain) <= _columns(connection):
            raise _UnusableDatabase("it lacks some of its tables")
    finally:
        plain.close()


def _columns(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(
        connection.execute(
            "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c "
            "WHERE m.type = 'table'"
        )
    )


def _described(within: sqlite3.Connection) -> tuple[int, int, int]:
    """Whose it is, its version, and its number of tables: of one moment."""
    (tables,) = within.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return _pragma(within, "application_id"), _pragma(within, "user_version"), tables


def _prepared(connection: sqlite3.Connection, schema: Schema, room: int) -> None:
    """Bring an older or empty database to this version, and bound its size."""
    if _pragma(connection, "user_version") != len(schema.steps):
        _transaction(connection, lambda within: _upgrade(within, schema), "BEGIN IMMEDIATE")
    pages = room // _pragma(connection, "page_size")
    connection.execute(f"PRAGMA max_page_count={pages}")


def _upgrade(within: sqlite3.Connection, schema: Schema) -> None:
    """Take the steps that are missing: none, when another server has just taken them."""
    for step in schema.steps[_pragma(within, "user_version") :]:
        for statement in step.split(";"):  # executescript would end the transaction
            within.execute(statement)
    within.execute(f"PRAGMA application_id={APPLICATION_ID}")
    within.execute(f"PRAGMA user_version={len(schema.steps)}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
