"""The driver outside of a sandbox; inside, tests/bench/attacks has it."""

import asyncio
import json
import os
import sys

import pytest

from moa_lsp.sandbox.bubblewrap import DRIVER
from moa_lsp.sandbox.seccomp import FILTERS

MACHINE = os.uname().machine if sys.platform == "linux" else ""
KNOWN = {machine: code.hex() for machine, code in FILTERS.items()}

FILTERING = """
import json, os, subprocess, sys
from moa_lsp.sandbox.driver import _filter
TRY = "import os; os.close(os.memfd_create('mine'))"
try:
    _filter(json.loads(sys.argv[1]))
    exec(TRY)
    subprocess.run([sys.executable, "-c", TRY], check=True)
except OSError as err:
    print(err.strerror)
else:
    print("let through")
"""


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


@pytest.mark.skipif(MACHINE not in FILTERS, reason="numbers of this machine's calls are not known")
@pytest.mark.parametrize(
    ("filters", "outcome"),
    [
        (KNOWN, "Function not implemented"),
        ({"another": KNOWN.get(MACHINE)}, "let through"),
        ({MACHINE: ""}, "Invalid argument"),
        ({MACHINE: "00" * 7}, "Invalid argument"),
        ({MACHINE: "ff" * 8}, "Invalid argument"),
    ],
    ids=["known", "not known", "empty", "less than a line", "not a filter"],
)
async def test_the_filter_of_this_machine_is_installed_or_it_fails(filters, outcome):
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", FILTERING, json.dumps(filters)), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    assert said.decode().strip() == outcome
