"""The job that goes in, the verdict that comes out."""

import json

import pytest

from moa_lsp.errors import SandboxError
from moa_lsp.sandbox import wire
from moa_lsp.sandbox.program import Program
from moa_lsp.sandbox.seccomp import FILTERS
from moa_lsp.sandbox.wire import MAX_PROGRAM_BYTES, MAX_PROGRAM_FILES

NONCE = bytes(range(32))


def program(**changes):
    return Program(**{"mode": "script", "files": {"main.py": "pass"}} | changes)


@pytest.mark.parametrize(
    "name",
    [
        *("/etc/passwd", "../main.py", "a/../../b", "a/..", "..", ".", "", "a//b", "./a", "a/"),
        *("a\0b", "a\\b", "..\\b"),
    ],
)
def test_a_path_that_leads_out_is_refused(name):
    reason = wire.refused(program(files={"main.py": "pass", name: "x"}))
    assert "does not lie in the program's folder" in reason


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"entry": "other.py"}, "no file 'other.py'"),
        ({"mode": "command"}, "no command"),
        ({"files": {f"{n}.py": "" for n in range(MAX_PROGRAM_FILES + 1)}}, "files"),
        ({"files": {"main.py": "x" * (MAX_PROGRAM_BYTES + 1)}}, "MiB"),
    ],
)
def test_what_cannot_be_started_is_refused(changes, part):
    assert part in wire.refused(program(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"files": {"main.py": "", "a/b/c.txt": "x", "..a/b..": "", "ü ñ.py": ""}},
        {"mode": "command", "files": {}, "command": ("true",)},
    ],
)
def test_what_can_be_started(changes):
    assert wire.refused(program(**changes)) is None


@pytest.mark.parametrize(
    ("mode", "room", "other"), [("script", "as", "data"), ("command", "data", "as")]
)
def test_a_job_is_framed_and_has_its_limits(mode, room, other):
    sent = wire.job(
        program(mode=mode, command=("true",), memory=7, seconds=1.2), processors=3, processes=5
    )
    assert int.from_bytes(sent[:8], "big") == len(sent) - 8
    job = json.loads(sent[8:])
    assert job["limits"][room] == [7, 7]
    assert other not in job["limits"]
    assert job["limits"]["nproc"] == [5, 5]
    assert job["limits"]["cpu"] == [7, 8]  # two seconds of three processors, and one
    assert {name: bytes.fromhex(code) for name, code in job["filters"].items()} == FILTERS


def record(**changes):
    return json.dumps({"passed": True, "timeout": False, "detail": ""} | changes).encode()


@pytest.mark.parametrize(
    ("said", "status", "detail"),
    [
        (NONCE + record(), "passed", ""),
        (NONCE + record(passed=False, detail="why"), "failed", "why\nprinted"),
        (NONCE + record(passed=False, timeout=True, detail="why"), "timeout", "why\nprinted"),
        (NONCE + record(passed=False, detail="Traceback (most …"), "failed", "Traceback (most …"),
        (b"", "failed", "it ended without a verdict\nprinted"),
        (record(), "failed", "it ended without a verdict\nprinted"),
        (b"x" + NONCE + record(), "failed", "it ended without a verdict\nprinted"),
        (bytes(32) + record(), "failed", "it ended without a verdict\nprinted"),
    ],
)
def test_a_verdict_needs_the_nonce_in_front(said, status, detail):
    found = wire.verdict(said, NONCE, "printed", 2.5)
    assert (found.status, found.detail, found.seconds) == (status, detail, 2.5)


def test_a_filter_that_is_not_installed_is_nobodys_wrong_answer():
    said = NONCE + json.dumps({"broken": "Invalid argument"}).encode()
    with pytest.raises(SandboxError, match="cannot be installed \\(Invalid argument\\)"):
        wire.verdict(said, NONCE, "", 0.1)
