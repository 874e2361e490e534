"""A model provider over HTTP: one retry loop around one request, whatever the wire.

Promises: at most ``max_concurrency`` requests at once; an answer's text is heard as it grows, but
given only whole; a broken answer is asked for again while time, retries and the origin's budget
last; a gap of which a gateway made chat is put to that model once and never again; the deadline
holds over everything, waiting for a place included; when the caller cancels, the socket is closed
before ``CancelledError`` goes on.
"""

import asyncio
import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from moa_lsp import limits as shared_limits
from moa_lsp.errors import BadReply, KeyRejected, ProviderError, Unreachable, UsageError
from moa_lsp.providers import faults, gateways, keys, limits, strict_json
from moa_lsp.providers.base import Listener, Reply, Request
from moa_lsp.providers.bounds import ACTION, INLINE, RequestBounds
from moa_lsp.providers.connection import ConnectionLost
from moa_lsp.providers.faults import PromptTooLong
from moa_lsp.providers.fim_routing import FimRouting
from moa_lsp.providers.keys import Key, Secret
from moa_lsp.providers.ndjson import NdjsonDecoder
from moa_lsp.providers.policy import Backoff, Breaker, RetryBudget
from moa_lsp.providers.sse import SseDecoder, SseEvent, decode
from moa_lsp.providers.transport import StreamingResponse, Transport
from moa_lsp.providers.wire import StreamedAnswer, Wire

DRAIN_BYTES = 16 * 2**10
"""See ``DRAIN_S``: a line end follows an end marker; more is a server that does not
stop."""


_STREAMS = {"text/event-stream": "sse", "application/x-ndjson": "ndjson"}
_VAGUE = frozenset({"", "text/plain", "application/octet-stream"})
"""Content types that say nothing: the first byte decides."""


