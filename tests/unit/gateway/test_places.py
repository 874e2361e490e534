"""Places for runs: the bound on those at work, on those that wait, and on their patience."""

import asyncio

import pytest

from moa_lsp.gateway.errors import RequestRefused
from moa_lsp.gateway.places import RunPlaces


async def hold(places, until):
    async with places.take():
        await until.wait()


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_more_than_the_queue_takes_are_told_to_come_back():
    places, end = RunPlaces(most=1, most_waiting=1), asyncio.Event()
    work = [asyncio.create_task(hold(places, end)) for _ in range(2)]
    await settle()
    with pytest.raises(RequestRefused) as refused:
        async with places.take():
            raise AssertionError("there was a place")
    assert refused.value.status == 429
    assert "retry-after" in refused.value.headers
    end.set()
    await asyncio.gather(*work)
    async with places.take():
        pass


async def test_who_waits_too_long_is_told_to_come_back():
    places, end = RunPlaces(most=1, wait_s=0.0), asyncio.Event()
    work = asyncio.create_task(hold(places, end))
    await settle()
    with pytest.raises(RequestRefused):
        async with places.take():
            raise AssertionError("there was a place")
    end.set()
    await work


async def test_a_waiting_client_that_leaves_leaves_the_queue():
    places, end = RunPlaces(most=1, most_waiting=1), asyncio.Event()
    first = asyncio.create_task(hold(places, end))
    await settle()
    second = asyncio.create_task(hold(places, end))
    await settle()
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    third = asyncio.create_task(hold(places, end))
    await settle()
    end.set()
    await asyncio.gather(first, third)
