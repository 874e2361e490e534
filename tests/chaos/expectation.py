"""What every provider fault must leave behind, checked for each row: (E) of the fault matrix.

One outcome, no hang, the next healthy request succeeds, tasks and sockets are back to where they
were, one sentence that holds neither the key nor control characters, and no key in any log.
"""

import asyncio
import contextlib
import logging
import os
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import MoaError
from moa_lsp.providers.base import Reply, Request
from moa_lsp.providers.bounds import RequestBounds
from moa_lsp.providers.build import build
from moa_lsp.providers.http import HttpProvider
from moa_lsp.providers.policy import Backoff
from moa_lsp.task import Message, Snapshot, Task
from moa_lsp.text.edits import Span
from tests.fakes.faulty_server import EVENTS, FaultyServer, Script

CANARY = "sk-canary-4f9a1c77e0b2"
APIS = tuple(EVENTS)
ROOTED = {"ollama", "llamacpp"}
"""Wires whose base URL has no path; that of the others ends in a version."""

QUICK = RequestBounds(
    connect=1.0,
    first_event=1.0,
    idle=0.3,
    total=4.0,
    finish_grace=0.2,
    drain=0.05,
    error_body=0.3,
)
"""Bounds in tests: as far apart as the real ones, and seldom waited for."""

PATIENT = replace(QUICK, connect=60.0, first_event=60.0, idle=60.0, total=60.0)
"""Where no bound is under test and a busy machine takes its time, as with certificates."""

HASTY = Backoff(retries=2, first=0.02, longest=0.1)


def request(model: str = "m", **more: Any) -> Request:
    task = Task(
        "refactor", "replace", Snapshot("file:///a.py", "x = 1\n", "python"), Span(0, 5), 0
    )
    messages = (Message("system", "Be brief."), Message("user", "Say hello."))
    return Request(model, messages, task, **more)


def provider(
    url: str,
    api: str = "openai",
    *,
    bounds: RequestBounds = QUICK,
    backoff: Backoff = HASTY,
    trust: ssl.SSLContext | None = None,
    environ: dict[str, str] | None = None,
    places: int = 8,
    key: str = CANARY,
    **more: Any,
) -> HttpProvider:
    base = url if api in ROOTED else f"{url}/v1"
    entry = ProviderEntry("lab", api, base, "LAB_KEY", max_concurrency=places, **more)
    made = build("lab", entry, {"LAB_KEY": key, **(environ or {})}, trust=trust)
    made.patience = (bounds, replace(bounds, idle=bounds.idle / 2))
    made.backoff = backoff
    return made


@dataclass
class Outcome:
    """What came of a request: a reply or an error, and the pieces that were heard."""

    reply: Reply | None
    error: MoaError | None
    on_delta: list[str]
    seconds: float

    @property
    def text(self) -> str:
        assert self.reply is not None, self.error
        return self.reply.text


async def ask(lab: HttpProvider, asked: Request | None = None, within: float = 90.0) -> Outcome:
    """Ask once; a hang fails the test."""
    on_delta: list[str] = []
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with asyncio.timeout(within):
        try:
            reply = await lab.answer(asked or request(), on_delta.append)
        except MoaError as error:
            return Outcome(None, error, on_delta, loop.time() - started)
    return Outcome(reply, None, on_delta, loop.time() - started)


def sockets() -> int:
    """Open sockets of this process; nothing may need the collector to be closed."""
    names = []
    for fd in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            names.append(os.readlink(f"/proc/self/fd/{fd}"))
    return sum(name.startswith("socket:") for name in names)


async def settled(true: Callable[[], bool], within: float = 2.0) -> bool:
    """Whether something becomes true soon: sockets close one turn of the loop later."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within
    while not true():
        if loop.time() > end:
            return False
        await asyncio.sleep(0.005)
    return True


class Records(logging.Handler):
    """Every record of every logger, at every level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record))


@contextlib.contextmanager
def logs():
    root, kept = logging.getLogger(), Records()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    try:
        yield kept.lines
    finally:
        root.removeHandler(kept)
        root.setLevel(level)


@contextlib.asynccontextmanager
async def baseline() -> AsyncIterator[None]:
    """Tasks and sockets are the same after as before, and no log shows the key."""
    before, open_before = len(asyncio.all_tasks()), sockets()
    with logs() as lines:
        yield
        assert await settled(lambda: len(asyncio.all_tasks()) == before), asyncio.all_tasks()
        assert await settled(lambda: sockets() <= open_before), (sockets(), open_before)
    assert not [line for line in lines if CANARY in line]
    assert sum(map(len, lines)) < 10**6


def sentence(error: MoaError) -> str:
    """The error's message, after a look at whether it is one that a user can be shown."""
    text = str(error)
    assert text, repr(error)
    assert CANARY not in text
    assert text.isprintable(), text
    assert not text.endswith(".") or ":" in text, text
    assert len(text) < 700, text
    assert text[0] == text[0].lower(), text
    return text


async def check(
    *scripts: Script,
    error: type[MoaError] | None = None,
    says: str = "",
    asked: int | None = None,
    api: str = "openai",
    text: str = "hello",
    bounds: RequestBounds = QUICK,
    given: Request | None = None,
    accept: Script = (),
) -> Outcome:
    """Play scripts to a provider, and see that it ends as expected and leaves nothing behind.

    Args:
        error: the expected error; without one the answer must be ``text``.
        says: part of the error's message.
        asked: how many requests the server must have seen for the one that was made.
    """
    async with baseline(), FaultyServer.of(*scripts, accept=accept) as server:
        lab = provider(server.url, api, bounds=bounds)
        outcome = await ask(lab, given)
        seen = len(server.seen)
        if error is None:
            assert outcome.text == text
        else:
            assert type(outcome.error) in (error, *error.__subclasses__()), outcome
            assert outcome.reply is None
            assert says.lower() in sentence(outcome.error).lower(), str(outcome.error)
        assert asked is None or seen == asked, (seen, outcome)
        server.scripts.clear()
        server.accept = ()
        # another model: a breaker may rightly keep the first one waiting
        assert (await ask(lab, request("well"))).text == "hello"
        await lab.close()
        assert await settled(lambda: server.open == 0)
    return outcome
