"""What the agents of ended runs proposed: kept, listed, and put into the target on request."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from moa_lsp.errors import RunError, StaleDocument, UsageError
from moa_lsp.lsp.edits import target_choices
from moa_lsp.lsp.edits.apply import ApplyResult
from moa_lsp.lsp.edits.target_choices import ORIGINAL, RESULT, TargetText
from moa_lsp.lsp.edits.tracked_snapshot import TrackedSnapshot
from moa_lsp.mix.limits import JUDGED_INLINE_CHARS
from moa_lsp.text.span import Span

if TYPE_CHECKING:
    from moa_lsp.lsp.edits.preview import Show
    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.lsp.session.job import Job
    from moa_lsp.mix.record import RunRecord
    from moa_lsp.runs.proposals import Proposal
    from moa_lsp.runs.run import Execution

Json = dict[str, Any]

SAME = "the answer is what stands there already; nothing was applied"
"""Of a refinement that changes nothing."""


async def keep(
    job: "Job",
    execution: "Execution",
    record: "RunRecord",
    held: TrackedSnapshot,
) -> None:
    """Keep the proposals of a run, and what they would put into its target.

    Before the client's changes after its edit are read, so that none of the target is missed.

    Args:
        job: which run.
        execution: the same, with what was answered.
        record: what it ended with.
        held: its document since its start.
    """
    work = partial(_found, execution, record, job.refined.area if job.refined else None)
    if kept_at_once(job):
        found = work()
    else:
        found = await asyncio.to_thread(work)
    job.proposals, area, texts = found
    if len(texts) > 1:  # else there is nothing but the old text
        job.choices = target_choices.choices_of(job.prepared, held, area, texts, job.refined)


def kept_at_once(job: "Job") -> bool:
    """Whether ``keep`` is one step of the event loop: of a small document."""
    return len(job.prepared.task.snapshot.text) < JUDGED_INLINE_CHARS


def listed(job: "Job") -> list[Json]:
    """``moa.proposals`` of a run that has ended.

    Raises:
        UsageError: it is still at work.
    """
    _check_ended(job)
    standing = job.choices.standing if job.choices else None
    return [{**each.as_json(), "applied": each.agent == standing} for each in job.proposals]


async def choose(server: "Server", show: "Show", job: "Job", agent: str) -> None:
    """Put an agent's proposal in the place of what stands in a run's target.

    Args:
        server: its client is asked.
        show: opens a diff that the user wants to see.
        job: which run; its record says what became of it.
        agent: whose, or ``result``, or ``original`` for the old text.

    Raises:
        UsageError: the run is at work, its answers are no edits of one region, or the agent has
            no usable proposal.
        RunError: the user typed in the target, declined, or the text breaks what is around it.
    """
    _check_ended(job)
    try:
        sent = await put(server, show, job, agent, lambda: True, by_hand=True)
    except StaleDocument as error:
        # As itself it would become ContentModified, which clients drop without a word.
        raise RunError(str(error)) from error
    if sent is not None and sent.reason is not None:
        raise RunError(sent.reason)
    if job.kept is not None:
        job.kept.hold.release()
        job.kept = None
    edit = job.record.edit if sent is None else sent.edit
    job.record = replace(job.record, edit=edit, applied=agent != ORIGINAL, reason=None)
    job.taken(agent)


async def put(
    server: "Server",
    show: "Show",
    job: "Job",
    agent: str,
    may_send: Callable[[], bool],
    *,
    by_hand: bool = False,
) -> ApplyResult | None:
    """As ``choose``, without a word in the record; ``None`` where that text stands there already.

    Raises:
        StaleDocument: the user typed in the target.
    """
    choices = job.choices
    if choices is None:
        raise UsageError(
            "the answers of this run are no edits of one region that is still there, so none can "
            "take another's place; run the action again"
        )
    async with choices.target.lock:
        pending = await choices.edit_to(agent, job.review, _author(job, agent))
        if pending is None:
            choices.chosen = agent
            return None
        try:
            sent = await pending.apply(server, may_send, show, by_hand=by_hand)
            if sent.reason is None:
                choices.took(agent, pending, sent.plan)
        finally:
            pending.hold.release()
    return sent


def _author(job: "Job", agent: str) -> str | None:
    from moa_lsp.mix.author import display_name

    if agent == ORIGINAL:
        return "the old text"
    return job.author if agent == RESULT else f"{display_name(agent)}'s proposal"


def _check_ended(job: "Job") -> None:
    if not job.ended.is_set():
        raise UsageError("the run is still at work; wait for its end with moa.result")


def _found(
    execution: "Execution", record: "RunRecord", area: Span | None
) -> "tuple[tuple[Proposal, ...], Span, dict[str, TargetText]]":
    from moa_lsp.runs.proposals import PASSED, proposals

    prepared = execution.prepared
    made = proposals(execution, record)
    if not target_choices.one_region(prepared):
        return made, prepared.task.target, {}
    answers = {} if record.text is None else {RESULT: record.text}
    answers |= {each.slot.agent: each.text for each in execution.answers if each.text is not None}
    said = {each.agent: each.checks.get("parse") for each in made}
    faults = {agent: fault for agent, fault in said.items() if fault not in (PASSED, None)}
    area, texts = target_choices.texts_of(prepared, answers, faults, area)
    return made, area, texts
