"""When changed files are read again: a state machine under a clock of its own, and its driver."""

import asyncio
import threading
from contextlib import suppress

import pytest

from moa_lsp.lsp.session.reload import CONFIG_QUIET_S, CONFIG_UNREST_S, ChangeDebouncer, Reloader

QUIET, UNREST = CONFIG_QUIET_S, CONFIG_UNREST_S

SCRIPTS = {
    # at a second, what is seen, and what is to be done: a wait, 0 to read, None for nothing
    "nothing changes": [(0, "a", None), (5, "a", None)],
    "one save": [(0, "b", QUIET), (QUIET, "b", 0)],
    "looked at too early": [(0, "b", QUIET), (0.1, "b", QUIET - 0.1), (QUIET, "b", 0)],
    "looked at late": [(0, "b", QUIET), (9, "b", 0)],
    "saved again meanwhile": [(0, "b", QUIET), (0.2, "c", QUIET), (0.2 + QUIET, "c", 0)],
    "put back before it was read": [(0, "b", QUIET), (0.1, "a", None), (9, "a", None)],
    "put back and changed again": [
        (0, "b", QUIET), (1, "a", None), (UNREST, "b", QUIET), (UNREST + QUIET, "b", 0),
    ],
    "never at rest": [
        *((n / 10, f"b{n}", QUIET) for n in range(int((UNREST - QUIET) * 10))),
        (UNREST - 0.1, "c", 0.1),
        (UNREST, "d", 0),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_S12_files_are_read_when_they_have_come_to_rest(name):
    settling = ChangeDebouncer()
    for time, seen, expected in SCRIPTS[name]:
        found = settling.saw({"f": ("a",)}, {"f": (seen,)}, time)
        assert found == (None if expected is None else pytest.approx(expected)), time


def test_S12_a_hundred_saves_a_second_are_one_reading():
    settling, reads = ChangeDebouncer(), 0
    for n in range(150):
        if settling.saw({"f": ("a",)}, {"f": (min(n, 100),)}, n / 100) == 0:
            reads += 1
            break
    assert reads == 1
    assert n == 100 + int(QUIET * 100)


class Disk:
    """Files as values; reading notes what was read."""

    def __init__(self):
        self.content = "a"
        self.base = {"f": ("a",)}
        self.looks = 0
        self.looked = threading.Event()
        self.read = []
        self.broken = self.restless = False

    def look(self, paths):
        self.looks += 1
        self.looked.set()
        if self.restless:
            self.content = f"{self.looks}"
        return dict.fromkeys(paths, (self.content,))

    async def reading(self):
        self.read.append(self.content)
        if not self.broken:
            self.base = {"f": (self.content,)}


@pytest.fixture
async def driven():
    """A disk and its reloader at work."""
    disk = Disk()
    reloader = Reloader(lambda: disk.base, disk.reading, disk.look, poll_s=1e6)
    task = asyncio.create_task(reloader.watch())
    await asyncio.sleep(0)
    yield disk, reloader
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_who_asks_has_the_files_as_they_are_now(driven):
    disk, reloader = driven
    assert await reloader.fresh()
    assert disk.read == []
    disk.content = "b"
    assert await reloader.fresh()
    assert disk.read == ["b"]
    assert await reloader.fresh()
    assert disk.read == ["b"], "what did not change is not read again"


async def test_many_who_ask_at_once_cause_one_reading(driven):
    disk, reloader = driven
    disk.content = "b"
    assert all(await asyncio.gather(*(reloader.fresh() for _ in range(20))))
    assert disk.read == ["b"]


async def test_a_change_after_a_look_began_is_seen_by_who_asked_after_it(driven):
    disk, reloader = driven
    first = asyncio.create_task(reloader.fresh())
    await asyncio.sleep(0)
    disk.content = "b"
    assert await reloader.fresh()
    assert await first
    assert disk.read == ["b"]


async def test_a_reading_that_fails_is_tried_again_when_something_changes(driven):
    disk, reloader = driven
    disk.broken = True
    disk.content = "b"
    assert await reloader.fresh()
    assert await reloader.fresh()
    assert disk.read == ["b"]
    disk.broken = False
    disk.content = "c"
    assert await reloader.fresh()
    assert disk.read == ["b", "c"]


async def test_what_others_read_is_not_read_again(driven):
    disk, reloader = driven
    disk.content = "b"
    disk.base = {"f": ("b",)}
    assert await reloader.fresh()
    assert disk.read == []


async def test_files_that_never_come_to_rest_hold_nobody_up_for_ever(driven):
    disk, reloader = driven
    disk.restless = True
    async with asyncio.timeout(20):
        assert await reloader.fresh() is False
    assert disk.read == []


async def test_a_look_is_hastened(driven):
    disk, reloader = driven
    reloader.hasten()
    assert await asyncio.to_thread(disk.looked.wait, 20), "days before the next look is due"


async def test_nobody_has_to_ask():
    disk = Disk()
    reloader = Reloader(lambda: disk.base, disk.reading, disk.look, poll_s=0.001)
    task = asyncio.create_task(reloader.watch())
    assert await asyncio.to_thread(disk.looked.wait, 20)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_nobody_waits_for_a_reloader_that_does_not_watch():
    disk = Disk()
    reloader = Reloader(lambda: disk.base, disk.reading, disk.look)
    assert await reloader.fresh() is False
    assert disk.looks == 0
