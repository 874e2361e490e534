"""One execution seen from outside: start the sandbox, give it the job, watch it, end all of it.

Whatever happens (a verdict, a timeout, too much output or memory, cancellation), nothing of the
sandbox runs any more when ``execute`` returns or raises.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moa_lsp.errors import SandboxEndError, SandboxError
from moa_lsp.sandbox import wire
from moa_lsp.sandbox.program import Program, Verdict

SANDBOX_START_S = 30.0
"""Until the driver in a sandbox is ready: 0.1 s on an idle machine, a container some seconds."""

SANDBOX_END_S = 20.0
"""Until nothing of a killed sandbox is left: milliseconds, a container some seconds."""

SANDBOX_WATCH_S = 0.1
"""Between two looks at what a sandbox holds: at most some hundred MiB are filled meanwhile."""

MAX_SANDBOX_OUTPUT_BYTES = 16 * 2**20
"""Printed by one program before it is ended; the most talkative tests print some 100 KiB."""

MAX_RECORD_BYTES = 64 * 2**10
"""Said by a driver after it is ready; its record has 13 KiB at most, all of it escaped."""

MAX_VERDICT_DETAIL_CHARS = 2000
"""Of what is kept of a program's output: a traceback's end and what stands before it."""


KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # which is the same on Windows

_READ = 64 * 2**10

Process = asyncio.subprocess.Process


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a sandbox with the driver in it, and how to end it.

    Attributes:
        command: program and arguments; no shell sees them.
        options: further ones of ``asyncio.create_subprocess_exec``.
        end: kills everything inside, given the id of the started process, ``None`` if it is gone.
            Called once. What it returns is awaited: it ends when nothing is left.
        excess: why the sandbox must end now, or ``None``; asked several times a second.
    """

    command: tuple[str, ...]
    end: Callable[[int | None], Awaitable[None]]
    excess: Callable[[], str | None]
    options: Mapping[str, Any] = field(default_factory=dict)


class _LimitExceeded(Exception):
    """The program took more than it may; the message says of what."""


class SandboxStartError(Exception):
    """The sandbox ended before its driver was ready; the message is what it printed."""


class OutputTail:
    """What a program prints: only the end is kept, and there is an end to it.

    Args:
        kept_chars: of that end.
    """

    def __init__(self, kept_chars: int = MAX_VERDICT_DETAIL_CHARS) -> None:
        self._chars = kept_chars
        self._kept = b""
        self._bytes = 0

    async def follow(self, stream: asyncio.StreamReader) -> None:
        """Read to the end; what is over the bound is thrown away."""
        while more := await stream.read(_READ):
            self._bytes += len(more)
            self._kept = (self._kept + more)[-4 * self._chars :]

    def excess(self) -> str | None:
        """Why it must be ended."""
        if self._bytes <= MAX_SANDBOX_OUTPUT_BYTES:
            return None
        return f"it printed more than {MAX_SANDBOX_OUTPUT_BYTES >> 20} MiB"

    def text(self) -> str:
        """The last of it."""
        return self._kept.decode("utf-8", "replace")[-self._chars :]


async def execute(
    launch: Launch,
    program: Program,
    *,
    processes: int,
    has_tree: bool = False,
    printed: OutputTail | None = None,
) -> Verdict:
    """Run a program that was not refused.

    Args:
        launch: how the sandbox is started, with its driver.
        program: what to run in it.
        processes: that may be at work inside at once.
        has_tree: whether a tree of files lies in the sandbox at ``wire.TREE``.
        printed: takes what the program prints; a short one without.

    Raises:
        NotStarted: the sandbox said why it could not start.
        SandboxError: it did not start in time, or did not end.
    """
    # Cancelled while it starts, asyncio would kill the outermost process and no other.
    starting = asyncio.create_task(_started(launch))
    try:
        child = await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(SandboxStartError):
            await _end(await starting, launch, None)
        raise
    printed = printed or OutputTail()
    output = asyncio.create_task(printed.follow(_stream(child.stderr)))
    try:
        await _ready(child, output, printed)
        processors = os.cpu_count() or 1
        job = wire.job(program, processors=processors, processes=processes, has_tree=has_tree)
        return await _watched(child, job, program.seconds, launch, printed)
    finally:
        await _end(child, launch, output)


