"""``moa-lsp usage``, ``moa.usage`` and ``moa.accepted``, on a ledger of the test's own."""

import asyncio
import json
from dataclasses import replace

import pytest

from moa_lsp.__main__ import main
from moa_lsp.config.resolve import Catalog
from moa_lsp.errors import UsageError
from moa_lsp.lsp.features import execute_command
from moa_lsp.lsp.session.accounting import accounts_of
from moa_lsp.store.ledger import AgentEntry, Ledger, LedgerEntry
from moa_lsp.store.locations import users_places


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user who has never run anything."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if not users_places().ledger.is_relative_to(tmp_path):
        pytest.skip("this platform does not say where its folders are by these variables")
    return tmp_path


def entry(run, mix="trio", **values):
    agent = AgentEntry("a", f"lab/{mix}", "ok", 1.0, 1200, 300, 0, values.get("cost_usd", 0.01))
    how = {"input": 1200, "output": 300, "cost_usd": 0.01, "offered": True, **values}
    return LedgerEntry(run, "refactor", "python", mix, "f" * 64, "done", agents=(agent,), **how)


async def write(*entries):
    ledger = Ledger(users_places().ledger, pytest.fail)
    for each in entries:
        await ledger.append(each)
    await ledger.close()


def test_without_a_run_nothing_is_made(home, capsys):
    assert main(["usage"]) == 0
    assert capsys.readouterr().out == "no run in the last 30 days\n"
    assert main(["usage", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["total"]["runs"]) == ([], 0)
    assert list(home.iterdir()) == []


TABLES = {
    "mix": [
        "mix   runs  inline  tokens in  cached  out     USD  taken",
        "trio     2       0      2,400       0  600    0.02  1/2 (50%)",
        "solo     1       0      1,200       0  300  >= 0    -",
        "all      3       0      3,600       0  900  >= 0.02  1/2 (50%)",
    ],
    "model": [
        "model     requests  tokens in  cached  out     USD",
        "lab/trio         2      2,400       0  600    0.02",
        "lab/solo         1      1,200       0  300  >= 0",
        "all              3      3,600       0  900  >= 0.02",
    ],
}


@pytest.mark.parametrize("by", TABLES)
async def test_tables(home, capsys, by):
    silent = entry("r3", "solo", cost_usd=0.0, cost_known=False, offered=False)
    silent_agent = AgentEntry("a", "lab/solo", "ok", 1.0, 1200, 300, 0, None)
    silent = replace(silent, agents=(silent_agent,))
    await write(entry("r1"), entry("r2", taken=True), silent)
    assert await asyncio.to_thread(main, ["usage", "--by", by]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert [each.split() for each in lines[:4]] == [each.split() for each in TABLES[by]]
    assert lines[5] == ">= the price of some requests is not known"


async def test_json_by_day(home, capsys):
    await write(entry("r1"), entry("r2"))
    assert await asyncio.to_thread(main, ["usage", "--json", "--days", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    (row,) = told["rows"]
    assert len(row.pop("day")) == len("2026-03-03")
    assert row == told["total"]
    assert row["cost_usd"] == pytest.approx(0.02)
    assert (told["days"], told["by"]) == (1, "day")


@pytest.mark.parametrize("wrong", [["--days", "0"], ["--by", "hour"], ["extra"]])
def test_wrong_words_are_exit_code_2(home, capsys, wrong):
    assert main(["usage", *wrong]) == 2
    assert "Error" in capsys.readouterr().err


class Fake:
    """As much of a session, its server, its setup and what it shows as the commands look at."""

    def __init__(self):
        self.on_close = []
        self.server = self.show = self.inline = self
        self.taken = []
        self.catalog = Catalog()

    async def runtime(self):
        return self

    def sentence(self, text, *, failed):
        pytest.fail(text)

    def accepted(self, run):
        self.taken.append(run)


async def test_the_editor_s_commands(home):
    session, ask = Fake(), execute_command.COMMANDS
    told = await ask["moa.usage"](session, {})
    assert (told["session"]["runs"], told["today"]["budget_usd"]) == (0, 5.0)
    await accounts_of(session, session)._ledger.append(entry("r1"))
    assert await ask["moa.accepted"](session, {"run": "r1"}) == {"accepted": True}
    assert await ask["moa.accepted"](session, {"run": "nobody's"}) == {"accepted": False}
    assert session.taken == ["r1", "nobody's"]
    told = await ask["moa.usage"](session, {})
    assert told["session"]["taken"] == told["today"]["taken"] == 1
    (close,) = session.on_close
    await close()


@pytest.mark.parametrize("run", [None, "", 5, "x" * 1000], ids=["none", "empty", "number", "long"])
async def test_accepting_nothing_is_refused(home, run):
    with pytest.raises(UsageError, match="id of a run"):
        await execute_command.COMMANDS["moa.accepted"](Fake(), {"run": run})
    assert list(home.iterdir()) == []
