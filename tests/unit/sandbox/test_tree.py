"""Memory of a tree of real processes."""

import asyncio
import os
import sys

import pytest

from moa_lsp.sandbox import tree

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")

FAMILY = """
import os, sys
kept = b"x" * (64 << 20)
for _ in range(3):
    if os.fork() == 0:
        break
else:
    print("ready", flush=True)
sys.stdin.read()
"""


async def test_what_is_shared_counts_once_and_descendants_count():
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-c", FAMILY),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert await child.stdout.readline() == b"ready\n"
        assert len(tree.members(child.pid)) == 4
        assert child.pid in tree.members(os.getpid())
        assert tree.holds_more(child.pid, 48 << 20)
        assert not tree.holds_more(child.pid, 192 << 20)  # four times 64 MiB, if it counted twice
    finally:
        child.stdin.close()
        await child.wait()
    assert not tree.holds_more(child.pid, 0)


def test_this_system_tells():
    assert tree.is_visible()
    assert 0 < tree.available() < 1 << 50


FORKING = """
import os, time
while True:
    if os.fork() == 0:
        os.setsid()
        time.sleep(3600)
    time.sleep(0.001)
"""


async def test_a_family_that_grows_is_felled():
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-c", FORKING), stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        while len(tree.members(child.pid)) < 10:  # noqa: ASYNC110  # it tells no event
            await asyncio.sleep(0.01)
    await tree.fell(child.pid)
    assert await child.stdout.read() == b"", "nobody holds the pipe any more"
    assert await child.wait() == -9
