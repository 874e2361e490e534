"""Every distinct request is sent once, for all mixes that want it; then it is told again.

Two loops: in the bench's own loop (``RequestCache``) the real providers are asked, many at once,
within their rate limits and the spending cap; in the loop of a question, whose time stands still
meanwhile, its provider (``ReplayProvider``) then takes as long as the answer once took. So a mix's
quorum, deadlines, latency and cost are those that it had alone.

* Equal requests of one run are different samples, and are numbered; equal ones of different mixes
  are one, and whoever comes while it is being answered waits for the same answer.
* Of an answer's seconds only its last attempt counts: who waits for a rate limit waits because of
  the bench, not because of the mix.
* A failure is kept nowhere. One that asking again cannot help is the model's own and is told again
  while the process lasts; every other one is the infrastructure's, and is noted with the question.
"""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace

from moa_bench import limits as bench_limits
from moa_bench.replay.clock import held
from moa_bench.replay.store import Store, StoredAnswer, key_of
from moa_lsp import __version__, limits
from moa_lsp.errors import (
    AuthRejected,
    BudgetExceeded,
    MoaError,
    ProviderError,
    ProviderOverloaded,
    RateLimited,
    RunError,
)
from moa_lsp.providers.base import AgentDeclines, Listener, Meter, Provider, Reply, Request, Usage
from moa_lsp.providers.policy import Backoff
from moa_lsp.text.tokens import tokens

Price = Callable[[str, Usage], float | None]
"""USD for the usage of ``provider/model``, ``None`` when its price is not known."""


@dataclass(slots=True)
class RealProvider:
    """A real provider.

    Attributes:
        provider: it belongs to the bench's loop.
        origin: what decides its answers besides the request, as plain JSON values.
        by_task: whether it looks at the task and not at the messages.
        most: requests at once.
        unmetered: whether it costs nothing.
    """

    provider: Provider
    origin: object
    by_task: bool = False
    most: int = limits.PROVIDER_CONCURRENCY
    unmetered: bool = False
    resume_at: float = 0.0
    _places: asyncio.Semaphore | None = None

    @property
    def places(self) -> asyncio.Semaphore:
        """For as many requests as may be under way at once."""
        if self._places is None:
            self._places = asyncio.Semaphore(self.most)
        return self._places


