"""When a layer stops waiting, and when a silent model is given up. Values, a wait and a timer."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from moa_lsp.config.mixes import Quorum
from moa_lsp.providers.base import Listener, Meter

CHARS_PER_TOKEN = 4
"""Of reasoning, for what progress says of it: nobody counts by it."""

TOLD_TOKENS = 100
"""Reasoning is told in steps of as many tokens."""


@dataclass(frozen=True, slots=True)
class LayerWindow:
    """When a layer stops waiting.

    Attributes:
        quorum: how many usable proposals start the grace period; ``None`` waits for all.
        cut_at: loop time after which it ends as soon as the quorum (or one proposal) is usable.
        stop_at: loop time at which it ends in any case.
        deadline: names what ends then, as in ``the run's 90 s``.
    """

    quorum: Quorum | None
    cut_at: float
    stop_at: float
    deadline: str


async def first_ended(
    tasks: Iterable["asyncio.Task[None]"], enough: "asyncio.Future[None]", seconds: float
) -> "set[asyncio.Task[None]]":
    """Wait for the first of some tasks; none once the time is up or ``enough`` is set."""
    waited = {*tasks}
    done, _ = await asyncio.wait(
        {*waited, enough}, timeout=max(0.0, seconds), return_when=asyncio.FIRST_COMPLETED
    )
    return {task for task in waited if task in done}


@dataclass(slots=True)
class Activity:
    """What a model has been heard of so far.

    Attributes:
        meter: of the request.
        reasoned: characters of its reasoning.
        written: characters of its answer.
    """

    meter: Meter = field(default_factory=Meter)
    reasoned: int = 0
    written: int = 0

    @property
    def tokens(self) -> int:
        """Tokens of its reasoning, in whole steps."""
        return self.reasoned // CHARS_PER_TOKEN // TOLD_TOKENS * TOLD_TOKENS

    @property
    def reasons(self) -> bool:
        """Whether it reasons, and has not begun its answer."""
        return self.tokens > 0 and not self.written

    def __str__(self) -> str:
        if self.written:
            return f"it had written {self.written:,} characters"
        return f"it still reasoned, {self.tokens:,} tokens" if self.tokens else "it said nothing"


@dataclass(slots=True)
class Silence:
    """Ends a request after some seconds without a sign of life, and at a time in any case.

    Attributes:
        seconds: that a model may be silent.
        stop_at: loop time.
    """

    seconds: float
    stop_at: float
    _timer: asyncio.Timeout | None = field(default=None, init=False)

    def timer(self) -> asyncio.Timeout:
        """The scope to wait in, from now."""
        self._timer = asyncio.timeout_at(self._due())
        return self._timer

    def sign(self) -> None:
        """The model is alive."""
        if self._timer is not None:
            with contextlib.suppress(RuntimeError):  # the scope has just ended
                self._timer.reschedule(self._due())

    def _due(self) -> float:
        return min(asyncio.get_running_loop().time() + self.seconds, self.stop_at)


@dataclass(frozen=True, slots=True)
class Ears:
    """Hears one request: every piece of its answer, and every sign of life.

    Attributes:
        heard: kept up to date.
        silence: ends with every sign.
        on_delta: hears the pieces too.
        reasons: called whenever the model is known to have reasoned a step further.
    """

    heard: Activity
    silence: Silence
    on_delta: Listener
    reasons: Callable[[], None]

    def alive(self, reasoned: int) -> None:
        """Bytes came; so many characters of reasoning by now."""
        self.silence.sign()
        told, self.heard.reasoned = self.heard.tokens, reasoned
        if self.heard.reasons and self.heard.tokens != told:
            self.reasons()

    def said(self, delta: str) -> None:
        """A piece of the answer came."""
        self.silence.sign()
        self.heard.written += len(delta)
        self.on_delta(delta)
