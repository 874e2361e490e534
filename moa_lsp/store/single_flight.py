"""Single flight: concurrent requests for the same key share one execution.

All waiters get the same result or error. Cancelling a waiter removes only that one; when the last
waiter is gone the work is cancelled, and its resources are closed before that waiter returns.
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
        """Run the work, or join the execution in progress.

        Returns:
            The result, and whether this call started the work.
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
