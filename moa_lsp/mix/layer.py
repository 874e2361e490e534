"""One layer of a mix at work: its slots asked in parallel under one scope that can be cancelled.

However a layer ends (all answered, quorum and grace, deadline, an answer that settles it,
cancelled, a bug), no task of it is left behind: each is awaited after it was cancelled, so that
sockets and processes are closed when ``ask`` returns or raises.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from moa_lsp.answers.extract import NO_CHANGE
from moa_lsp.answers.rejection import Category, Rejection
from moa_lsp.config.mixes import inner_name
from moa_lsp.errors import MoaError
from moa_lsp.mix import limits
from moa_lsp.mix.contained import broken, contained, spent
from moa_lsp.mix.judge import Judge, Judgement
from moa_lsp.mix.layer_window import Activity, Ears, LayerWindow, Silence, first_ended
from moa_lsp.mix.record import AgentRecord, AgentState, cost_of
from moa_lsp.providers.base import AgentDeclines, Listener, Provider, Reply, Request, Usage

_ENOUGH = "cut off: enough others had answered"
SETTLED = "cut off: another answer was taken"


@dataclass(frozen=True, slots=True)
class AgentSlot:
    """One proposal to be asked for: an agent, or one of its samples.

    Attributes:
        agent: the agent's id, with ``#2`` and so on for further samples.
        models: ``provider/model`` names: the agent's own, then its fallbacks.
        order: place in its layer.
        timeout: seconds that each of the models may be silent.
        ask: makes the request for a model's bare name; not called for ``mix/NAME``.
    """

    agent: str
    models: tuple[str, ...]
    weight: float
    order: int
    timeout: float
    ask: Callable[[str], Request]


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """How one model's turn ended; ``raw`` is what it wrote, usable or not."""

    state: AgentState
    reason: str | None = None
    text: str | None = None
    notes: tuple[str, ...] = ()
    usage: Usage | None = None
    cost_usd: float | None = None
    category: Category | None = None
    raw: str | None = None


UNCHANGED = AttemptResult("rejected", NO_CHANGE.reason, category=NO_CHANGE.category)
"""Of an agent that found nothing to change."""


class InnerMix(Protocol):
    """A whole mix at work as one agent."""

    @property
    def records(self) -> tuple[AgentRecord, ...]:
        """What each of its own agents has come to."""

    async def end(self) -> AttemptResult:
        """Run it to its end."""


@dataclass(slots=True)
class AgentAnswer:
    """The answer of an agent's slot, kept while it works so that it can be reported at any time.

    Attributes:
        model: the one of the slot's models asked last; ``state`` is ``cancelled`` until its end.
        text: a usable proposal; ``notes`` say what was mended on the way to it.
        arrived: counts the answers of a layer in the order of their coming.
        category: of ``reason``, of a rejected answer.
        uncounted: whether a model worked for nothing, at a cost that nobody told; ``lost`` and
            ``lost_usd`` are tokens and cost of answers that broke off, by estimate.
        inner: the mixes that were run for it; ``heard`` is of the model that was asked last.
        raw: what the model wrote, usable or not; ``None`` of a mix and before its end.
    """

    slot: AgentSlot
    model: str
    state: AgentState = "cancelled"
    reason: str | None = "the run was cancelled"
    text: str | None = None
    notes: tuple[str, ...] = ()
    arrived: int | None = None
    seconds: float = 0.0
    first_token_seconds: float | None = None
    usage: Usage | None = None
    cost_usd: float | None = None
    category: Category | None = None
    uncounted: bool = False
    lost: Usage | None = None
    lost_usd: float = 0.0
    inner: list[InnerMix] = field(default_factory=list)
    raw: str | None = None
    heard: Activity = field(default_factory=Activity)

    @property
    def record(self) -> AgentRecord:
        """The answer as it is told; with what mixes took that ran for it."""
        own = self._own()
        if not self.inner:
            return own
        within = [record for inner in self.inner for record in inner.records]
        spent = cost_of(within if inner_name(self.model) else [own, *within])
        return replace(own, usage=spent.usage, cost_usd=spent.usd if spent.known else None)

    def lose(self, usage: Usage, usd: float | None) -> None:
        """Add what an answer came to that was cut off or broke; ``usd`` is ``None`` if unknown."""
        self.lost = (self.lost or Usage()) + usage
        self.lost_usd += usd or 0.0
        self.uncounted |= usd is None

    def _own(self) -> AgentRecord:
        usage, cost = self.usage, self.cost_usd
        if self.lost is not None:
            known = usage is None or cost is not None
            usage = (usage or Usage()) + self.lost
            cost = (cost or 0.0) + self.lost_usd if known else None
        return AgentRecord(
            self.slot.agent,
            self.model,
            self.state,
            self.reason,
            self.seconds,
            self.first_token_seconds,
            usage,
            cost,
            self.category,
            self.uncounted,
            self.lost is not None or self.heard.meter.stopped,
        )

    def reject(self, why: Rejection) -> None:
        """Take it back: it failed a check."""
        self.state, self.reason, self.category = "rejected", why.reason, why.category