@dataclass(slots=True)
class HttpProvider:
    """An endpoint with its credentials.

    Attributes:
        name: what stands before the slash in ``provider/model``.
        wire: the shapes of its API.
        transport: the way there.
        key: where its key comes from.
        max_concurrency: requests at once.
        budget: retries in hand, shared by all that go to one origin.
        patience: bounds of a run's requests, and of an inline completion's.
        chance: gives random numbers in [0, 1), for jitter.
        gaps: how its models are asked to fill a gap.
    """

    name: str
    wire: Wire
    transport: Transport
    key: Key
    max_concurrency: int = shared_limits.PROVIDER_CONCURRENCY
    budget: RetryBudget = field(default_factory=RetryBudget)
    patience: tuple[RequestBounds, RequestBounds] = (ACTION, INLINE)
    backoff: Backoff = field(default_factory=Backoff)
    chance: Callable[[], float] = random.random
    gaps: FimRouting | None = None
    _breakers: dict[str, Breaker] = field(default_factory=dict)
    _key_breaker: Breaker = field(default_factory=Breaker)
    _probing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _plain: bool = False
    _chat_alone: dict[str, str] = field(default_factory=dict)
    _places: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        """Make the places for requests."""
        self._places = asyncio.Semaphore(self.max_concurrency)

    async def answer(self, request: Request, on_delta: Listener) -> Reply:
        """Answer one request. After a broken attempt the text is heard again from its start.

        Raises:
            ProviderError: the request failed.
            Unsafe: the key belongs to another origin.
            UsageError: a gap is to be filled, and this provider or its gateway has no way to.
        """
        wire = self._over(request)
        bounds = self.patience[1 if request.inline else 0]
        total = request.timeout if request.timeout is not None else bounds.total
        deadline = asyncio.get_running_loop().time() + total
        try:
            async with asyncio.timeout_at(deadline):
                return await self._attempts(wire, request, on_delta, bounds, deadline)
        except TimeoutError as err:
            raise Unreachable(
                f"{self._who(request)} gave no answer within {total:g} s, try again"
            ) from err

    async def models(self) -> tuple[str, ...]:
        """Names of the models that the provider offers.

        Raises:
            ProviderError: it did not say.
        """
        bounds, who = self.patience[0], self.name
        try:
            async with asyncio.timeout(bounds.first_event):
                secret = await self.key.secret()
                async with self.transport.send(
                    "GET",
                    self.wire.models_path,
                    bounds=bounds,
                    headers=self.wire.headers,
                    secret=secret,
                    key_header=self.wire.key_header,
                ) as incoming:
                    if incoming.status != 200:
                        raise await _refusal(incoming, who, bounds)
                    return _names(strict_json.load(decode(await _all(incoming))))
        except TimeoutError as err:
            raise Unreachable(
                f"{who} did not answer within {bounds.first_event:g} s, try again"
            ) from err

    async def warm(self) -> None:
        """Open a connection ahead of the first request; sends no key, and never fails."""
        bounds = self.patience[0]
        try:
            async with asyncio.timeout(bounds.connect):
                async with self.transport.send(
                    "HEAD", self.wire.models_path, bounds=bounds
                ) as incoming:
                    await incoming.read()
        except (ProviderError, TimeoutError):
            return

    async def close(self) -> None:
        """Give back the connections; safe to call twice."""
        await self.transport.close()

    def _over(self, request: Request) -> Wire:
        """The shapes for a request; a gap without a way of its own is asked about in words."""
        if request.infill is None:
            return self.wire
        found = self.gaps.wire(request.model) if self.gaps is not None else None
        if found is None and not request.messages:
            raise UsageError(f"{self._who(request)} has no way to fill a gap, use another model")
        if found is not None and request.model in self._chat_alone:
            raise UsageError(self._chat_alone[request.model])
        return found or self.wire

    async def _attempts(
        self,
        wire: Wire,
        request: Request,
        on_delta: Listener,
        bounds: RequestBounds,
        deadline: float,
    ) -> Reply:
        clock = asyncio.get_running_loop().time
        for attempt in itertools.count(1):
            try:
                reply = await self._guarded(wire, request, on_delta, bounds)
            except ProviderError as error:
                following = self._following(request, error, attempt, deadline - clock())
                if following is None:
                    raise
            else:
                self.budget.earn()
                return reply
            request, pause = following
            await asyncio.sleep(pause)
        raise AssertionError("counting does not end")

    async def _guarded(
        self, wire: Wire, request: Request, on_delta: Listener, bounds: RequestBounds
    ) -> Reply:
        """One attempt, if the breakers let it pass; where a key was rejected, one at a time."""
        if self._key_breaker.state == "barred":
            async with self._probing:
                if self._key_breaker.state == "barred":
                    return await self._admitted(wire, request, on_delta, bounds)
        return await self._admitted(wire, request, on_delta, bounds)

    async def _admitted(
        self, wire: Wire, request: Request, on_delta: Listener, bounds: RequestBounds
    ) -> Reply:
        clock = asyncio.get_running_loop().time
        of_model = self._breakers.setdefault(request.model, Breaker())
        run = None if request.inline else request.task
        # outside the breakers: a keyring that was locked may be open the next time
        secret = await self.key.secret()
        for breaker in (self._key_breaker, of_model):
            breaker.admit(clock(), self._who(request), run)
        try:
            async with self._places:
                reply = await self._once(wire, request, on_delta, bounds, secret)
        except KeyRejected as error:
            self.key.forget()
            place = keys.place_of(self.key.source) if self.key.source.exists else faults.THE_KEY
            told = KeyRejected(str(error).replace(faults.THE_KEY, place, 1))
            self._key_breaker.failed(told, clock(), run)
            raise told from error
        except ProviderError as error:
            of_model.failed(error, clock(), run)
            if not error.retryable:  # what is wrong is the request's, so the key was taken
                self._key_breaker.succeeded()
            raise
        self._key_breaker.succeeded()
        of_model.succeeded()
        return reply

    def _following(
        self, request: Request, error: ProviderError, attempt: int, left: float
    ) -> tuple[Request, float] | None:
        """The next attempt and the pause before it, ``None`` when there is to be none."""
        if request.inline or attempt > self.backoff.retries:
            return None
        if isinstance(error, BadReply) and not self._plain and "`stream_options`" in str(error):
            self._plain = True  # for all requests to come: this server does not know the field
            return request, 0.0
        # prompt and answer share the model's window: a shorter answer may make room
        shorter = (request.max_tokens or 0) // 2
        if isinstance(error, PromptTooLong) and attempt == 1:
            if shorter < limits.MIN_SHRUNK_TOKENS:
                return None
            return replace(request, max_tokens=shorter), 0.0
        pause = self.backoff.pause(error, attempt, left, self.chance())
        return (request, pause) if pause is not None and self.budget.spend() else None

    async def _once(
        self,
        wire: Wire,
        request: Request,
        on_delta: Listener,
        bounds: RequestBounds,
        secret: Secret | None,
    ) -> Reply:
        """One attempt. Its timer runs on events with data, never on bytes."""
        who = self._who(request)
        ask = wire.ask(request, plain=self._plain)
        # a lone surrogate of a broken buffer cannot be sent; models read "?" for it
        body = json.dumps(ask.body, ensure_ascii=False).encode("utf-8", "replace")
        streamed = StreamedAnswer(bounds.answer_chars)
        try:
            async with asyncio.timeout(bounds.first_event) as timer:
                async with self.transport.send(
                    "POST",
                    ask.path,
                    bounds=bounds,
                    body=body,
                    headers={"content-type": "application/json", **wire.headers},
                    secret=secret,
                    key_header=wire.key_header,
                ) as incoming:
                    if incoming.status != 200:
                        timer.reschedule(None)
                        raise await _refusal(incoming, who, bounds)
                    if wire is not self.wire:
                        self._check_route(request, incoming)
                    await _ResponseReader(wire, incoming, streamed, on_delta, bounds, timer).run()
        except TimeoutError as err:
            if streamed.finish is None:
                begun = streamed.chars or streamed.reasoning_chars
                silence = (
                    f"{who} went silent for {bounds.idle:g} s in the middle of its answer"
                    if begun
                    else f"{who} gave no answer for {bounds.first_event:g} s, try again later"
                )
                raise Unreachable(silence) from err
        except ConnectionLost:
            if streamed.finish is None:
                raise
        return streamed.reply()

    def _check_route(self, request: Request, incoming: StreamingResponse) -> None:
        """Remember a model that is reached by chat alone: each answer of it would be paid for."""
        try:
            gateways.check(incoming.headers, self._who(request))
        except UsageError as refusal:
            self._chat_alone[request.model] = str(refusal)
            raise

    def _who(self, request: Request) -> str:
        return f"{self.name}/{request.model}"


