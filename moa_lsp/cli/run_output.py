"""What ``moa-lsp run`` prints: the result on stdout, who made it on stderr."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from moa_lsp.cli import output
from moa_lsp.cli.source import below
from moa_lsp.mix.record import RunRecord
from moa_lsp.runs import unified_diff
from moa_lsp.runs.plan import EditPlan, FileTexts, NewFilePlan, Plan, ShowPlan
from moa_lsp.runs.preparation import PreparedRun
from moa_lsp.runs.proposals import RESULT, Proposal
from moa_lsp.text.sanitize import escape


def texts_of(prepared: PreparedRun, plan: Plan) -> list[FileTexts]:
    """The files of a plan, named as the user names them."""
    match plan:
        case ShowPlan():
            return []
        case NewFilePlan():
            return plan.texts(below(plan.path, Path.cwd()))
        case EditPlan():
            return plan.texts(prepared.workspace.path)


def show_result(prepared: PreparedRun, plan: Plan | None, *, as_text: bool) -> None:
    """Print the Markdown, the diff of each file, or the file's new text.

    Args:
        prepared: the run.
        plan: what came of it; ``None`` when nothing is to be changed.
        as_text: whether to print the text instead of diffs, the old one where it stays.
    """
    where = output.console()
    if isinstance(plan, ShowPlan):
        output.show_markdown(where, plan.text)
        return
    made = [] if plan is None else texts_of(prepared, plan)
    if as_text:
        own = [each for each in made if each.path == prepared.workspace.path] or made
        sys.stdout.write(own[0].after if own else prepared.task.snapshot.text)
        return
    for text in made:
        output.show_diff(where, unified_diff.diff(text.before or "", text.after, text.path))


def show_author(record: RunRecord) -> None:
    """Print on stderr what each agent did, who wrote the result, and the cost."""
    where = output.console(stderr=True)
    told = record.as_json()
    if record.proposals:
        output.show_proposals(where, told)
    output.say(where, output.settled(told, record.author))
    where.file.flush()


def show_kept(found: Sequence[Proposal], *, texts: bool, raw: bool) -> None:
    """Print every proposal under a heading: as it would stand, as it was written, or both.

    Args:
        found: the proposals, the result first, and what else models wrote.
        texts: whether to print the texts as they would stand, but for the result's.
        raw: whether to print what was written.
    """
    where = output.console()
    for each in found:
        if each.agent == RESULT:
            continue
        where.file.write("\n")
        _say(where, heading(each))
        if texts and each.text is not None and each.equal_to is None:
            _say(where, each.text)
        if raw:
            _say(where, f"-- written by {each.model}" if each.raw is not None else "-- no answer")
            if each.raw is not None:
                _say(where, each.raw)


def heading(proposal: Proposal) -> str:
    """One line on a proposal: who, its state and why, seconds, tokens, cost, checks, its equal."""
    usage, cost = proposal.usage, output.usd(proposal.cost_usd)
    parts = [
        f"== {proposal.agent} ({proposal.model})",
        proposal.state + (f": {proposal.reason}" if proposal.reason else ""),
        f"{proposal.seconds:.3f} s",
        f"{usage.input}/{usage.output} tokens" if usage else None,
        (f"{cost} USD" if cost != "unknown" else "cost unknown") if usage else None,
        *(f"{name}: {said}" for name, said in proposal.checks.items() if said is not None),
        f"tests: {proposal.tests.words}" if proposal.tests else None,
        f"same as {proposal.equal_to}" if proposal.equal_to else None,
    ]
    return " · ".join(part for part in parts if part)


def _say(where: Console, text: str) -> None:
    ended = text if text.endswith("\n") else f"{text}\n"
    # To the letter where nothing acts on it.
    where.file.write(escape(ended, keep_lines=True) if where.is_terminal else ended)
