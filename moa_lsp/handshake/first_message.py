"""The client's first message: read, and answered where that can be done at once.

An editor sends ``initialize`` as soon as it has started the server, and shows nothing of it until
it has the answer. Importing pygls and lsprotocol takes ten times as long as starting Python, so
the answer goes out before, and they are imported while the client works on it. What was read is
handed on, so that the server takes in the same message as if nobody had looked at it.
"""

import os
import select
import time

from moa_lsp.handshake.answer import initialize_answer
from moa_lsp.handshake.framing import FrameDecoder, FramingError
from moa_lsp.limits import READ_BYTES

FIRST_MESSAGE_WAIT_S = 0.1
"""For the whole first message; an editor sends it with the start. One that comes later finds the
whole server, which is imported meanwhile and which alone listens to signals and to the end of the
editor."""


class Handshake:
    """What is left of the beginning for the server.

    Attributes:
        source: file descriptor to read from.
        sink: file descriptor to write to.
        received: what was read from ``source``.
        answer: the framed answer to the first message that the client has; ``None`` when the
            server must say it.
    """

    __slots__ = ("answer", "received", "sink", "source")

    def __init__(
        self, source: int, sink: int, received: bytes = b"", answer: bytes | None = None
    ) -> None:
        self.source = source
        self.sink = sink
        self.received = received
        self.answer = answer


def take_first(source: int, sink: int, wait_s: float = FIRST_MESSAGE_WAIT_S) -> Handshake:
    """Read the first message and answer it, if it is an ``initialize`` that came by now.

    Raises nothing: what cannot be read, understood or written is met again by the server, which
    has its own way to say so. On Windows, where nothing but a socket can be waited for with a
    bound, nothing is read.

    Args:
        source: file descriptor to read from.
        sink: file descriptor to write to.
        wait_s: seconds until the message must be there.
    """
    until = time.monotonic() + wait_s
    decoder = FrameDecoder()
    received = bytearray()
    try:
        while (body := decoder.next()) is None:
            data = _read(source, until)
            if not data:
                return Handshake(source, sink, bytes(received))
            received += data
            decoder.feed(data)
    except FramingError:
        return Handshake(source, sink, bytes(received))
    answer = initialize_answer(body)
    if answer is None or not _write(sink, answer):
        return Handshake(source, sink, bytes(received))
    return Handshake(source, sink, bytes(received), answer)


def _read(source: int, until: float) -> bytes:
    """What there is; nothing when it is late, at the end, or where it cannot be waited for."""
    try:
        ready, _, _ = select.select([source], [], [], max(0.0, until - time.monotonic()))
        return os.read(source, READ_BYTES) if ready else b""
    except (OSError, ValueError):
        return b""


def _write(sink: int, data: bytes) -> bool:
    """Write all of it to a pipe that is still empty; whether the client is there."""
    try:
        while data:
            data = data[os.write(sink, data) :]
    except OSError:
        return False
    return True
