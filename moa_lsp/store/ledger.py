"""The usage ledger: counts, costs and names of every run.

No prompt, no code, no path, no reason is ever in it. A run is written once, when it has ended;
that its result was taken (applied or accepted) is added later. Its day is the user's own
(``days.py``). Two servers may write at once. Entries that cannot be written are lost:
a run never fails because of the ledger.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from moa_lsp import limits as shared_limits
from moa_lsp.store import limits
from moa_lsp.store.database import Database, Schema, Tell
from moa_lsp.store.days import Clock, days_around, wall_clock

LEDGER_ATTEMPTS = 4
"""Locks of ``DATABASE_BUSY_S`` that a record or a reservation waits out: a second, since a skipped
one is money nobody counted; shorter than ``EXIT_GRACE_S``."""

MAX_LEDGER_BYTES = 64 * 2**20
"""The ledger's file: twice what ``MAX_LEDGER_RUNS`` of three agents take (26 MiB measured)."""


By = Literal["day", "mix", "model"]

INLINE = "complete"
"""The action's name of an inline completion."""
RESULT, ORIGINAL = "result", "original"
"""Whose text the user left in the target, where it is no agent's: the run's, or the old one."""

AGGREGATOR = "aggregator"
"""The agent's name for what a run spent beside its proposals."""

LOST = "ledger lost"
"""Stands among a day's charges when what was charged before on that day is lost."""

SCHEMA = Schema(
    "usage ledger",
    (
        """
        CREATE TABLE runs (
            run TEXT PRIMARY KEY, at INTEGER NOT NULL, day TEXT NOT NULL,
            action TEXT NOT NULL, language TEXT NOT NULL, mix TEXT NOT NULL,
            mix_hash TEXT NOT NULL, state TEXT NOT NULL, seconds REAL NOT NULL,
            input INTEGER NOT NULL, output INTEGER NOT NULL, cached INTEGER NOT NULL,
            cost_usd REAL NOT NULL, cost_known INTEGER NOT NULL,
            offered INTEGER NOT NULL, taken INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX runs_day ON runs (day);
        CREATE TABLE agents (
            run TEXT NOT NULL, place INTEGER NOT NULL, agent TEXT NOT NULL, model TEXT NOT NULL,
            state TEXT NOT NULL, seconds REAL NOT NULL,
            input INTEGER NOT NULL, output INTEGER NOT NULL, cached INTEGER NOT NULL,
            cost_usd REAL, PRIMARY KEY (run, place)
        ) WITHOUT ROWID;
        CREATE TABLE charges (
            run TEXT PRIMARY KEY, day TEXT NOT NULL, usd REAL NOT NULL, settled INTEGER NOT NULL
        ) WITHOUT ROWID
        """,
        "ALTER TABLE runs ADD COLUMN choice TEXT",
    ),
    max_bytes=MAX_LEDGER_BYTES,
    attempts=LEDGER_ATTEMPTS,
    carried=True,
    on_loss=f"INSERT OR REPLACE INTO charges VALUES ('{LOST}', date('now', 'localtime'), 0, 0)",  # noqa: S608  # a constant
)


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """Ledger entry of one agent of a run; ``cost_usd`` is ``None`` when it is not known."""

    agent: str
    model: str
    state: str
    seconds: float = 0.0
    input: int = 0
    output: int = 0
    cached: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Ledger entry of a run.

    Attributes:
        offered: whether it had a result that could be taken: an edit, not an explanation.
        taken: whether that was applied or accepted.
    """

    run: str
    action: str
    language: str
    mix: str
    mix_hash: str
    state: str
    seconds: float = 0.0
    input: int = 0
    output: int = 0
    cached: int = 0
    cost_usd: float = 0.0
    cost_known: bool = True
    offered: bool = False
    taken: bool = False
    agents: tuple[AgentEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over runs.

    Attributes:
        name: the day, mix or model, ``""`` for all.
        runs: how many, inline completions too; of a model, how many requests.
        cost_known: false when the cost of some is not known: it is then at least ``cost_usd``.
        offered, taken: see ``LedgerEntry``; 0 by model, where runs have no one model.
        inline: how many of ``runs`` are inline completions; 0 by model.
    """

    name: str = ""
    runs: int = 0
    input: int = 0
    output: int = 0
    cached: int = 0
    cost_usd: float = 0.0
    cost_known: bool = True
    offered: int = 0
    taken: int = 0
    inline: int = 0

    @property
    def acceptance(self) -> float | None:
        """The share of offered results that was taken, ``None`` when there was none."""
        return self.taken / self.offered if self.offered else None

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            self.name,
            self.runs + other.runs,
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.cost_usd + other.cost_usd,
            self.cost_known and other.cost_known,
            self.offered + other.offered,
            self.taken + other.taken,
            self.inline + other.inline,
        )

    def as_json(self) -> dict[str, Any]:
        """The sums as plain JSON values, without the name."""
        share = self.acceptance
        return {
            "runs": self.runs - self.inline,
            "inline": self.inline,
            "usage": {"input": self.input, "output": self.output, "cached": self.cached},
            "cost_usd": round(self.cost_usd, 9),
            "cost_known": self.cost_known,
            "offered": self.offered,
            "taken": self.taken,
            "acceptance": None if share is None else round(share, 4),
        }


