"""What every agent of a finished run proposed: as it would stand in the target, and as written.

Kept in memory by whoever shows it, never on disk. A proposal that a step of the aggregator dropped
still has its text: the user may prefer it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from moa_lsp.answers import markdown
from moa_lsp.mix.judge import fault, key
from moa_lsp.mix.layer import AgentAnswer
from moa_lsp.mix.proposed_form import proposed_form
from moa_lsp.mix.record import AgentState, RunRecord
from moa_lsp.providers.base import Usage
from moa_lsp.runs.run import Execution
from moa_lsp.task import Task
from moa_lsp.verification.verdict import TestVerdict

RESULT = "result"
"""The agent's name of the run's own result."""

PASSED = "ok"
"""A check that a proposal passes."""

CHECKS = ("parse", "names")
"""The checks that are made of every text; see ``mix.judge.fault``."""

_STATES: Mapping[str, AgentState] = {"failed": "failed", "cancelled": "cancelled"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal, or the run's result.

    Attributes:
        agent: the seat's id, ``result`` for the run's result.
        model: who wrote it, ``None`` for a result that no model wrote anew.
        text: what would stand in the target; all of a new file; Markdown of an explanation; the
            blocks of changes, where an answer has those. ``None`` when nothing was usable.
        raw: what the model wrote, usable or not.
        checks: by name ``ok`` or why the text fails, ``None`` where a check has nothing to say
            about such a text.
        usage, cost_usd, seconds: of this agent; of the result those of the whole run.
        tests: what the user's tests say of the text, ``None`` where they say nothing.
        equal_to: the first in the list that says the same, ``None`` for the first itself.
    """

    agent: str
    model: str | None
    state: AgentState
    reason: str | None
    text: str | None
    raw: str | None
    checks: Mapping[str, str | None]
    seconds: float
    usage: Usage | None
    cost_usd: float | None
    equal_to: str | None = None
    tests: TestVerdict | None = None

    def as_json(self, *, raw: bool = False) -> dict[str, object]:
        """As plain JSON values; what there is none of is left out.

        Args:
            raw: whether to add what the model wrote.
        """
        values: dict[str, object] = {
            "agent": self.agent,
            "model": self.model,
            "state": self.state,
            "reason": self.reason,
            "text": self.text,
            "raw": self.raw if raw else None,
            "equal_to": self.equal_to,
        }
        kept = {name: value for name, value in values.items() if value is not None}
        return {
            **kept,
            "checks": {
                **self.checks,
                **({} if self.tests is None else {"tests": self.tests.as_json()}),
            },
            "seconds": round(self.seconds, 4),
            "usage": self.usage and self.usage.as_json(),
            "cost_usd": self.cost_usd,
        }


def proposals(execution: Execution, record: RunRecord) -> tuple[Proposal, ...]:
    """The result of a finished run, then what each seat proposed, layer by layer.

    Parses every text, so not on the event loop for a large document.

    Args:
        execution: the run, at its end.
        record: what it ended with.
    """
    task = execution.prepared.task
    proposed = replace(task, form=proposed_form(task, execution.prepared.mix.mix))
    result = _result(execution, record)
    first = {} if record.text is None else {key(task, record.text): RESULT}
    made = [result]
    for answer in execution.answers:
        proposal = replace(
            _of_answer(proposed, answer), tests=execution.test_verdict(answer.text or "")
        )
        if answer.text is not None:
            same = key(proposed, answer.text)
            proposal = replace(proposal, equal_to=first.get(same))
            first.setdefault(same, proposal.agent)
        made.append(proposal)
    return tuple(made)


def syntheses(execution: Execution) -> tuple[Proposal, ...]:
    """What each model wrote that was to write the result, usable or not."""
    return tuple(
        replace(
            _of_answer(execution.prepared.task, each),
            tests=execution.test_verdict(each.text or ""),
        )
        for each in execution.syntheses
    )


def standing(task: Task, text: str) -> str:
    """An answer as it would stand in its place."""
    if task.form != "region" or task.output == "new_file":
        return text
    return markdown.safe(text) if task.output == "document" else task.placed(text)


def checks(task: Task, text: str | None) -> dict[str, str | None]:
    """What the checks say of an answer: ``ok``, why not, or ``None`` where they say nothing."""
    said: dict[str, str | None] = dict.fromkeys(CHECKS)
    for name in CHECKS:
        if text is not None and _speaks(task, name):
            found = fault(task, text, (name,))
            said[name] = found.reason if found else PASSED
    return said


def _speaks(task: Task, check: str) -> bool:
    if task.output == "document" or task.form == "sketch":
        return False
    return check != "names" or task.snapshot.language == "python"


def _result(execution: Execution, record: RunRecord) -> Proposal:
    task, settled = execution.prepared.task, record.aggregation
    text = record.text
    last = execution.syntheses[-1] if execution.syntheses else None
    return Proposal(
        RESULT,
        settled.model if settled else None,
        "ok" if text is not None else _STATES.get(record.state, "declined"),
        record.reason,
        None if text is None else standing(task, text),
        last.raw if last and settled and settled.by == "model" else None,
        checks(task, text),
        record.seconds,
        record.usage,
        record.cost_usd if record.cost_known else None,
        tests=None if text is None else execution.test_verdict(text),
    )


def _of_answer(task: Task, answer: AgentAnswer) -> Proposal:
    told = answer.record
    return Proposal(
        told.agent,
        told.model,
        told.state,
        told.reason,
        None if answer.text is None else standing(task, answer.text),
        answer.raw,
        checks(task, answer.text),
        told.seconds,
        told.usage,
        told.cost_usd,
    )
