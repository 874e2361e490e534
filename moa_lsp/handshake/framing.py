r"""Bytes of the client to message bodies: the base protocol's header and nothing more.

Headers are read as leniently as they can be read without guessing: names in any case, lines that
end in ``\n`` alone, empty lines between messages. What cannot be read is final: after a wrong
length no later byte can be trusted to begin a message (H9, H10 and L02 in docs/faults.md).
"""

import re

MAX_MESSAGE_BYTES = 64 * 2**20
"""One LSP message. pygls would reserve whatever Content-Length claims (H9 in docs/faults.md)."""

MAX_HEADER_BYTES = 8 * 2**10
"""All header lines of one message; real ones are under 100 bytes."""


_USUAL = re.compile(rb"Content-Length: ([0-9]{1,9})\r\n\r\n")
"""What nearly every client sends, read in one step."""

_BLANK = re.compile(rb"[\r\n]*")

_HEAD_END = re.compile(rb"\n\r?\n")

_MAX_DIGITS = 18
"""Of a length: fits 64 bits, and keeps ``int`` from its quadratic parsing."""


class FramingError(Exception):
    """The stream does not follow the base protocol; nothing after this can be understood."""


class FrameDecoder:
    """Takes bytes as they come and gives whole bodies.

    Args:
        max_body: bytes of one body at most.
        max_head: bytes of all header lines of one message at most.
    """

    def __init__(
        self, max_body: int = MAX_MESSAGE_BYTES, max_head: int = MAX_HEADER_BYTES
    ) -> None:
        self._max_body = max_body
        self._max_head = max_head
        self._buffer = bytearray()
        self._at = 0
        self._length: int | None = None

    def feed(self, data: bytes) -> None:
        """Add bytes from the client."""
        if self._at:
            del self._buffer[: self._at]
            self._at = 0
        self._buffer += data

    def next(self) -> bytes | None:
        """The next body, or ``None`` until more bytes come.

        Raises:
            FramingError: the header cannot be read, or the body would be too large.
        """
        if self._length is None:
            self._length = self._head()
            if self._length is None:
                return None
        end = self._at + self._length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[self._at : end])
        self._at = end
        self._length = None
        return body

    def finish(self) -> None:
        """Take note that no more bytes come.

        Raises:
            FramingError: they ended inside a message.
        """
        if self._length is not None:
            got = len(self._buffer) - self._at
            raise FramingError(f"input ended after {got} of {self._length} bytes of a message")
        if bytes(self._buffer[self._at :]).strip(b"\r\n"):
            raise FramingError("input ended inside a header")

    def _head(self) -> int | None:
        """Read a header; the length it announces, or ``None`` until it is whole."""
        usual = _USUAL.match(self._buffer, self._at)
        if usual is not None:
            self._at = usual.end()
            return self._bounded(usual[1])
        blank = _BLANK.match(self._buffer, self._at)
        start = self._at if blank is None else blank.end()
        found = _HEAD_END.search(self._buffer, start)
        if found is None:
            if len(self._buffer) - start > self._max_head:
                raise FramingError(f"header of over {self._max_head} bytes")
            return None
        if found.start() - start > self._max_head:
            raise FramingError(f"header of over {self._max_head} bytes")
        head = bytes(self._buffer[start : found.start()])
        self._at = found.end()
        return self._announced(head)

    def _announced(self, head: bytes) -> int:
        lengths = set()
        for line in head.split(b"\n"):
            name, colon, value = line.partition(b":")
            if not colon:
                raise FramingError("header line without a colon")
            if name.strip().lower() == b"content-length":
                lengths.add(value.strip())
        if len(lengths) != 1:
            raise FramingError(
                "header with two different lengths" if lengths else "header without Content-Length"
            )
        return self._bounded(lengths.pop())

    def _bounded(self, digits: bytes) -> int:
        if not digits.isdigit() or len(digits) > _MAX_DIGITS:
            raise FramingError("Content-Length is not a number that a message can have")
        length = int(digits)
        if length > self._max_body:
            raise FramingError(f"message of {length} bytes, at most {self._max_body} are taken")
        return length