def entry(record: Mapping[str, Any], language: str, *, offered: bool) -> LedgerEntry:
    """What is remembered of a run record (``RunRecord.as_json``)."""
    agents = [_agent(each) for each in record["proposals"]]
    rest = _beside(record, agents)
    return LedgerEntry(
        record["run"],
        _name(record["action"]),
        _name(language),
        _name(record["mix"]),
        record["mix_hash"],
        record["state"],
        record["seconds"],
        **record["usage"],
        cost_usd=record["cost_usd"],
        cost_known=record["cost_known"],
        offered=offered,
        taken=bool(offered and record["applied"]),
        agents=(*agents, rest) if rest else tuple(agents),
    )


class Ledger:
    """The ledger of one user.

    Args:
        path: its file, ``None`` for memory.
        tell: as for ``Database``.
        clock: the wall clock.

    Attributes:
        database: shared with the budget.
        session: sums over the runs of this process, also of those that could not be written.
    """

    def __init__(self, path: Path | None, tell: Tell, clock: Clock = wall_clock) -> None:
        self.database = Database(path, SCHEMA, tell)
        self.session = Totals()
        self._clock = clock
        self._offered: dict[str, bool] = {}  # the last runs of this process; true once taken
        self._appended = 0

    async def append(self, run: LedgerEntry) -> None:
        """Write a run that has ended."""
        self.session += replace(_sum(run), taken=0)
        if run.offered:
            self._offered[run.run] = False
            if len(self._offered) > limits.LEDGER_PRUNE_RUNS:
                del self._offered[next(iter(self._offered))]
        if run.taken:
            self._take(run.run)
        now = self._clock()
        today, _ = days_around(now, 0)
        oldest, _ = days_around(now, shared_limits.LEDGER_DAYS)
        prune = self._appended % limits.LEDGER_PRUNE_RUNS == 0
        self._appended += 1

        def write(within: sqlite3.Connection) -> None:
            if prune:
                _prune(within, oldest)
            _insert(within, run, int(now.timestamp()), today)

        await self.database.write(write, None)

    async def take(self, run: str, choice: str = RESULT) -> bool:
        """Record that a run's result was applied or accepted; false for an unknown run.

        Args:
            run: which.
            choice: whose text was: ``result``, an agent's id, or ``original`` when the user took
                the old one back, which takes nothing.
        """
        takes = choice != ORIGINAL
        mine = self._take(run) if takes else run in self._offered

        def write(within: sqlite3.Connection) -> bool:
            changed = within.execute(
                "UPDATE runs SET taken = max(taken, ?), choice = ? WHERE run = ? AND offered",
                (takes, _name(choice), run),
            )
            return changed.rowcount > 0

        return await self.database.write(write, mine) or mine

    async def choices(self) -> dict[str, int]:
        """How often whose text was taken: ``result``, an agent's, or ``original``."""
        asked = "SELECT choice, count(*) FROM runs WHERE choice IS NOT NULL GROUP BY 1"
        return await self.database.read(lambda within: dict(within.execute(asked)), {})

    async def totals(self, days: int, by: By) -> list[Totals]:
        """Sums over the last days, today's included, in the order of days or of falling cost."""
        first, _ = days_around(self._clock(), days - 1)
        return await self.database.read(lambda within: _totals(within, first, by), [])

    async def today(self) -> Totals:
        """Sums over the runs of today."""
        found = await self.totals(1, "day")
        return sum(found, Totals())

    async def close(self) -> None:
        """Close the file; safe to call twice."""
        await self.database.close()

    def _take(self, run: str) -> bool:
        taken = self._offered.get(run)
        if taken is False:
            self._offered[run] = True
            self.session += Totals(taken=1)
        return taken is not None


