"""The aggregation chain: steps tried in order until one settles the run.

Only usable proposals come in, and only their text goes on: of a failed or rejected agent nothing
is shown to anyone. No text comes out that breaks the buffer's syntax. A step's own failure never
loses what the proposers found: the best proposal that passes stands in, and the record says so.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from moa_lsp.answers.compare import similarity
from moa_lsp.answers.rejection import Rejection
from moa_lsp.config.mixes import Agree, First, ModelStep, Select, Step, Verify
from moa_lsp.mix import select
from moa_lsp.mix.judge import Judge
from moa_lsp.mix.layer import SETTLED, AgentAnswer, AgentRunner, AgentSlot
from moa_lsp.mix.record import Aggregation, SettledBy
from moa_lsp.mix.select import Candidate
from moa_lsp.providers.base import Listener, Request
from moa_lsp.task import Message, Task

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


@dataclass(slots=True)
class AggregationChain:
    """Settles one run's proposals.

    Attributes:
        render: prompt of a step's model (its name is given) for proposals, and for what checks
            say about them by ``Candidate.order``.
        aggregating: called when a model is asked, then with the lines heard from it so far.
        stop_at: loop time after which no model is waited for.
        asked: the models asked, in order; the last may be at work.
        hedge: seconds after which a model that has not answered is asked a second time, once; the
            first usable answer is taken. ``None`` never does: it can double the cost.
        checks: what a synthesis must pass: no less than the proposals that it was made from.
        worded: whether the proposals are words, of which only a model makes an edit: no other
            step can settle, and none of them can stand in.
    """

    task: Task
    caller: AgentRunner
    render: "Render"
    aggregating: Callable[[int], None]
    stop_at: float
    asked: list[AgentAnswer] = field(default_factory=list)
    hedge: float | None = None
    checks: tuple[str, ...] = LEAST_CHECKS
    worded: bool = False

    async def settle(
        self, steps: Sequence[Step], answers: Sequence[AgentAnswer]
    ) -> AggregationResult:
        """Run the steps over the usable proposals (at least one).

        Those that a ``verify`` step drops are marked as rejected.
        """
        proposals = {answer.slot.order: answer for answer in answers}
        left = await candidates(self.caller.judge, answers)
        said: dict[int, str] = {}
        steps = [each for each in steps if not self.worded or isinstance(each, ModelStep)]
        for place, step in enumerate(steps):
            settled: AggregationResult | None = None
            if isinstance(step, Agree):
                settled = await self._agree(step, left)
            elif isinstance(step, Verify):
                asks_model = any(isinstance(later, ModelStep) for later in steps[place:])
                failed = await self._failed(step, left)
                if len(failed) < len(left):
                    settled = await self._verified(left, failed)
                    self.checks += step.verify
                    left = [each for each in left if each.order not in failed]
                elif asks_model:
                    said |= {order: why.reason for order, why in failed.items()}
                    continue  # it may mend what none got right
                else:
                    reasons = ", ".join(sorted({why.reason for why in failed.values()}))
                    settled = AggregationResult(
                        None, reason=f"no proposal passed verification: {reasons}"
                    )
                for order, why in failed.items():
                    proposals[order].reject(why)
            elif isinstance(step, Select):
                settled = await self._taken(_selected(step, left), left, "select")
            elif isinstance(step, First):
                first = min(left, key=lambda each: proposals[each.order].arrived or 0)
                settled = await self._taken(first, left, "first")
            else:
                settled = await self._model(step, left, said)
            if settled is not None:
                return settled
        return await self._taken(select.prior(left), left, "select")

    async def _agree(self, step: Agree, left: Sequence[Candidate]) -> AggregationResult | None:
        found = select.agreed(left, step.agree)
        # Two models that make the same mistake agree as well: it must also parse.
        if found is None or await self._fault(found.text):
            return None
        return AggregationResult(found.text, Aggregation("agree"))

    async def _failed(self, step: Verify, left: Sequence[Candidate]) -> dict[int, Rejection]:
        reasons = {
            each.order: await self.caller.judge.fault(each.text, step.verify) for each in left
        }
        return {order: why for order, why in reasons.items() if why is not None}

    async def _verified(
        self, left: Sequence[Candidate], failed: Mapping[int, Rejection]
    ) -> AggregationResult | None:
        passed = [each for each in left if each.order not in failed]
        return (
            await self._taken(passed[0], passed, "verify") if failed and len(passed) == 1 else None
        )

    async def _taken(
        self, found: Candidate, left: Sequence[Candidate], by: SettledBy
    ) -> AggregationResult:
        """Settle on a proposal, or, if it breaks the buffer, on the best that does not."""
        fault = await self._fault(found.text)
        if fault is not None:
            return await self._best(left, f"the proposal of the step {by} {fault}")
        alone = by == "select" and len(left) == 1
        return AggregationResult(found.text, Aggregation("single" if alone else by))

    async def _model(
        self, step: ModelStep, left: Sequence[Candidate], said: Mapping[int, str]
    ) -> AggregationResult:
        missed: list[str] = []
        for model in (step.model, *step.fallbacks):
            messages = self.render(left, step, model, said)
            answer = await self._ask(_seat(self.task, step, model, messages))
            if answer.text is not None:
                why = await self._worse(answer.text, left)
                if why is None:
                    settled = Aggregation("model", model, "; ".join(missed) or None)
                    return AggregationResult(answer.text, settled, notes=answer.notes)
                answer.reject(why)
            missed.append(f"{model}: {answer.reason}")
        return await self._best(left, "; ".join(missed))

    async def _worse(self, text: str, left: Sequence[Candidate]) -> Rejection | None:
        """Why a synthesis is worse than what it was made from, if it is."""
        judge = self.caller.judge
        fault = await judge.fault(text, self.checks)
        if fault is not None:
            return fault
        gone = await judge.lost(text)
        for each in left:
            if gone:
                gone -= await judge.lost(each.text)
        if not gone:
            return None
        return Rejection("lost", f"removes {', '.join(sorted(gone))}, which every proposal keeps")

    async def _ask(self, slot: AgentSlot) -> AgentAnswer:
        """Ask a model, and once more if it is slow and that was agreed to."""
        first = self._begun(slot)
        work = self.caller.ask(first, self._listener(), stop_at=self.stop_at)
        if self.hedge is None:
            await work
            return first
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {group.create_task(work): first}
                done, _ = await asyncio.wait(tasks, timeout=self.hedge)
                if not done:
                    second = self._begun(slot)
                    again = self.caller.ask(second, stop_at=self.stop_at)
                    tasks[group.create_task(again)] = second
                return await _first_usable(tasks)
        except ExceptionGroup as bugs:
            raise bugs.exceptions[0] from None

    def _begun(self, slot: AgentSlot) -> AgentAnswer:
        answer = AgentAnswer(slot, slot.models[0])
        self.asked.append(answer)
        return answer

    def _listener(self) -> Listener:
        lines = 0
        self.aggregating(lines)

        def on_update(delta: str) -> None:
            nonlocal lines
            more = delta.count("\n")
            if more:
                lines += more
                self.aggregating(lines)

        return on_update

    async def _best(self, left: Sequence[Candidate], why: str) -> AggregationResult:
        if self.worded:
            return AggregationResult(
                None,
                reason=f"nobody made edits of what was proposed; take another mix ({why})",
            )
        for candidate in select.by_preference(left):
            if await self._fault(candidate.text) is None:
                return AggregationResult(candidate.text, Aggregation("select", fallback=why))
        return AggregationResult(None, reason=f"{NOTHING} ({why})")

    async def _fault(self, text: str) -> Rejection | None:
        return await self.caller.judge.fault(text, LEAST_CHECKS)


Render = Callable[[Sequence[Candidate], ModelStep, str, Mapping[int, str]], tuple[Message, ...]]


async def candidates(judge: Judge, answers: Sequence[AgentAnswer]) -> list[Candidate]:
    """Usable answers as selectors see them."""
    texts = [(answer, answer.text or "") for answer in answers]
    return [
        Candidate(answer.slot.order, answer.slot.weight, text, await judge.key(text))
        for answer, text in texts
    ]


async def _first_usable(tasks: Mapping["asyncio.Task[None]", AgentAnswer]) -> AgentAnswer:
    """Wait for the first usable answer, or for the last one; the others are cancelled."""
    pending = set(tasks)
    taken = next(iter(tasks.values()))
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # a bug is raised here
        usable = [tasks[task] for task in done if tasks[task].text is not None]
        taken = usable[0] if usable else tasks[next(iter(done))]
        if usable:
            break
    for task in pending:
        task.cancel()
        tasks[task].state, tasks[task].reason = "late", SETTLED
    return taken


def _selected(step: Select, left: Sequence[Candidate]) -> Candidate:
    if step.select == "vote":
        return select.vote(left)
    if step.select == "medoid":
        return select.medoid(left, similarity)
    return select.prior(left)


def _seat(task: Task, step: ModelStep, model: str, messages: tuple[Message, ...]) -> AgentSlot:
    def ask(name: str) -> Request:
        return Request(
            name,
            messages,
            task,
            step.temperature,
            step.max_tokens,
            step.timeout,
            reasoning=step.reasoning,
            extra=step.extra,
        )

    return AgentSlot("aggregator", (model,), 1.0, 0, step.timeout, ask)
