"""The mix engine: layers of proposers, then the aggregation chain, under one cancellation.

A run reads its task, its mix and its providers, and nothing else; it applies nothing. Cancelling
the coroutine closes every request of the run before ``go`` raises. When the time is up, what was
found by then still counts.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType

from moa_lsp import limits
from moa_lsp.config.mixes import Agent, Agree, First, Layer, Mix, ModelStep, Verify
from moa_lsp.context.collect import Bundle, collect
from moa_lsp.context.evidence import Evidence
from moa_lsp.mix.chain import LEAST_CHECKS, Chain, Settled, candidates
from moa_lsp.mix.judge import Judge
from moa_lsp.mix.panel import UNCHANGED, Answer, Caller, Ended, Panel, Seat, Window
from moa_lsp.mix.progress import Follow, Phase, Piece, Progress, Watch
from moa_lsp.mix.record import AgentRecord, AgentState, Aggregation
from moa_lsp.mix.select import Candidate
from moa_lsp.mix.synthesis import LONGEST_NOTE, shown
from moa_lsp.prompts import render
from moa_lsp.prompts.actions import Action
from moa_lsp.prompts.view import View
from moa_lsp.providers.base import Listener, Provider, Request, Usage
from moa_lsp.task import Form, Message, Task
from moa_lsp.text.sanitize import clean_prompt
from moa_lsp.text.tokens import tokens

_WHY: Mapping[AgentState, str] = {
    "failed": "no agent could answer; `moa-lsp doctor` shows which providers do",
    "late": "no agent answered in time; raise the mix's deadline or take a faster mix",
    "rejected": "no answer was usable; run the action again or take another mix",
    "declined": "no agent of this mix does that; take a mix with a model",
}
_MIXED = "no agent gave a usable proposal; run the action again or take another mix"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found.

    Attributes:
        text: the answer of the run (see ``Task.placed``), or Markdown; ``None`` with a ``reason``.
        unchanged: true when there is no text because every usable agent found nothing to change.
        warnings: what was mended on the way.
    """

    text: str | None
    reason: str | None
    unchanged: bool
    aggregation: Aggregation | None
    warnings: tuple[str, ...]


