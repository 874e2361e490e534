"""A model provider over HTTP: one retry loop around one request, whatever the wire.

Promises: at most ``max_concurrency`` requests at once; an answer's text is heard as it grows, but
given only whole; a broken answer is asked for again while time, retries and the origin's budget
last; a gap of which a gateway made chat is put to that model once; the deadline holds over all of
it, places included; when the caller cancels, the socket is closed first.
"""

import asyncio
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from moa_lsp.config.extra_fields import laid_in
from moa_lsp.errors import BadReply, KeyRejected, ProviderError, Unreachable, UsageError
from moa_lsp.limits import PROVIDER_CONCURRENCY
from moa_lsp.providers import error_shapes, faults, gateways, keys, strict_json
from moa_lsp.providers.base import Attempt, Listener, Reply, Request, Usage
from moa_lsp.providers.bounds import ACTION, INLINE, RequestBounds
from moa_lsp.providers.connection import ConnectionLost
from moa_lsp.providers.faults import PromptTooLong, RefusedField
from moa_lsp.providers.fim_routing import FimRouting
from moa_lsp.providers.keys import Key, Secret
from moa_lsp.providers.parameters import Habits, refused_field
from moa_lsp.providers.policy import Backoff, Breaker, RetryBudget
from moa_lsp.providers.quotations import without_quotations
from moa_lsp.providers.reasoning_ways import NONE, ReasoningWay
from moa_lsp.providers.response_reader import ResponseReader, whole_body
from moa_lsp.providers.sse import decode
from moa_lsp.providers.transport import StreamingResponse, Transport
from moa_lsp.providers.wire import StreamedAnswer, Wire
from moa_lsp.text.tokens import tokens_about

MIN_SHRUNK_TOKENS = 256
"""A smaller bound on an answer than this is not tried after "too many tokens"."""


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
        habits: what the servers of its models take, stated or learnt, by the model's bare name.
        reasoning: how a model is told how deep to reason, by its bare name.
        headers: of every request; ``header_keys``: secret ones, bound to the origin as the key is.
        breaker: makes the breaker of each model.
    """

    name: str
    wire: Wire
    transport: Transport
    key: Key
    max_concurrency: int = PROVIDER_CONCURRENCY
    budget: RetryBudget = field(default_factory=RetryBudget)
    patience: tuple[RequestBounds, RequestBounds] = (ACTION, INLINE)
    backoff: Backoff = field(default_factory=Backoff)
    chance: Callable[[], float] = random.random
    gaps: FimRouting | None = None
    habits: dict[str, Habits] = field(default_factory=dict)
    reasoning: Callable[[str], ReasoningWay] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    header_keys: Mapping[str, Key] = field(default_factory=dict)
    breaker: Callable[[], Breaker] = Breaker
    _breakers: dict[str, Breaker] = field(default_factory=dict)
    _key_breaker: Breaker = field(default_factory=Breaker)
    _probing: asyncio.Lock = field(default_factory=asyncio.Lock)
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
        total = request.timeout if request.inline else request.deadline
        total = bounds.total if total is None else total
        bounds = bounds if request.inline else bounds.patient(request.timeout)
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
                    headers={**self.wire.headers, **self.headers},
                    secret=secret,
                    key_header=self.wire.key_header,
                    others=await self._others(),
                ) as incoming:
                    if incoming.status != 200:
                        raise await _refusal(incoming, who, bounds)
                    return model_names(decode(await whole_body(incoming)), who)
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
        attempt = 1
        while True:
            try:
                reply = await self._guarded(wire, request, on_delta, bounds)
            except ProviderError as error:
                if self._learns(wire, request, error):
                    continue
                _redact(error, request)
                following = self._following(request, error, attempt, deadline - clock())
                if following is None:
                    raise
                attempt += 1
            else:
                self.budget.earn()
                return reply
            request, pause = following
            await asyncio.sleep(pause)

    def _learns(self, wire: Wire, request: Request, error: ProviderError) -> bool:
        """Take note of what a server refused, for all requests to come; true if that is new."""
        if not isinstance(error, RefusedField):
            return False
        known = self.habits.get(request.model, Habits())
        body = self._body(wire, request, wire.ask(request).body)
        field = refused_field(error.text, error.named, lambda name: name in body)
        better = known.learnt(field, body, error.text) if field else None
        if better is None:
            return False
        self.habits[request.model] = better
        return True

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
        of_model = self._breakers.setdefault(request.model, self.breaker())
        run = None if request.inline else request.task
        # outside the breakers: a keyring that was locked may be open the next time
        secret, others = await self.key.secret(), await self._others()
        for breaker in (self._key_breaker, of_model):
            breaker.admit(clock(), self._who(request), run)
        try:
            async with self._places:
                reply = await self._once(wire, request, on_delta, bounds, secret, others)
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
        heard = any(each.said()[0] for each in request.meter.attempts)
        if request.inline or attempt > self.backoff.retries or (request.once and heard):
            return None
        # prompt and answer share the model's window: a shorter answer may make room
        shorter = (request.max_tokens or 0) // 2
        if isinstance(error, PromptTooLong) and attempt == 1:
            if shorter < MIN_SHRUNK_TOKENS:
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
        others: Sequence[tuple[str, Secret]],
    ) -> Reply:
        """One attempt.

        Its timer runs on events with data; of a request that says how long silence may last, on
        every byte: keep-alives are signs of life then.
        """
        who = self._who(request)
        ask = wire.ask(request)
        asked = self._body(wire, request, ask.body)
        # a lone surrogate of a broken buffer cannot be sent; models read "?" for it
        body = json.dumps(asked, ensure_ascii=False).encode("utf-8", "replace")
        streamed = StreamedAnswer(bounds.answer_chars)
        attempt: Attempt | None = None
        try:
            async with asyncio.timeout(bounds.first_event) as timer:
                async with self.transport.send(
                    "POST",
                    ask.path,
                    bounds=bounds,
                    body=body,
                    headers={"content-type": "application/json", **wire.headers, **self.headers},
                    secret=secret,
                    key_header=wire.key_header,
                    others=others,
                ) as incoming:
                    if incoming.status != 200:
                        timer.reschedule(None)
                        raise await _refusal(incoming, who, bounds)
                    incoming.on_read = partial(_sign, request, streamed, timer, bounds)
                    incoming.on_read()
                    attempt = request.meter.begin(lambda: streamed.said)
                    if wire is not self.wire:
                        self._check_route(request, incoming)
                    reader = ResponseReader(wire, incoming, streamed, on_delta, bounds, timer)
                    reader.enough = request.enough
                    await reader.run()
        except TimeoutError as err:
            if not streamed.whole:
                begun = streamed.chars or streamed.reasoning_chars
                silence = (
                    f"{who} went silent for {bounds.idle:g} s in the middle of its answer"
                    if begun
                    else f"{who} gave no answer for {bounds.first_event:g} s, try again later"
                )
                raise Unreachable(silence) from err
        except ConnectionLost:
            if not streamed.whole:
                raise
        reply = streamed.reply()
        if streamed.stopped_at is not None:
            request.meter.stopped = True
            reply = replace(reply, usage=estimated(request, streamed), cost_usd=None)
        if attempt is not None:
            attempt.told = True
        if request.infill is None or self.gaps is None:
            return reply
        return replace(reply, template=self.gaps.template(request.model))

    def _check_route(self, request: Request, incoming: StreamingResponse) -> None:
        """Remember a model that is reached by chat alone: each answer of it would be paid for."""
        try:
            gateways.check(incoming.headers, self._who(request))
        except UsageError as refusal:
            self._chat_alone[request.model] = str(refusal)
            raise

    def _body(self, wire: Wire, request: Request, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """A body with what the request adds, as the model's server takes it."""
        depth = NONE if request.inline else request.reasoning
        if depth is not None and wire is self.wire and self.reasoning is not None:
            body = self.reasoning(request.model).body(body, depth)
        return self.habits.get(request.model, Habits()).adapted(laid_in(body, request.extra))

    async def _others(self) -> list[tuple[str, Secret]]:
        """Secret headers, fetched at their first use."""
        found = [(name, await key.secret()) for name, key in self.header_keys.items()]
        return [(name, secret) for name, secret in found if secret is not None]

    def _who(self, request: Request) -> str:
        return f"{self.name}/{request.model}"