@dataclass(frozen=True, slots=True)
class AgentRunner:
    """Asks one seat and judges what comes back.

    Attributes:
        providers: by name, the part of a model's name before the slash.
        judge: says whether a reply is usable.
        price: USD for a model's usage, ``None`` when unknown.
        inner: makes the run of a mix for one agent: of its name, with at most so many seconds,
            heard by.
        overhears: hears every piece of every answer.
        bound: USD that a request to a model costs at most, ``None`` when unknown.
        follows: hears every piece of every answer of a model, with the answer; of a mix that
            answers as one agent nothing, since its agents speak at once.
        read: takes an answer out of a reply where that is no text for the document.
        reasons: told of an answer whose model goes on reasoning, step by step.
        early_stop: whether a request is closed as soon as its answer is enough.
    """

    providers: Mapping[str, Provider]
    judge: Judge
    price: Callable[[str, Usage], float | None]
    inner: Callable[[str, float, Listener], InnerMix]
    overhears: Listener | None = None
    follows: Callable[[AgentAnswer, str], None] | None = None
    bound: Callable[[str, Request], float | None] = lambda _model, _request: None
    read: Callable[[Reply], Judgement] | None = None
    reasons: Callable[[AgentAnswer], None] = lambda _answer: None
    early_stop: bool = False

    async def ask(
        self, answer: AgentAnswer, on_update: Listener | None = None, *, stop_at: float = math.inf
    ) -> None:
        """Ask a seat's model, then each fallback while the one before failed.

        Args:
            answer: of the seat to ask; filled in.
            on_update: hears every piece of an answer.
            stop_at: loop time after which no answer is waited for.
        """
        clock = asyncio.get_running_loop().time
        started = clock()

        def on_delta(delta: str) -> None:
            if delta and answer.first_token_seconds is None:
                answer.first_token_seconds = clock() - started
            for listener in (on_update, self.overhears):
                if listener is not None:
                    listener(delta)

        missed: list[str] = []
        ended = AttemptResult("failed")
        try:
            for model in answer.slot.models:
                answer.model = model
                if inner_name(model) is None:
                    ended = await self._model(answer, model, on_delta, stop_at)
                else:
                    ended = await self._mix(answer, model, on_delta)
                if ended.state != "failed":
                    break
                missed.append(f"{model}: {ended.reason}")
        finally:
            answer.seconds = clock() - started
        answer.state, answer.text = ended.state, ended.text
        answer.reason, answer.notes = ended.reason, ended.notes
        answer.usage, answer.cost_usd = ended.usage, ended.cost_usd
        answer.category, answer.raw = ended.category, ended.raw
        if missed and ended.state != "failed":
            answer.notes += (f"asked {answer.model} because of {'; '.join(missed)}",)
        elif len(missed) > 1:
            answer.reason = "; ".join(missed)

    async def _mix(self, answer: AgentAnswer, model: str, on_delta: Listener) -> AttemptResult:
        inner = self.inner(inner_name(model) or "", answer.slot.timeout, on_delta)
        answer.inner.append(inner)
        return await inner.end()

    def _followed(self, answer: AgentAnswer, on_delta: Listener) -> Listener:
        """A listener that also passes on whose answer it hears."""
        follows = self.follows
        if follows is None:
            return on_delta

        def said(delta: str) -> None:
            on_delta(delta)
            follows(answer, delta)

        return said

    async def _model(
        self, answer: AgentAnswer, model: str, on_delta: Listener, stop_at: float
    ) -> AttemptResult:
        slot = answer.slot
        clock = asyncio.get_running_loop().time
        left = stop_at - clock()
        if left <= 0:
            return AttemptResult("failed", "no time was left, raise the mix's deadline")
        name, _, bare = model.partition("/")
        provider = self.providers.get(name)
        if provider is None:
            return AttemptResult("failed", f"the provider `{name}` is not set up in config.yaml")
        enough = self.judge.enough if self.early_stop else None
        request = replace(slot.ask(bare), deadline=left, enough=enough)
        silence = Silence(slot.timeout, stop_at)
        answer.heard, hears = Activity(request.meter), self._followed(answer, on_delta)
        ears = Ears(answer.heard, silence, hears, lambda: self.reasons(answer))
        request.meter.alive = ears.alive
        try:
            async with silence.timer():
                with contained(model):
                    reply = await provider.answer(request, ears.said)
        except TimeoutError:
            if clock() >= stop_at:
                return AttemptResult("failed", f"no answer within {left:g} s, {answer.heard}")
            return AttemptResult("failed", f"no sign of life for {slot.timeout:g} s")
        except MoaError as error:
            answer.uncounted |= error.answering
            return AttemptResult("failed", str(error))
        finally:
            for usage in broken(request):
                answer.lose(usage, self.price(model, usage))
        return await self._judged(model, request, reply)

    async def _judged(
        self, model: str, request: Request, reply: Reply | AgentDeclines
    ) -> AttemptResult:
        if isinstance(reply, AgentDeclines):
            # Nothing to do is the same finding as a model's that gives the region back.
            ended = UNCHANGED if reply.unchanged else AttemptResult("declined", reply.reason)
            return replace(ended, usage=Usage(), cost_usd=0.0)
        try:
            with contained(model):
                judged = self.read(reply) if self.read else await self.judge.usable(reply)
        except MoaError as error:
            return AttemptResult("failed", str(error), usage=reply.usage)
        state: AgentState = "rejected" if judged.text is None else "ok"
        bound = self.bound(model, request)
        usage, cost = spent(reply, lambda usage: self.price(model, usage), bound)
        ended = AttemptResult(state, judged.reason, judged.text, judged.notes, usage, cost)
        return replace(ended, category=judged.category, raw=reply.text)