@dataclass(slots=True)
class Run:
    """One execution of a mix for one task; kept by the caller so that a cancelled run can be told.

    Attributes:
        watch: hears how far the run is.
        price: USD for a model's usage, ``None`` when unknown.
        seed: the run's id; decides in which order equal proposals are shown, and the delimiters.
        window: tokens that a model takes in and gives out together, ``None`` when unknown.
        hedge: as in ``Chain``; off, and no mix can turn it on.
        hear: hears every piece of every answer.
        bundle: what models are shown; left out, the document alone.
        judge: of the run that this one is a part of.
        follow: hears what is being written, and by whom.
    """

    mix: Mix
    action: Action
    task: Task
    providers: Mapping[str, Provider]
    watch: Watch
    price: Callable[[str, Usage], float | None]
    seed: str = ""
    window: Callable[[str], int | None] = lambda _model: None
    hedge: float | None = None
    hear: Listener | None = None
    bundle: Bundle | None = None
    judge: Judge | None = None
    follow: Follow | None = None
    _panels: list[Panel] = field(default_factory=list)
    _asked: list[Answer] = field(default_factory=list)
    _tag: str = ""
    _stop_at: float = 0.0

    async def go(self) -> Outcome:
        """Run the mix; the time that this takes is at most its deadline."""
        clock = asyncio.get_running_loop().time
        started = clock()
        stop_at = started + self.mix.deadline
        if self.bundle is None:
            self.bundle = collect(self.task, Evidence(), room=limits.MAX_TOKENS)
        judge = self.judge or Judge(self.task, self.bundle.veil)
        inner = partial(self._inner, judge)
        proposed = judge.of(proposed_form(self.task, self.mix))
        follows = self._follows if self.follow is not None else None
        caller = Caller(self.providers, proposed, self.price, inner, self.hear, follows)
        self._tag = self._word(*(agent.system for agent in self.mix.agents))
        for layer in self.mix.layers:
            if self._panels and clock() >= stop_at:
                break
            await self._layer(caller, layer, started)
        panel = self._latest
        if panel is None:
            answers = self._panels[-1].answers
            unchanged = _unchanged(answers)
            return Outcome(None, _why_nothing(answers), unchanged, None, ())
        settled = await self._settle(replace(caller, judge=judge), panel, stop_at)
        return Outcome(
            settled.text,
            settled.reason,
            unchanged=False,
            aggregation=settled.aggregation,
            warnings=(*self._layers_missed(panel), *settled.notes, *self._notes()),
        )

    @property
    def _shown(self) -> Bundle:
        assert self.bundle is not None  # noqa: S101  # go() made it
        return self.bundle

    @property
    def proposals(self) -> tuple[AgentRecord, ...]:
        """What every seat asked so far has come to, layer by layer."""
        return tuple(record for panel in self._panels for record in panel.records())

    @property
    def texts(self) -> dict[str, str]:
        """Every usable proposal, by seat; also one that a step has dropped since."""
        return {each.seat.agent: each.text or "" for one in self._panels for each in one.usable}

    @property
    def aggregators(self) -> tuple[AgentRecord, ...]:
        """What every model asked by a step has come to."""
        return tuple(answer.record for answer in self._asked)

    @property
    def _latest(self) -> Panel | None:
        """The last layer that found anything."""
        return next((panel for panel in reversed(self._panels) if panel.usable), None)

    async def _layer(self, caller: Caller, layer: Layer, started: float) -> None:
        latest = self._latest
        looks_back = latest is not None and any(each.sees == "previous" for each in layer.agents)
        previous = latest.usable if latest and looks_back else ()
        panel = Panel(self._seats(layer, await candidates(caller.judge, previous)))
        self._panels.append(panel)
        self._tell(panel, "proposing")
        window = self._window(layer, started)
        self._stop_at = window.stop_at
        await panel.ask(
            caller,
            window,
            ended=partial(self._tell, panel, "proposing"),
            settles=self._settles(caller.judge) if layer is self.mix.layers[-1] else _never,
        )

    def _window(self, layer: Layer, started: float) -> Window:
        stop_at = started + self.mix.deadline
        deadline = f"the run's {self.mix.deadline:g} s"
        if layer.deadline is not None:
            layer_stops_at = asyncio.get_running_loop().time() + layer.deadline
            if layer_stops_at < stop_at:
                stop_at, deadline = layer_stops_at, f"the layer's {layer.deadline:g} s"
        # The last third of the deadline is the aggregator's.
        cut_at = started + self.mix.deadline * limits.QUORUM_CUT
        return Window(layer.quorum, min(cut_at, stop_at), stop_at, deadline)

    async def _settle(self, caller: Caller, panel: Panel, stop_at: float) -> Settled:
        chain = Chain(
            self.task,
            caller,
            self._synthesis,
            partial(self._tell, panel, "aggregating"),
            stop_at,
            self._asked,
            self.hedge,
            worded=proposed_form(self.task, self.mix) == "sketch",
        )
        settled = await chain.settle(self.mix.aggregator, panel.usable)
        self._tell(panel, "checking")
        return settled

    def _settles(self, judge: Judge) -> Callable[[Answer], Awaitable[bool]]:
        """For a chain that takes the first usable answer: does this one end the race?"""
        checks: tuple[str, ...] = LEAST_CHECKS
        for step in self.mix.aggregator:
            if isinstance(step, First):
                return partial(_passes, judge, checks)
            if not isinstance(step, Verify):
                break
            checks += step.verify
        return _never

    def _inner(self, judge: Judge, name: str, timeout: float, heard: Listener) -> "_Inner":
        """The run of a mix that answers as one agent, on the time that this run has left."""
        mix = self.mix.inner[name]
        left = self._stop_at - asyncio.get_running_loop().time()
        deadline = min(mix.deadline, timeout, max(0.0, left) * limits.INNER_DEADLINE_SHARE)
        run = replace(
            self,
            mix=replace(mix, deadline=deadline),
            watch=_unwatched,
            seed=f"{self.seed}/{name}",
            hear=heard,
            judge=judge,
            follow=None,
            _panels=[],
            _asked=[],
        )
        return _Inner(run)

    def _seats(self, layer: Layer, previous: Sequence[Candidate]) -> list[Seat]:
        seats: list[Seat] = []
        for agent in layer.agents:
            messages = self._messages(agent, previous)
            for sample in range(1, agent.samples + 1):
                seats.append(
                    Seat(
                        agent.id if sample == 1 else f"{agent.id}#{sample}",
                        (agent.model, *agent.fallbacks),
                        agent.weight,
                        len(seats),
                        agent.timeout,
                        partial(_request, agent, messages, self.task),
                    )
                )
        return seats

    def _messages(self, agent: Agent, previous: Sequence[Candidate]) -> tuple[Message, ...]:
        if previous and agent.sees == "previous":
            return self._synthesis(previous, agent, agent.model)
        view = self._view(proposed_form(self.task, self.mix))
        return render.messages(self.action, view, tag=self._tag, system=agent.system)

    def _synthesis(
        self,
        proposals: Sequence[Candidate],
        asked: Agent | ModelStep,
        model: str,
        said: Mapping[int, str] = MappingProxyType({}),
    ) -> tuple[Message, ...]:
        """The prompt of one who sees proposals: as much of them as the model takes."""
        role = asked.id if isinstance(asked, Agent) else "aggregator"
        form = proposed_form(self.task, self.mix) if isinstance(asked, Agent) else self.task.form
        room = self._room(asked, model, len(proposals))
        hidden = [replace(each, text=self._seen(each.text)) for each in proposals]
        parts = shown(hidden, f"{self.seed}/{role}", room=room, faults=said)
        texts = [part.text for part in parts]
        return render.aggregator_messages(
            self.action,
            self._view(form),
            texts,
            tag=self._word(asked.system, *texts, first=self._tag),
            system=asked.system,
            notes=[part.note for part in parts],
        )

    def _view(self, form: Form) -> View:
        """What is shown where answers are to have this form."""
        view = self._shown.view
        return replace(view, task=replace(view.task, form=form))

    def _seen(self, proposal: str) -> str:
        """A proposal as a model may see it."""
        return clean_prompt(self._shown.veil.hide(proposal))[0]

    def _room(self, asked: Agent | ModelStep, model: str, count: int) -> int:
        """Tokens that a prompt has for so many proposals beside its other parts and the answer."""
        window = self.window(model)
        if window is None:
            return limits.MAX_SHOWN_TOKENS
        fixed = render.aggregator_messages(
            self.action,
            self._shown.view,
            [""] * count,
            tag=self._word(asked.system),
            system=asked.system,
            notes=[LONGEST_NOTE] * count,
        )
        left = window - (asked.max_tokens or 0) - sum(tokens(each.content) for each in fixed)
        return min(limits.MAX_SHOWN_TOKENS, max(limits.LEAST_SHOWN_TOKENS, left))

    def _word(self, *texts: str | None, first: str = "") -> str:
        """A word that occurs in no text it will delimit: none can close its own block.

        Drawn from the run's id, which nobody can guess: the same run draws the same.
        """
        draw = random.Random(self.seed or None)  # noqa: S311  # as unlikely as its seed
        tag = first or f"{draw.getrandbits(32):08x}"
        while render.is_in(tag, self._shown.view, *texts):
            tag = f"{draw.getrandbits(32):08x}"
        return tag

    def _layers_missed(self, panel: Panel) -> list[str]:
        asked = len(self.mix.layers)
        found = self._panels.index(panel) + 1
        told = f"layer {found} of {asked} was the last to find anything"
        return [] if found == asked else [told]

    def _notes(self) -> list[str]:
        return [
            f"{answer.seat.agent}: {note}"
            for panel in self._panels
            for answer in panel.usable
            for note in answer.notes
        ]

    def _follows(self, answer: Answer, delta: str) -> None:
        aggregates = any(answer is each for each in self._asked)
        stage = (len(self._panels), aggregates)
        if self.follow is not None:
            self.follow(Piece(stage, answer.seat.agent, answer.model, delta))

    def _tell(self, panel: Panel, phase: Phase, lines: int = 0) -> None:
        self.watch(
            Progress(
                phase,
                ended=len(panel.arrived),
                asked=len(panel.seats),
                usable=len(panel.usable),
                layer=len(self._panels),
                layers=len(self.mix.layers),
                lines=lines,
            )
        )


