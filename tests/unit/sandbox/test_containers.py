"""Containers, as far as that can be tried without an engine: a script answers in its place."""

import asyncio
import stat
import sys
from itertools import pairwise

import pytest

from moa_lsp.errors import SandboxError
from moa_lsp.sandbox import containers
from moa_lsp.sandbox.driver import READY
from moa_lsp.sandbox.program import Program


def test_everything_is_taken_away():
    words = containers.command("docker", "/docker", "image", "name", memory=1 << 30, processes=9)
    found = set(pairwise(words))
    assert {
        *[("--network", "none"), ("--cap-drop", "all"), ("--user", "65534:65534")],
        *[("--security-opt", "no-new-privileges"), ("--pids-limit", "10"), ("--pull", "never")],
        ("--stop-timeout", "0"),
        *[("--env", "https_proxy="), ("--env", "HTTPS_PROXY="), ("--tmpfs", "/run:ro,size=4k")],
        *[("--memory", str(1 << 30)), ("--memory-swap", str(1 << 30)), ("--name", "name")],
    } <= found
    assert {"--rm", "--read-only", "--interactive"} <= set(words)
    assert not {"--privileged", "-v", "--volume", "--mount", "--init", "--tty"} & set(words)
    # The driver is the first process there.
    at = words.index("image")
    assert words[at + 1 : at + 3] == ("-s", "-c")
    assert "def main()" in words[at + 3]


@pytest.mark.parametrize(("engine", "there"), [("podman", True), ("docker", False)])
def test_volumes_of_an_image_are_left_out_where_an_engine_can(engine, there):
    words = containers.command(engine, "/engine", "image", "name", memory=1 << 30, processes=9)
    assert (("--image-volume", "ignore") in pairwise(words)) == there


@pytest.fixture
def engine(tmp_path):
    """A program in place of an engine, and what it was called with."""
    path, calls = tmp_path / "engine", tmp_path / "calls"

    def make(script: str) -> str:
        path.write_text(f'#!/bin/sh\necho "$1 $2 $3 $4" >>{calls}\n{script}\n', "utf-8")
        path.chmod(path.stat().st_mode | stat.S_IEXEC)
        return str(path)

    make.log = calls
    make.calls = lambda: calls.read_text("utf-8").split("\n")[:-1]
    return make


@pytest.mark.parametrize(
    ("script", "part"),
    [
        (None, "not installed"),
        ("echo Cannot connect to the daemon >&2; exit 1", "start it: Cannot connect"),
        ('[ "$1" = version ] || exit 1', "docker pull"),
    ],
)
async def test_what_is_missing_is_named(script, part, engine):
    with pytest.raises(SandboxError) as raised:
        await containers.prepare("docker", which=lambda _: script and engine(script))
    assert part in str(raised.value)


async def test_an_engine_with_its_image(engine):
    made = await containers.prepare("podman", "mine", which=lambda _: engine("echo sha256:1"))
    assert (made.kind, made.image, made.digest) == ("podman", "mine", "sha256:1")


RUN = Program("script", {"main.py": "pass"}, seconds=60)
REMOVING = "rm --force --volumes moa-lsp-"


async def test_a_container_that_does_not_start_says_why_and_is_removed(engine):
    program = engine('[ "$1" = rm ] || { echo no such runtime >&2; exit 125; }')
    made = containers.Container("docker", program, "mine", "d")
    with pytest.raises(SandboxError, match="docker could not start: no such runtime"):
        await made.run(RUN)
    assert any(call.startswith(REMOVING) for call in engine.calls())


async def test_who_says_nothing_with_the_nonce_has_failed(engine):
    program = engine(
        f'[ "$1" = run ] || exit 0\nprintf "{READY.decode().strip()}\\n"; echo forged'
    )
    verdict = await containers.Container("docker", program, "mine", "d").run(RUN)
    assert (verdict.status, "without a verdict" in verdict.detail) == ("failed", True)
    assert sum(call.startswith(REMOVING) for call in engine.calls()) == 1


REMOVED = {
    "by itself meanwhile": ('[ "$1" = ps ]', None),
    "by itself, a moment later": ('[ "$(wc -l <CALLS)" -gt 4 ] || echo ${4#name=}', None),
    "never": ("echo a warning; echo ${4#name=}", "podman could not remove it: busy"),
    "who knows": ("exit 1", "may still run"),
}
"""What an engine does after it could not remove a container, and what is told of it."""


@pytest.mark.parametrize("how", REMOVED)
async def test_a_container_that_may_still_run_gives_no_verdict(how, engine):
    answers, told = REMOVED[how]
    program = engine(
        f'[ "$1" = rm ] && {{ echo busy >&2; exit 1; }}\n'
        f'[ "$1" = run ] && {{ printf "{READY.decode().strip()}\\n"; exit; }}\n'
        + answers.replace("CALLS", str(engine.log))
    )
    running = containers.Container("podman", program, "mine", "d").run(RUN)
    if told is None:
        assert (await running).status == "failed"
    else:
        with pytest.raises(SandboxError, match=told):
            await running


async def test_who_started_a_container_is_ended_before_it_is_removed(engine, tmp_path):
    """Else it may make the container after that, or be killed while it removes it."""
    pid = tmp_path / "pid"
    program = engine(
        f'[ "$1" = rm ] && {{ while kill -0 $(cat {pid}); do sleep 0.01; done; exit; }}\n'
        f"echo $$ >{pid}; printf '{READY.decode().strip()}\\n'; exec sleep 600"
    )
    short = Program("script", {"main.py": "pass"}, seconds=0.1)
    verdict = await containers.Container("podman", program, "mine", "d").run(short)
    assert verdict.status == "timeout"


SIGNALLING = """
import asyncio, signal, sys
del signal.SIGKILL
from moa_lsp.sandbox.execution import Launch, execute
from moa_lsp.sandbox.program import Program

async def end(client):
    pass

launch = Launch(command=(sys.argv[1],), end=end, excess=lambda: None)
program = Program("script", {"main.py": "pass"}, seconds=0.1)
print(asyncio.run(execute(launch, program, processes=9)).status)
"""
"""Ends what started a sandbox where signals are named as on Windows."""


async def test_who_started_a_sandbox_is_ended_where_there_is_no_sigkill(engine):
    program = engine(f"printf '{READY.decode().strip()}\\n'; exec sleep 600")
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SIGNALLING, program),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, why = await child.communicate()
    assert said.decode().strip() == "timeout", why.decode()


async def test_a_path_that_leads_out_starts_nothing(engine):
    made = containers.Container("docker", engine(""), "mine", "d")
    verdict = await made.run(Program("script", {"main.py": "", "../x": ""}))
    assert verdict.status == "failed"
