"""What each step of an aggregator does: one function a step, found by its type.

A function gets its step and the run's proposals (``AggregationContext``), and gives the result
that settles the run, or ``None`` for the next step to try. A step that can choose without a model
has its choice in ``_CHOICES``; that is all of it that inline completion uses.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from moa_lsp.answers.compare import similarity
from moa_lsp.answers.final_answer import final_answer
from moa_lsp.answers.rejection import RejectedAnswer, Rejection
from moa_lsp.config.steps import Agree, First, ModelStep, Pick, Select, Step, Verify
from moa_lsp.mix import select
from moa_lsp.mix.aggregation import AggregationContext, AggregationResult
from moa_lsp.mix.judge import Judgement
from moa_lsp.mix.record import Aggregation
from moa_lsp.mix.select import Candidate
from moa_lsp.mix.tests_gate import TESTS, drop_failing, worse_by_tests
from moa_lsp.providers.base import Reply

_LETTER = re.compile(
    r"\W*(?:(?:the )?(?:best )?(?:answer|proposal|choice)(?: is)?\W+)?(?:proposal )?([A-Z])\W*",
    re.ASCII | re.IGNORECASE,
)
"""A letter alone, with markup around it, or in a phrase such as ``Proposal B.``"""


def choose(steps: Sequence[Step], candidates: Sequence[Candidate]) -> Candidate:
    """Choose a proposal without a model; steps that need one, or gates, are skipped.

    Args:
        steps: of the mix.
        candidates: at least one, in order of arrival.
    """
    for step in steps:
        choice = _CHOICES.get(type(step))
        found = choice(step, candidates) if choice else None
        if found is not None:
            return found
    return select.prior(candidates)


def _agreed(step: Agree, candidates: Sequence[Candidate]) -> Candidate | None:
    return select.agreed(candidates, step.agree)


def _selected(step: Select, candidates: Sequence[Candidate]) -> Candidate:
    if step.select == "vote":
        return select.vote(candidates)
    if step.select == "medoid":
        return select.medoid(candidates, similarity)
    return select.prior(candidates)


def _first(_step: First, candidates: Sequence[Candidate]) -> Candidate:
    return candidates[0]


_CHOICES: Mapping[type[Step], Callable[[Any, Sequence[Candidate]], Candidate | None]] = {
    Agree: _agreed,
    Select: _selected,
    First: _first,
}


async def run_step(step: Step, context: AggregationContext) -> AggregationResult | None:
    """Let a step try to settle the run."""
    return await _FUNCTIONS[type(step)](step, context)


async def by_prior(context: AggregationContext) -> AggregationResult:
    """Settle on the proposal of the highest weight: what holds where no step settles."""
    return await _select(Select(select="prior"), context)


async def _agree(step: Agree, context: AggregationContext) -> AggregationResult | None:
    found = _agreed(step, context.left)
    # Two models that make the same mistake agree as well: it must also parse.
    if found is None or await context.fault(found.text):
        return None
    return AggregationResult(found.text, Aggregation(step.key))


async def _verify(step: Verify, context: AggregationContext) -> AggregationResult | None:
    failed: dict[int, Rejection] = {}
    for each in context.left:
        why = await context.judge.fault(each.text, step.verify)
        if why is not None:
            failed[each.order] = why
    passed = [each for each in context.left if each.order not in failed]
    if not passed and context.may_mend:
        context.faults |= {order: why.reason for order, why in failed.items()}
        return None
    if TESTS in step.gates and passed:
        failed |= await drop_failing(context, passed)
        passed = [each for each in passed if each.order not in failed]
    for order, why in failed.items():
        context.answers[order].reject(why)
    if not passed:
        reasons = ", ".join(sorted({why.reason for why in failed.values()}))
        return AggregationResult(None, reason=f"no proposal passed verification: {reasons}")
    context.checks += step.verify
    context.left = passed
    return await context.take(passed[0], step) if failed and len(passed) == 1 else None


async def _select(step: Select, context: AggregationContext) -> AggregationResult:
    alone = Aggregation("single") if len(context.left) == 1 else None
    return await context.take(_selected(step, context.left), step, alone)


async def _take_first(step: First, context: AggregationContext) -> AggregationResult:
    return await context.take(_first(step, context.by_arrival), step)


async def _write(step: ModelStep, context: AggregationContext) -> AggregationResult:
    missed: list[str] = []
    for model in step.models:
        prompt = context.render(context.left, step, model, context.faults, context.reports)
        answer = await context.ask(step, model, prompt.messages)
        if answer.text is not None:
            why = await _worse(answer.text, context)
            if why is None:
                settled = Aggregation(step.key, model, "; ".join(missed) or None)
                return AggregationResult(answer.text, settled, notes=answer.notes)
            answer.reject(why)
        missed.append(f"{model}: {answer.reason}")
    return await context.best("; ".join(missed))


async def _worse(text: str, context: AggregationContext) -> Rejection | None:
    """Why a synthesis is worse than what it was made from, if it is."""
    if context.task.conversation is not None:
        return None  # it may have been streamed to the client already
    judge = context.judge
    fault = await judge.fault(text, context.checks)
    if fault is not None:
        return fault
    if TESTS in context.checks:
        fault = await worse_by_tests(text, context)
        if fault is not None:
            return fault
    gone = await judge.lost(text)
    for each in context.left:
        if gone:
            gone -= await judge.lost(each.text)
    if not gone:
        return None
    return Rejection("lost", f"removes {', '.join(sorted(gone))}, which every proposal keeps")


async def _pick(step: Pick, context: AggregationContext) -> AggregationResult:
    if len(select.classes(context.left)) == 1:
        return await by_prior(context)  # all say the same: there is nothing to choose
    missed: list[str] = []
    by_order = {each.order: each for each in context.left}
    for model in step.models:
        prompt = context.render(context.left, step, model, context.faults, context.reports)
        answer = await context.ask(step, model, prompt.messages, _letter)
        if answer.text is not None:
            place = ord(answer.text) - ord("A")
            if place < len(prompt.orders):
                found = by_order[prompt.orders[place]]
                settled = Aggregation(step.key, model, "; ".join(missed) or None)
                return await context.take(found, step, settled)
            answer.reject(_UNCLEAR)
        missed.append(f"{model}: {answer.reason}")
    return await context.best("; ".join(missed))


_UNCLEAR = Rejection("no_code", "the answer names no proposal by its letter alone")


def _letter(reply: Reply) -> Judgement:
    """The letter that an answer names clearly, as a capital."""
    try:
        said = final_answer(reply.text)
    except RejectedAnswer:
        said = ""
    found = _LETTER.fullmatch(said.strip())
    return Judgement(found[1].upper()) if found else Judgement(None, _UNCLEAR)


_FUNCTIONS: Mapping[
    type[Step], Callable[[Any, AggregationContext], Awaitable[AggregationResult | None]]
] = {
    Agree: _agree,
    Verify: _verify,
    Select: _select,
    First: _take_first,
    ModelStep: _write,
    Pick: _pick,
}
"""One function for each step of ``config.steps.STEPS``."""