@dataclass(slots=True)
class RequestCache:
    """Asks real providers once for each distinct request. Belongs to one event loop.

    Attributes:
        sources: by the name that stands before the slash.
        price: for what nobody says it cost.
        cap: USD that may be spent, with ``spent``; ``None`` for no bound.
        backoff: when to ask again.
        chance: gives random numbers in [0, 1), for jitter.
        spent: USD, of what is known.
        sent: requests that really went out, repeats not counted.
        told: answers that were kept already, or awaited by another question.
        exhausted: why nothing more is asked, once the cap was met.
    """

    store: Store
    sources: Mapping[str, RealProvider]
    price: Price = lambda _model, _usage: None
    cap: float | None = None
    backoff: Backoff = field(
        default_factory=lambda: Backoff(
            bench_limits.BENCH_RETRIES,
            bench_limits.BENCH_BACKOFF_S,
            bench_limits.MAX_BENCH_BACKOFF_S,
        )
    )
    chance: Callable[[], float] = random.random
    spent: float = 0.0
    sent: int = 0
    told: int = 0
    exhausted: str | None = None
    _reserved: float = 0.0
    _flights: dict[str, "asyncio.Task[StoredAnswer]"] = field(default_factory=dict)

    async def ask(self, name: str, request: Request, draw: tuple[int, int]) -> "CachedAnswer":
        """An answer, kept or new.

        Args:
            name: of the provider.
            request: what is asked.
            draw: which sample of this request is wanted.

        Raises:
            ProviderError: the provider failed, for good or for now.
            BudgetExceeded: it could cost more than may be spent.
            RunError: the store failed.
        """
        source = self.sources[name]
        key = key_of([*_content(name, source, request), draw])
        kept = self.store.answer(key)
        if kept is not None:
            self.told += 1
            return CachedAnswer(kept, 0.0)
        flight = self._flights.get(key)
        if flight is not None:
            self.told += 1
            return CachedAnswer(await asyncio.shield(flight), 0.0)
        flight = asyncio.ensure_future(self._really(source, name, request, key))
        self._flights[key] = flight
        flight.add_done_callback(lambda done: self._landed(key, done))
        answered = await asyncio.shield(flight)
        return CachedAnswer(answered, answered.cost_usd or 0.0)

    async def close(self) -> None:
        """Cancel what is under way and close the providers; safe to call twice.

        Where the cap has ended it, what was sent already is waited for: it is paid for.
        """
        flights = list(self._flights.values())
        if flights and self.exhausted is not None:
            await asyncio.wait(flights, timeout=bench_limits.BENCH_REQUEST_S)
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        for source in self.sources.values():
            await source.provider.close()

    def _landed(self, key: str, flight: "asyncio.Task[StoredAnswer]") -> None:
        error = None if flight.cancelled() else flight.exception()
        if error is None or is_infrastructure(error):
            self._flights.pop(key, None)

    async def _really(
        self, source: RealProvider, name: str, request: Request, key: str
    ) -> StoredAnswer:
        self.sent += 1
        async with source.places:
            answered = await self._patiently(source, name, request)
        self.store.keep_answer(key, answered)
        return answered

    async def _patiently(self, source: RealProvider, name: str, request: Request) -> StoredAnswer:
        """Ask until there is an answer, or asking again cannot help."""
        clock = asyncio.get_running_loop().time
        stop_at = clock() + bench_limits.BENCH_PATIENCE_S
        for attempt in itertools.count(1):
            await asyncio.sleep(max(0.0, source.resume_at - clock()))
            try:
                return await self._once(source, name, request)
            except ProviderError as error:
                pause = self.backoff.pause(error, attempt, stop_at - clock(), self.chance())
                if pause is None:
                    raise
                if isinstance(error, RateLimited):  # the limit is everybody's
                    source.resume_at = max(source.resume_at, clock() + pause)
            await asyncio.sleep(pause)
        raise AssertionError("counting does not end")

    async def _once(self, source: RealProvider, name: str, request: Request) -> StoredAnswer:
        """One attempt, within the cap."""
        clock = asyncio.get_running_loop().time
        if self.exhausted is not None:
            raise BudgetExceeded(self.exhausted)
        model = f"{name}/{request.model}"
        most = 0.0 if source.unmetered else self._worst(model, request)
        if self.cap is not None and self.spent + self._reserved + most > self.cap:
            self.exhausted = (
                f"asking {model} could take more than the {self.cap:g} USD that may be spent; "
                "what was found is kept: raise the budget and run it again"
            )
            raise BudgetExceeded(self.exhausted)
        heard_at: list[float] = []

        def on_delta(delta: str) -> None:
            if delta and not heard_at:
                heard_at.append(clock())

        began = clock()
        charged = 0.0
        self._reserved += most
        # Whether it comes in time for a mix is for that mix's own clock to say.
        patience = bench_limits.BENCH_REQUEST_S
        # With a meter of its own: the question's hears in another loop, whose time stands still.
        unhurried = replace(
            request, timeout=patience, deadline=patience, inline=False, meter=Meter()
        )
        try:
            reply = await source.provider.answer(unhurried, on_delta)
            ended = clock()
            cost = self._cost(model, reply)
            charged = most if cost is None else cost
        except BaseException as error:
            answering = isinstance(error, MoaError) and error.answering
            # an answer that broke off may be billed
            charged = most if heard_at or answering else 0.0
            raise
        finally:
            self._reserved -= most
            self.spent += charged
        first = heard_at[0] if heard_at else ended
        return StoredAnswer(reply, first - began, ended - began, cost)

    def _worst(self, model: str, request: Request) -> float:
        """The most that a request can cost, 0 without a cap."""
        if self.cap is None:
            return 0.0
        shown = sum(tokens(each.content) for each in request.messages)
        if request.infill is not None:
            gap = request.infill
            parts = [gap.prefix, gap.suffix, *(text for _, text in gap.extra)]
            shown = max(shown, sum(map(tokens, parts)))
        written = request.max_tokens or bench_limits.MAX_BENCH_ANSWER_TOKENS
        found = self.price(model, Usage(int(shown * bench_limits.TOKEN_SLACK), written))
        if found is None:
            self.exhausted = (
                f"no price is known of {model}, so no budget can hold it: add it under `models:` "
                "in config.yaml, or leave the budget out"
            )
            raise BudgetExceeded(self.exhausted)
        return found

    def _cost(self, model: str, reply: Reply | AgentDeclines) -> float | None:
        if isinstance(reply, AgentDeclines):
            return 0.0
        if reply.cost_usd is not None:
            return reply.cost_usd
        return self.price(model, reply.usage) if reply.usage is not None else None


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """An answer, and what this question really paid for it in USD."""

    answered: StoredAnswer
    paid: float


