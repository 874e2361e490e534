"""S01-S03, S19: what can be wrong with the files of ledger and cache; told once, never fatal."""

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from moa_lsp.errors import BudgetExceeded
from moa_lsp.store.budget import DayBudget, SpendingLimits
from moa_lsp.store.cache import SCHEMA, CachedResult, ResultCache
from moa_lsp.store.database import APPLICATION_ID, Database
from moa_lsp.store.ledger import SCHEMA as LEDGER
from tests.fakes.store import KEPT, Server, check, run


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


async def unused(server):
    """The files as a first server leaves them."""
    await server.works()
    await server.close()
    assert server.told == []


@contextmanager
def unprivileged(folder):
    """Nobody's rights for a while, where the tests run as root; the folder becomes nobody's."""
    if os.geteuid():
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public():
    """A folder that an unprivileged user can reach."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="moa-store-"))
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700)
    shutil.rmtree(folder)


async def test_S01_no_folder_can_be_made(serve, tmp_path):
    (tmp_path / "file").write_text("")
    server = serve(tmp_path / "file" / "own")
    told = await server.works()
    await server.works("again")
    assert len(told) == 2  # one of the cache, one of the ledger
    assert all("lasts only as long as this process" in each for each in told)


@pytest.mark.parametrize("before", ["nothing", "files"])
async def test_S01_read_only_home(serve, public, before):
    own = public / "own"
    with unprivileged(public):
        own.mkdir(mode=0o700)
        if before == "files":
            await unused(serve(own))
            for path in own.iterdir():
                path.chmod(0o400)
        own.chmod(0o500)
        server = serve(own)
        told = await server.works()
        await server.close()
    assert len(told) == 2, told
    assert all("cannot be written" in each for each in told), told


async def test_S01_files_are_the_user_s_alone(serve, tmp_path):
    old = os.umask(0)
    try:
        await serve().works()
    finally:
        os.umask(old)
    own = tmp_path / "own"
    assert own.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in own.iterdir()}
    assert {"results.db", "results.db-wal", "usage.db"} <= set(modes)
    assert set(modes.values()) == {0o600}, modes


async def test_A19_modes_that_are_too_wide_are_narrowed(serve, tmp_path):
    await unused(serve())
    own = tmp_path / "own"
    for path in (own, *own.iterdir()):
        path.chmod(0o777)
    assert await serve().works() == []
    assert {path.stat().st_mode & 0o777 for path in own.iterdir()} == {0o600}
    assert own.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "what", ["folder link", "file link", "fifo", "foreign folder", "foreign file"]
)
async def test_A19_what_is_not_the_user_s_own_is_refused(serve, tmp_path, what):
    own, victim = tmp_path / "own", tmp_path / "victim"
    if "foreign" in what and os.geteuid():
        pytest.skip("only root can give files away")
    if what == "folder link":
        victim.mkdir()
        own.symlink_to(victim)
    else:
        own.mkdir(mode=0o700)
    for name in ("results.db", "usage.db"):
        if what == "file link":
            victim.write_text("precious")
            (own / name).symlink_to(victim)
        elif what == "fifo":
            os.mkfifo(own / name)
        elif what == "foreign file":
            (own / name).write_bytes(b"")
            os.chown(own / name, 65534, 65534)
    if what == "foreign folder":
        os.chown(own, 65534, 65534)
    told = await serve().works()
    assert len(told) == 2, told
    assert all("link" in each or "someone else" in each for each in told), told
    if victim.is_dir():
        assert list(victim.iterdir()) == []
    elif victim.exists():
        assert victim.read_text() == "precious"


async def test_S02_full_disk(tmp_path, monkeypatch):
    told = []
    small = replace(SCHEMA, max_bytes=64 * 1024)
    database = Database(tmp_path / "own" / "results.db", small, told.append)
    cache = ResultCache(None, told.append)
    cache._database = database
    for number in range(20):
        await cache.put(f"k{number}", CachedResult("x" * 10_000, "agree"), 7)
    assert len(told) == 1
    assert "database or disk is full" in told[0]
    assert database.in_memory
    await cache.put("small", KEPT, 7)
    await cache.close()


async def test_S02_a_full_disk_forgets_no_money(tmp_path):
    told = []
    small = replace(LEDGER, max_bytes=48 * 1024)
    database = Database(tmp_path / "own" / "usage.db", small, told.append)
    budget = DayBudget(database)
    agreed = SpendingLimits(1.0, 5.0, "trio", without_ledger=True)
    allowed = []

    async def spend_all():
        for number in range(1000):
            async with budget.reserved(f"{number}" * 500, 0.25, agreed) as reservation:
                reservation.settle(0.25)
            allowed.append(number)

    with pytest.raises(BudgetExceeded, match=r"\$5\.00 is spent"):
        await spend_all()
    assert len(allowed) == 20
    assert len(told) == 1
    assert "full" in told[0]
    await database.close()


def flipped(path):
    data = bytearray(path.read_bytes())
    for place in range(4096, len(data), 64):
        data[place : place + 16] = os.urandom(16)
    path.write_bytes(data)


def other_program(path):
    path.unlink()
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE bookmarks (url)")


def versioned(number):
    def write(path):
        with closing(sqlite3.connect(path)) as made, made:
            made.execute(f"PRAGMA user_version={number}")

    return write


def without_tables(path):
    with closing(sqlite3.connect(path)) as made, made:
        for table in ("results", "runs", "agents", "charges"):
            made.execute(f"DROP TABLE IF EXISTS {table}")


def folder(path):
    path.unlink()
    path.mkdir()
    (path / "inside").write_text("")


BROKEN = {
    "garbage": lambda path: path.write_bytes(b"garbage " * 1000),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "flipped pages": flipped,
    "another program's": other_program,
    "without tables": without_tables,
    "folder": folder,
}


@pytest.mark.parametrize("how", BROKEN)
async def test_S03_S19_broken_files_are_moved_aside(serve, tmp_path, how):
    await unused(serve())
    own = tmp_path / "own"
    for name in ("results.db", "usage.db"):
        BROKEN[how](own / name)
    server = serve()
    told = await server.works()
    assert len(told) == 2, told
    assert all("a new one is begun" in each for each in told), told
    for name in ("results.db", "usage.db"):
        assert (own / f"{name}.broken").exists()
        assert check(own / name) == "ok"
    again = serve()
    assert await again.works() == []
    assert await again.cache.get("k", 7) == KEPT


AGREED = SpendingLimits(1.0, 5.0, "trio")
ANYWAY = replace(AGREED, without_ledger=True)


async def paid(server, name, agreed=AGREED):
    """A run that costs money, within a server's budget."""
    async with DayBudget(server.ledger.database).reserved(name, 0.25, agreed) as reservation:
        reservation.settle(0.25)