async def _started(launch: Launch) -> Process:
    try:
        return await asyncio.create_subprocess_exec(
            *launch.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd="/",
            **launch.options,
        )
    except OSError as err:
        raise SandboxStartError(err.strerror or str(err)) from err


async def _ready(child: Process, output: asyncio.Task[None], printed: OutputTail) -> None:
    try:
        async with asyncio.timeout(SANDBOX_START_S):
            if await _stream(child.stdout).read(len(wire.READY)) == wire.READY:
                return
            await asyncio.wait([output])
    except TimeoutError as err:
        raise SandboxError(
            f"the sandbox did not start within {SANDBOX_START_S:.0f} s, try it again"
        ) from err
    raise SandboxStartError(printed.text())


async def _watched(
    child: Process, job: bytes, seconds: float, launch: Launch, printed: OutputTail
) -> Verdict:
    """The verdict of the driver, or what the outside had to end it for."""
    nonce = secrets.token_bytes(wire.NONCE_BYTES)
    began = time.monotonic()
    watch = asyncio.create_task(_excess(launch, printed))
    answer = asyncio.create_task(_asked(child, job + nonce))
    try:
        done, _ = await asyncio.wait(
            [answer, watch], timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        spent = time.monotonic() - began
        if answer in done:
            return wire.verdict(answer.result(), nonce, printed.text(), spent)
        if watch in done:
            return Verdict("failed", watch.result(), spent)
        return Verdict("timeout", f"it took longer than {seconds:g} s", spent)
    finally:
        watch.cancel()
        answer.cancel()
        await asyncio.wait([watch, answer])
        if not watch.cancelled():
            watch.exception()  # nobody asks for it where the answer came first


async def _asked(child: Process, request: bytes) -> bytes:
    """Everything that the driver says to a request."""
    pipe = child.stdin
    if pipe is None:
        raise AssertionError
    with contextlib.suppress(ConnectionError):  # it is gone; that is seen below
        pipe.write(request)
        await pipe.drain()
    said = b""
    while len(said) < MAX_RECORD_BYTES:
        more = await _stream(child.stdout).read(MAX_RECORD_BYTES - len(said))
        if not more:
            break
        said += more
    return said


async def _excess(launch: Launch, printed: OutputTail) -> str:
    """Waits until the sandbox must end, and says why."""
    while True:
        # In a thread: what a hostile program maps and forks takes seconds to be added up.
        looking = asyncio.ensure_future(asyncio.to_thread(launch.excess))
        try:
            reason = printed.excess() or await asyncio.shield(looking)
        finally:
            await asyncio.wait([looking])  # so that it looks at nothing that is closed by then
        if reason is not None:
            return reason
        await asyncio.sleep(SANDBOX_WATCH_S)


async def _end(child: Process, launch: Launch, output: asyncio.Task[None] | None) -> None:
    """Kill everything and wait until nothing holds the pipe of what was printed."""
    output = output or asyncio.create_task(OutputTail().follow(_stream(child.stderr)))
    try:
        async with asyncio.timeout(SANDBOX_END_S):
            await launch.end(child.pid if child.returncode is None else None)
            _kill(child)
            await child.wait()
            await output
    except TimeoutError as err:
        raise SandboxEndError(
            f"what ran in the sandbox did not end within {SANDBOX_END_S:.0f} s, look for its "
            "processes"
        ) from err
    finally:
        output.cancel()
        _close(child)


def _kill(child: Process) -> None:
    """End the outermost process, if it did not end with what was in it.

    Not by ``child.kill``: that looks whether it has ended and so takes its exit code away from the
    loop, which then warns that it knows of no such child.
    """
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
            os.kill(child.pid, KILL)


def _close(child: Process) -> None:
    """The pipes too, whoever holds their other end."""
    child._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001  # there is no other way


def _stream(stream: asyncio.StreamReader | None) -> asyncio.StreamReader:
    if stream is None:
        raise AssertionError
    return stream
