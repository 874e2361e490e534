"""Asks all proposers of a mix concurrently for one gap, and chooses while answers arrive.

The race goes on after something was shown: late answers are alternatives, and are remembered for
what the user types next. Cancelling it closes every request. It ends at its deadline at the
latest, and leaves no task behind.
"""

import asyncio
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NoReturn

from moa_lsp import limits
from moa_lsp.answers.rejection import Rejection
from moa_lsp.config.mixes import Agent, Mix, inner_name
from moa_lsp.inline.choice import ranked, settled
from moa_lsp.inline.cursor import CursorContext, Trigger
from moa_lsp.inline.memory import Suggestion
from moa_lsp.inline.redact_gap import writes_mask
from moa_lsp.inline.trim import TrimResult, trim
from moa_lsp.mix.agent_slots import slots_for
from moa_lsp.mix.judge import Judge, Judgement
from moa_lsp.mix.layer import AgentAnswer, AgentRunner
from moa_lsp.mix.record import AgentRecord
from moa_lsp.providers.base import Listener, Provider, Reply, Request, Usage
from moa_lsp.task import Task

INLINE_GRACE_S = 0.3
"""For better answers once there is one to show, when a mix sets no quorum: it keeps four fifths of
what choosing among four small models gains (docs/inline.md)."""


_ENDS_LINE = re.compile(r"[\r\n]")

Ask = Callable[[Agent, str], Request]
"""Makes the request to a model (its bare name) for an agent."""


@dataclass(frozen=True, slots=True)
class GapJudge(Judge):
    """Judges answers for a gap: what is left of one when it fits there."""

    place: CursorContext | None = None
    trigger: Trigger = "automatic"
    whole: set[str] = field(default_factory=set)

    async def usable(self, reply: Reply) -> Judgement:
        """Cut an answer to the gap, or say why nothing is left of it."""
        place = self.place
        if place is None:
            raise ValueError("a judge of gaps needs a place")
        if writes_mask(reply.text, place.text):
            return Judgement(None, Rejection("placeholder", "it writes what was hidden from it"))
        work = partial(
            trim,
            reply.text,
            place,
            finish=reply.finish,
            trigger=self.trigger,
            template=reply.template,
            exact=reply.exact,
        )
        found: TrimResult = await self._done(work)
        if found.text is not None and found.whole:
            self.whole.add(found.text)
        if found.text is None:
            return Judgement(None, Rejection("no_fit", found.reason or "nothing fits the gap"))
        return Judgement(found.text)


