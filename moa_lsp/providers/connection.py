"""HTTP/1.1 to one origin over asyncio: connections that are kept, bounded and dropped at once.

Under httpx's interface (``transport``) because httpx's own stack costs two to three times the CPU
of a call and cannot tell a broken connection from broken HTTP. h11 parses; here are the socket,
the bounds and the pool. A connection is used again only after a response that ended exactly where
it said; everything else, cancellation too, closes its socket before control returns.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import cast

import h11

from moa_lsp.errors import BadReply, ProviderError, Unreachable
from moa_lsp.providers import limits
from moa_lsp.providers.origin import Origin

MAX_CHUNKS_AT_ONCE = 256
"""Chunks of a response that are read before other work has its turn: 8 ms. What a provider sends
in the time of a turn are a few."""

MAX_TINY_CHUNKS = 20_000
"""Chunks of a response after which they must hold `LEAST_CHUNK_BYTES` on average: half a second of
the processor. An answer of 32,000 tokens has as many, of 150 bytes each."""

LEAST_CHUNK_BYTES = 8
"""On average; the shortest event of a stream, `data: x` and its line ends, has nine."""

MAX_IDLE_CONNECTIONS = 16
"""Kept to one provider: a whole layer of agents."""

MAX_RESPONSE_HEADER_BYTES = 64 * 2**10
"""All header lines of a response; gateways send 3 KiB."""

MAX_INTERIM_RESPONSES = 8
"""Responses 1xx before the real one; there is at most one in practice."""

MAX_UNREAD_BYTES = 2**18
"""Held of a response that is not yet read; above it the socket is left to wait."""


Headers = list[tuple[bytes, bytes]]


_VERSIONS = (b"1.1", b"1.0")


class ConnectionLost(Unreachable):
    """The other side closed or reset the connection.

    Attributes:
        stale: it was a kept connection that had ended before this request reached it.
    """

    stale = False


class _ReceiveBuffer(asyncio.Protocol):
    """The receiving end of a socket: bytes wait here until they are read, up to a bound."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.lost = False
        self.failed = False
        self._held: list[bytes] = []
        self._size = 0
        self._paused = False
        self._reader: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._held.append(data)
        self._size += len(data)
        if self._size > MAX_UNREAD_BYTES and self.transport and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self.lost = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.failed = exc is not None
        self._wake()

    @property
    def silent(self) -> bool:
        """Whether the connection stands and nothing has come that nobody asked for."""
        return not self.lost and not self._held

    async def read(self) -> bytes:
        """All bytes that have come, at least one; ``b""`` when there will be no more.

        Raises:
            ConnectionError: it ended, but not in order: what came before may not be all.
        """
        if not self._held and not self.lost:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        if not self._held and self.failed:
            raise ConnectionResetError
        data = self._held[0] if len(self._held) == 1 else b"".join(self._held)
        self._held.clear()
        self._size = 0
        if self._paused and self.transport and not self.lost:
            self._paused = False
            self.transport.resume_reading()
        return data

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)


class Connection:
    """One socket and the state of HTTP on it."""

    def __init__(self, line: _ReceiveBuffer, where: str) -> None:
        self._line = line
        self._where = where
        self._http = h11.Connection(
            h11.CLIENT, max_incomplete_event_size=MAX_RESPONSE_HEADER_BYTES
        )
        self._answered = 0
        self._waiting = False
        self._ended = False
        self._chunks = self._bytes = 0
        self.idle_since = 0.0

    async def exchange(
        self, method: bytes, target: bytes, headers: Headers, body: bytes
    ) -> tuple[int, Headers]:
        """Send a request and wait for the head of its response.

        Raises:
            Disconnected: the connection broke first.
            BadReply: what came is not HTTP, or over a bound.
        """
        out = self._http.send(h11.Request(method=method, target=target, headers=headers)) or b""
        if body:
            out += self._http.send(h11.Data(data=body)) or b""
        out += self._http.send(h11.EndOfMessage()) or b""
        if self._line.transport is not None:
            self._line.transport.write(out)
        self._waiting, self._ended = True, False
        self._chunks = self._bytes = 0
        for _ in range(MAX_INTERIM_RESPONSES):
            event = await self._event()
            if isinstance(event, h11.Response) and event.http_version in _VERSIONS:
                self._waiting = False
                return event.status_code, self._head(event)
            if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
                break
        raise BadReply(f"{self._where} does not answer as HTTP servers do, check base_url")

    async def read(self) -> bytes:
        """The next piece of the response's body, ``b""`` at its end.

        Raises:
            Disconnected: the connection broke first.
            BadReply: what came is not HTTP.
        """
        while not self._ended:
            event = await self._event()
            if not isinstance(event, h11.Data):
                self._ended = True
            elif event.data:
                data = self._counted(event) + self._more()
                await asyncio.sleep(0)  # what has come already is not all read in one go
                return data
        return b""

    def _more(self) -> bytes:
        """What else of the body has come already: a stream's small chunks in one piece."""
        pieces: list[bytes] = []
        try:
            for _ in range(MAX_CHUNKS_AT_ONCE):
                event = self._http.next_event()
                if not isinstance(event, h11.Data):
                    self._ended = isinstance(event, h11.EndOfMessage)
                    break
                pieces.append(self._counted(event))
        except h11.RemoteProtocolError:  # it is raised again when there is nothing else to give
            return b"".join(pieces)
        return b"".join(pieces)

    def _counted(self, event: h11.Data) -> bytes:
        """The bytes of a chunk.

        Raises:
            BadReply: the body comes in far too many pieces; each costs what a thousand bytes do.
        """
        self._chunks += 1
        self._bytes += len(event.data)
        if self._chunks > MAX_TINY_CHUNKS and (self._bytes < LEAST_CHUNK_BYTES * self._chunks):
            raise BadReply(f"{self._where} sends its answer byte by byte, check base_url")
        return bytes(event.data)

    def recycle(self) -> bool:
        """Make ready for another request; false when the connection cannot be used again."""
        http = self._http
        if http.our_state is not h11.DONE or http.their_state is not h11.DONE:
            return False
        if not self._line.silent or http.trailing_data[0]:
            return False
        http.start_next_cycle()
        self._answered += 1
        return True

    @property
    def alive(self) -> bool:
        """Whether a kept connection still stands."""
        return self._line.silent

    def drop(self) -> None:
        """Close the socket at once."""
        if self._line.transport is not None:
            self._line.transport.abort()

    async def _event(self) -> h11.Event | type[h11.PAUSED]:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await self._line.read())
        except (h11.RemoteProtocolError, ConnectionError) as err:
            raise self._broken() from err
        if isinstance(event, h11.ConnectionClosed):
            raise self._broken()
        return cast("h11.Event | type[h11.PAUSED]", event)

    def _broken(self) -> ProviderError:
        """What a violation of the protocol means: a cut connection, or a server that is none."""
        if not self._line.lost:
            return BadReply(f"{self._where} does not answer as HTTP servers do, check base_url")
        error = ConnectionLost(f"{self._where} closed the connection before its answer was whole")
        error.stale = self._waiting and self._answered > 0
        return error

    def _head(self, event: h11.Response) -> Headers:
        headers = list(event.headers.raw_items())
        if sum(len(name) + len(value) for name, value in headers) > (MAX_RESPONSE_HEADER_BYTES):
            raise BadReply(f"{self._where} sent headers without end, check base_url")
        names = {name.lower() for name, _ in headers}
        # two lengths of one body: where the next answer begins is anybody's guess
        if {b"content-length", b"transfer-encoding"} <= names:
            raise BadReply(f"{self._where} gives two lengths for one answer, check base_url")
        return headers