@dataclass(slots=True)
class _ResponseReader:
    """One response on its way into a draft."""

    wire: Wire
    incoming: StreamingResponse
    streamed: StreamedAnswer
    on_delta: Listener
    bounds: RequestBounds
    timer: asyncio.Timeout

    async def run(self) -> None:
        """Read to the end of the answer.

        Raises:
            ProviderError: it is broken, too large, an error, or no answer at all.
        """
        kind = self.incoming.content_type
        first = await self._first() if kind in _VAGUE else b""
        streams = kind in _STREAMS or self.wire.framing == "ndjson"
        if kind in _VAGUE:
            streams = not first.startswith((b"{", b"["))
            kind = "text/html" if first.startswith(b"<") else kind
        if kind not in (*_STREAMS, *_VAGUE, "application/json"):
            shown = faults.shown(kind)[:_MAX_TYPE_CHARS]
            raise BadReply(f"{self.wire.who} answers with {shown}, is base_url a model API?")
        if streams or self.wire.framing == "ndjson":
            await self._stream(first)
        else:
            text = decode(first + await _all(self.incoming))
            self._hear(self.wire.take_whole(text, self.streamed))

    async def _stream(self, piece: bytes) -> None:
        framing = _STREAMS.get(self.incoming.content_type, self.wire.framing)
        decoder = (NdjsonDecoder if framing == "ndjson" else SseDecoder)(self.bounds.event_bytes)
        piece = piece or await self.incoming.read()
        while piece and not self.streamed.ended:
            self._take(decoder.feed(piece))
            if not self.streamed.ended:
                piece = await self.incoming.read()
        if not self.streamed.ended:
            self._take(decoder.end())
        if self.streamed.ended:
            await self._drain()
        elif self.streamed.finish is None:
            raise ConnectionLost(f"{self.wire.who} broke off before the end of its answer")

    def _take(self, events: Iterator[SseEvent]) -> None:
        taken = False
        for event in events:
            self._hear(self.wire.take(event.data, self.streamed))
            taken = True
            if self.streamed.ended:
                break
        if taken:
            self._rearm(asyncio.get_running_loop().time())

    def _rearm(self, now: float) -> None:
        """Set the timer for the next event; before the first word it never comes sooner."""
        streamed, bounds = self.streamed, self.bounds
        due = now + (bounds.idle if streamed.finish is None else bounds.finish_grace)
        if not (streamed.chars or streamed.reasoning_chars or streamed.finish):
            due = max(due, self.timer.when() or 0.0)
        self.timer.reschedule(due)

    def _hear(self, text: str) -> None:
        if text:
            self.on_delta(text)

    async def _first(self) -> bytes:
        """The first piece that is not blank, from where it is not."""
        while piece := await self.incoming.read():
            if piece := piece.lstrip():
                return piece
        return b""

    async def _drain(self) -> None:
        """Read the end of a stream that said all: only then its connection can be kept."""
        await self.incoming.start(self.bounds.drain, DRAIN_BYTES)


_MAX_TYPE_CHARS = 60
"""Shown of a content type; real ones are under 40."""


async def _all(incoming: StreamingResponse) -> bytes:
    pieces = []
    while piece := await incoming.read():
        pieces.append(piece)
    return b"".join(pieces)


async def _refusal(incoming: StreamingResponse, who: str, bounds: RequestBounds) -> ProviderError:
    body = await incoming.start(bounds.error_body, bounds.error_bytes)
    return faults.from_response(
        incoming.status, incoming.headers, body, who=who, now=datetime.now(UTC)
    )


def _names(value: object) -> tuple[str, ...]:
    """Names in a list of models, in any of its shapes."""
    held = strict_json.mapping(value)
    listed = held.get("data") or held.get("models") or value
    found = [strict_json.mapping(model) for model in strict_json.items(listed)]
    names = (strict_json.string(model.get("id") or model.get("name")) for model in found)
    return tuple(name for name in names if name)
