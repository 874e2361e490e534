"""Done once for all who ask at the same time."""

import asyncio

import pytest

from moa_lsp.errors import RunError
from moa_lsp.store.single_flight import SingleFlight


class Work:
    """Counts its beginnings and ends, and lasts until it is released."""

    def __init__(self):
        self.begun = self.cancelled = 0
        self.closed = False
        self.gate = asyncio.Event()
        self.error = None

    async def __call__(self):
        self.begun += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            await asyncio.sleep(0)  # closing takes a moment
            self.closed = True
            raise
        if self.error:
            raise self.error
        return "result"


async def asked(flight, work, number, key="k"):
    tasks = [asyncio.create_task(flight.share(key, work)) for _ in range(number)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def test_three_who_ask_get_one_result():
    flight, work = SingleFlight(), Work()
    tasks = await asked(flight, work, 3)
    work.gate.set()
    assert sorted(await asyncio.gather(*tasks)) == [
        ("result", False), ("result", False), ("result", True),
    ]  # fmt: skip
    assert work.begun == 1
    assert flight._shared == {}


async def test_other_keys_are_other_work():
    flight, work = SingleFlight(), Work()
    tasks = await asked(flight, work, 1) + await asked(flight, work, 1, key="other")
    work.gate.set()
    assert [led for _, led in await asyncio.gather(*tasks)] == [True, True]
    assert work.begun == 2


async def test_an_error_is_everybody_s():
    flight, work = SingleFlight(), Work()
    work.error = RunError("no")
    tasks = await asked(flight, work, 2)
    work.gate.set()
    assert await asyncio.gather(*tasks, return_exceptions=True) == [work.error] * 2
    work.error = None
    assert await flight.share("k", work) == ("result", True)  # and not kept


@pytest.mark.parametrize("leaver", [0, 1])
async def test_one_who_leaves_leaves_alone(leaver):
    flight, work = SingleFlight(), Work()
    tasks = await asked(flight, work, 2)
    tasks[leaver].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[leaver]
    assert work.cancelled == 0
    work.gate.set()
    assert (await tasks[1 - leaver])[0] == "result"


async def test_the_last_to_leave_waits_until_all_is_closed():
    flight, work = SingleFlight(), Work()
    tasks = await asked(flight, work, 2)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)
    assert (work.cancelled, work.closed) == (1, True)


async def test_whoever_comes_while_the_last_one_leaves_begins_anew():
    flight, work = SingleFlight(), Work()
    (task,) = await asked(flight, work, 1)
    task.cancel()
    await asyncio.sleep(0)  # the work is being cancelled
    fresh = Work()
    fresh.gate.set()
    assert await flight.share("k", fresh) == ("result", True)
    with pytest.raises(asyncio.CancelledError):
        await task
