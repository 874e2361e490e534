"""Decodes server-sent events from bytes, as the WHATWG says, whatever pieces they come in.

Sans I/O: bytes in, events out. The result never depends on where the stream was split. Bytes must
be UTF-8, and an event has a bound. Lines end at CR, LF or CRLF and nowhere else: U+2028 or U+0085
inside a JSON string is text.

Beyond the standard it takes what gateways make of it: events without the blank line between them,
a last event without its end, lines of bare JSON, fields with blanks around their names, and
``error: {…}`` (llama.cpp's server before it sent errors as data). A line of data that is a whole
JSON object ends its event when another line of data follows; pieces of one object do not.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from moa_lsp.errors import BadReply, TooLarge
from moa_lsp.providers import limits

_END = re.compile(rb"\r\n?|\n")
_BOM = b"\xef\xbb\xbf"

DONE = "[DONE]"
"""Data of the last event, as OpenAI ends its streams."""

ERROR = "error"
"""Name of an event that is an error."""


class SseEvent(NamedTuple):
    """One event: its name, ``message`` when the stream gave none, and its data."""

    name: str
    data: str


class LineSplitter:
    """Cuts bytes into lines; ``held`` counts the bytes of the line that has no end yet.

    A CR ends its line at once; an LF that is the first byte after it belongs to it.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max = max_bytes
        self._pieces: list[bytes] = []
        self._after_cr = False
        self.held = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that ``data`` completes, without their ends.

        Raises:
            TooLarge: a line is longer than the bound.
        """
        if not data:
            return
        if self._after_cr and data[:1] == b"\n":
            data = data[1:]
        start = 0
        for match in _END.finditer(data):
            self._hold(data[start : match.start()])
            yield self._line()
            start = match.end()
        self._after_cr = data.endswith(b"\r")
        self._hold(data[start:])

    def rest(self) -> bytes:
        """The line that the end of the stream cut off."""
        return self._line()

    def _hold(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
            self.held += len(piece)
        if self.held > self._max:
            raise TooLarge(
                f"the answer has a line of more than {self._max:,} bytes, check base_url"
            )

    def _line(self) -> bytes:
        line = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self.held = 0
        return line


class SseDecoder:
    """Takes the bytes of one stream; an event that is cut off at its end is dropped."""

    def __init__(self, max_bytes: int = limits.MAX_EVENT_BYTES) -> None:
        self._max = max_bytes
        self._lines = LineSplitter(max_bytes)
        self._first = True
        self._name = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[SseEvent]:
        """The events that ``data`` completes.

        Raises:
            BadReply: the stream is not UTF-8.
            TooLarge: an event is larger than the bound.
        """
        for line in self._lines.feed(data):
            yield from self._line(line)

    def end(self) -> Iterator[SseEvent]:
        """The last event when only its end is missing: its JSON shows that it is whole."""
        rest = self._lines.rest()
        if rest:
            yield from self._line(rest)
        if _whole("\n".join(self._data)):
            yield from self._dispatch()

    def _line(self, line: bytes) -> Iterator[SseEvent]:
        if self._first:
            self._first = False
            line = line.removeprefix(_BOM)
        if not line:
            yield from self._dispatch()
            return
        name, _, value = line.partition(b":")
        match name.strip().lower():
            case b"data":
                if self._data and _whole("\n".join(self._data)):
                    yield from self._dispatch()
                self._hold(value)
            case b"event":
                if self._data and _whole("\n".join(self._data)):
                    yield from self._dispatch()
                self._name = decode(value.strip())
            case b"error":
                yield from self._dispatch()
                yield SseEvent(ERROR, decode(value.strip()))
            case _ if line[:1] in b"{[" and _whole(text := decode(line)):
                yield from self._dispatch()
                yield SseEvent("message", text)
            case _ if not line.isascii():
                decode(line)

    def _hold(self, value: bytes) -> None:
        self._size += len(value) + 1
        if self._size > self._max:
            raise TooLarge(
                f"the answer has an event of more than {self._max:,} bytes, check base_url"
            )
        self._data.append(decode(value.removeprefix(b" ")))

    def _dispatch(self) -> Iterator[SseEvent]:
        event = SseEvent(self._name or "message", "\n".join(self._data)) if self._data else None
        self._name, self._size = "", 0
        self._data.clear()
        if event is not None:
            yield event


def _whole(text: str) -> bool:
    """Whether a text is a JSON object or array from end to end, or the marker of the end."""
    text = text.strip()
    if not text or (text[0], text[-1]) not in (("{", "}"), ("[", "]")):
        return False
    if text == DONE:
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def decode(data: bytes) -> str:
    """UTF-8, strictly: a replacement character in code is damage that nobody sees.

    Raises:
        BadReply: it is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as err:
        raise BadReply("the answer is not UTF-8 text, check that base_url is a model API") from err
