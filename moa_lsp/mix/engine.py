"""The mix engine: layers of proposers, then the aggregation chain, under one cancellation.

A run reads its task, its mix and its providers, and nothing else; it applies nothing. Cancelling
the coroutine closes every request of the run before ``go`` raises. When the time is up, what was
found by then still counts.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from types import MappingProxyType

from moa_lsp import limits as shared_limits
from moa_lsp.actions import render
from moa_lsp.actions.definition import Action
from moa_lsp.actions.view import PromptView
from moa_lsp.config.mixes import Agent, Layer, Mix
from moa_lsp.config.steps import ModelRequestStep
from moa_lsp.context.collect import ContextBundle, collect
from moa_lsp.context.items import ContextItems
from moa_lsp.mix import chain, limits, no_proposal
from moa_lsp.mix.agent_slots import request_for, slots_for
from moa_lsp.mix.aggregation import (
    AggregationContext,
    AggregationResult,
    ProposalPrompt,
    candidates,
)
from moa_lsp.mix.inner_run import InnerRun, MixOutcome
from moa_lsp.mix.judge import Judge
from moa_lsp.mix.layer import AgentAnswer, AgentRunner, ProposerLayer
from moa_lsp.mix.layer_window import LayerWindow
from moa_lsp.mix.progress import Follow, MixProgress, Watch
from moa_lsp.mix.prompt_prefix import for_cache
from moa_lsp.mix.proposed_form import proposed_form
from moa_lsp.mix.race_end import ends_race, never
from moa_lsp.mix.record import AgentRecord
from moa_lsp.mix.reporting import RunReporter
from moa_lsp.mix.select import Candidate
from moa_lsp.mix.synthesis import LONGEST_NOTE, shown
from moa_lsp.providers.base import Listener, Provider, Request, Usage
from moa_lsp.task import Form, Message, Task
from moa_lsp.text.sanitize import clean_prompt
from moa_lsp.text.tokens import tokens
from moa_lsp.verification.verdict import TestRuns


@dataclass(slots=True)
class Run:
    """One execution of a mix for one task; kept by the caller so that a cancelled run can be told.

    Attributes:
        watch: hears how far the run is.
        price: USD for a model's usage, ``None`` when unknown.
        seed: the run's id; decides in which order equal proposals are shown, and the delimiters.
        window: tokens that a model takes in and gives out together, ``None`` when unknown.
        on_update: hears every piece of every answer.
        bundle: what models are shown; left out, the document alone.
        judge: of the run that this one is a part of.
        follow: hears what is being written, and by whom.
        tests: runs the user's tests against answers; ``None`` where none are to be run.
        bound: USD that a request to a model costs at most, ``None`` when unknown.
    """

    mix: Mix
    action: Action
    task: Task
    providers: Mapping[str, Provider]
    watch: Watch
    price: Callable[[str, Usage], float | None]
    seed: str = ""
    window: Callable[[str], int | None] = lambda _model: None
    on_update: Listener | None = None
    bundle: ContextBundle | None = None
    judge: Judge | None = None
    follow: Follow | None = None
    tests: TestRuns | None = None
    bound: Callable[[str, Request], float | None] = lambda _model, _request: None
    _panels: list[ProposerLayer] = field(default_factory=list)
    _asked: list[AgentAnswer] = field(default_factory=list)
    _tag: str = ""
    _stop_at: float = 0.0
    _reports: RunReporter | None = None

    async def go(self) -> MixOutcome:
        """Run the mix; the time that this takes is at most its deadline."""
        clock = asyncio.get_running_loop().time
        started = clock()
        stop_at = started + self.mix.deadline
        self.bundle = self.bundle or collect(
            self.task, ContextItems(), room=shared_limits.MAX_TOKENS
        )
        judge = self.judge or Judge(self.task, self.bundle.veil)
        inner = partial(self._inner, judge)
        proposed = judge.of(proposed_form(self.task, self.mix))
        reports = RunReporter(
            len(self.mix.layers), self.watch, self.follow, self._panels, self._asked
        )
        self._reports = reports
        told = reports.follows if self.follow is not None else None
        caller = AgentRunner(
            self.providers, proposed, self.price, inner, self.on_update, told, self.bound,
            reasons=reports.reasons, early_stop=self.mix.early_stop,
        )  # fmt: skip
        self._tag = self._word(*(agent.system for agent in self.mix.agents))
        for layer in self.mix.layers:
            if self._panels and clock() >= stop_at:
                break
            await self._layer(caller, layer, started)
        proposer_layer = self._latest
        if proposer_layer is None:
            answers = self._panels[-1].answers
            unchanged = no_proposal.all_unchanged(answers)
            return MixOutcome(None, no_proposal.explain(answers), unchanged, None, ())
        settled = await self._settle(replace(caller, judge=judge), proposer_layer, stop_at)
        return MixOutcome(
            settled.text,
            settled.reason,
            unchanged=False,
            aggregation=settled.aggregation,
            warnings=(
                *self._layers_missed(proposer_layer),
                *settled.notes,
                *self._notes(),
                *(self.tests.notes if self.tests else ()),
            ),
        )

    def stop_waiting(self) -> int:
        """Go on with the proposals that are in; for how many agents nobody waits any more.

        0 where no proposal is usable yet, or nobody of the current layer is waited for.
        """
        layer = self._panels[-1] if self._panels else None
        if layer is None or not layer.usable or layer.enough.done():
            return 0
        left = len(layer.seats) - len(layer.arrived)
        if left:
            layer.enough.set_result(None)
        return left

    @property
    def _reporter(self) -> RunReporter:
        assert self._reports is not None  # noqa: S101  # go() made it
        return self._reports

    def _testing(self, proposer_layer: ProposerLayer) -> None:
        plan = self.tests.plan if self.tests else ""
        self._reporter.tell(proposer_layer, "testing", detail=plan)

    @property
    def _shown(self) -> ContextBundle:
        assert self.bundle is not None  # noqa: S101  # go() made it
        return self.bundle

    @property
    def proposals(self) -> tuple[AgentRecord, ...]:
        """What every seat asked so far has come to, layer by layer."""
        return tuple(
            record for proposer_layer in self._panels for record in proposer_layer.records()
        )

    @property
    def answers(self) -> tuple[AgentAnswer, ...]:
        """Every seat asked so far, layer by layer, with what was written."""
        return tuple(answer for one in self._panels for answer in one.answers)

    @property
    def syntheses(self) -> tuple[AgentAnswer, ...]:
        """Every model asked by a step so far, with what it wrote."""
        return tuple(self._asked)

    @property
    def texts(self) -> dict[str, str]:
        """Every usable proposal, by seat; also one that a step has dropped since."""
        return {each.slot.agent: each.text or "" for one in self._panels for each in one.usable}

    @property
    def aggregators(self) -> tuple[AgentRecord, ...]:
        """What every model asked by a step has come to."""
        return tuple(answer.record for answer in self._asked)

    @property
    def _latest(self) -> ProposerLayer | None:
        """The last layer that found anything."""
        return next((each for each in reversed(self._panels) if each.usable), None)

    async def _layer(self, caller: AgentRunner, layer: Layer, started: float) -> None:
        last = self.mix.layers[-1]
        latest = self._latest
        looks_back = latest is not None and any(each.sees == "previous" for each in layer.agents)
        previous = latest.usable if latest and looks_back else ()
        seen = await candidates(caller.judge, previous)
        render_once = cache(self._proposal_messages)
        proposer_layer = ProposerLayer(
            slots_for(
                layer.agents,
                lambda agent: partial(
                    request_for, agent, self._messages(agent, seen, render_once), self.task
                ),
            )
        )
        self._panels.append(proposer_layer)
        self._reporter.tell(proposer_layer, "proposing")
        window = self._window(layer, started)
        self._stop_at = window.stop_at
        await proposer_layer.ask(
            caller,
            window,
            ended=partial(self._reporter.tell, proposer_layer, "proposing"),
            settles=ends_race(self.mix.aggregator, caller.judge) if layer is last else never,
        )

    def _window(self, layer: Layer, started: float) -> LayerWindow:
        stop_at = started + self.mix.deadline
        deadline = f"the run's {self.mix.deadline:g} s"
        if layer.deadline is not None:
            layer_stops_at = asyncio.get_running_loop().time() + layer.deadline
            if layer_stops_at < stop_at:
                stop_at, deadline = layer_stops_at, f"the layer's {layer.deadline:g} s"
        # The last third of the deadline is the aggregator's.
        cut_at = started + self.mix.deadline * limits.QUORUM_CUT
        return LayerWindow(layer.quorum, min(cut_at, stop_at), stop_at, deadline)

    async def _settle(
        self, caller: AgentRunner, proposer_layer: ProposerLayer, stop_at: float
    ) -> AggregationResult:
        usable = proposer_layer.usable
        context = AggregationContext(
            self.task,
            caller,
            self._about,
            partial(self._reporter.tell, proposer_layer, "aggregating"),
            stop_at,
            self._asked,
            answers={answer.slot.order: answer for answer in usable},
            left=await candidates(caller.judge, usable),
            worded=proposed_form(self.task, self.mix) == "sketch",
            tests=self.tests,
            testing=partial(self._testing, proposer_layer),
        )
        settled = await chain.settle(self.mix.aggregator, context)
        self._reporter.tell(proposer_layer, "checking")
        return settled

    def _inner(self, judge: Judge, name: str, timeout: float, on_delta: Listener) -> InnerRun:
        """The run of a mix that answers as one agent, on the time that this run has left."""
        mix = self.mix.inner[name]
        left = self._stop_at - asyncio.get_running_loop().time()
        deadline = min(mix.deadline, timeout, max(0.0, left) * limits.INNER_DEADLINE_SHARE)
        run = replace(
            self,
            mix=replace(mix, deadline=deadline),
            task=self.task.for_proposal,
            watch=_unwatched,
            seed=f"{self.seed}/{name}",
            on_update=on_delta,
            judge=judge,
            follow=None,
            tests=None,
            _panels=[],
            _asked=[],
        )
        return InnerRun(run)

    def _messages(
        self,
        agent: Agent,
        previous: Sequence[Candidate],
        render_once: Callable[[str | None], tuple[Message, ...]],
    ) -> tuple[Message, ...]:
        if previous and agent.sees == "previous":
            return self._about(previous, agent, agent.model).messages
        return for_cache(self.mix, agent, render_once(agent.system))

    def _proposal_messages(self, system: str | None) -> tuple[Message, ...]:
        """What a proposer is asked whose agent adds ``system`` to the system message."""
        view = self._view(proposed_form(self.task, self.mix))
        return render.messages(self.action, view, tag=self._tag, system=system)

    def _about(
        self,
        proposals: Sequence[Candidate],
        asked: Agent | ModelRequestStep,
        model: str,
        said: Mapping[int, str] = MappingProxyType({}),
        tested: Mapping[int, str] = MappingProxyType({}),
    ) -> ProposalPrompt:
        """The prompt of one who sees proposals: as much of them as the model takes."""
        role, form, part = "aggregator", self.task.form, _part(asked)
        if isinstance(asked, Agent):
            role, form = asked.id, proposed_form(self.task, self.mix)
        reports = {order: self._seen(report) for order, report in tested.items()}
        room = self._room(asked, model, len(proposals), reports)
        hidden = [replace(each, text=self._seen(each.text)) for each in proposals]
        laid = shown(hidden, f"{self.seed}/{role}", room=room, faults=said)
        texts = [each.text for each in laid]
        shown_orders, left = [each.order for each in laid], {each.order for each in proposals}
        messages = render.aggregator_messages(
            self.action,
            self._view(form, final=not isinstance(asked, Agent)),
            texts,
            tag=self._word(asked.system, *texts, *reports.values(), first=self._tag),
            system=asked.system,
            notes=[each.note for each in laid],
            part=part,
            failures=[reports.get(order) for order in shown_orders],
            dropped=[report for order, report in reports.items() if order not in left],
        )
        return ProposalPrompt(for_cache(self.mix, asked, messages), tuple(shown_orders))

    def _view(self, form: Form, *, final: bool = False) -> PromptView:
        """What is shown where answers are to have this form."""
        view = self._shown.view
        task = view.task if final and self.task.tools else view.task.for_proposal
        return replace(view, task=replace(task, form=form))

    def _seen(self, proposal: str) -> str:
        """A proposal as a model may see it."""
        return clean_prompt(self._shown.veil.hide(proposal))[0]

    def _room(
        self,
        asked: Agent | ModelRequestStep,
        model: str,
        count: int,
        reports: Mapping[int, str],
    ) -> int:
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
            part=_part(asked),
            dropped=list(reports.values()),
        )
        left = window - (asked.max_tokens or 0) - sum(tokens(each.content) for each in fixed)
        return min(limits.MAX_SHOWN_TOKENS, max(shared_limits.LEAST_SHOWN_TOKENS, left))

    def _word(self, *texts: str | None, first: str = "") -> str:
        """A word that occurs in no text it will delimit: none can close its own block.

        Drawn from the run's id, which nobody can guess: the same run draws the same.
        """
        draw = random.Random(self.seed or None)  # noqa: S311  # as unlikely as its seed
        tag = first or f"{draw.getrandbits(32):08x}"
        while render.is_in(tag, self._shown.view, *texts):
            tag = f"{draw.getrandbits(32):08x}"
        return tag

    def _layers_missed(self, proposer_layer: ProposerLayer) -> list[str]:
        asked = len(self.mix.layers)
        found = self._panels.index(proposer_layer) + 1
        told = f"layer {found} of {asked} was the last to find anything"
        return [] if found == asked else [told]

    def _notes(self) -> list[str]:
        return [
            f"{answer.slot.agent}: {note}"
            for proposer_layer in self._panels
            for answer in proposer_layer.usable
            for note in answer.notes
        ]


def _part(asked: Agent | ModelRequestStep) -> str:
    """The part of the prompts that says what to do with proposals."""
    return "aggregate" if isinstance(asked, Agent) else asked.prompt


def _unwatched(_progress: MixProgress) -> None:
    """Of an inner run: its own agents are no proposals of the run that is watched."""
