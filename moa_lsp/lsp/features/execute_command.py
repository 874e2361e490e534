"""``workspace/executeCommand``: the table of our commands; none waits unless asked to."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from moa_lsp.errors import MoaError, UsageError
from moa_lsp.lsp.edits.tracked_snapshot import hold
from moa_lsp.lsp.features import usage
from moa_lsp.lsp.json_values import as_object, coordinate
from moa_lsp.lsp.session import proposals, refine, related_documents

if TYPE_CHECKING:
    from moa_lsp.lsp.session.job import Job
    from moa_lsp.lsp.session.session import Session
    from moa_lsp.text.span import Span

RESULT_WAIT_S = 600.0
"""The longest wait that `moa.result` grants."""


RUN = "moa.run"

Json = dict[str, Any]


async def run(session: "Session", action_request: Mapping[str, Any]) -> Json:
    """``moa.run``: begin a run and name it; with ``again`` where the target of that run is now.

    Raises:
        UsageError: the argument makes no sense, or nothing can be run for it.
    """
    uri, action = _text(action_request, "uri"), _text(action_request, "action")
    held = hold(session.server.documents, uri)  # before anything is waited for
    others = session.server.documents.others(uri)
    try:
        place = _target_of(session, uri, _optional(action_request, "again"))
        selection, diagnostics = (
            session.offers.locate(held, _range(action_request), _version(action_request))
            if place is None
            else (place, ())
        )
        session.jobs.check_room()
        mix = _optional(action_request, "mix") or session.selected("actions")
        async with session.lease(mix) as runtime:
            await session.imports.done()
            from moa_lsp.runs.preparation import ActionRequest, draft, look_around

            held = related_documents.held_beside(
                session, runtime, runtime.actions.get(action), held
            )
            asked = ActionRequest(
                action,
                held.snapshot,
                selection,
                _optional(action_request, "instruction") or "",
                mix,
                diagnostics,
                related_documents.workspace_view(session, held, others),
            )
            drafted = await asyncio.to_thread(draft, runtime, asked)
            # Whatever the folder holds is read by the run: nobody waits for its name.
            looks = partial(look_around, runtime, drafted)
            name = session.begin(runtime, drafted, held, looks=looks)
    except BaseException:  # also when the request is cancelled
        held.release()
        raise
    return {"run": name}


async def result(session: "Session", asked: Mapping[str, Any]) -> Json:
    """``moa.result``: a run's record, waited for at most ``wait`` seconds."""
    job = session.jobs.get(_text(asked, "run"))
    wait = asked.get("wait", 0)
    if isinstance(wait, bool) or not isinstance(wait, int | float) or not wait >= 0:
        raise UsageError("`wait` must be a number of seconds, 0 or more")
    if wait and not job.ended.is_set():
        try:
            async with asyncio.timeout(min(wait, RESULT_WAIT_S)):
                await job.ended.wait()
        except TimeoutError:
            pass  # the record then says that it is still running
    return _told(job)


async def cancel(session: "Session", asked: Mapping[str, Any]) -> Json:
    """``moa.cancel``: stop one run, or all."""
    return {"cancelled": session.jobs.cancel(_optional(asked, "run"))}


async def settle(session: "Session", asked: Mapping[str, Any]) -> Json:
    """``moa.settle``: go on with the proposals that are in, of one run or of all.

    Raises:
        UsageError: nobody is waited for, or no proposal is usable yet.
    """
    count = session.jobs.settle(_optional(asked, "run"))
    if not count:
        raise UsageError(
            "no proposal is usable yet, or no proposer is waited for; wait, or cancel the run"
        )
    return {"settled": count}


async def apply(session: "Session", asked: Mapping[str, Any]) -> Json:
    """``moa.apply``: apply a kept result, at most once; the last one when none is named.

    With ``proposal``, that agent's proposal takes the place of what stands in the target. With
    ``background``, the answer comes before the edit: eglot tells its changes only once a command
    was answered, so that an edit would never be seen to arrive while it waits.
    """
    agent = _optional(asked, "proposal")
    if agent is not None and asked.get("background") is True:
        job = session.jobs.get(_text(asked, "run"))
        session.server.keep(asyncio.create_task(_choose(session, job.record.run, agent)))
        return _told(job)
    if agent is not None:
        run = _text(asked, "run")
        await session.jobs.choose(run, agent)
    else:
        run = _optional(asked, "run") or session.jobs.last_kept()
        await session.jobs.apply_kept(run)
    return _told(session.jobs.get(run))


async def _choose(session: "Session", run: str, agent: str) -> None:
    """Take a proposal; a refusal is a message, since the command was answered."""
    try:
        await session.jobs.choose(run, agent)
    except MoaError as error:
        session.show.sentence(str(error), failed=True)


async def list_proposals(session: "Session", asked: Mapping[str, Any]) -> list[Json]:
    """``moa.proposals``: the result of a run that has ended, then what each agent proposed."""
    return proposals.listed(session.jobs.get(_text(asked, "run")))


async def refine_run(session: "Session", asked: Mapping[str, Any]) -> Json:
    """``moa.refine``: begin a run that refines the answer of another, and name it.

    Raises:
        UsageError: the argument makes no sense, or nothing can be refined.
    """
    only = asked.get("only")
    if only not in (None, "aggregator"):
        raise UsageError('`only` must be "aggregator" or left out')
    job = session.jobs.get(_text(asked, "run"))
    instruction, start = _text(asked, "instruction"), _optional(asked, "from")
    name = await refine.refine(session, job, instruction, start, alone=only is not None)
    return {"run": name}


