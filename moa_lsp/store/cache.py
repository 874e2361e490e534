"""Cache of run results on disk, keyed by everything that decides a result.

* The key is the SHA-256 of all of it, this version included: nothing is ever found for a task
  that differs in one character.
* A hit is untrusted: the caller checks it as it would a new answer, sanitiser and
  gates included (A23 in docs/faults.md). Here only its digest is checked, against a damaged file.
* It is disposable: every failure is a miss. Entries neither live for ever nor expire at once when
  the clock is set back.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from moa_lsp import __version__
from moa_lsp.store.database import Database, Schema, Tell
from moa_lsp.store.days import Clock, wall_clock

MAX_CACHE_BYTES = 32 * 2**20
"""All kept results together; one takes up to 8 KiB, so thousands fit and any disk has the room."""

MAX_CACHED_BYTES = 2**20
"""One kept result: an answer of ``MAX_ANSWER_CHARS`` with up to four bytes for each."""


_SLACK = 4096  # of a database's pages, each row leaves up to one unused

KEY_VERSION = 1
"""Raised when a key's or a value's meaning changes."""

SCHEMA = Schema(
    "cache of results",
    (
        """
        CREATE TABLE results (
            key TEXT PRIMARY KEY, at INTEGER NOT NULL, size INTEGER NOT NULL,
            digest BLOB NOT NULL, value BLOB NOT NULL
        );
        CREATE INDEX results_at ON results (at, size)
        """,
    ),
    max_bytes=MAX_CACHE_BYTES * 5 // 4,  # the pages' own room
)


@dataclass(frozen=True, slots=True)
class CachedResult:
    """A result as it is kept.

    Attributes:
        text: the run's answer, as in ``RunRecord.text``.
        by: the step that settled it.
        model: the model that answered, for ``by == "model"``.
        warnings: what the run warned of.
    """

    text: str
    by: str
    model: str | None = None
    warnings: tuple[str, ...] = ()


def key(parts: Mapping[str, Any]) -> str:
    """The key of everything that decides a result, as plain JSON values."""
    whole = {**parts, "code": __version__, "version": KEY_VERSION}
    # ASCII only: lone surrogates of a buffer are escaped, and have no bytes otherwise.
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


class ResultCache:
    """The kept results of one user.

    Args:
        path: its file, ``None`` for memory.
        tell: as for ``Database``.
        clock: the wall clock.
    """

    def __init__(self, path: Path | None, tell: Tell, clock: Clock = wall_clock) -> None:
        self._database = Database(path, SCHEMA, tell)
        self._clock = clock

    async def get(self, key: str, days: int) -> CachedResult | None:
        """A result kept under this key within so many days, else ``None``."""
        now = self._now()
        reach = int(timedelta(days=days).total_seconds())

        def look(connection: sqlite3.Connection) -> tuple[bytes, bytes] | None:
            found = connection.execute(
                "SELECT digest, value FROM results WHERE key = ? AND at BETWEEN ? AND ?",
                (key, now - reach, now + reach),
            ).fetchone()
            return None if found is None else (bytes(found[0]), bytes(found[1]))

        found = await self._database.read(look, None)
        return None if found is None else _decoded(*found)

    async def put(self, key: str, kept: CachedResult, days: int) -> None:
        """Keep a result; what is too old, and the oldest of what is too much, goes."""
        value = _encoded(kept)
        if len(value) > MAX_CACHED_BYTES:
            return
        now = self._now()
        reach = int(timedelta(days=days).total_seconds())
        size = len(value) + _SLACK
        row = (key, now, size, hashlib.sha256(value).digest(), value)

        def store(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM results WHERE at NOT BETWEEN ? AND ?", (now - reach, now + reach)
            )
            connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?)", row)
            _trim(connection, MAX_CACHE_BYTES)

        await self._database.write(store, None)

    async def close(self) -> None:
        """Close the file; safe to call twice."""
        await self._database.close()

    def _now(self) -> int:
        return int(self._clock().timestamp())


def _trim(connection: sqlite3.Connection, room: int) -> None:
    """Delete the oldest results until the rest takes no more than ``room`` bytes."""
    (held,) = connection.execute("SELECT coalesce(sum(size), 0) FROM results").fetchone()
    while held > room:
        oldest, size = connection.execute(
            "SELECT key, size FROM results ORDER BY at LIMIT 1"
        ).fetchone()
        connection.execute("DELETE FROM results WHERE key = ?", (oldest,))
        held -= size


def _encoded(kept: CachedResult) -> bytes:
    value = {
        "text": kept.text,
        "by": kept.by,
        "model": kept.model,
        "warnings": list(kept.warnings),
    }
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _decoded(digest: bytes, value: bytes) -> CachedResult | None:
    """A kept result, ``None`` of bytes that we did not write so."""
    if hashlib.sha256(value).digest() != digest:
        return None
    try:
        held = json.loads(value)
    except (ValueError, RecursionError):
        return None
    match held:
        case {
            "text": str(text),
            "by": str(by),
            "model": str() | None as model,
            "warnings": list(warnings),
        }:
            return CachedResult(text, by, model, tuple(map(str, warnings)))
    return None
