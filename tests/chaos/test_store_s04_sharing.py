"""S04-S06: ledger and cache shared with others, locked by them, or where nothing can be shared."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from moa_lsp.errors import BudgetExceeded
from moa_lsp.store.budget import DayBudget, SpendingLimits
from moa_lsp.store.database import Database
from moa_lsp.store.ledger import SCHEMA as LEDGER
from tests.fakes.store import KEPT, Server, check, run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
async def serve(tmp_path):
    """Starts servers on the folder ``own``, which is not there yet."""
    servers = []

    def one(folder=tmp_path / "own"):
        servers.append(Server(folder))
        return servers[-1]

    yield one
    for server in servers:
        await server.close()


@contextmanager
def locked(*paths):
    """Another process's locks, as far as SQLite can tell."""
    holders = [sqlite3.connect(path, isolation_level=None) for path in paths]
    for holder in holders:
        holder.execute("BEGIN IMMEDIATE")
    yield
    for holder in holders:
        holder.execute("ROLLBACK")
        holder.close()


async def test_S04_locked(serve, tmp_path, monkeypatch):
    monkeypatch.setattr("moa_lsp.store.limits.DATABASE_BUSY_S", 0.02)
    server = serve()
    await server.works()
    own = tmp_path / "own"
    budget = DayBudget(server.ledger.database)
    with locked(own / "results.db", own / "usage.db"):
        await server.cache.put("new", KEPT, 7)
        assert await server.cache.get("k", 7) == KEPT  # reading waits for nobody
        assert await server.cache.get("new", 7) is None
        await server.ledger.append(run("left out"))
        assert server.ledger.session.runs == 2
        with pytest.raises(BudgetExceeded, match="another process keeps the usage ledger locked"):
            async with budget.reserved("r", 0.1, SpendingLimits(1, 1, "trio")):
                raise AssertionError("nothing may be asked")
    assert (await server.ledger.today()).runs == 1
    assert await server.works("after") == []


async def test_S04_the_loop_goes_on_meanwhile(serve, tmp_path):
    server = serve()
    await server.works()
    loop_thread, threads = threading.get_ident(), set()

    def look(_within):
        threads.add(threading.get_ident())

    await server.ledger.database.write(look, None)
    assert threads
    assert loop_thread not in threads
    with locked(tmp_path / "own" / "results.db"):
        putting = asyncio.create_task(server.cache.put("new", KEPT, 7))
        turns = 0
        while not putting.done():
            turns += 1
            await asyncio.sleep(0)
    assert turns > 100


WRITER = """
import asyncio, sys
from pathlib import Path
from tests.fakes.store import KEPT, Server, run

async def work(folder, name, number):
    server = Server(Path(folder))
    for each in range(number):
        await server.cache.put(f"{name}-{each}", KEPT, 7)
        await server.ledger.append(run(f"{name}-{each}"))
        if not each:
            print("begun", flush=True)
    await server.close()
    print(server.told, flush=True)

asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def writer(folder, name, number):
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), name, str(number)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


async def test_S05_four_servers_and_one_is_killed(serve, tmp_path):
    own = tmp_path / "own"
    processes = [writer(own, f"p{number}", 30) for number in range(3)]
    victim = writer(own, "victim", 100_000)
    assert victim.stdout.readline() == "begun\n"
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    for process in processes:
        out, _ = await asyncio.to_thread(process.communicate, timeout=60)
        assert out == "begun\n[]\n"
    for name in ("results.db", "usage.db"):
        assert check(own / name) == "ok"
    server = serve()
    for number in range(3):
        for each in range(30):
            assert await server.cache.get(f"p{number}-{each}", 7) == KEPT
    assert await server.cache.get("victim-0", 7) == KEPT
    kept = await server.ledger.database.read(
        lambda within: within.execute("SELECT count(*) FROM runs WHERE run LIKE 'p%'").fetchone(),
        None,
    )
    assert kept == (90,)
    assert await server.works() == []


@pytest.mark.parametrize("vfs", ["unix-dotfile", "unix-none"])
async def test_S06_no_shared_memory_or_no_locks(tmp_path, vfs):
    told = []
    database = Database(tmp_path / "own" / "usage.db", LEDGER, told.append, vfs=vfs)
    budget = DayBudget(database)
    async with budget.reserved("r", 0.1, SpendingLimits(1, 1, "trio")) as reservation:
        reservation.settle(0.1)
    assert (await budget.today()).spent == 0.1
    mode = await database.read(lambda w: w.execute("PRAGMA journal_mode").fetchone()[0], None)
    assert mode in ("delete", "memory"), told
    await database.close()