async def why(session: "Session", asked: Mapping[str, Any]) -> Json:
    """``moa.why``: why nothing was offered inline at a place, in one sentence."""
    position = asked.get("position")
    try:
        at = types.Position(position["line"], position["character"])  # type: ignore[index]
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError("`position` must be a position with line and character") from error
    return {"reason": await session.inline.why(_text(asked, "uri"), at)}


async def mixes(session: "Session", asked: Mapping[str, Any]) -> list[Json]:
    """``moa.mixes``: the mixes, the selected one first, then those that are ready.

    With ``for: "actions"`` those of inline completion are left out, with ``for: "inline"`` they
    come first.
    """
    from moa_lsp.config.estimate import worst_case
    from moa_lsp.config.resolve import choose, choose_inline, is_inline, not_running, summaries
    from moa_lsp.lsp.session.session import purpose_of

    catalog = (await session.runtime()).catalog
    purpose = purpose_of(asked.get("for"))
    wanted = session.selected(purpose)
    try:
        if purpose == "inline":
            chosen = choose_inline(catalog, language="", requested=wanted).name
        else:
            chosen = choose(catalog, action="", language="", path="", requested=wanted).name
    except UsageError:  # what was chosen is gone: none is selected
        chosen = None
    found = summaries(catalog)
    if asked.get("for") == "actions":
        found = [
            each for each in found if each.name == chosen or not is_inline(catalog, each.name)
        ]
    # The first price of a model reads a library of prices: 0.4 s that typing must not wait for.
    costs = await asyncio.to_thread(
        lambda: [
            worst_case(catalog.mixes[each.name].mix, catalog.settings, catalog.providers).usd
            for each in found
        ]
    )
    told = []
    for each, cost in zip(found, costs, strict=True):
        lacks = [*each.missing, *not_running(catalog, each.name)]
        told.append(
            {
                "name": each.name,
                "description": each.description,
                "ready": not lacks,
                "missing": lacks,
                "selected": each.name == chosen,
                "estimate_usd": cost,
            }
        )

    def order(mix: Json) -> tuple[bool, bool, bool, str]:
        other = is_inline(catalog, mix["name"]) is not (purpose == "inline")
        return not mix["selected"], not mix["ready"], other, mix["name"]

    return sorted(told, key=order)


async def select_mix(session: "Session", asked: Mapping[str, Any]) -> Json:
    """``moa.selectMix``: choose a mix for this server's life."""
    from moa_lsp.config.resolve import find
    from moa_lsp.config.settings import AUTO, AUTO_INLINE
    from moa_lsp.lsp.session.session import purpose_of

    name, purpose = _text(asked, "name"), purpose_of(asked.get("for"))
    if name != (AUTO if purpose == "actions" else AUTO_INLINE):
        find((await session.runtime(name)).catalog, name)
    session.select(name, purpose)
    return {"name": name, "for": purpose}


Answer = Json | list[Json]

Handler = Callable[["Session", Mapping[str, Any]], Awaitable[Answer]]

COMMANDS: Mapping[str, Handler] = {
    RUN: run,
    "moa.result": result,
    "moa.cancel": cancel,
    "moa.settle": settle,
    "moa.apply": apply,
    "moa.proposals": list_proposals,
    "moa.refine": refine_run,
    "moa.why": why,
    "moa.mixes": mixes,
    "moa.selectMix": select_mix,
    "moa.accepted": usage.accepted,
    "moa.usage": usage.usage,
}


def argument(arguments: Sequence[Any]) -> Mapping[str, Any]:
    """The one argument of a command, ``{}`` when it was left out.

    Raises:
        UsageError: there are several, or it is no object.
    """
    if not arguments:
        return {}
    only = as_object(arguments[0])
    if len(arguments) > 1 or not isinstance(only, Mapping):
        raise UsageError("the command takes one object as its argument, nothing else")
    return only


def _target_of(session: "Session", uri: str, run: str | None) -> "Span | None":
    """Where a run's target is now, ``None`` where it is not followed, or no run is named."""
    choices = None if run is None else session.jobs.get(run).choices
    if choices is None or choices.target.uri != uri or not choices.target.live:
        return None
    return choices.target.region.span


def _told(job: "Job") -> Json:
    """A run's record, with what its user can do about its end."""
    from moa_lsp.lsp.session import remedies

    record, made = job.told(), []
    if job.ended.is_set():
        made = remedies.of_run(record, remedies.configuration(), kept=job.kept is not None)
    return {**record.as_json(), "remedies": made}


def _range(action_request: Mapping[str, Any]) -> types.Range:
    try:
        start, end = (action_request["range"][side] for side in ("start", "end"))
        places = [
            types.Position(coordinate(place["line"]), coordinate(place["character"]))  # type: ignore[arg-type]  # checked by it
            for place in (start, end)
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError("`range` must be a range with start and end") from error
    return types.Range(*places)


def _version(action_request: Mapping[str, Any]) -> int | None:
    version = action_request.get("version")
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise UsageError("`version` must be a whole number or left out")
    return version


def _text(values: Mapping[str, Any], name: str) -> str:
    found = values.get(name)
    if not isinstance(found, str) or not found:
        raise UsageError(f"`{name}` must be a string that is not empty")
    return found


def _optional(values: Mapping[str, Any], name: str) -> str | None:
    """A string, or ``None`` when it was left out, null or empty."""
    return None if values.get(name) in (None, "") else _text(values, name)
