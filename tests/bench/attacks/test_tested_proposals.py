"""Hostile proposals and a hostile workspace, where proposals are run against tests."""

import os
import re
import secrets
import socket
from pathlib import Path

import pytest

from tests.fakes.tested_project import (
    BREAKS,
    FILES,
    RIGHT,
    UNITTEST,
    Project,
    own_python_first,
    proven,
)

pytestmark = pytest.mark.slow

CANARY = "canary-of-a-key"
HELD, GOT = "the sandbox held", "the proposal got through"

PRELUDE = """
import os, shutil, socket, sys, time
def attempt(*actions):
    got = []
    for action in actions:
        try:
            found = action()
        except BaseException as error:
            continue
        if found is not None and found is not False:
            got.append(repr(found))
    raise AssertionError(GOT + " ".join(got) if got else HELD)
def made(path):
    with open(path, "w") as file:
        file.write("x")
    return path
def read(path):
    return open(path).read() or None
def joined(address):
    with socket.create_connection(address, 2):
        return address
"""

ATTACKS = {
    "deletes files": "attempt(lambda: os.remove(SECRET) or 1, lambda: shutil.rmtree(ROOT) or 1)",
    "writes outside": (
        "attempt(lambda: made(ROOT + '/mine.py'), lambda: made('/usr/mine'),"
        " lambda: made(HOME + '/mine'), lambda: made('/mine'), lambda: made('/etc/mine'))"
    ),
    "opens sockets": (
        "attempt(lambda: joined(('127.0.0.1', PORT)), lambda: joined(('192.0.2.1', 53)))"
    ),
    "reads keys": (
        "attempt(lambda: os.environ.get('MOA_CANARY'), lambda: read(SECRET),"
        " lambda: read('private/key.txt'), lambda: read(ROOT + '/private/key.txt'),"
        " lambda: {*os.listdir(HOME)} & {'.ssh', '.bashrc', '.netrc', '.config'} or None,"
        " lambda: read('/etc/shadow'),"
        " lambda: read('/proc/' + str(OUTER) + '/environ'))"
    ),
    "forks": (
        "\nwhile True:\n"
        "    try:\n"
        "        if os.fork() == 0: os.execv('/bin/sleep', ['sleep', MARK])\n"
        "    except OSError: raise AssertionError(HELD) from None\n"
    ),
    "outlives": (
        "\nfor _ in range(3):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        os.closerange(0, 64)\n"
        "        os.execv('/bin/sleep', ['sleep', MARK])\n"
        "raise AssertionError(HELD)"
    ),
    "leaves at once": "os._exit(0)",
    "never ends": "\nwhile True: pass",
    "fills the disk": (
        "\nwith open('/tmp/big', 'wb') as file:\n    while True: file.write(bytes(1 << 20))"
    ),
    "fills the memory": "x = bytearray(8 << 30)",
    "talks without end": "\nwhile True: print('x' * 10000)",
}
ENDINGS = {
    "leaves at once": "no test was run",
    "never ends": "take longer than",
    "fills the disk": "",
    "fills the memory": "",
    "talks without end": "",
}


def alive(mark: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(folder.name)
        except OSError:
            continue
    return found


def mounts() -> str:
    return Path("/proc/self/mounts").read_text()


def files_below(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def service():
    return proven()


@pytest.mark.parametrize("name", ATTACKS)
async def test_A22_nothing_comes_of_a_hostile_proposal(name, service, tmp_path, monkeypatch):
    monkeypatch.setenv("MOA_CANARY", CANARY)
    secret = tmp_path / "secret"
    secret.write_text(CANARY)
    tmp_path.chmod(0o755)
    mark = f"7{secrets.randbelow(10**9):09d}"
    with own_python_first(), socket.create_server(("127.0.0.1", 0)) as port:
        port.setblocking(False)
        project = Project(tmp_path, service, timeout=15)
        facts = {
            "SECRET": str(secret), "ROOT": str(project.root), "HOME": str(Path.home()),
            "PORT": port.getsockname()[1], "OUTER": os.getpid(), "MARK": mark,
            "HELD": HELD, "GOT": GOT,
        }  # fmt: skip
        stated = "".join(f"{key} = {value!r}\n" for key, value in facts.items())
        before, mounted = files_below(project.root), mounts()
        hostile = f"{RIGHT}\n{PRELUDE}\n{stated}\n{ATTACKS[name]}\n"
        record, made, _, _ = await project.run({"hostile": hostile, "right": RIGHT})
        with pytest.raises(BlockingIOError):
            port.accept()
    assert record.text == RIGHT
    verdict = made["hostile"].tests
    said = f"{verdict.failed} {verdict.failures}"
    assert ENDINGS.get(name, HELD) in said
    assert GOT not in re.sub(r"raise AssertionError.*", "", said)
    assert CANARY not in said
    assert (files_below(project.root), secret.read_text()) == (before, CANARY)
    assert alive(mark) == []
    assert mounts() == mounted


async def test_A02_a_hostile_workspace_defines_no_command(service, tmp_path, monkeypatch):
    """What it brings along runs in the sandbox or not at all."""
    mark = tmp_path / "mark"
    writes = f"open({str(mark)!r}, 'w').write('x')\n"
    hostile = {
        **FILES,
        ".moa/config.yaml": f"tests: {{python: {{command: [touch, {mark}]}}}}\n",
        "python": f"#!/bin/sh\ntouch {mark}\n",
        "unittest.py": writes,
        "sitecustomize.py": writes,
        "conftest.py": writes,
        "setup.cfg": "[tool:pytest]\naddopts = --nothing\n",
    }
    with own_python_first():
        project = Project(tmp_path, service, hostile, UNITTEST)
        (project.root / "python").chmod(0o755)
        monkeypatch.chdir(project.root)
        monkeypatch.setenv("PATH", f".:{project.root}:{os.environ['PATH']}")
        record, _, _, _ = await project.run({"breaks": BREAKS, "right": RIGHT}, opened=True)
    assert record.state == "done"
    assert not mark.exists()
