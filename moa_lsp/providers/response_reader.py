"""One response on its way into a draft: a stream of events, or an answer in one piece.

What a body is, its first characters say, and not its content type: gateways send streams as
``application/json`` and pages as anything. A page, or words in place of an answer, is an error
that quotes them.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from moa_lsp.answers.early_stop import is_left, line_ends
from moa_lsp.errors import BadReply
from moa_lsp.providers import error_shapes, faults, strict_json
from moa_lsp.providers.base import Listener
from moa_lsp.providers.bounds import RequestBounds
from moa_lsp.providers.connection import ConnectionLost
from moa_lsp.providers.ndjson import NdjsonDecoder
from moa_lsp.providers.sse import DONE, ERROR, SseDecoder, SseEvent, decode
from moa_lsp.providers.transport import StreamingResponse
from moa_lsp.providers.wire import StreamedAnswer, Wire

DRAIN_BYTES = 16 * 2**10
"""See ``DRAIN_S``: a line end follows an end marker; more is a server that does not
stop."""


_STREAMS = {
    "text/event-stream": "sse",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/stream+json": "ndjson",
}
"""Content types of streams, with their framing."""

_FIELDS = (b":", b"data", b"event", b"id", b"retry", b"error")
"""How lines of server-sent events begin."""

_JSON = (b"{", b"[")
"""How JSON begins that is an answer or an error."""

_PLAIN = frozenset({"", "application/json", "text/plain", "application/octet-stream"})
"""Content types of what may be a message in words."""

_PEEKED = 6
"""Bytes that tell what a body is: those of the longest field, and a colon."""

_MAX_TYPE_CHARS = 60
"""Shown of a content type; real ones are under 40."""

EARLY_STOP_GRACE_S = 0.25
"""After an answer is enough, for its end: a model that ends there says so within a token or two,
and its server then tells what it took."""

_MAX_KEPT = 4096
"""Bytes of a body without a single event that are kept, to be quoted."""

TURN_BYTES = 2**11
"""Of a stream that are taken before other work has its turn: ten events or 2,000 empty lines, some
milliseconds. What a provider sends in the time of a turn is less."""


@dataclass(slots=True)
class ResponseReader:
    """One response on its way into a draft.

    Attributes:
        enough: as in ``Request``.
    """

    wire: Wire
    incoming: StreamingResponse
    streamed: StreamedAnswer
    on_delta: Listener
    bounds: RequestBounds
    timer: asyncio.Timeout
    enough: Callable[[str], bool] | None = None
    _looked: int = 0
    _enough_at: int | None = None
    _taken: int = 0
    _head: bytes = field(default=b"")

    async def run(self) -> None:
        """Read to the end of the answer.

        Raises:
            ProviderError: it is broken, too large, an error, or no answer at all.
        """
        kind = self.incoming.content_type
        first = await self._first()
        if first.startswith(b"<"):
            raise self._page(kind, first)
        framing = _STREAMS.get(kind, self.wire.framing)
        if first.lower().startswith(_FIELDS):
            await self._stream(first, "sse")
        elif self._in_one_piece(first, kind, framing):
            self._whole(decode(first + await whole_body(self.incoming)))
        elif first.startswith(_JSON) or kind in _STREAMS or kind in _PLAIN:
            await self._stream(first, framing)
        else:
            shown = faults.shown(kind)[:_MAX_TYPE_CHARS]
            raise BadReply(
                f"{self.wire.who} answers with {shown}, check that base_url is a model API"
            )
        if self.streamed.stopped_at is None:
            self._hear(self.streamed.rest())

    def _in_one_piece(self, first: bytes, kind: str, framing: str) -> bool:
        """Whether the body is one JSON text; a server that streams JSON says so by its type."""
        if framing == "ndjson" or kind in _STREAMS:
            return False
        return first.startswith(_JSON) or (not first and kind == "application/json")

    async def _stream(self, piece: bytes, framing: str) -> None:
        decoder = (NdjsonDecoder if framing == "ndjson" else SseDecoder)(self.bounds.event_bytes)
        while piece and not self.streamed.ended:
            if not self._taken:
                self._keep(piece)
            await self._feed(decoder, piece)
            if not self.streamed.ended:
                piece = await self._next()
        if not self.streamed.ended:
            self._take(decoder.end())
        if self.streamed.stopped_at is not None:
            return  # the connection is dropped with what is still to come
        if self.streamed.ended:
            await self._drain()
            return
        if not self._taken:
            self._no_event()
        if not self.streamed.whole:
            raise ConnectionLost(f"{self.wire.who} broke off before the end of its answer")

    async def _feed(self, decoder: NdjsonDecoder | SseDecoder, piece: bytes) -> None:
        """Take what a piece completes; other work has its turn within a large one."""
        for start in range(0, len(piece), TURN_BYTES):
            if start:
                await asyncio.sleep(0)
            self._take(decoder.feed(piece[start : start + TURN_BYTES]))
            if self.streamed.ended:
                return

    async def _next(self) -> bytes:
        """The next bytes; of an answer that is enough only what comes at once, its end."""
        if self._enough_at is None or self.streamed.whole:
            return await self.incoming.read()
        try:
            async with asyncio.timeout(EARLY_STOP_GRACE_S):
                return await self.incoming.read()
        except TimeoutError:
            self.streamed.stop(self._enough_at)
            return b""

    def _keep(self, piece: bytes) -> None:
        """Keep what has held no event so far: all of what may be JSON, else enough to quote."""
        held = self._head + piece
        self._head = held if held.startswith(_JSON) else held[:_MAX_KEPT]

    def _no_event(self) -> None:
        """Say what came in place of a stream.

        Raises:
            ProviderError: there was something.
        """
        text = self._head.decode("utf-8", "replace").strip().removeprefix("\ufeff")
        if self._head.startswith(_JSON):
            self._whole(decode(self._head))
        elif text and not text.encode().startswith(_FIELDS):
            raise faults.from_words(text, who=self.wire.who)

    def _whole(self, text: str) -> None:
        """Take an answer in one piece, or lines or a list of events that came as one."""
        lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
        objects = lines[:-1] if lines[-1:] == [DONE] else lines
        events = lines if len(lines) > 1 and all(map(_is_object, objects)) else []
        for line in events:
            self._hear(self.wire.take(line, self.streamed))
        if not events:
            self._hear(self.wire.take_whole(text, self.streamed))

    def _take(self, events: Iterator[SseEvent]) -> None:
        taken = False
        for event in events:
            if event.name == ERROR:
                raise faults.from_text(event.data, who=self.wire.who)
            if not event.data.strip():
                continue  # a heartbeat of some proxies
            self._hear(self.wire.take(_shaped(event.data, self.wire.who), self.streamed))
            self._look()
            taken = True
            self._taken += 1
            if self.streamed.ended:
                break
        if taken:
            self._rearm(asyncio.get_running_loop().time())

    def _look(self) -> None:
        """Note the first line that makes the answer enough; close it when more is written.

        An answer whose next words weigh its code is heard to its end.
        """
        if self.enough is None or self.streamed.chars == self._looked:
            return
        text = self.streamed.said[0]
        if self._enough_at is None:
            ends = line_ends(self._looked, text)
            self._enough_at = next((end for end in ends if self.enough(text[:end])), None)
        if self._enough_at is not None and (left := is_left(text[self._enough_at :])) is not None:
            if left:
                self.streamed.stop(self._enough_at)
            else:
                self.enough = self._enough_at = None
        self._looked = len(text)

    def _rearm(self, now: float) -> None:
        """Set the timer for the next event; before the first word it never comes sooner."""
        streamed, bounds = self.streamed, self.bounds
        begun = streamed.chars or streamed.reasoning_chars
        ending = begun and streamed.whole
        due = now + (bounds.finish_grace if ending else bounds.idle)
        if not begun and not streamed.ended:
            due = max(due, self.timer.when() or 0.0)
        self.timer.reschedule(due)

    def _hear(self, text: str) -> None:
        if text:
            self.on_delta(text)

    async def _first(self) -> bytes:
        """The first pieces that are not blank, from where they are not, until they tell enough."""
        held = b""
        while len(held) < _PEEKED and not held.startswith((*_JSON, b"<", b":")):
            piece = await self.incoming.read()
            if not piece:
                break
            held = (held + piece).lstrip(b" \t\r\n").removeprefix(b"\xef\xbb\xbf").lstrip()
        return held

    async def _drain(self) -> None:
        """Read the end of a stream that said all: only then its connection can be kept."""
        await self.incoming.start(self.bounds.drain, DRAIN_BYTES)

    def _page(self, kind: str, first: bytes) -> BadReply:
        title = error_shapes.page_title(first.decode("utf-8", "replace"))
        called = f" ({faults.shown(title)})" if title else ""
        shown = faults.shown(kind)[:_MAX_TYPE_CHARS] if "html" in kind else "text/html"
        return BadReply(
            f"{self.wire.who} answers with {shown}{called}, check that base_url is a model API"
        )


def _shaped(data: str, who: str) -> str:
    """An event's data, which is JSON or the marker of the end.

    Raises:
        ProviderError: it is words.
    """
    if data.strip() and not data.lstrip().startswith(("{", "[")):
        raise faults.from_words(data, who=who)
    return data


def _is_object(line: str) -> bool:
    try:
        value = strict_json.load(line)
    except BadReply:
        return False
    return isinstance(value, dict)


async def whole_body(incoming: StreamingResponse) -> bytes:
    """All of a body; it has a bound of its own."""
    pieces = []
    while piece := await incoming.read():
        pieces.append(piece)
    return b"".join(pieces)
