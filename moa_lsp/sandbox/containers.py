"""Programs in containers of podman or Docker, where there is no bubblewrap.

The driver goes in as a word of the command line, and files with the job: nothing of this machine
is mounted. The image must be there already; nothing is fetched.
"""

import asyncio
import contextlib
import dataclasses
import os
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from moa_lsp.errors import SandboxError
from moa_lsp.sandbox import wire
from moa_lsp.sandbox.bubblewrap import DRIVER, NOBODY
from moa_lsp.sandbox.execution import KILL, Launch, SandboxStartError, execute
from moa_lsp.sandbox.limits import MAX_SANDBOX_PROCESSES, SANDBOX_SHM_BYTES, SANDBOX_TMP_BYTES
from moa_lsp.sandbox.program import Program, Verdict

ENGINE_S = 30.0
"""For a short command of podman or Docker."""

MAX_REMOVALS = 5
"""Of one container, until it is told that it may still run: an engine that is just removing it by
itself refuses."""

REMOVAL_PAUSE_S = 0.2
"""Between two of them."""


Engine = Literal["podman", "docker"]

ENGINES: tuple[Engine, ...] = get_args(Engine)
"""In the order of trying: podman needs no service that runs as root."""

_CLOSED = ("/run", "/var/tmp")  # noqa: S108  # of the container
"""Where podman lets programs write, into memory without a bound, though all is read-only."""

_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")
"""What engines hand over of the environment of who starts them, passwords included."""

DEFAULT_IMAGE = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"


_OPTIONS: dict[Engine, tuple[str, ...]] = {
    # Else a folder that the image calls a volume can be written to, on this machine's disk.
    "podman": ("--image-volume", "ignore"),
    "docker": (),  # has no such option: with such an image it does not prove itself
}
"""What one engine needs and the other does not know."""


def command(
    engine: Engine, program: str, image: str, name: str, *, memory: int, processes: int
) -> tuple[str, ...]:
    """The command line of one execution.

    Args:
        engine: which one.
        program: its path.
        image: with a Python on its path.
        name: of the new container.
        memory: bytes that all its processes may hold together.
        processes: that may be at work at once.
    """
    tmp = f"/tmp:rw,exec,nosuid,nodev,size={SANDBOX_TMP_BYTES},mode=1777"  # noqa: S108  # its own
    words = [program, "run", "--rm", "--interactive", "--name", name, "--pull", "never"]
    words += ["--log-driver", "none", "--network", "none", "--hostname", "sandbox"]
    words += _OPTIONS[engine]
    words += ["--stop-timeout", "0"]  # the driver does not hear what asks it to stop
    words += ["--read-only", "--tmpfs", tmp, "--shm-size", str(SANDBOX_SHM_BYTES)]
    for folder in _CLOSED:
        words += ["--tmpfs", f"{folder}:ro,size=4k"]
    words += ["--cap-drop", "all", "--security-opt", "no-new-privileges"]
    words += ["--user", f"{NOBODY}:{NOBODY}", "--pids-limit", str(processes + 1)]
    words += ["--memory", str(memory), "--memory-swap", str(memory), "--workdir", "/tmp"]  # noqa: S108  # its own
    empty = {name: "" for each in _PROXIES for name in (each, each.upper())}
    for key, value in (wire.ENVIRONMENT | empty).items():
        words += ["--env", f"{key}={value}"]
    words += ["--entrypoint", "python3", image, "-s", "-c", DRIVER.read_text("utf-8")]
    return tuple(words)


@dataclass(frozen=True, slots=True)
class Container:
    """A sandbox by an engine of containers.

    Attributes:
        kind: which engine.
        program: its path.
        image: with a Python on its path.
        digest: the image's own id: of all that is installed in it.
        processes: that one program may have at once.
    """

    kind: Engine
    program: str
    image: str
    digest: str
    processes: int = MAX_SANDBOX_PROCESSES

    def bounded(self, processes: int) -> "Container":
        """The same with another bound on processes."""
        return dataclasses.replace(self, processes=processes)

    async def run(self, program: Program) -> Verdict:
        """Execute a program; cancelling removes its container.

        Raises:
            SandboxError: the engine failed. That says nothing of the program.
        """
        reason = wire.refused(program)
        if reason is not None:
            return Verdict("failed", reason)
        name = f"moa-lsp-{secrets.token_hex(8)}"
        words = command(
            *(self.kind, self.program, self.image, name),
            memory=program.memory,
            processes=self.processes,
        )

        async def end(client: int | None) -> None:
            # First: it may just be making the container, or removing it.
            if client is not None:
                with contextlib.suppress(OSError):  # it ended meanwhile
                    os.kill(client, KILL)
            await self._remove(name)

        launch = Launch(command=words, end=end, excess=lambda: None)
        try:
            return await execute(launch, program, processes=self.processes)
        except SandboxStartError as err:
            raise SandboxError(f"{self.kind} could not start: {_last(str(err))}") from err

    async def _remove(self, name: str) -> None:
        """Remove a container and its volumes; that there is none is fine.

        Raises:
            SandboxError: it may be there still.
        """
        said = ""
        for attempt in range(MAX_REMOVALS):
            await asyncio.sleep(REMOVAL_PAUSE_S if attempt else 0)
            code, said = await _call(self.program, "rm", "--force", "--volumes", name)
            if code == 0:
                return
            # Not by what it says: each engine has words of its own for one that is not there.
            code, there = await _call(
                self.program, "ps", "--all", "--filter", f"name={name}", "--format", "{{.Names}}"
            )
            if code == 0 and name not in there.split():
                return
        raise SandboxError(
            f"the container {name} may still run, {self.kind} could not remove it: {_last(said)}; "
            f"look for it with `{self.kind} ps`"
        )


async def prepare(
    engine: Engine,
    image: str | None = None,
    which: Callable[[str], str | None] = shutil.which,
) -> Container:
    """A sandbox by an engine, which is not yet known to work.

    Args:
        engine: which one.
        image: with a Python on its path; a plain one without.
        which: where a program lies, if anywhere.

    Raises:
        SandboxError: there is none; the message says what to do.
    """
    program = which(engine)
    if program is None:
        raise SandboxError("it is not installed; install it")
    code, said = await _call(program, "version")
    if code != 0:
        raise SandboxError(f"it does not work, start it: {_last(said)}")
    image = image or DEFAULT_IMAGE
    code, said = await _call(program, "image", "inspect", "--format", "{{.Id}}", image)
    if code != 0:
        raise SandboxError(
            f"there is no image `{image}`; get it with `{engine} pull {image}`, "
            "or name one that has a Python with --image"
        )
    return Container(engine, program, image, digest=said.strip())


async def _call(program: str, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a short command of the engine."""
    try:
        child = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    except OSError as err:
        return 1, err.strerror or str(err)
    try:
        async with asyncio.timeout(ENGINE_S):
            said, _ = await child.communicate()
    except TimeoutError:
        return 1, f"no answer within {ENGINE_S:.0f} s"
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
                child.kill()
            await child.wait()
    return child.returncode or 0, said.decode("utf-8", "replace")


def _last(said: str) -> str:
    return (said.strip() or "it said nothing").split("\n")[-1][:200]
