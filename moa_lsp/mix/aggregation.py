"""What the steps of an aggregator work on: a run's proposals, and the ways to settle on a text.

No text settles a run that breaks the buffer's syntax. A step's own failure never loses what the
proposers found: the best proposal that passes stands in, and the record says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from moa_lsp.answers.line_count import LineCounter
from moa_lsp.answers.rejection import Rejection
from moa_lsp.config.steps import ModelRequestStep, Step
from moa_lsp.mix import select
from moa_lsp.mix.judge import Judge, Judgement
from moa_lsp.mix.layer import AgentAnswer, AgentRunner, AgentSlot
from moa_lsp.mix.record import Aggregation
from moa_lsp.mix.select import Candidate
from moa_lsp.providers.base import Listener, Reply, Request
from moa_lsp.task import Message, Task
from moa_lsp.verification.verdict import TestRuns

NOTHING = "nothing that parses came of it; run the action again or take another mix"

LEAST_CHECKS = ("parse",)
"""What every settled text passes, whatever the mix's own checks are."""


@dataclass(frozen=True, slots=True)
class AggregationResult:
    """How a chain ended: a text and the step that found it, or the reason why there is none."""

    text: str | None
    aggregation: Aggregation | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()


class ProposalPrompt(NamedTuple):
    """What a model is asked about proposals.

    Attributes:
        messages: the prompt.
        orders: ``Candidate.order`` of each proposal in it, by letter from A.
    """

    messages: tuple[Message, ...]
    orders: tuple[int, ...]


Render = Callable[
    [Sequence[Candidate], ModelRequestStep, str, Mapping[int, str], Mapping[int, str]],
    ProposalPrompt,
]
"""Makes the prompt of a step for one of its models; what checks say comes last, then what failed
tests printed, both by ``Candidate.order``."""


@dataclass(slots=True)
class AggregationContext:
    """One run's proposals on their way through the steps.

    Attributes:
        aggregating: called when a model is asked, then with the lines heard from it so far.
        stop_at: loop time after which no model is waited for.
        asked: the models asked, in order; the last may be at work.
        answers: the usable proposals by ``Candidate.order``.
        left: those that no step has dropped.
        faults: what checks say about those in ``left``, by ``Candidate.order``.
        checks: what a synthesis must pass: no less than the proposals that it was made from.
        may_mend: whether a later step writes an answer of its own.
        worded: whether the proposals are words, of which only a step that writes makes an edit:
            none of them can stand in.
        tests: runs the user's tests, ``None`` where none are to be run; ``testing`` is called
            before it does.
        reports: what failed tests say, as data, by ``Candidate.order``; of dropped ones too.
    """

    task: Task
    caller: AgentRunner
    render: Render
    aggregating: Callable[[int], None]
    stop_at: float
    asked: list[AgentAnswer]
    answers: Mapping[int, AgentAnswer]
    left: Sequence[Candidate]
    faults: dict[int, str] = field(default_factory=dict)
    checks: tuple[str, ...] = LEAST_CHECKS
    may_mend: bool = False
    worded: bool = False
    tests: TestRuns | None = None
    testing: Callable[[], None] = lambda: None
    reports: dict[int, str] = field(default_factory=dict)

    @property
    def judge(self) -> Judge:
        """Of texts for the document."""
        return self.caller.judge

    @property
    def by_arrival(self) -> list[Candidate]:
        """The proposals that are left, the first to come first."""
        return sorted(self.left, key=lambda each: self.answers[each.order].arrived or 0)

    async def fault(self, text: str) -> Rejection | None:
        """Why a text cannot settle the run, if it cannot."""
        if self.task.conversation is not None:
            return None  # words break no buffer; a mix's own checks still count
        return await self.judge.fault(text, LEAST_CHECKS)

    async def take(
        self, found: Candidate, step: Step, settled: Aggregation | None = None
    ) -> AggregationResult:
        """Settle on a step's proposal, or, if it breaks the buffer, on the best that does not.

        Args:
            found: the proposal.
            step: the one that found it.
            settled: how, where there is more to say than the step's key.
        """
        fault = await self.fault(found.text)
        if fault is not None:
            return await self.best(f"the proposal of the step {step.key} {fault}")
        return AggregationResult(found.text, settled or Aggregation(step.key))

    async def best(self, why: str) -> AggregationResult:
        """Settle on the best proposal that does not break the buffer, since a step failed."""
        if self.worded:
            return AggregationResult(
                None,
                reason=f"nobody made edits of what was proposed; take another mix ({why})",
            )
        for candidate in select.by_preference(self.left):
            if await self.fault(candidate.text) is None:
                return AggregationResult(candidate.text, Aggregation("select", fallback=why))
        return AggregationResult(None, reason=f"{NOTHING} ({why})")

    async def ask(
        self,
        step: ModelRequestStep,
        model: str,
        messages: tuple[Message, ...],
        read: Callable[[Reply], Judgement] | None = None,
    ) -> AgentAnswer:
        """Ask a model for a step.

        Args:
            step: whose parameters are used.
            model: ``provider/model``.
            messages: the prompt.
            read: takes the answer out of the reply where that is no text for the document; then
                nobody follows the answer as one that is being written.
        """

        def request(name: str) -> Request:
            return Request(
                name,
                messages,
                self.task,
                step.temperature,
                step.max_tokens,
                step.timeout,
                reasoning=step.reasoning,
                extra=step.extra,
                tools=self.task.tools if step.writes else None,
                once=step.writes and self.task.conversation is not None,
            )

        answer = AgentAnswer(
            AgentSlot("aggregator", (model,), 1.0, 0, step.timeout, request), model
        )
        self.asked.append(answer)
        caller = replace(self.caller, read=read, follows=None) if read else self.caller
        await caller.ask(answer, self._listener(), stop_at=self.stop_at)
        return answer

    def _listener(self) -> Listener:
        counter = LineCounter(prose=self.task.output == "document")
        self.aggregating(0)

        def on_update(delta: str) -> None:
            before = counter.lines
            if counter.count(delta) > before:
                self.aggregating(counter.lines)

        return on_update


async def candidates(judge: Judge, answers: Sequence[AgentAnswer]) -> list[Candidate]:
    """Usable answers as selectors see them."""
    texts = [(answer, answer.text or "") for answer in answers]
    return [
        Candidate(answer.slot.order, answer.slot.weight, text, await judge.key(text))
        for answer, text in texts
    ]