@dataclass(slots=True)
class ProposerLayer:
    """A layer's seats and what has come of them so far.

    Attributes:
        answers: one a seat, in the order of the seats.
        enough: set where nobody else is to be waited for.
    """

    seats: Sequence[AgentSlot]
    answers: list[AgentAnswer] = field(init=False)
    enough: "asyncio.Future[None]" = field(default_factory=asyncio.Future)

    def __post_init__(self) -> None:
        self.answers = [AgentAnswer(slot, slot.models[0]) for slot in self.seats]

    @property
    def usable(self) -> list[AgentAnswer]:
        """The usable proposals that have come, in the order of the seats."""
        return [each for each in self.arrived if each.text is not None]

    @property
    def arrived(self) -> list[AgentAnswer]:
        """The seats that have ended by themselves."""
        return [each for each in self.answers if each.arrived is not None]

    async def ask(
        self,
        caller: AgentRunner,
        window: LayerWindow,
        *,
        ended: Callable[[], None],
        settles: Callable[[AgentAnswer], Awaitable[bool]],
    ) -> None:
        """Ask all seats at once until the window closes or an answer settles the layer.

        Args:
            caller: asks one seat.
            window: when to stop waiting.
            ended: called whenever answers were added.
            settles: true for an answer that makes all others unnecessary.
        """
        try:
            async with asyncio.TaskGroup() as group:
                end = window.stop_at + limits.LATE_S
                tasks = {
                    group.create_task(caller.ask(each, stop_at=end)): each for each in self.answers
                }
                why = await self._wait(tasks, window, ended, settles)
                for task in tasks:
                    task.cancel()
        except ExceptionGroup as bugs:
            raise bugs.exceptions[0] from None
        for answer in self.answers:
            if answer.arrived is None and answer.state == "cancelled":
                answer.state = "late"
                answer.reason = why if why == SETTLED else f"{why}, {answer.heard}"
            elif answer.arrived is None:  # it ended while we were closing
                self._arrive([answer])

    def records(self) -> list[AgentRecord]:
        """One record a seat, in the order of the seats; ``cancelled`` where none came."""
        return [answer.record for answer in self.answers]

    async def _wait(
        self,
        tasks: Mapping["asyncio.Task[None]", AgentAnswer],
        window: LayerWindow,
        ended: Callable[[], None],
        settles: Callable[[AgentAnswer], Awaitable[bool]],
    ) -> str:
        """Take the answers as they come; why those that are still missing are not waited for."""
        clock = asyncio.get_running_loop().time
        grace_ends = math.inf
        pending = set(tasks)
        while pending:
            until = min(window.stop_at, grace_ends)
            if self._holds(window):
                until = min(until, max(window.cut_at, clock()))
            done = await first_ended(pending, self.enough, until - clock())
            if not done:
                break
            pending -= done
            for task in done:
                task.result()  # a bug is raised here
            fresh = [tasks[task] for task in done]
            self._arrive(fresh)
            ended()
            for answer in fresh:
                if await settles(answer):
                    return SETTLED
            if window.quorum and grace_ends == math.inf and self._holds(window):
                grace_ends = clock() + window.quorum.grace
        closed = self.enough.done() or self._holds(window)
        return _ENOUGH if closed else f"no answer within {window.deadline}"

    def _holds(self, window: LayerWindow) -> bool:
        return len(self.usable) >= (window.quorum.min if window.quorum else 1)

    def _arrive(self, fresh: list[AgentAnswer]) -> None:
        # Those of one moment in the order of the mix, so that a run can be repeated.
        fresh.sort(key=lambda answer: (answer.seconds, answer.slot.order))
        for answer in fresh:
            answer.arrived = len(self.arrived)
