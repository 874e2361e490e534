"""A sandbox that has proved itself, for the whole session; skips, with the reason, without one.

With MOA_SANDBOX_IMAGE it is a container of that image, by MOA_SANDBOX_ENGINE (podman without).
"""

import asyncio
import os
import shutil
import subprocess

import pytest

from moa_lsp.errors import SandboxError
from moa_lsp.sandbox import bubblewrap, containers
from moa_lsp.sandbox.choose import prove
from moa_lsp.sandbox.interpreter import look_at


async def made():
    """The sandbox that is asked for, not yet proved."""
    image = os.environ.get("MOA_SANDBOX_IMAGE")
    if image is None:
        return bubblewrap.prepare(await look_at())
    return await containers.prepare(os.environ.get("MOA_SANDBOX_ENGINE", "podman"), image)


def left(sandbox):
    """Containers of ours, also those that do not run."""
    words = [sandbox.program, "ps", "--all", "--quiet", "--filter", "name=^moa-lsp-"]
    return set(subprocess.run(words, capture_output=True, check=True).stdout.split())


async def until_gone(sandbox, before):
    """An engine removes by itself what it was not asked to, in its own time."""
    async with asyncio.timeout(60):
        while left(sandbox) - before:  # noqa: ASYNC110  # it tells no event
            await asyncio.sleep(0.1)


@pytest.fixture(scope="session")
def sandbox():
    """By bubblewrap, with the Python that runs this, or the container that is asked for."""
    asked = "MOA_SANDBOX_IMAGE" in os.environ
    if not asked and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed: make sandbox")
    try:
        one = asyncio.run(made())
        before = left(one) if asked else set()
        asyncio.run(prove(one))
    except SandboxError as err:
        # Who asks for an image wants to know; what could start does not hold.
        if asked or "could not start" not in str(err):
            raise
        pytest.skip(str(err))
    yield one
    if asked:
        asyncio.run(until_gone(one, before))