@dataclass(slots=True)
class Race:
    """All requests for one gap.

    Attributes:
        run: names it in the accounts and in the command of its offers.
        mix: resolved; its first layer is asked.
        ask: makes requests.
        bound: USD that a request to a model costs at most, ``None`` when unknown.
        first_at: loop time of the first usable answer.
        over: whether all have ended.
    """

    run: str
    place: CursorContext
    trigger: Trigger
    task: Task
    mix: Mix
    providers: Mapping[str, Provider]
    ask: Ask
    price: Callable[[str, Usage], float | None]
    bound: Callable[[str, Request], float | None] = lambda _model, _request: None
    first_at: float | None = None
    over: bool = False
    _judge: GapJudge = field(init=False)
    _answers: list[AgentAnswer] = field(init=False)
    _heard: list[list[str]] = field(init=False)
    _arrived: list[int] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Begin an answer of every sample of the first layer."""
        self._judge = GapJudge(self.task, place=self.place, trigger=self.trigger)
        seats = slots_for(
            agents_of(self.mix),
            lambda agent: partial(self.ask, agent),
            longest=limits.INLINE_DEADLINE_S,
        )
        self._answers = [AgentAnswer(slot, slot.models[0]) for slot in seats]
        self._heard = [[] for _ in seats]

    async def go(self) -> None:
        """Ask all agents, until all have answered or the deadline has passed."""
        caller = AgentRunner(self.providers, self._judge, self.price, _no_inner, bound=self.bound)
        deadline = min(self.mix.deadline, limits.INLINE_DEADLINE_S)
        try:
            async with asyncio.timeout(deadline), asyncio.TaskGroup() as group:
                for number, answer in enumerate(self._answers):
                    group.create_task(self._seat(caller, number, answer))
        except TimeoutError:
            for answer in self._answers:
                if answer.state == "cancelled":
                    answer.state, answer.reason = "late", f"no answer within {deadline:g} s"
        except ExceptionGroup as bugs:
            raise bugs.exceptions[0] from None
        finally:
            self.over = True
            self._news.set()

    @property
    def records(self) -> tuple[AgentRecord, ...]:
        """State of every agent so far."""
        return tuple(answer.record for answer in self._answers)

    @property
    def failures(self) -> list[str]:
        """Reasons of failed agents, if no agent answered."""
        if any(answer.state != "failed" for answer in self._answers):
            return []
        return [str(answer.reason) for answer in self._answers]

    def offers(self, typed: str = "") -> list[Suggestion]:
        """What has come and begins with what was typed since, in the order of its coming."""
        found: list[Suggestion] = []
        for number in self._arrived:
            answer = self._answers[number]
            if answer.text is None:
                continue
            offer = Suggestion(
                answer.text,
                self.run,
                answer.slot.agent,
                answer.model,
                answer.slot.weight,
                number,
                answer.text in self._judge.whole,
            )
            left = offer.after(typed) if typed else offer
            if left is not None:
                found.append(left)
        return found

    def ranked(self, typed: str = "") -> list[Suggestion]:
        """The same in the order in which it is shown."""
        return ranked(self.offers(typed), self.mix.aggregator)

    def may_serve(self, typed: str) -> bool:
        """Whether an outstanding answer may still begin with what was typed since.

        What was asked for the rest of a line has nothing for the next one.
        """
        if self.offers(typed):
            return True
        if _ENDS_LINE.search(typed) and not self.place.long(self.trigger):
            return False
        return not self.over and any(
            _agree("".join(on_delta).lstrip("\n"), typed)
            for number, on_delta in enumerate(self._heard)
            if number not in self._arrived
        )

    async def decided(self, typed: Callable[[], str | None]) -> list[Suggestion]:
        """Wait until it is known what to show, and give it, best first.

        The first usable answer waits for better ones for the mix's grace, not longer.

        Args:
            typed: what was typed since the race began, ``None`` once it can serve no more.
        """
        clock = asyncio.get_running_loop().time
        grace = self.mix.quorum.grace if self.mix.quorum else INLINE_GRACE_S
        while True:
            said = typed()
            if said is None:
                return []
            found = self.offers(said)
            pending = [
                answer.slot.weight
                for number, answer in enumerate(self._answers)
                if number not in self._arrived
            ]
            steps = self.mix.aggregator
            if self.over or settled(found, len(self._answers), pending, steps):
                return ranked(found, steps)
            left = math.inf
            if found:
                left = (self.first_at or clock()) + grace - clock()
                if left <= 0:
                    return ranked(found, steps)
            elif not self.may_serve(said):
                return []
            await self._changed(left)

    async def _changed(self, patience: float) -> None:
        """Wait for news, at most so many seconds."""
        self._news.clear()
        try:
            async with asyncio.timeout(None if patience == math.inf else patience):
                await self._news.wait()
        except TimeoutError:
            return

    async def _seat(self, caller: AgentRunner, number: int, answer: AgentAnswer) -> None:
        on_delta = self._heard[number]

        def on_update(delta: str) -> None:
            on_delta.append(delta)

        await caller.ask(answer, on_update)
        self._arrived.append(number)
        if answer.text is not None and self.first_at is None:
            self.first_at = asyncio.get_running_loop().time()
        self._news.set()


def _agree(on_delta: str, typed: str) -> bool:
    """Whether one of two texts is the beginning of the other."""
    return on_delta.startswith(typed) or typed.startswith(on_delta)


def agents_of(mix: Mix) -> list[Agent]:
    """The agents of the first layer, with those of a mix in it expanded."""
    found: list[Agent] = []
    for agent in mix.layers[0].agents:
        name = inner_name(agent.model)
        found += [agent] if name is None else agents_of(mix.inner[name])
    return found


def _no_inner(name: str, _timeout: float, _heard: Listener) -> NoReturn:
    raise AssertionError(f"mix/{name} was asked as a whole")
