"""A server's ledger and cache, without the server."""

import os
import sqlite3
from contextlib import closing

from moa_lsp.store.cache import CachedResult, ResultCache
from moa_lsp.store.ledger import Ledger, LedgerEntry

KEPT = CachedResult("x = 1", "agree")


class Server:
    """A server's cache and ledger on one folder, and what it told."""

    def __init__(self, folder):
        self.told = []
        self.cache = ResultCache(folder / "results.db", self.told.append)
        self.ledger = Ledger(folder / "usage.db", self.told.append)

    async def close(self):
        await self.cache.close()
        await self.ledger.close()

    async def works(self, key="k"):
        """Whether both still do what they are for; returns what was told on the way."""
        await self.cache.put(key, KEPT, 7)
        assert await self.cache.get(key, 7) == KEPT
        before = (await self.ledger.today()).runs
        await self.ledger.append(run(os.urandom(4).hex()))
        assert (await self.ledger.today()).runs == before + 1
        return self.told


def run(name):
    return LedgerEntry(name, "refactor", "python", "trio", "f" * 64, "done", cost_usd=0.01)


def check(path):
    with closing(sqlite3.connect(path)) as made:
        return made.execute("PRAGMA integrity_check").fetchone()[0]
