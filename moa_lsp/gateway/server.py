"""Listens on loopback, on uvicorn: bounded connections, and a graceful end on SIGTERM."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from moa_lsp.errors import UsageError
from moa_lsp.gateway import limits
from moa_lsp.gateway.app import create_app
from moa_lsp.gateway.desk import GatewayDesk

HOST = "127.0.0.1"
"""The one address: whatever else is listened on could be asked from elsewhere."""


def listen(port: int) -> socket.socket:
    """A socket on loopback.

    Args:
        port: ``0`` for any that is free.

    Raises:
        UsageError: the port is taken.
    """
    try:
        return socket.create_server((HOST, port), backlog=limits.MAX_CONNECTIONS)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot listen on {HOST}:{port}: {why}; take another with --port, or --port 0"
        ) from error


class BoundedConnection(H11Protocol):
    """uvicorn's connection with a bound on how many there are, and on the time of a head.

    The time runs from the opening of the connection, and again from the end of each response:
    uvicorn's own bound of an idle connection ends with the first byte that comes.
    """

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        # asyncio does it for sockets that name their protocol, which ``create_server``'s do not.
        # Without it each piece of a stream waits for the client to acknowledge the one before.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self.connections) > limits.MAX_CONNECTIONS:
            transport.abort()
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        if self._head_timer is not None:
            self._head_timer.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Wait for the next request; the rest of one that was refused may come meanwhile."""
        super().on_response_complete()
        if not self.transport.is_closing():
            self._await_head()

    def _await_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
        self._head_timer = self.loop.call_later(limits.HEAD_S, self._check_head)

    def _check_head(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()  # no request has come


class GatewayServer(uvicorn.Server):
    """uvicorn's server, which ends with 0 on a signal instead of dying by it.

    Args:
        config: uvicorn's.
        announce: called once signals end it gracefully; a reader of it may send one at once.
    """

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End gracefully on the first signal, at once on the second."""
        loop = asyncio.get_running_loop()
        caught = (signal.SIGINT, signal.SIGTERM)
        before = {each: signal.getsignal(each) for each in caught}

        def end(number: int, _frame: object = None) -> None:
            loop.call_soon_threadsafe(self.handle_exit, number, None)

        for each in caught:
            signal.signal(each, end)
        try:
            self._announce()
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def serve(
    desk: GatewayDesk, token: str, sock: socket.socket, announce: Callable[[], None]
) -> None:
    """Serve until a signal; ``announce`` is called when it may come."""
    port = sock.getsockname()[1]
    config = uvicorn.Config(
        create_app(desk, token, port),
        http=BoundedConnection,
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=limits.HEAD_S,
        timeout_graceful_shutdown=limits.STOP_S,
        h11_max_incomplete_event_size=limits.MAX_HEAD_BYTES,
    )
    asyncio.run(GatewayServer(config, announce).serve(sockets=[sock]))
