"""The driver outside of a sandbox; inside, tests/bench_attacks has it."""

import asyncio
import sys

from moa_lsp.bench.sandbox.bubblewrap import DRIVER


async def test_it_does_nothing_where_it_is_not_the_first_process():
    """It ends all other processes: outside that would be everybody's."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", DRIVER),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, why = await child.communicate(b"")
    assert (child.returncode, said) == (1, b"")
    assert b"belongs into a sandbox" in why
