"""Messages on their way to the client: written at once where that cannot block, else by a thread.

The event loop never waits for a client that reads slowly, and a client that stopped reading is
given up when the outbox is full (L14 and H14 in docs/faults.md). The order of messages is
that of the calls.
"""

import os
import select
import threading
from collections import deque
from collections.abc import Callable

MAX_OUTBOX_BYTES = 64 * 2**20
"""Waiting for a client that does not read. It holds the largest sensible answer; past it nobody
is there."""


class Outbox:
    """The writing side of the connection, for use from the event loop's thread.

    Args:
        fd: where the client reads; never closed here.
        lost: called once, from any thread, with one clause when the client cannot be written to.
        bound: bytes that may wait.
    """

    def __init__(
        self, fd: int, lost: Callable[[str], None], bound: int = MAX_OUTBOX_BYTES
    ) -> None:
        self._fd = fd
        self._lost = lost
        self._bound = bound
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._gone = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._poll = None
        if hasattr(select, "poll"):
            self._poll = select.poll()
            self._poll.register(fd, select.POLLOUT)

    def write(self, data: bytes) -> None:
        """Send a framed message; drops it when the client is gone."""
        with self._changed:
            if self._gone:
                return
            reason = self._take(data)
        if reason is not None:
            self._give_up(reason)

    def close(self) -> None:
        """Part of what pygls calls a writer; the descriptor belongs to the session."""

    def drain(self, timeout: float) -> bool:
        """Wait until all is written, for ``timeout`` seconds at most; whether it was."""
        with self._changed:
            return self._changed.wait_for(lambda: self._gone or not self._waiting, timeout)

    def _fits(self, data: bytes) -> bool:
        """Whether a write of ``data`` now cannot block.

        A pipe that is ready takes ``PIPE_BUF`` bytes, says POSIX; a socket that is ready takes
        more.
        """
        if self._poll is None or len(data) > select.PIPE_BUF:
            return False
        return any(what & select.POLLOUT for _, what in self._poll.poll(0))

    def _take(self, data: bytes) -> str | None:
        """Write or queue ``data``; why the client must be given up, if it must."""
        if not self._waiting and self._fits(data):
            try:
                data = data[os.write(self._fd, data) :]
            except OSError as err:
                return err.strerror or "it cannot be written to"
            if not data:
                return None
        if self._size + len(data) > self._bound:
            return f"it left {self._size} bytes unread"
        self._waiting.append(data)
        self._size += len(data)
        if self._thread is None:
            self._thread = threading.Thread(target=self._pump, name="outbox", daemon=True)
            self._thread.start()
        self._changed.notify_all()
        return None

    def _pump(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._gone or self._waiting)
                if self._gone:
                    return
                data = self._waiting[0]  # stays there: who writes at once must see it
            try:
                _write_all(self._fd, data)
            except OSError as err:
                self._give_up(err.strerror or "it cannot be written to")
                return
            with self._changed:
                if not self._gone:
                    self._waiting.popleft()
                    self._size -= len(data)
                    self._changed.notify_all()

    def _give_up(self, reason: str) -> None:
        with self._changed:
            if self._gone:
                return
            self._gone = True
            self._waiting.clear()
            self._size = 0
            self._changed.notify_all()
        self._lost(reason)


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
