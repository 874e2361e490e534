"""``moa.refine``: another run on the target of one that has ended."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from moa_lsp.errors import RunError, StaleDocument, UsageError
from moa_lsp.lsp.edits.target_choices import ORIGINAL, RESULT, RefinedTarget, TargetChoices
from moa_lsp.lsp.edits.tracked_snapshot import hold
from moa_lsp.lsp.session import related_documents

if TYPE_CHECKING:
    from moa_lsp.lsp.session.job import Job
    from moa_lsp.lsp.session.session import Session
    from moa_lsp.task import Refinement


async def refine(
    session: "Session", job: "Job", instruction: str, start: str | None, *, alone: bool
) -> str:
    """Begin a run that refines another; its id.

    Args:
        session: whose.
        job: the run to refine.
        instruction: what should be different.
        start: whose answer it starts from, ``None`` for what stands there.
        alone: whether the aggregator alone is asked, with the kept proposals.

    Raises:
        UsageError: there is nothing to refine, or not with this mix.
        RunError: the user typed in the target since, or too many runs are queued.
    """
    if not job.ended.is_set():
        raise UsageError("the run is still at work; wait for its end with moa.result")
    choices = job.choices
    if choices is None:
        raise UsageError(
            "the answers of this run are no edits of one region that is still there; run the "
            "action again with your instruction"
        )
    session.jobs.check_room()
    others = session.server.documents.others(choices.target.uri)
    refinement = _refinement(job, choices, start)
    async with session.lease(job.prepared.mix.mix.name) as runtime:
        await session.imports.done()
        from moa_lsp.runs import preparation
        from moa_lsp.runs import refinement as refinements

        try:
            text, area = choices.target.before()
        except StaleDocument as error:
            raise RunError(str(error)) from error
        held = hold(session.server.documents, choices.target.uri)
        try:
            asked = refinements.RefinementRequest(
                job.prepared,
                instruction,
                refinement,
                text,
                area,
                choices.area,
                held.snapshot.version,
                related_documents.workspace_view(session, held, others),
            )
            prepared = await asyncio.to_thread(refinements.prepare_refinement, runtime, asked)
            runs_on = runtime
            if alone:
                runs_on, prepared = refinements.aggregator_alone(
                    runtime, prepared, _kept(job, choices)
                )
            refined = RefinedTarget(choices.target, area, runs_on)
            checks = partial(preparation.check, runtime, prepared)
            return session.begin(runtime, prepared, held, refined, looks=checks)
        except BaseException:
            held.release()
            raise


def _refinement(job: "Job", choices: TargetChoices, start: str | None) -> "Refinement":
    """What a refinement of a run starts from."""
    from moa_lsp.task import Refinement

    standing = choices.standing
    if start is None and standing not in (None, ORIGINAL):
        start = standing
    answer = choices.text_of(start or RESULT).answer
    before = job.prepared.task.refinement
    said = (*(before.instructions if before else ()), job.prepared.task.instruction)
    return Refinement(answer, tuple(each for each in said if each))


def _kept(job: "Job", choices: TargetChoices) -> dict[str, tuple[str, str]]:
    """Model and answer of each kept proposal, by agent."""
    from moa_lsp.providers.kept_answers import NAME

    return {
        each.agent: (
            (each.model or each.agent).removeprefix(f"{NAME}/"),
            choices.texts[each.agent].answer,
        )
        for each in job.proposals
        if each.agent != RESULT and each.state == "ok" and each.agent in choices.texts
    }