@pytest.mark.parametrize("how", BROKEN)
async def test_S03_with_the_ledger_lost_paid_runs_are_refused_until_the_user_says_otherwise(
    serve, tmp_path, how
):
    first = serve()
    await paid(first, "a")
    await first.close()
    BROKEN[how](tmp_path / "own" / "usage.db")
    for server in (serve(), serve()):  # also after a restart, and in another server
        with pytest.raises(BudgetExceeded, match="without_ledger"):
            await paid(server, "b")
        await paid(server, "c", ANYWAY)


async def test_S02_on_a_full_disk_paid_runs_are_refused_until_the_user_says_otherwise(tmp_path):
    (tmp_path / "file").write_text("")
    database = Database(tmp_path / "file" / "usage.db", LEDGER, lambda _told: None)
    budget = DayBudget(database)
    for _ in range(2):
        with pytest.raises(BudgetExceeded, match="cannot be written down"):
            async with budget.reserved("r", 0.25, AGREED):
                pass
        async with budget.reserved("r", 0.25, ANYWAY) as reservation:
            reservation.settle(0.25)
    async with budget.reserved("free", 0.0, AGREED):
        pass
    await database.close()


async def test_S19_a_newer_ledger_is_left_alone(serve, tmp_path):
    await unused(serve())
    own = tmp_path / "own"
    for name in ("results.db", "usage.db"):
        versioned(99)(own / name)
    before = (own / "usage.db").read_bytes()
    server = serve()
    told = await server.works()
    assert any("newer moa-lsp" in each and "update" in each for each in told), told
    with pytest.raises(BudgetExceeded):
        await paid(server, "r")
    await server.close()
    assert (own / "usage.db").read_bytes() == before
    assert not (own / "usage.db.broken").exists()
    assert (own / "results.db.broken").exists()