@dataclass(frozen=True, slots=True)
class _Inner:
    """A run as one agent of another."""

    run: Run

    @property
    def records(self) -> tuple[AgentRecord, ...]:
        return self.run.proposals + self.run.aggregators

    async def end(self) -> Ended:
        outcome = await self.run.go()
        if outcome.text is not None:
            return Ended("ok", None, outcome.text, outcome.warnings)
        if outcome.unchanged:
            return UNCHANGED
        declined = all(each.state == "declined" for each in self.run.proposals)
        return Ended("declined" if declined else "failed", outcome.reason)


def proposed_form(task: Task, mix: Mix) -> Form:
    """The form that proposals have: in words where a model is sure to make changes of them."""
    if task.form == "region":
        return "region"
    for step in mix.aggregator:
        if isinstance(step, ModelStep):
            return "sketch"
        if not isinstance(step, Agree | Verify):
            break
    return "changes"


def _unwatched(_progress: Progress) -> None:
    """Of an inner run: its own agents are no proposals of the run that is watched."""


async def _never(_answer: Answer) -> bool:
    return False


async def _passes(judge: Judge, checks: tuple[str, ...], answer: Answer) -> bool:
    return answer.text is not None and await judge.fault(answer.text, checks) is None


def _request(agent: Agent, messages: tuple[Message, ...], task: Task, model: str) -> Request:
    return Request(model, messages, task, agent.temperature, agent.max_tokens, agent.timeout)


def _told(answers: Sequence[Answer]) -> list[Answer]:
    """The answers that say why there is nothing: declining is worth a word only if all do."""
    return [each for each in answers if each.state != "declined"] or list(answers)


def _unchanged(answers: Sequence[Answer]) -> bool:
    told = {(each.state, each.category) for each in _told(answers)}
    return told == {(UNCHANGED.state, UNCHANGED.category)}


def _why_nothing(answers: Sequence[Answer]) -> str:
    """One clause that tells why no agent gave a usable proposal."""
    told = _told(answers)
    states = {each.state for each in told}
    lead = _WHY[states.pop()] if len(states) == 1 else _MIXED
    return f"{lead} ({'; '.join(f'{each.seat.agent}: {each.reason}' for each in told)})"
