"""Decodes newline-delimited JSON from bytes into events, one for each line that is not blank.

Sans I/O, bounded and strict like ``sse``. A last line without an end counts: its JSON shows
whether it is whole. Gateways that turn such a stream into server-sent events are read too:
``data:`` before a line is taken off, comments and other fields are left out.
"""

from collections.abc import Iterator

from moa_lsp.providers import limits
from moa_lsp.providers.sse import LineSplitter, SseEvent, decode


class NdjsonDecoder:
    """Takes the bytes of one stream."""

    def __init__(self, max_bytes: int = limits.MAX_EVENT_BYTES) -> None:
        self._lines = LineSplitter(max_bytes)

    def feed(self, data: bytes) -> Iterator[SseEvent]:
        """The lines that ``data`` completes.

        Raises:
            BadReply: a line is not UTF-8.
            TooLarge: a line is longer than the bound.
        """
        for line in self._lines.feed(data):
            yield from self._event(line)

    def end(self) -> Iterator[SseEvent]:
        """The line that had no end."""
        yield from self._event(self._lines.rest())

    def _event(self, line: bytes) -> Iterator[SseEvent]:
        line = line.strip()
        field, colon, value = line.partition(b":")
        if colon and field.strip() == b"data":
            line = value.strip()
        elif colon and field.strip() in _FIELDS:
            return
        if line:
            yield SseEvent("message", decode(line))


_FIELDS = (b"", b"event", b"id", b"retry")
"""Of server-sent events, beside their data; ``b""`` is a comment."""
