"""An event loop whose time stands still while anything real is at work, and else jumps on.

A question that is asked in such a loop takes exactly as long as its stored answers say, however
busy the machine is: nothing real moves its clock, and no waiting costs any time. What is real says
so by ``hold``; work in the loop's executors does by itself.

* While held, the clock stands and the loop sleeps until a thread wakes it.
* Not held and nothing ready: the clock jumps to the next timer.
* No timer either: only another thread can go on, and is waited for.
"""

import asyncio
import selectors
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

T = TypeVar("T")

Ready = list[tuple[selectors.SelectorKey, int]]


class _JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting, moves its loop's clock on, unless it is held."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.held = 0

    def select(self, timeout: float | None = None) -> Ready:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.held or timeout is None:
            return super().select(None)
        self.now += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """``loop.time()`` starts at 0 and jumps from timer to timer. For platforms with a selector."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds on this loop's own clock."""
        return self._jumping.now

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let time stand still; to be entered and left in the loop's thread."""
        self._jumping.held += 1
        try:
            yield
        finally:
            self._jumping.held -= 1

    def run_in_executor(  # type: ignore[override]  # typeshed's types need a newer Python
        self,
        executor: Executor | None,
        func: Callable[..., T],
        *args: Any,  # noqa: ANN401  # as in asyncio
    ) -> "asyncio.Future[T]":
        """Run something in a thread; time stands still until its result is in the loop."""
        self._jumping.held += 1

        def release(_future: "asyncio.Future[T]") -> None:
            self._jumping.held -= 1

        try:
            future = super().run_in_executor(executor, func, *args)
        except BaseException:
            self._jumping.held -= 1
            raise
        future.add_done_callback(release)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for threads in real time: their patience would pass in one jump."""
        executor: Executor | None = getattr(self, "_default_executor", None)
        if executor is not None:
            executor.shutdown(wait=True)
            self._default_executor = None


def held(loop: asyncio.AbstractEventLoop) -> "VirtualLoop":
    """The running loop as one whose time can be held.

    Raises:
        TypeError: it is another one: nothing that is replayed may run there.
    """
    if not isinstance(loop, VirtualLoop):
        raise TypeError("answers are replayed in a loop with a clock of its own")
    return loop


async def virtually(pool: Executor, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in a loop of its own, in a thread of a pool.

    Cancelling this cancels it there, and waits until its loop has ended.
    """
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []
    unwanted = threading.Event()

    async def whole() -> T:
        task = asyncio.current_task()
        if task is not None:
            begun.append((asyncio.get_running_loop(), task))
        if unwanted.is_set():
            raise asyncio.CancelledError
        return await make()

    submitted = pool.submit(lambda: virtual_run(whole()))
    running = asyncio.wrap_future(submitted)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        unwanted.set()
        for loop, task in begun:
            with suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(task.cancel)
        if not submitted.cancel():
            await asyncio.wait([running])
            running.exception()  # whatever it ended with, nobody wants it
        raise


def virtual_run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a loop of its own."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
