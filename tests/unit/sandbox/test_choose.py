"""Who is taken, and that nobody is who does not hold."""

import dataclasses
import os
import sys
from pathlib import Path

import pytest

from moa_lsp.errors import SandboxError, UsageError
from moa_lsp.sandbox.choose import choose, fingerprint, first, option, prove
from moa_lsp.sandbox.program import Verdict
from moa_lsp.sandbox.selftest import LEAVING, LINGERING, PROGRAM

HOLDS = {PROGRAM: "passed", LINGERING: "timeout", LEAVING: "failed"}


@dataclasses.dataclass
class Scripted:
    """A sandbox that answers to the programs of the self-test."""

    answers: dict
    kind: str = "scripted"
    digest: str = "d"
    detail: str = ""

    def bounded(self, processes):
        return self

    async def run(self, program):
        return Verdict(self.answers[program.files["main.py"]], self.detail)


async def test_who_holds_is_proved():
    await prove(Scripted(HOLDS))


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({PROGRAM: "failed"}, "there is a route out"),
        ({PROGRAM: "timeout"}, "does not hold what it must"),
        ({LINGERING: "passed"}, "does not end what takes too long"),
        ({LEAVING: "passed"}, "takes an exit for a success"),
    ],
)
async def test_who_does_not_hold_is_not_used(changed, part):
    weak = Scripted(HOLDS | changed, detail="Traceback\nRuntimeError: there is a route out\n")
    with pytest.raises(SandboxError) as raised:
        await prove(weak)
    assert part in str(raised.value)
    assert "not used" in str(raised.value)


def ways(*made):
    async def give(each):
        if isinstance(each, str):
            raise SandboxError(each)
        return each

    return [(f"way{n}", lambda each=each: give(each)) for n, each in enumerate(made)]


async def test_the_first_that_holds_is_taken():
    good = Scripted(HOLDS)
    weak = Scripted(HOLDS | {LEAVING: "passed"})
    assert await first(ways("missing", weak, good, "later")) is good


async def test_without_any_each_is_named_with_its_reason():
    with pytest.raises(SandboxError) as raised:
        await first(ways("missing; install it", Scripted(HOLDS | {LEAVING: "passed"})))
    assert "way0: missing; install it" in str(raised.value)
    assert "way1: it takes an exit for a success" in str(raised.value)


async def test_nothing_of_the_environment_switches_it_off(monkeypatch):
    """Without any sandbox on the path there is none, whatever else is set."""
    for name in ("MOA_UNSANDBOXED", "MOA_LSP_UNSANDBOXED", "MOA_SANDBOX", "HF_ALLOW_CODE_EVAL"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SandboxError, match="cannot be executed safely here"):
        await choose()


NAMED = {
    "nothing": ((None, None), ["bubblewrap", "podman", "docker"]),
    "a Python": ((Path(sys.executable), None), ["bubblewrap"]),
    "an image": ((None, "mine"), ["podman", "docker"]),
}
"""What is named, and what is then tried."""


@pytest.mark.parametrize("what", NAMED)
async def test_what_is_named_counts_in_whatever_is_tried(what, monkeypatch):
    (python, image), tried = NAMED[what]
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SandboxError) as raised:
        await choose(python, image=image)
    assert [line.split(":")[0] for line in str(raised.value).split("\n  ")[1:]] == tried


async def test_a_python_and_an_image_are_never_both_used():
    with pytest.raises(UsageError, match="--python is for bubblewrap and --image for containers"):
        await choose(Path(sys.executable), image="mine")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("bubblewrap", "--python"),
        ("podman", "--image"),
        ("docker", "--image"),
        ("ray/podman", "--python"),
    ],
)
def test_another_python_is_named_as_the_sandbox_takes_it(kind, name):
    assert option(kind) == name


async def test_a_python_that_is_none_is_named():
    with pytest.raises(SandboxError, match="--python"):
        await choose(Path(os.devnull))


def test_a_fingerprint_is_of_what_verdicts_depend_on():
    one = fingerprint(Scripted(HOLDS))
    assert one == fingerprint(Scripted(HOLDS))
    assert one != fingerprint(Scripted(HOLDS, kind="other"))
    assert one != fingerprint(Scripted(HOLDS, digest="e"))
    assert len(one) == 64
