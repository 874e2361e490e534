"""Code actions on the target of the last run: take another proposal, refine it again.

For editors that have no box for an instruction and no list of proposals; from memory alone.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from moa_lsp.lsp import convert, limits
from moa_lsp.lsp.edits.target_choices import ORIGINAL, RESULT, TargetChoices
from moa_lsp.lsp.safe_text import shown

if TYPE_CHECKING:
    from lsprotocol import types

    from moa_lsp.lsp.session.job import Job
    from moa_lsp.lsp.session.session import Session
    from moa_lsp.text.span import Span

TAKE = "refactor.rewrite.moa.proposal"
REFINE = "refactor.rewrite.moa.refine"

GENERAL_INSTRUCTIONS = ("make it simpler", "stay closer to the old code", "handle the edge cases")
"""Offered where nothing was asked for yet: with code actions alone a user has no other way to say
what should be different. As many as are kept of the user's own."""

Offer = tuple[str, str, str, dict[str, Any]]
"""Title, kind, command and its argument."""


def offers(session: "Session", uri: str, where: "types.Range") -> Iterator[Offer]:
    """What can be done with what the last run left at a range; nothing once the user typed there.

    Args:
        session: whose runs.
        uri: the document.
        where: in the client's units.
    """
    job = session.jobs.last_on(uri)
    document = session.server.documents.get(uri)
    if job is None or job.choices is None or document is None:
        return
    choices = job.choices
    standing, place = choices.standing, choices.target.region.span
    if standing in (None, ORIGINAL) or place is None:
        return
    asked = convert.span(document.index, where, session.server.encoding)
    if not _touch(asked, place):
        return
    yield from _takes(job, choices)
    if any(each.agent != RESULT for each in job.proposals):
        for instruction in _instructions(session):
            title = f"Moa: Refine with “{shown(instruction, limits.SHOWN_INSTRUCTION_CHARS)}”"
            argument = {"run": job.record.run, "instruction": instruction}
            yield title, REFINE, "moa.refine", argument


def _instructions(session: "Session") -> list[str]:
    """What a refinement can be asked for: the last, then general ones where there is no box."""
    general = () if "preview" in session.server.extensions else GENERAL_INSTRUCTIONS
    said = dict.fromkeys((*session.jobs.instructions(), *general))
    return list(said)[: limits.KEPT_INSTRUCTIONS]


def _takes(job: "Job", choices: TargetChoices) -> Iterator[Offer]:
    """Every text that can be taken and is another than the one that stands, each once."""
    from moa_lsp.mix.author import display_names

    names = dict(zip(choices.texts, display_names(list(choices.texts)), strict=True))
    seen = {choices.target.region.text}
    for agent, choice in choices.texts.items():
        if agent == ORIGINAL or choice.fault is not None or choice.text in seen:
            continue
        seen.add(choice.text)
        named = "the result" if agent == RESULT else f"{names[agent]}'s proposal"
        argument = {"run": job.record.run, "proposal": agent, "background": True}
        yield f"Moa: Take {named}", TAKE, "moa.apply", argument


def _touch(one: "Span", other: "Span") -> bool:
    return one.start <= other.end and other.start <= one.end
