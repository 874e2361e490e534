"""What was answered and what was judged, on disk, each by everything that decided it.

* An answer is kept when it is whole: what was paid for is never asked again, whichever mix wants
  it and however the process ended before. Failures are not kept.
* Keys are SHA-256 of content; a request has no key of a provider in it, so neither has the store.
* One process writes at a time; another is refused. A killed one loses nothing that it was told is
  kept, and leaves no lock behind. Unlike the ledger (``store/database.py``), nothing stands in for
  a disk that cannot be written: the bench stops before more is paid for.
"""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from moa_lsp.errors import RunError, UsageError
from moa_lsp.providers.base import AgentDeclines, Reply, Usage
from moa_lsp.sandbox.program import Verdict
from moa_lsp.store import limits
from moa_lsp.store.locations import private_file
from moa_lsp.task import ToolCall

KEY_VERSION = 1
"""Raised when a key's or a value's meaning changes."""

APPLICATION_ID = 0x6D6F6162  # "moab"

_TABLES = """
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as it once came.

    Attributes:
        first: seconds from the request to its first text.
        seconds: to its end.
        cost_usd: what it really cost; ``None`` where that is not known.
    """

    reply: Reply | AgentDeclines
    first: float = 0.0
    seconds: float = 0.0
    cost_usd: float | None = None


def key_of(content: object) -> str:
    """The key of plain JSON values: equal ones, and no others, have the same."""
    text = json.dumps([KEY_VERSION, content], sort_keys=True, separators=(",", ":"))
    # A lone surrogate of a broken text must not break the bench.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Store:
    """Answers and verdicts of one folder of results; used from any thread.

    Args:
        path: its file, made where it is missing.

    Raises:
        UsageError: another process is at work on it, or it is no store of ours.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            private_file(path)
            connection = sqlite3.connect(
                path, timeout=limits.DATABASE_BUSY_S, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.Error) as err:
            raise UsageError(f"{path} cannot be opened: {_said(err)}") from err
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def answer(self, key: str) -> StoredAnswer | None:
        """A kept answer.

        Raises:
            RunError: the store cannot be read.
        """
        found = self._read("SELECT value FROM answers WHERE key = ?", key)
        return None if found is None else _answered(json.loads(found))

    def keep_answer(self, key: str, answer: StoredAnswer) -> None:
        """Keep an answer; when this returns it outlives the process.

        Raises:
            RunError: it cannot be written.
        """
        reply = answer.reply
        value = {
            "declined" if isinstance(reply, AgentDeclines) else "reply": asdict(reply),
            "first": answer.first,
            "seconds": answer.seconds,
            "cost_usd": answer.cost_usd,
        }
        self._write("INSERT OR REPLACE INTO answers VALUES (?, ?)", key, value)

    def spent(self) -> float:
        """USD that all kept answers really cost, as far as that is known.

        Raises:
            RunError: the store cannot be read.
        """
        with self._at_work() as connection:
            (spent,) = connection.execute(
                "SELECT total(json_extract(value, '$.cost_usd')) FROM answers"
            ).fetchone()
        return float(spent)

    def verdict(self, key: str) -> Verdict | None:
        """A kept verdict.

        Raises:
            RunError: the store cannot be read.
        """
        found = self._read("SELECT value FROM verdicts WHERE key = ?", key)
        return None if found is None else Verdict(**json.loads(found))

    def keep_verdict(self, key: str, verdict: Verdict) -> None:
        """Keep a verdict.

        Raises:
            RunError: it cannot be written.
        """
        self._write("INSERT OR REPLACE INTO verdicts VALUES (?, ?)", key, asdict(verdict))

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _prepare(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("PRAGMA trusted_schema=OFF")
            # Held until the process ends, however it does: nobody else can write meanwhile.
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            (owner,) = connection.execute("PRAGMA application_id").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if owner != APPLICATION_ID and (owner or tables):
                raise UsageError(f"{self._path} is a database of another program, name another")
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute("COMMIT")
            private_file(self._path)
        except sqlite3.Error as err:
            if getattr(err, "sqlite_errorcode", 0) & 0xFF in _BUSY:
                raise UsageError(
                    f"another bench is at work in {self._path.parent}, wait for it or name "
                    "another folder with --out"
                ) from err
            raise UsageError(f"{self._path} cannot be used: {_said(err)}") from err

    @contextmanager
    def _at_work(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._connection is None:
                raise RunError(f"{self._path} was closed, run it again")
            try:
                yield self._connection
            except sqlite3.Error as err:
                raise RunError(
                    f"{self._path} failed: {_said(err)}; make room or name another folder"
                ) from err

    def _read(self, query: str, key: str) -> str | None:
        with self._at_work() as connection:
            row = connection.execute(query, (key,)).fetchone()
        return None if row is None else str(row[0])

    def _write(self, statement: str, key: str, value: dict[str, Any]) -> None:
        text = json.dumps(value)  # ASCII: also what is no valid text can be kept
        with self._at_work() as connection:
            connection.execute(statement, (key, text))


_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def _said(err: Exception) -> str:
    return str(getattr(err, "strerror", None) or err).lower()


def _answered(value: dict[str, Any]) -> StoredAnswer:
    if "declined" in value:
        reply: Reply | AgentDeclines = AgentDeclines(**value["declined"])
    else:
        usage = value["reply"].pop("usage")
        calls = tuple(ToolCall(**call) for call in value["reply"].pop("tool_calls", ()))
        usage = None if usage is None else Usage(**usage)
        reply = Reply(**value["reply"], usage=usage, tool_calls=calls)
    return StoredAnswer(reply, value["first"], value["seconds"], value["cost_usd"])
