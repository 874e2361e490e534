"""Work that the first request would wait for, done ahead of it: mostly imports, in a thread."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

IDLE_S = 0.5
"""From the first reading of the configuration to work that can wait. What a client asks as it
opens its first file is answered by then, and a person has not chosen an action yet."""

TASK = "warm-up"
"""Name of the tasks that do it, for who looks at what the event loop does."""


class Warmup:
    """One piece of such work, done once.

    Args:
        work: does it, and takes its turns on the event loop in steps of a few milliseconds.
    """

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._work = work
        self._task: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None

    def begin_when_idle(self) -> None:
        """Begin in a moment, if nothing has begun it until then."""
        if self._idle is None and self._task is None:
            self._idle = asyncio.get_running_loop().call_later(IDLE_S, self.begin)

    def begin(self) -> None:
        """Begin now."""
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name=TASK)

    async def done(self) -> None:
        """Wait for its end, in the order of coming; begins it where nothing has."""
        self.begin()
        assert self._task is not None  # noqa: S101  # begin() made it
        await asyncio.shield(self._task)

    def close(self) -> None:
        """Begin nothing any more."""
        if self._idle is not None:
            self._idle.cancel()