def _name(text: str) -> str:
    """A name as it may stand in the ledger: bounded, and writable whatever it holds."""
    cut = text[: limits.MAX_LEDGER_NAME_CHARS]
    return cut.encode("utf-8", "replace").decode()


def _agent(agent: Mapping[str, Any]) -> AgentEntry:
    usage = agent["usage"] or {}
    return AgentEntry(
        _name(agent["agent"]),
        _name(agent["model"]),
        agent["state"],
        agent["seconds"],
        **usage,
        cost_usd=agent["cost_usd"],
    )


def _beside(record: Mapping[str, Any], agents: list[AgentEntry]) -> AgentEntry | None:
    """What the run spent beside its proposals, which is its aggregator's."""
    usage = record["usage"]
    rest = {
        name: max(0, usage[name] - sum(getattr(each, name) for each in agents)) for name in usage
    }
    cost = record["cost_usd"] - sum(each.cost_usd or 0.0 for each in agents)
    model = (record["aggregation"] or {}).get("model")
    if model is None and not any(rest.values()) and cost <= _NOTHING:
        return None
    return AgentEntry(
        AGGREGATOR, _name(model or AGGREGATOR), "ok", **rest, cost_usd=max(0.0, cost)
    )


_NOTHING = 1e-9  # sums of costs are not exact


def _sum(run: LedgerEntry) -> Totals:
    return Totals(
        "", 1, run.input, run.output, run.cached, run.cost_usd, run.cost_known, run.offered,
        run.taken, run.action == INLINE,
    )  # fmt: skip


def _insert(within: sqlite3.Connection, run: LedgerEntry, at: int, day: str) -> None:
    within.execute(
        f"INSERT OR REPLACE INTO runs VALUES ({','.join('?' * 16)}, NULL)",  # noqa: S608  # marks only
        (
            run.run, at, day, run.action, run.language, run.mix, run.mix_hash, run.state,
            run.seconds, run.input, run.output, run.cached, run.cost_usd, run.cost_known,
            run.offered, run.taken,
        ),
    )  # fmt: skip
    within.execute("DELETE FROM agents WHERE run = ?", (run.run,))
    within.executemany(
        "INSERT INTO agents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                run.run, place, each.agent, each.model, each.state, each.seconds, each.input,
                each.output, each.cached, each.cost_usd,
            )
            for place, each in enumerate(run.agents)
        ],
    )  # fmt: skip


def _prune(within: sqlite3.Connection, oldest: str) -> None:
    """Forget what is too old, and the oldest of what is too much."""
    within.execute("DELETE FROM runs WHERE day < ?", (oldest,))
    within.execute(
        "DELETE FROM runs WHERE run IN (SELECT run FROM runs ORDER BY at DESC LIMIT -1 OFFSET ?)",
        (limits.MAX_LEDGER_RUNS,),
    )
    within.execute("DELETE FROM agents WHERE run NOT IN (SELECT run FROM runs)")


# total() and not sum(), which fails on more than 64 bits: claims of providers were kept once.
_SUMS = (
    "count(*), CAST(total({0}.input) AS INTEGER), CAST(total({0}.output) AS INTEGER), "
    "CAST(total({0}.cached) AS INTEGER), total({0}.cost_usd)"
)

_RUNS = (
    f"{_SUMS.format('runs')}, min(cost_known), sum(offered), sum(taken), "
    f"sum(action = '{INLINE}') FROM runs"
)

# An agent that answered and has no cost is one whose price is not known.
_AGENTS = (
    f"{_SUMS.format('agents')}, "
    "min(agents.cost_usd IS NOT NULL OR agents.state NOT IN ('ok', 'rejected')), 0, 0, 0 "
    "FROM agents JOIN runs USING (run)"
)

_QUERIES: Mapping[By, str] = {
    "day": f"SELECT day, {_RUNS} WHERE day >= ? GROUP BY 1 ORDER BY 1",
    "mix": f"SELECT mix, {_RUNS} WHERE day >= ? GROUP BY 1 ORDER BY 6 DESC, 2 DESC, 1",
    "model": (
        f"SELECT model, {_AGENTS} WHERE day >= ? AND agents.state != 'declined' "
        "GROUP BY 1 ORDER BY 6 DESC, 2 DESC, 1"
    ),
}


def _totals(within: sqlite3.Connection, first: str, by: By) -> list[Totals]:
    return [
        Totals(name, runs, tokens_in, out, cached, cost, bool(known), offered, taken, inline)
        for name, runs, tokens_in, out, cached, cost, known, offered, taken, inline in (
            within.execute(_QUERIES[by], (first,))
        )
    ]