async def test_S03_nothing_set_aside_is_overwritten(serve, tmp_path):
    own = tmp_path / "own"
    contents = []
    for number in range(3):
        server = serve()
        await server.works()
        await server.close()
        (own / "usage.db").write_bytes(content := b"garbage %d " % number * 500)
        contents.append(content)
    await serve().works()
    names = ("usage.db.broken", "usage.db.broken-2", "usage.db.broken-3")
    assert [(own / name).read_bytes() for name in names] == contents


@pytest.mark.parametrize(
    "wrong",
    ["SELECT nonsense FROM runs", "SELEC 1", "SELECT sum(9223372036854775807) FROM runs, agents"],
)
async def test_S03_a_bug_in_our_sql_sets_no_ledger_aside(serve, tmp_path, wrong):
    server = serve()
    await server.works()
    found = await server.ledger.database.read(lambda within: within.execute(wrong), "nothing")
    if "sum" not in wrong:
        assert found == "nothing"
        assert any("bug of moa-lsp" in each for each in server.told)
    assert not (tmp_path / "own" / "usage.db.broken").exists()
    assert not server.ledger.database.in_memory
    server.told.clear()
    assert await server.works("after") == []


async def test_absurd_counts_that_were_kept_do_not_break_the_sums(serve):
    server = serve()
    for number in range(3):
        await server.ledger.append(replace(run(f"r{number}"), input=2**62, output=2**62))
    assert (await server.ledger.today()).runs == 3
    assert server.told == []


async def test_S03_zero_bytes_are_an_empty_database(serve, tmp_path):
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    for name in ("results.db", "usage.db"):
        (own / name).write_bytes(b"")
    assert await serve().works() == []


async def test_S03_broken_while_it_is_open(serve, tmp_path):
    server = serve()
    await server.works()
    for path in (tmp_path / "own").iterdir():
        with path.open("r+b") as file:
            file.write(b"garbage " * (path.stat().st_size // 8))
    for number in range(3):  # what is in its own memory may do for a while
        await server.cache.put(f"n{number}", KEPT, 7)
        await server.ledger.append(run(f"n{number}"))
    await server.works("after")


async def test_S03_deleted_while_it_is_open(serve, tmp_path):
    server = serve()
    await server.works()
    shutil.rmtree(tmp_path / "own")
    assert await server.works("after") == []
    assert (tmp_path / "own" / "usage.db").exists()


async def test_S19_an_older_version_is_brought_forward(tmp_path):
    told = []
    old = Database(tmp_path / "own" / "usage.db", LEDGER, told.append)
    await old.write(lambda within: within.execute("SELECT 1").fetchone(), None)
    await old.close()
    newer = replace(LEDGER, steps=(*LEDGER.steps, "CREATE TABLE more (x); CREATE TABLE most (y)"))
    upgraded = Database(tmp_path / "own" / "usage.db", newer, told.append)
    tables = await upgraded.read(
        lambda within: {
            name for (name,) in within.execute("SELECT name FROM sqlite_master WHERE type='table'")
        },
        None,
    )
    assert {"runs", "more", "most"} <= tables
    await upgraded.close()
    assert told == []


def test_the_mark_of_our_databases_is_written(tmp_path):
    async def make():
        cache = ResultCache(tmp_path / "own" / "results.db", lambda _told: None)
        await cache.put("k", KEPT, 7)
        await cache.close()

    asyncio.run(make())
    with closing(sqlite3.connect(tmp_path / "own" / "results.db")) as made:
        assert made.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
