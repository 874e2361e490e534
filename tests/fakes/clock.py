"""An event loop whose time moves only when nothing is left to do: seconds of waiting cost none."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting, moves its loop's clock on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:  # a thread is at work, or nothing will ever happen
            return super().select(5)
        self.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """``loop.time()`` starts at 0 and jumps from timer to timer."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for threads in real time: their patience would pass in one virtual jump."""
        if self._default_executor is not None:
            self._default_executor.shutdown(wait=True)
            self._default_executor = None


def virtual_run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
