"""Single flight: what is asked for twice at the same time is done once.

All who wait get the same outcome or error. One who is cancelled leaves alone; when the last has
left, the work is cancelled, and what it opened is closed before that last one's wait ends.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _SharedWork(Generic[T]):
    """Work in progress, and how many wait for it."""

    task: asyncio.Task[T]
    waiting: int = 0


class SingleFlight(Generic[T]):
    """Work in progress, by key; belongs to one event loop."""

    def __init__(self) -> None:
        self._shared: dict[str, _SharedWork[T]] = {}

    async def share(self, key: str, work: Callable[[], Coroutine[Any, Any, T]]) -> tuple[T, bool]:
        """Do the work, or wait for the one who does it already.

        Returns:
            What came of it, and whether it was begun here.
        """
        shared = self._shared.get(key)
        leads = shared is None
        if shared is None:
            shared = _SharedWork(asyncio.create_task(work()))
            self._shared[key] = shared
            shared.task.add_done_callback(lambda _task: self._land(key, shared))
        shared.waiting += 1
        try:
            return await asyncio.shield(shared.task), leads
        finally:
            shared.waiting -= 1
            if not shared.waiting and not shared.task.done():
                self._land(key, shared)  # whoever asks from now on begins anew
                shared.task.cancel()
                await asyncio.gather(shared.task, return_exceptions=True)

    def _land(self, key: str, shared: _SharedWork[T]) -> None:
        if self._shared.get(key) is shared:
            del self._shared[key]