@dataclass(slots=True)
class QuestionSession:
    """What one question asks: made in the bench's loop, used in the question's own.

    Attributes:
        real: the bench's loop.
        sample: of the question.
        own: providers of this question alone, by name: nothing of theirs is kept.
        paid: USD that were really spent.
        faults: what the infrastructure failed with.
        prompt: what was asked first.
        ending: closed when something is first asked: what happened before takes no time.
    """

    shared: RequestCache
    real: asyncio.AbstractEventLoop
    sample: int = 0
    own: Mapping[str, Provider] = field(default_factory=dict)
    paid: float = 0.0
    faults: list[str] = field(default_factory=list)
    prompt: str = ""
    ending: ExitStack = field(default_factory=ExitStack)
    _numbers: Counter[str] = field(default_factory=Counter)

    def providers(self) -> dict[str, Provider]:
        """Every provider, as the product's engine asks it."""
        return {name: ReplayProvider(name, self) for name in (*self.shared.sources, *self.own)}

    async def answered(self, name: str, request: Request) -> StoredAnswer:
        """An answer at once, in this question's own time.

        Raises:
            MoaError: as ``RequestCache.ask``.
        """
        loop = held(asyncio.get_running_loop())
        if not self.prompt:
            self.prompt = _prompt(request)
        with loop.hold():
            self.ending.close()
            if name in self.own:
                return await self._of_its_own(name, request)
            content = key_of(_content(name, self.shared.sources[name], request))
            draw = self.sample, self._numbers[content]
            self._numbers[content] += 1
            asked = asyncio.run_coroutine_threadsafe(
                self.shared.ask(name, request, draw), self.real
            )
            try:
                told = await asyncio.wrap_future(asked)
            except MoaError as error:
                if is_infrastructure(error):
                    self.faults.append(str(error))
                raise
        self.paid += told.paid
        return told.answered

    async def _of_its_own(self, name: str, request: Request) -> StoredAnswer:
        try:
            return StoredAnswer(await self.own[name].answer(request, _unheard))
        except ProviderError as error:  # nobody was asked: it says nothing of a model
            self.faults.append(str(error))
            raise


@dataclass(frozen=True, slots=True)
class ReplayProvider:
    """A provider in a question's own time."""

    name: str
    asking: QuestionSession

    async def answer(self, request: Request, on_delta: Listener) -> Reply | AgentDeclines:
        """Take as long as the answer once took.

        Raises:
            MoaError: as ``RequestCache.ask``.
        """
        answered = await self.asking.answered(self.name, request)
        await asyncio.sleep(answered.first)
        reply = answered.reply
        if isinstance(reply, Reply):
            on_delta(reply.text)
        await asyncio.sleep(max(0.0, answered.seconds - answered.first))
        return reply

    async def close(self) -> None:
        """Nothing is open: the real provider is the bench's."""


def is_infrastructure(error: BaseException) -> bool:
    """Whether a failure says nothing of the model: it must not count against a mix."""
    if isinstance(error, ProviderError):
        # what broke off after text was heard says Overloaded without being retryable
        return error.retryable or isinstance(error, AuthRejected | ProviderOverloaded)
    return isinstance(error, RunError) or not isinstance(error, MoaError)


def _content(name: str, source: RealProvider, request: Request) -> list[object]:
    """What decides an answer: never how long it is waited for."""
    shown: object = [asdict(each) for each in request.messages]
    if source.by_task:
        task = request.task
        snapshot = replace(task.snapshot, version=None, opened=0)
        shown = [__version__, asdict(replace(task, snapshot=snapshot))]
    return [
        f"{name}/{request.model}",
        source.origin,
        shown,
        None if request.infill is None else asdict(request.infill),
        {"temperature": request.temperature, "max_tokens": request.max_tokens},
    ]


def _prompt(request: Request) -> str:
    if request.infill is not None and not request.messages:
        return f"{request.infill.prefix}<gap>{request.infill.suffix}"
    return "\n\n".join(f"[{each.role}]\n{each.content}" for each in request.messages)


def _unheard(delta: str) -> None:
    """Hear nothing of an answer that comes at once."""
