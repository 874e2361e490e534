import os
import platform
import subprocess
import sys

import pytest

from moa_lsp.files import process_limits

resource = pytest.importorskip("resource")

BOUNDED = """
import resource, sys
from moa_lsp.files import process_limits
{before}
process_limits.{call}
print(*resource.getrlimit(resource.{limit}))
"""


def limits_after(call, limit, before=""):
    code = BOUNDED.format(call=call, limit=limit, before=before)
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return made.stdout.strip()


@pytest.mark.parametrize(
    ("before", "left"),
    [
        ("", "4294967296 4294967296"),
        # a limit that is lower stays
        (f"resource.setrlimit(resource.RLIMIT_AS, ({2**31}, {2**31}))", f"{2**31} {2**31}"),
        ("resource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "4294967296 4294967296"),
    ],
)
def test_memory_is_bounded_once_and_never_more_loosely(before, left):
    assert limits_after(f"bound_memory({2**32})", "RLIMIT_AS", before) == left


def test_no_core_is_dumped_and_no_child_may_change_that():
    assert limits_after("forbid_core_dumps()", "RLIMIT_CORE") == "0 0"


def test_a_system_without_limits_is_left_as_it_is(monkeypatch):
    monkeypatch.setattr(process_limits, "resource", None)
    process_limits.bound_memory(1)
    process_limits.forbid_core_dumps()


@pytest.mark.parametrize("refusal", [ValueError, OSError])
def test_a_system_that_refuses_is_left_as_it_is(monkeypatch, refusal):
    def refuse(*_):
        raise refusal

    monkeypatch.setattr(process_limits.resource, "setrlimit", refuse)
    process_limits.bound_memory(2**40)


@pytest.mark.skipif(not os.path.exists("/proc"), reason="limits are read from /proc")
@pytest.mark.e2e
def test_the_server_dumps_no_core():
    from tests.fakes.client import SERVER

    server = subprocess.Popen([*SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        server.stdin.write(b"Content-Length: 2\r\n\r\n{}")  # answered once it serves
        server.stdin.flush()
        assert server.stdout.readline()
        with open(f"/proc/{server.pid}/limits") as file:
            row = next(line.split() for line in file if line.startswith("Max core"))
        assert row[4:6] == ["0", "0"]
    finally:
        server.kill()
        server.communicate()


HOLES = """
import os
from moa_lsp.files import process_limits

def mib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

{before}
bytes(2**20)  # freed at once: from now on glibc has no pages of their own for smaller blocks
large, small = [], []
for _ in range(200):
    large.append(b"x" * 400_000)
    small.append(bytearray(600))  # stays, between the large ones
held = mib()
del large
print(held - mib())
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="the allocator that keeps freed memory is glibc's"
)
def test_large_blocks_are_given_back_to_the_system_when_they_are_freed():
    code = HOLES.format(before="process_limits.return_freed_memory()")
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(made.stdout) > 200 * 400_000 / 2**20 * 0.9