def estimated(request: Request, streamed: StreamedAnswer) -> Usage:
    """What an answer took that was closed early: what was told of it, else an estimate."""
    told = streamed.usage or Usage()
    text, reasoning = streamed.said
    prompt = told.input or sum(tokens_about(each.content) for each in request.messages)
    written = tokens_about(text) + tokens_about(reasoning)
    return replace(told, input=prompt, output=max(told.output, written))


def _sign(
    request: Request, streamed: StreamedAnswer, timer: asyncio.Timeout, bounds: RequestBounds
) -> None:
    """Bytes came: the model is alive, whatever they hold."""
    request.meter.alive(streamed.reasoning_chars)
    if request.timeout is None or request.inline or streamed.whole or timer.expired():
        return
    timer.reschedule(asyncio.get_running_loop().time() + bounds.idle)


def _redact(error: ProviderError, request: Request) -> None:
    """Take out of an error what it quotes of the user's text."""
    sent = [each.content for each in request.messages if each.role == "user"]
    if request.infill is not None:
        sent += (request.infill.prefix, request.infill.suffix)
    error.args = (without_quotations(str(error), sent), *error.args[1:])


async def _refusal(incoming: StreamingResponse, who: str, bounds: RequestBounds) -> ProviderError:
    body = await incoming.start(bounds.error_body, bounds.error_bytes)
    return faults.from_response(
        incoming.status, incoming.headers, body, who=who, now=datetime.now(UTC)
    )


def model_names(text: str, who: str) -> tuple[str, ...]:
    """Names in a list of models, in any of its shapes.

    Raises:
        ProviderError: it is an error, or no list of models.
    """
    if error_shapes.is_page(text):
        raise BadReply(f"{who} answers with a page, check that base_url is a model API")
    value = strict_json.load(text)
    error = faults.from_object_in(value, who=who)
    if error is not None:
        raise error
    held = strict_json.mapping(value)
    lists = [each for each in (held.get("data"), held.get("models"), value)
             if isinstance(each, list)]  # fmt: skip
    if not lists:
        raise BadReply(f"{who} names no models, check that its base_url is a model API")
    found = [strict_json.mapping(model) for model in lists[0]]
    names = (strict_json.string(model.get("id") or model.get("name")) for model in found)
    return tuple(name for name in names if name)
