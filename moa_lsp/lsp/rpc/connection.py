"""One client on a pair of file descriptors: from the first byte to the exit code.

Input is read on the event loop whenever there is some, and no further than it can be handled, so
that a client that sends too fast waits in its own pipe. Where the loop cannot watch the input (a
file, Windows), a thread reads it, one piece at a time.

The end is bounded: once it is decided to leave, the process is gone ``EXIT_GRACE_S`` later,
whatever a handler or a thread still does (L13, L14, H5 and H6 in docs/faults.md).
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from moa_lsp.handshake.framing import FrameDecoder, FramingError
from moa_lsp.limits import CLOSE_GRACE_S, EXIT_GRACE_S, READ_BYTES
from moa_lsp.lsp.rpc.outbox import Outbox
from moa_lsp.lsp.rpc.watchdog import Watchdog

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server

_log = logging.getLogger(__name__)

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Requests to leave, where the platform has them."""


class StdioConnection:
    """The connection of ``server`` with the client behind ``source`` and ``sink``.

    Args:
        server: with its features registered.
        source: file descriptor to read from.
        sink: file descriptor to write to.
        received: what was read from ``source`` before.
        answer: the framed answer to the first message, if the client has it already.
        watch_parent: whether to leave when the client's process ends.
        client_pid: that process, where it is known before ``initialize``.
        last_resort: ends the process when it has not ended by itself in time.
    """

    def __init__(
        self,
        server: "Server",
        source: int,
        sink: int,
        *,
        received: bytes = b"",
        answer: bytes | None = None,
        watch_parent: bool = True,
        client_pid: int | None = None,
        last_resort: Callable[[int], object] = os._exit,
    ) -> None:
        self._server = server
        self._protocol = server.protocol
        self._source = source
        self._sink = sink
        self._received = received
        self._answer = answer
        self._watch_parent = watch_parent
        self._client_pid = client_pid
        self._decoder = FrameDecoder()
        self._deferred = False
        self._code: int | None = None
        self._last_resort = last_resort
        self._timer: threading.Timer | None = None

    async def run(self) -> int:
        """Serve until the client leaves; the exit code."""
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        self._loop.set_exception_handler(_report)
        outbox = Outbox(self._sink, self._lost)
        self._protocol.writer = outbox
        watchdog = Watchdog(self._soon, self._lost)
        self._server.watch = watchdog.parent if self._watch_parent else _watch_nothing
        self._server.watch(self._client_pid)
        watchdog.start()
        self._listen_to_signals()
        if self._answer is not None:
            self._protocol.client_has(self._answer)
        await self._take_received()
        self._read()
        await self._over.wait()
        watchdog.stop()
        await self._wind_up()
        outbox.drain(0.0 if self._code else CLOSE_GRACE_S / 2)
        return self._code or 0

    def leave(self, code: int) -> None:
        """Decide the exit code, once, and begin to leave. Call it on the event loop."""
        if self._code is not None:
            return
        self._code = code
        self._arm(code)
        self._unwatch()
        self._over.set()

    # --- input -------------------------------------------------------------------------------

    async def _take_received(self) -> None:
        """Handle what was read before, to its end: what comes next must not overtake it."""
        if self._received:
            taken = asyncio.Event()
            self._take(self._received, taken)
            await taken.wait()

    def _read(self) -> None:
        if self._code is not None:
            return
        try:
            self._loop.add_reader(self._source, self._on_readable)
        except (NotImplementedError, OSError):
            threading.Thread(target=self._pump, name="input", daemon=True).start()

    def _unwatch(self) -> None:
        try:
            self._loop.remove_reader(self._source)
        except (NotImplementedError, OSError):
            return

    def _on_readable(self) -> None:
        if not self._deferred:
            self._take(_read_some(self._source))

    def _pump(self) -> None:
        taken = threading.Event()
        while data := _read_some(self._source):
            taken.clear()
            self._soon(partial(self._take, data, taken))
            taken.wait()
        self._soon(lambda: self._take(b""))

    def _take(self, data: bytes, taken: threading.Event | asyncio.Event | None = None) -> None:
        """Handle what came; ``taken`` is set when more may come."""
        if self._code is not None:
            return
        try:
            if not data:
                self._decoder.finish()
                self.leave(self._protocol.code_now())
                return
            self._decoder.feed(data)
        except FramingError as err:
            self._break_off(err)
            return
        self._drain(taken)

    def _drain(self, taken: threading.Event | asyncio.Event | None) -> None:
        self._deferred = False
        try:
            while self._code is None and (body := self._decoder.next()) is not None:
                waits = self._protocol.receive(body)
                if self._protocol.exit_code is not None:
                    self.leave(self._protocol.exit_code)
                elif waits:
                    self._deferred = True
                    self._loop.call_soon(self._drain, taken)
                    return
        except FramingError as err:
            self._break_off(err)
        if taken is not None:
            taken.set()

    def _break_off(self, err: FramingError) -> None:
        _log.error("cannot read the client's messages any more: %s", err)
        self.leave(1)

    # --- the end -----------------------------------------------------------------------------

    def _lost(self, reason: str) -> None:
        """The client is gone; may be called from any thread."""
        _log.error("lost the client: %s", reason)
        self._leave_soon()

    def _leave_soon(self) -> None:
        self._arm(1)
        self._soon(lambda: self.leave(self._protocol.code_now()))

    def _soon(self, what: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:  # the loop is closed: we are leaving already
            _log.debug("the event loop is closed")

    def _arm(self, code: int) -> None:
        """Make sure that the process ends, even if the loop or a thread never comes back."""
        if self._timer is None:
            self._timer = threading.Timer(EXIT_GRACE_S, self._last_resort, (code,))
            self._timer.daemon = True
            self._timer.start()

    def _listen_to_signals(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None:
                signal.signal(number, lambda *_: self._leave_soon())

    async def _wind_up(self) -> None:
        """Let what runs close what it opened, for a bounded time."""
        self._protocol.cancel_all()
        closing = asyncio.ensure_future(self._server.close())
        ending = {closing, *self._protocol.in_flight}
        _, late = await asyncio.wait(ending, timeout=CLOSE_GRACE_S)
        if late:
            _log.warning("left while work was still closing")
        await asyncio.sleep(0)  # answers of what was cancelled are written by callbacks


def _read_some(fd: int) -> bytes:
    try:
        return os.read(fd, READ_BYTES)
    except OSError:
        return b""


def _watch_nothing(_pid: int | None) -> None:
    """For ``--no-parent-watch``."""


def _report(_loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    err = context.get("exception")
    shown = err if isinstance(err, BaseException) else None
    _log.error("%s", context.get("message", "unhandled error"), exc_info=shown)
