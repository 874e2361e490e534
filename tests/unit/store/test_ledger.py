"""What is remembered of runs, what is summed up, and what is never in it."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from moa_lsp import limits
from moa_lsp.mix.record import AgentRecord, Aggregation, RunRecord
from moa_lsp.providers.base import Usage
from moa_lsp.store import limits as store_limits
from moa_lsp.store.days import local_day
from moa_lsp.store.ledger import Ledger, Totals, entry

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)

SECRETS = (
    "hunter2-code",
    "hunter2-reason",
    "hunter2-warning",
    "hunter2-uri",
    "hunter2-agent-reason",
)


class Wall:
    """A wall clock that is set by hand."""

    def __init__(self, now=NOON):
        self.now = now

    def __call__(self):
        return self.now


def record(run="r1", **values):
    proposals = values.pop("proposals", (
        AgentRecord("a", "lab/a", "ok", None, 1.0, 0.2, Usage(100, 20, 10), 0.001),
        AgentRecord("b", "lab/b", "failed", SECRETS[4], 0.5),
        AgentRecord("c", "embedded/ruff", "declined", "no", usage=Usage(), cost_usd=0.0),
    ))  # fmt: skip
    return RunRecord(
        run, "refactor", values.pop("mix", "trio"), "f" * 64, state="done", seconds=1.5,
        aggregation=Aggregation("model", "lab/big"), proposals=proposals,
        usage=Usage(300, 50, 10), cost_usd=0.004, text=SECRETS[0], reason=SECRETS[1],
        warnings=(SECRETS[2],), edit={"uri": SECRETS[3]}, **values,
    )  # fmt: skip


def made(run="r1", *, offered=True, **values):
    return entry(record(run, **values).as_json(), "python", offered=offered)


@pytest.fixture
async def ledger(tmp_path):
    told = []
    made = Ledger(tmp_path / "own" / "usage.db", told.append, Wall())
    made.told = told
    yield made
    await made.close()
    assert told == []


async def test_nothing_but_numbers_and_names_is_written(ledger, tmp_path):
    await ledger.append(made())
    await ledger.close()
    data = b"".join(path.read_bytes() for path in (tmp_path / "own").iterdir())
    assert b"refactor" in data
    assert not [secret for secret in SECRETS if secret.encode() in data]


def test_what_the_aggregator_spent_is_its_model_s():
    *_, last = made().agents
    assert (last.agent, last.model, last.input, last.output) == ("aggregator", "lab/big", 200, 30)
    assert last.cost_usd == pytest.approx(0.003)
    alone = AgentRecord("a", "lab/a", "ok", usage=Usage(300, 50, 10), cost_usd=0.004)
    settled = record(proposals=(alone,)).as_json() | {"aggregation": {"by": "single"}}
    assert len(entry(settled, "python", offered=True).agents) == 1


async def test_sums_by_day_mix_and_model(ledger):
    await ledger.append(made("r1"))
    ledger._clock.now += timedelta(days=1)
    await ledger.append(made("r2", applied=True))
    await ledger.append(made("r3", mix="solo", cost_known=False))
    first, second = await ledger.totals(2, "day")
    assert first == Totals("2026-03-03", 1, 300, 50, 10, 0.004, True, 1, 0)
    assert second == Totals("2026-03-04", 2, 600, 100, 20, 0.008, False, 2, 1)
    assert [(each.name, each.runs) for each in await ledger.totals(2, "mix")] == [
        ("trio", 2), ("solo", 1),
    ]  # fmt: skip
    models = {each.name: each for each in await ledger.totals(2, "model")}
    assert set(models) == {"lab/a", "lab/b", "lab/big"}  # one that declined was not asked
    assert (models["lab/a"].runs, models["lab/a"].input) == (3, 300)
    assert models["lab/big"].cost_usd == pytest.approx(0.009)
    assert [each.name for each in await ledger.totals(1, "day")] == ["2026-03-04"]
    assert (await ledger.today()).runs == 2


async def test_a_price_that_is_not_known_is_said_by_model(ledger):
    silent = AgentRecord("a", "lab/a", "ok", usage=Usage(1, 1))
    await ledger.append(made(proposals=(silent,), cost_known=False))
    known = {each.name: each.cost_known for each in await ledger.totals(1, "model")}
    assert known == {"lab/a": False, "lab/big": True}


async def test_a_result_is_taken_once(ledger):
    await ledger.append(made("r1"))
    await ledger.append(made("r2", offered=False))
    assert ledger.session.acceptance == 0
    assert await ledger.take("r1")
    assert await ledger.take("r1")
    assert not await ledger.take("r2")  # an explanation cannot be taken
    assert not await ledger.take("nobody's")
    (day,) = await ledger.totals(1, "day")
    assert (day.offered, day.taken, day.acceptance) == (1, 1, 1.0)
    assert (ledger.session.runs, ledger.session.offered, ledger.session.taken) == (2, 1, 1)


async def test_another_process_s_run_can_be_taken(ledger, tmp_path):
    await ledger.append(made("r1"))
    other = Ledger(tmp_path / "own" / "usage.db", ledger.told.append, Wall())
    assert await other.take("r1")
    await other.close()
    assert other.session == Totals()
    assert (await ledger.today()).taken == 1


async def test_old_runs_go(ledger, monkeypatch):
    monkeypatch.setattr("moa_lsp.store.limits.LEDGER_PRUNE_RUNS", 1)
    monkeypatch.setattr("moa_lsp.store.limits.MAX_LEDGER_RUNS", 3)
    for number in range(5):
        ledger._clock.now += timedelta(seconds=1)
        await ledger.append(made(f"r{number}"))
    assert (await ledger.today()).runs == 4  # the newest three when it was last looked at, and one
    ledger._clock.now += timedelta(days=limits.LEDGER_DAYS + 1)
    await ledger.append(made("last"))
    assert [each.runs for each in await ledger.totals(9999, "day")] == [1]
    left = await ledger.database.read(
        lambda within: within.execute("SELECT DISTINCT run FROM agents").fetchall(), None
    )
    assert left == [("last",)]


async def test_names_are_bounded_and_writable(ledger):
    await ledger.append(made(mix="m" * 10_000))
    await ledger.append(entry(record("r2", mix="\ud83d").as_json(), "\udcff", offered=True))
    names = {each.name for each in await ledger.totals(1, "mix")}
    assert names == {"m" * store_limits.MAX_LEDGER_NAME_CHARS, "?"}


async def test_a_run_belongs_to_the_user_s_own_day(tmp_path, monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Pacific/Kiritimati")  # UTC+14
    time.tzset()
    try:
        assert local_day(NOON).isoformat() == "2026-03-04"
        ledger = Ledger(None, lambda _told: None, Wall())
        await ledger.append(made())
        assert [each.name for each in await ledger.totals(1, "day")] == ["2026-03-04"]
        await ledger.close()
    finally:
        monkeypatch.undo()
        time.tzset()


async def test_sums_as_json(ledger):
    await ledger.append(made(applied=True))
    assert ledger.session.as_json() == {
        "runs": 1,
        "usage": {"input": 300, "output": 50, "cached": 10},
        "cost_usd": 0.004,
        "cost_known": True,
        "offered": 1,
        "taken": 1,
        "acceptance": 1.0,
    }


async def test_the_schema_says_nothing_of_text(ledger):
    await ledger.append(made())
    columns = await ledger.database.read(_columns, set())
    assert columns == {
        "run", "at", "day", "action", "language", "mix", "mix_hash", "state", "seconds", "input",
        "output", "cached", "cost_usd", "cost_known", "offered", "taken", "choice", "place",
        "agent", "model", "usd", "settled",
    }  # fmt: skip


def _columns(within: sqlite3.Connection):
    tables = within.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {row[1] for (name,) in tables for row in within.execute(f"PRAGMA table_info({name})")}


@pytest.mark.parametrize(
    ("choices", "left", "taken"),
    [
        (["result"], {"result": 1}, 1),
        (["result", "deepseek"], {"deepseek": 1}, 1),
        (["deepseek", "original"], {"original": 1}, 1),
        (["original"], {"original": 1}, 0),
        ([], {}, 0),
    ],
)
async def test_the_last_choice_of_a_run_is_remembered(ledger, choices, left, taken):
    await ledger.append(made(offered=True))
    for choice in choices:
        assert await ledger.take(made().run, choice)
    assert await ledger.choices() == left
    assert (await ledger.today()).taken == taken