class Pool:
    """The connections to one origin."""

    def __init__(
        self, origin: Origin, context: Callable[[], Awaitable[ssl.SSLContext]] | None
    ) -> None:
        """``context`` makes the TLS context when it is first needed; ``None`` without TLS."""
        self._origin = origin
        self._context = context
        self._idle: list[Connection] = []
        self._closed = False

    async def take(self, connect: float) -> Connection:
        """A connection, kept or new.

        Args:
            connect: seconds for a new one: name, TCP and TLS together.

        Raises:
            Unreachable: none could be made.
        """
        now = asyncio.get_running_loop().time()
        while self._idle:
            kept = self._idle.pop()
            if kept.alive and now - kept.idle_since < limits.KEEP_ALIVE_S:
                return kept
            kept.drop()
        return await self.connect(connect)

    async def connect(self, seconds: float) -> Connection:
        """A new connection.

        Raises:
            Unreachable: it could not be made.
        """
        origin, loop = self._origin, asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                context = await self._context() if self._context else None
                _, line = await loop.create_connection(
                    _ReceiveBuffer,
                    origin.host,
                    origin.port,
                    ssl=context,
                    server_hostname=origin.host if context else None,
                    # On this machine a refusal comes at once. And asyncio's race of addresses
                    # loses a socket that is cancelled in the very step in which it connects.
                    happy_eyeballs_delay=None if origin.loopback else _HAPPY_EYEBALLS_S,
                )
        except (OSError, UnicodeError) as err:
            raise unreachable(err, origin.host, origin.port, seconds) from err
        return Connection(line, origin.host)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose response is read to its end, drop any other."""
        kept = connection.recycle() and not self._closed
        if kept and len(self._idle) < MAX_IDLE_CONNECTIONS:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            connection.drop()

    def close(self) -> None:
        """Drop what is kept; later connections are not kept any more."""
        self._closed = True
        for connection in self._idle:
            connection.drop()
        self._idle.clear()


_HAPPY_EYEBALLS_S = 0.25
"""RFC 8305's delay before the next address is tried too."""


def unreachable(err: Exception, host: str, port: int, seconds: float) -> Unreachable:
    """Why no connection was made, and whether another attempt may help."""
    if isinstance(err, ssl.SSLCertVerificationError):
        error = Unreachable(
            f"the certificate of {host} cannot be trusted ({err.verify_message}); if it is your "
            "own, name its authority under ca_file"
        )
    elif isinstance(err, ssl.SSLError):
        reason = (err.reason or "handshake failed").replace("_", " ").lower()
        error = Unreachable(f"no secure connection to {host}: {reason}, check base_url")
    elif isinstance(err, socket.gaierror | UnicodeError):
        error = Unreachable(f"the name {host} is not known, check base_url and the network")
    elif isinstance(err, TimeoutError):
        return Unreachable(f"no connection to {host}:{port} within {seconds:g} s, is it running?")
    else:
        return Unreachable(f"no connection to {host}:{port}, is it running?")
    error.retryable = False
    return error
