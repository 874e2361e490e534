"""Places for runs: so many at work, so many waiting, the others told to come back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from moa_lsp.gateway import limits
from moa_lsp.gateway.errors import queue_full


@dataclass(slots=True)
class RunPlaces:
    """The places of one gateway; belongs to one event loop."""

    most: int = limits.MAX_RUNS
    most_waiting: int = limits.MAX_WAITING
    wait_s: float = limits.WAIT_S
    _waiting: int = 0
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """Make the places."""
        self._free = asyncio.Semaphore(self.most)

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Hold a place.

        Raises:
            RequestRefused: there is none, and too many wait or the wait was too long.
        """
        if self._free.locked() and self._waiting >= self.most_waiting:
            raise queue_full()
        self._waiting += 1
        try:
            async with asyncio.timeout(self.wait_s):
                await self._free.acquire()
        except TimeoutError as err:
            raise queue_full() from err
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
