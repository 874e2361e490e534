"""Finds a sandbox on this machine that proves itself, or refuses.

Nothing is ever executed outside of one: no setting, no variable and no flag changes that.
"""

import hashlib
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from moa_lsp.errors import SandboxError, UsageError
from moa_lsp.sandbox import bubblewrap, containers, execution, limits, seccomp, wire
from moa_lsp.sandbox.interpreter import Interpreter, look_at
from moa_lsp.sandbox.program import Program, Sandbox
from moa_lsp.sandbox.selftest import LEAVING, LINGERING, LINGERING_S, PROCESSES, PROGRAM


class SandboxChoice(Sandbox, Protocol):
    """A sandbox that has proved itself."""

    @property
    def digest(self) -> str:
        """Of the Python in it and what is installed there."""

    def bounded(self, processes: int) -> "SandboxChoice":
        """The same with another bound on processes."""


Way = tuple[str, Callable[[], Awaitable[SandboxChoice]]]
"""The name of a kind of sandbox, and what makes one that is not yet known to work."""


async def choose(python: Path | None = None, *, image: str | None = None) -> SandboxChoice:
    """The first sandbox that works: bubblewrap, then podman, then docker.

    Args:
        python: executable of the Python to run programs with, by bubblewrap alone; the one that
            runs this without.
        image: of a container, and nothing else is tried; a plain Python of this version without.

    Raises:
        UsageError: both are named.
        SandboxError: there is none. The message says what was tried and how to mend it.
    """
    check_named(python, image)
    ways: list[Way] = []
    if image is None:
        ways.append(("bubblewrap", _bubblewrap(await look_at(python))))
    if python is None:
        ways += [(engine, _container(engine, image)) for engine in containers.ENGINES]
    return await first(ways)


def check_named(python: Path | None, image: str | None) -> None:
    """Refuse to choose where no sandbox has both.

    Raises:
        UsageError: a Python of this machine and an image are named.
    """
    if python is not None and image is not None:
        raise UsageError(
            "--python is for bubblewrap and --image for containers, which have a Python of their "
            "own: leave one of them out"
        )


def option(kind: str) -> str:
    """What names another Python for a kind of sandbox."""
    return "--image" if kind in containers.ENGINES else "--python"


def _bubblewrap(python: Interpreter) -> Callable[[], Awaitable[SandboxChoice]]:
    async def make() -> SandboxChoice:
        if sys.platform != "linux":
            raise SandboxError(
                "it is for Linux alone; install podman or Docker, whose Python is named with "
                "--image instead of --python"
            )
        return bubblewrap.prepare(python)

    return make


def _container(
    engine: containers.Engine, image: str | None
) -> Callable[[], Awaitable[SandboxChoice]]:
    async def make() -> SandboxChoice:
        return await containers.prepare(engine, image)

    return make


async def first(ways: Sequence[Way]) -> SandboxChoice:
    """The first of these that can be made and proves itself.

    Raises:
        SandboxError: none does; it names each with its reason.
    """
    reasons = []
    for name, make in ways:
        try:
            sandbox = await make()
            await prove(sandbox)
        except SandboxError as err:
            reasons.append(f"{name}: {err}")
        else:
            return sandbox
    raise SandboxError(
        "\n  ".join(["programs cannot be executed safely here; mend one of these:", *reasons])
    )


async def prove(sandbox: SandboxChoice) -> None:
    """Try a sandbox: no network, nothing to write to, closed system calls, an end that is one, ….

    Raises:
        SandboxError: something of that does not hold.
    """
    verdict = await sandbox.bounded(PROCESSES).run(Program("script", {"main.py": PROGRAM}))
    if verdict.status != "passed":
        found = verdict.detail.strip().split("\n")[-1]
        raise SandboxError(f"it does not hold what it must: {found}; it is not used")
    lingering = Program("script", {"main.py": LINGERING}, seconds=LINGERING_S)
    if (await sandbox.run(lingering)).status != "timeout":
        raise SandboxError("it does not end what takes too long; it is not used")
    if (await sandbox.run(Program("script", {"main.py": LEAVING}))).status != "failed":
        raise SandboxError("it takes an exit for a success; it is not used")


def fingerprint(sandbox: SandboxChoice) -> str:
    """What verdicts depend on beside the program: the Python, what is installed, the bounds, ….

    Equal fingerprints mean that a verdict may be taken from a cache. Hexadecimal.
    """
    facts = {
        "kind": sandbox.kind,
        "python": sandbox.digest,
        "driver": hashlib.sha256(bubblewrap.DRIVER.read_bytes()).hexdigest(),
        "environment": wire.ENVIRONMENT,
        "filters": {machine: code.hex() for machine, code in seccomp.FILTERS.items()},
        "limits": {
            "MAX_SANDBOX_PROCESSES": limits.MAX_SANDBOX_PROCESSES,
            "MAX_SANDBOX_OPEN_FILES": wire.MAX_SANDBOX_OPEN_FILES,
            "MAX_SANDBOX_OUTPUT_BYTES": execution.MAX_SANDBOX_OUTPUT_BYTES,
            "SANDBOX_TMP_BYTES": limits.SANDBOX_TMP_BYTES,
            "SANDBOX_SHM_BYTES": limits.SANDBOX_SHM_BYTES,
        },
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
