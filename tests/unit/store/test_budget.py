"""Never more than was agreed to: amounts, sentences, days, two servers."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from moa_lsp.errors import BudgetExceeded
from moa_lsp.store.budget import DayBudget, DaySpending, SpendingLimits
from moa_lsp.store.database import Database
from moa_lsp.store.ledger import SCHEMA

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)

AGREED = SpendingLimits(per_run=0.25, per_day=1.0, mix="trio")


class Wall:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
async def servers(tmp_path):
    """Budgets of servers that share one file; ``servers()`` is one more."""
    databases, told = [], []

    def one(clock=None):
        databases.append(Database(tmp_path / "own" / "usage.db", SCHEMA, told.append))
        return DayBudget(databases[-1], clock or Wall())

    yield one
    for database in databases:
        await database.close()
    assert told == []


async def spend(budget, run, worst, actual=None, agreed=AGREED):
    async with budget.reserved(run, worst, agreed) as reservation:
        held = await budget.today()
        if actual is not None:
            reservation.settle(actual)
    return held


async def test_the_worst_case_is_set_aside_and_the_actual_cost_charged(servers):
    budget = servers()
    assert await spend(budget, "r1", 0.2, 0.03) == DaySpending(0.0, 0.2)
    assert await budget.today() == DaySpending(0.03, 0.0)


REFUSED = [
    (0.26, AGREED,
     "a run of the mix trio could cost $0.2600, and $0.2500 is agreed to; raise "
     "`budget: usd_per_run` in config.yaml, or choose a cheaper mix"),
    (0.11, SpendingLimits(0.25, 1.0, "trio", 0.1),
     "a run of the mix trio could cost $0.1100, and $0.1000 is agreed to; raise "
     "`budget: usd` of the mix trio, or choose a cheaper mix"),
    (0.26, SpendingLimits(0.25, 1.0, "trio", 9.0), "raise `budget: usd_per_run`"),
    (0.2, SpendingLimits(0.25, 0.1, "trio"),
     "a run of the mix trio could cost $0.2000, and of the $0.1000 agreed to per day $0.00 is "
     "spent; raise `budget: usd_per_day` in config.yaml, choose a cheaper mix, or go on tomorrow"),
    (None, SpendingLimits(0.25, 1.0, "trio", 0.1),
     "the mix trio has a budget of $0.1000, but what a run of it can cost is not known; state "),
]  # fmt: skip


@pytest.mark.parametrize(("worst", "agreed", "says"), REFUSED)
async def test_a_refusal_says_amounts_and_setting(servers, worst, agreed, says):
    budget = servers()
    with pytest.raises(BudgetExceeded) as refused:
        await spend(budget, "r1", worst, agreed=agreed)
    assert str(refused.value).startswith(says) or says in str(refused.value)
    assert await budget.today() == DaySpending()


@pytest.mark.parametrize(("worst", "agreed"), [(0.25, 0.25), (0.1 + 0.2, 0.3)])
async def test_exactly_what_is_agreed_to_is_agreed_to(servers, worst, agreed):
    await spend(servers(), "r1", worst, 0.0, SpendingLimits(agreed, agreed, "trio"))


async def test_what_is_set_aside_by_one_server_is_gone_for_the_other(servers):
    one, other = servers(), servers()
    agreed = SpendingLimits(1.0, 1.0, "trio")
    async with one.reserved("r1", 0.6, agreed) as reservation:
        with pytest.raises(BudgetExceeded, match=r"\$0\.6000 set aside"):
            await spend(other, "r2", 0.6, agreed=agreed)
        reservation.settle(0.1)
    await spend(other, "r2", 0.6, 0.5, agreed)
    assert (await one.today()).spent == pytest.approx(0.6)


async def test_twenty_at_once_never_get_more_than_the_day_has(servers):
    budgets = [servers() for _ in range(4)]
    release = asyncio.Event()
    agreed = SpendingLimits(0.25, 1.0, "trio")

    async def run(number):
        async with budgets[number % 4].reserved(f"r{number}", 0.25, agreed) as reservation:
            await release.wait()
            reservation.settle(0.25)

    tasks = [asyncio.create_task(run(number)) for number in range(20)]
    async with asyncio.timeout(20):
        while sum(task.done() for task in tasks) < 16:
            await asyncio.wait(
                [task for task in tasks if not task.done()], return_when="FIRST_COMPLETED"
            )
        release.set()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(end is None for end in ends) == 4
    assert all(isinstance(end, BudgetExceeded) for end in ends if end is not None)
    assert (await budgets[0].today()).total == pytest.approx(1.0)


async def test_a_run_that_never_settles_stays_charged_for_its_day(servers):
    clock = Wall()
    budget = servers(clock)
    with pytest.raises(ZeroDivisionError):
        async with budget.reserved("r1", 0.2, AGREED):
            raise ZeroDivisionError
    restarted = servers(clock)
    assert await restarted.today() == DaySpending(0.0, 0.2)
    clock.now += timedelta(days=1)
    assert await restarted.today() == DaySpending()


async def test_free_runs_touch_nothing(servers, tmp_path):
    budget = servers()
    async with budget.reserved("r1", 0.0, SpendingLimits(0.0, 0.0, "embedded")) as reservation:
        reservation.settle(0.0)
    assert not (tmp_path / "own").exists()


async def test_free_runs_that_cost_something_after_all_are_charged(servers):
    budget = servers()
    await spend(budget, "r1", 0.0, 0.3)
    assert await budget.today() == DaySpending(0.3, 0.0)


async def test_unknown_prices_are_let_through_until_the_day_is_used_up(servers):
    budget = servers()
    assert await spend(budget, "r1", None, 0.7) == DaySpending(0.0, 0.0)
    await spend(budget, "r2", None, 0.4)
    with pytest.raises(BudgetExceeded, match="costs money, and of the"):
        await spend(budget, "r3", None)


@pytest.mark.parametrize(("hours", "spent"), [(-24, 0.2), (-48, 0.0), (24, 0.0)])
async def test_S07_a_clock_set_back_a_day_frees_nothing(servers, hours, spent):
    clock = Wall()
    budget = servers(clock)
    await spend(budget, "r1", 0.2, 0.2)
    clock.now += timedelta(hours=hours)
    assert (await budget.today()).spent == spent


async def test_a_run_cancelled_before_it_begins_is_charged_nothing(servers):
    budget = servers()
    task = asyncio.create_task(spend(budget, "r1", 0.2, 0.0))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert await budget.today() == DaySpending()
