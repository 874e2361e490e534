"""Budgets: a run's worst case is reserved before its first request, and settled afterwards.

* A run over the amount agreed to per run, per mix or per day is refused, and the sentence names
  the amounts and the setting. It is never run in a cheaper form instead ("degraded") by itself:
  which mix answers is the user's choice.
* A reservation is charged to the local day at once, in the ledger that all servers of the
  user share. A run that was never settled (the server was killed) stays charged in full to the
  end of that day: its requests may have been billed.
* An unknown worst case cannot be reserved. Such a run is allowed while the day's amount is not
  used up, unless its mix sets a budget of its own, which could not be enforced.
* Without the ledger the day's cost is unknown: where it was lost today, or cannot be written, a
  run that may cost money is refused until the user says otherwise.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from moa_lsp.errors import BudgetExceeded
from moa_lsp.store.database import Database
from moa_lsp.store.days import Clock, days_around, wall_clock
from moa_lsp.store.ledger import LOST

CHARGE_DAYS = 7
"""Days after which what was charged to a day is forgotten; clocks that are set back by less find
it again."""


_CENT_OF_A_CENT = 1e-6  # sums of amounts are not exact; a millionth of a dollar is no overrun


@dataclass(frozen=True, slots=True)
class SpendingLimits:
    """What the user agreed to, in USD.

    Attributes:
        per_run: ``budget: usd_per_run`` of the configuration.
        per_day: ``budget: usd_per_day``.
        mix: the name of the run's mix.
        per_mix_run: ``budget: usd`` of that mix, if it sets one.
        without_ledger: ``budget: without_ledger``: whether runs go on while the day's costs are
            not known, or cannot be kept.
    """

    per_run: float
    per_day: float
    mix: str
    per_mix_run: float | None = None
    without_ledger: bool = False


@dataclass(frozen=True, slots=True)
class DaySpending:
    """What is charged to a day: spent, and set aside for runs that are not settled."""

    spent: float = 0.0
    held: float = 0.0

    @property
    def total(self) -> float:
        """Both together."""
        return self.spent + self.held


@dataclass(slots=True)
class Reservation:
    """Reservation of one run.

    Attributes:
        usd: the amount; 0 for what is free or not known.
        actual: what the run is charged in the end, ``None`` until that is said.
    """

    usd: float
    actual: float | None = None

    def settle(self, actual: float) -> None:
        """Set the actual cost, which is written when the reservation ends."""
        self.actual = actual


class DayBudget:
    """The user's day, in the ledger's database."""

    def __init__(self, database: Database, clock: Clock = wall_clock) -> None:
        self._database = database
        self._clock = clock

    @asynccontextmanager
    async def reserved(
        self, run: str, worst_usd: float | None, agreed: SpendingLimits
    ) -> AsyncIterator[Reservation]:
        """Reserve the worst case of a run while it goes on.

        A run that ends without ``settle`` stays charged with its worst case.

        Args:
            run: its id.
            worst_usd: what it can cost at most, ``None`` when that is not known; 0 needs no
                reservation.
            agreed: the bounds.

        Raises:
            BudgetExceeded: before any request is sent.
        """
        _check_run(worst_usd, agreed)
        if worst_usd != 0:
            try:
                await self._hold(run, worst_usd or 0.0, agreed)
            except asyncio.CancelledError:
                await self._charge(run, 0.0)  # it may have been set aside, and nothing was asked
                raise
        reservation = Reservation(worst_usd or 0.0)
        try:
            yield reservation
        finally:
            if reservation.actual is not None and (worst_usd != 0 or reservation.actual > 0):
                await self._charge(run, reservation.actual)

    async def today(self) -> DaySpending:
        """What is charged to today so far."""
        first, last = days_around(self._clock(), 0, 1)
        return await self._database.read(
            lambda within: _spending(within, first, last), DaySpending()
        )

    async def _hold(self, run: str, worst: float, agreed: SpendingLimits) -> None:
        now = self._clock()
        # Tomorrow counts as well: the clock, or the traveller, may have been set back since.
        first, last = days_around(now, 0, 1)
        forgotten, _ = days_around(now, CHARGE_DAYS)

        def hold(within: sqlite3.Connection) -> DaySpending | None:
            within.execute("DELETE FROM charges WHERE day < ?", (forgotten,))
            if not agreed.without_ledger and _is_lost(within, first, last):
                return _LOSS
            already = _spending(within, first, last)
            if already.total + worst > agreed.per_day + _CENT_OF_A_CENT:
                return already
            if not worst and already.total >= agreed.per_day:
                return already
            within.execute(
                "INSERT OR REPLACE INTO charges (run, day, usd, settled) VALUES (?, ?, ?, 0)",
                (run, first, worst),
            )
            return None

        over = await self._database.write(hold, _UNTOLD)
        if over is _LOSS:
            raise BudgetExceeded(
                "what today has cost is lost with the usage ledger, so that runs which cost money "
                f"are refused for today; {_OTHERWISE}"
            )
        if self._database.stands_in and not agreed.without_ledger:
            await self._charge(run, 0.0)
            raise BudgetExceeded(
                "what runs cost cannot be written down, so that runs which cost money are "
                f"refused; make the usage ledger writable and start again, or {_OTHERWISE}"
            )
        if over is _UNTOLD:
            raise BudgetExceeded(
                "what today has cost is not known, since another process keeps the usage ledger "
                "locked; try again in a moment"
            )
        if over is not None:
            raise BudgetExceeded(_over_day(worst, over, agreed))

    async def _charge(self, run: str, usd: float) -> None:
        today, _ = days_around(self._clock(), 0)

        def charge(within: sqlite3.Connection) -> None:
            within.execute(
                "INSERT INTO charges (run, day, usd, settled) VALUES (?, ?, ?, 1) "
                "ON CONFLICT (run) DO UPDATE SET usd = excluded.usd, settled = 1",
                (run, today, usd),
            )

        await self._database.write(charge, None)


_UNTOLD: DaySpending | None = DaySpending(-1.0)
"""Stands for what could not be looked up."""

_LOSS: DaySpending | None = DaySpending(-2.0)
"""Stands for what is lost."""

_OTHERWISE = "set `budget: {without_ledger: true}` in config.yaml to go on all the same"


def _is_lost(within: sqlite3.Connection, first: str, last: str) -> bool:
    found = within.execute(
        "SELECT 1 FROM charges WHERE run = ? AND day BETWEEN ? AND ?", (LOST, first, last)
    )
    return found.fetchone() is not None


def _spending(within: sqlite3.Connection, first: str, last: str) -> DaySpending:
    spent, held = within.execute(
        "SELECT coalesce(sum(CASE WHEN settled THEN usd END), 0.0), "
        "coalesce(sum(CASE WHEN settled THEN 0.0 ELSE usd END), 0.0) "
        "FROM charges WHERE day BETWEEN ? AND ?",
        (first, last),
    ).fetchone()
    return DaySpending(spent, held)


def _check_run(worst: float | None, agreed: SpendingLimits) -> None:
    """Check a run against the bounds for one run.

    Raises:
        BudgetExceeded: it could cost more, or nobody knows and the mix has a bound.
    """
    if worst is None:
        if agreed.per_mix_run is not None:
            raise BudgetExceeded(
                f"the mix {agreed.mix} has a budget of {usd(agreed.per_mix_run)}, but what a run "
                "of it can cost is not known; state price and max_output of its models under "
                "`models:` in config.yaml, or take the budget out of the mix"
            )
        return
    bounds = [(agreed.per_run, "`budget: usd_per_run` in config.yaml")]
    if agreed.per_mix_run is not None:
        bounds.append((agreed.per_mix_run, f"`budget: usd` of the mix {agreed.mix}"))
    bound, setting = min(bounds)
    if worst > bound + _CENT_OF_A_CENT:
        raise BudgetExceeded(
            f"a run of the mix {agreed.mix} could cost {usd(worst)}, and {usd(bound)} is agreed "
            f"to; raise {setting}, or choose a cheaper mix"
        )


def _over_day(worst: float, already: DaySpending, agreed: SpendingLimits) -> str:
    could = f"could cost {usd(worst)}" if worst else "costs money"
    held = (
        f" and {usd(already.held)} set aside for runs at work or cut off" if already.held else ""
    )
    return (
        f"a run of the mix {agreed.mix} {could}, and of the {usd(agreed.per_day)} agreed to per "
        f"day {usd(already.spent)} is spent{held}; raise `budget: usd_per_day` in config.yaml, "
        "choose a cheaper mix, or go on tomorrow"
    )


def usd(amount: float) -> str:
    """An amount for a sentence: cents, or as many digits as a small one needs."""
    if amount == 0 or amount >= 1:
        return f"${amount:.2f}"
    return f"${amount:.4f}" if amount >= 0.0001 else "less than $0.0001"
