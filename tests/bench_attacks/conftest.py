"""A sandbox that has proved itself, for the whole session; skips, with the reason, without one."""

import asyncio
import shutil

import pytest

from moa_lsp.bench.sandbox import bubblewrap
from moa_lsp.bench.sandbox.choose import prove
from moa_lsp.bench.sandbox.interpreter import look_at
from moa_lsp.errors import SandboxError


@pytest.fixture(scope="session")
def sandbox():
    """By bubblewrap, with the Python that runs this."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed: make sandbox")

    async def proved():
        made = bubblewrap.prepare(await look_at())
        await prove(made)
        return made

    try:
        return asyncio.run(proved())
    except SandboxError as err:
        if "could not start" not in str(err):  # it did, and does not hold
            raise
        pytest.skip(str(err))
