"""Time that stands still while something real is at work, and else jumps."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from moa_bench.replay.clock import VirtualLoop, held, virtual_run, virtually


def test_waiting_costs_no_time_and_comes_in_order():
    said = []

    async def after(seconds):
        await asyncio.sleep(seconds)
        said.append((seconds, asyncio.get_running_loop().time()))

    async def all_of_them():
        await asyncio.gather(after(3600), after(0.25), after(90))

    virtual_run(all_of_them())
    assert said == [(0.25, 0.25), (90, 90), (3600, 3600)]


def test_time_stands_still_while_a_thread_is_at_work():
    begun, ended = threading.Event(), threading.Event()

    def real():
        begun.set()
        assert ended.wait(30)
        return "done"

    async def both():
        loop = asyncio.get_running_loop()
        job = asyncio.ensure_future(asyncio.to_thread(real))
        timer = asyncio.ensure_future(asyncio.sleep(5))
        threading.Thread(target=lambda: (begun.wait(30), ended.set())).start()
        assert await job == "done"
        at = loop.time()
        assert not timer.done()
        await timer
        return at, loop.time()

    assert virtual_run(both()) == (0, 5)


def test_a_hold_lasts_until_the_last_one_leaves():
    async def held_twice():
        loop = held(asyncio.get_running_loop())
        real = ThreadPoolExecutor(1)
        timer = asyncio.ensure_future(asyncio.sleep(1))
        with loop.hold():
            with loop.hold():
                await asyncio.wrap_future(real.submit(lambda: None))
            await asyncio.wrap_future(real.submit(lambda: None))
            assert loop.time() == 0
            assert not timer.done()
        await timer
        real.shutdown()
        return loop.time()

    assert virtual_run(held_twice()) == 1


def test_work_that_is_refused_holds_nothing():
    async def refused():
        closed = ThreadPoolExecutor(1)
        closed.shutdown()
        loop = asyncio.get_running_loop()
        with pytest.raises(RuntimeError):
            loop.run_in_executor(closed, time.monotonic)
        await asyncio.sleep(7)
        return loop.time()

    assert virtual_run(refused()) == 7


def test_another_loop_is_refused():
    with pytest.raises(TypeError, match="a clock of its own"):
        held(_Other())
    assert isinstance(held(_closed()), VirtualLoop)


class _Other(asyncio.AbstractEventLoop):
    """Any other loop."""


def _closed() -> VirtualLoop:
    loop = VirtualLoop()
    loop.close()
    return loop


async def test_cancelling_ends_the_loop_in_its_thread():
    begun = asyncio.Event()
    here = asyncio.get_running_loop()
    told = []

    async def forever():
        here.call_soon_threadsafe(begun.set)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    with ThreadPoolExecutor(1) as pool:
        task = asyncio.ensure_future(virtually(pool, forever))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert told == ["cancelled"]


async def test_what_waits_for_a_thread_and_is_cancelled_never_begins():
    entered, leave = threading.Event(), threading.Event()
    told = []

    async def never():
        told.append("begun")

    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: (entered.set(), leave.wait(30)))
        entered.wait(30)
        task = asyncio.ensure_future(virtually(pool, never))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        leave.set()
    assert told == []


async def test_what_is_raised_there_is_raised_here():
    async def fails():
        raise ZeroDivisionError

    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        await virtually(pool, fails)
