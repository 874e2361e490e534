"""From an answer to what is done with it: minimal edits, a new file, or a text to show.

A plan is made against the run's snapshot; applying it is the shell's work.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass

from moa_lsp import limits
from moa_lsp.mix.judge import lost
from moa_lsp.syntax import gates
from moa_lsp.task import Task
from moa_lsp.text.edits import Edit, apply, diff
from moa_lsp.text.eol import convert, dominant, to_lf
from moa_lsp.text.lines import split_lines
from moa_lsp.text.sanitize import clean_prompt, inspect_edit
from moa_lsp.text.span import Span

_ASKS_FOR_LESS = re.compile(r"\b(?:delet|remov|drop|simplif|shorten|renam|inlin)", re.IGNORECASE)
"""In an instruction: the user expects that something goes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do to its document.

    Attributes:
        target: what the run was asked to change, with the last line's ending where all of it
            goes; no edit reaches outside.
        edits: ascending, not overlapping, against the snapshot's text.
        show: Markdown for the user, for actions that change nothing.
        new_file: text of a file to be created, for ``new_file`` actions.
        warnings: what the user should look at before agreeing.
        risky: whether a careful user would want to confirm.
    """

    target: Span
    edits: tuple[Edit, ...] = ()
    show: str | None = None
    new_file: str | None = None
    warnings: tuple[str, ...] = ()
    risky: bool = False


def make(task: Task, text: str) -> Plan:
    """The plan for an answer that the mix settled on."""
    if task.output == "document":
        return Plan(task.target, show=text)
    odd = tuple(
        finding.message
        for finding in inspect_edit(
            text, task.region if task.output == "replace" else "", task.snapshot.language
        )
        if finding.verdict == "warn"
    )
    if task.output == "replace":
        odd += _unhidden(task.region, text)
    if task.output == "new_file":
        eol = dominant(task.snapshot.text)
        whole = convert(text, eol)
        whole = whole if whole.endswith(eol) else f"{whole}{eol}"
        return Plan(task.target, new_file=whole, warnings=odd)
    losses = _losses(task, text) if task.output == "replace" else ()
    risky = bool(losses) and not _ASKS_FOR_LESS.search(task.instruction)
    if task.output == "replace" and not text:
        gone = _lines_of(task)
        return Plan(gone, (Edit(gone, ""),), warnings=odd + losses, risky=risky)
    return Plan(task.target, _edits(task, text), warnings=odd + losses, risky=risky)


def worsens(before: str, now: str, language: str) -> str | None:
    """Why the second text parses worse than the first, if it does."""
    verdict = gates.parses(before, now, language)
    return None if verdict.ok else verdict.reason or "it does not parse"


def after(task: Task, plan: Plan) -> str:
    """The document's whole text once a plan is applied to its snapshot."""
    return apply(task.snapshot.text, list(plan.edits))


def _edits(task: Task, text: str) -> tuple[Edit, ...]:
    """The fewest edits; lines that stay keep their endings, new ones get the document's."""
    region, eol = task.region, dominant(task.snapshot.text)
    # Compared with LF, where every \r\n before an offset is one shorter.
    pairs = [found.start() - number for number, found in enumerate(re.finditer("\r\n", region))]
    start = task.target.start

    def place(offset: int) -> int:
        return start + offset + bisect_left(pairs, offset)

    return tuple(
        Edit(Span(place(edit.span.start), place(edit.span.end)), convert(edit.text, eol))
        for edit in diff(to_lf(region), to_lf(task.placed(text)))
    )


def _lines_of(task: Task) -> Span:
    """The target with the ending of its last line: deleted without it, a blank line would stay."""
    ending = split_lines(task.after)[0] if task.after.startswith(("\n", "\r")) else ""
    return Span(task.target.start, task.target.end + len(ending))


def _losses(task: Task, text: str) -> tuple[str, ...]:
    """What would be gone: definitions (renamed ones count too), or most of the lines."""
    gone = sorted(lost(task, text))
    losses = [f"removes {', '.join(gone)}"] if gone else []
    had, has = _filled(task.region), _filled(text)
    if had >= limits.SHRINKING_LINES and has < had * limits.SHRUNK_SHARE:
        losses.append(f"leaves {has} of {had} lines")
    return tuple(losses)


def _unhidden(region: str, text: str) -> tuple[str, ...]:
    """Hidden characters that go: models see none, so no answer has them."""
    names = {each.name for each in clean_prompt(region)[1] if chr(each.code_point) not in text}
    return (f"removes hidden characters: {', '.join(sorted(names))}",) if names else ()


def _filled(text: str) -> int:
    return sum(bool(line.strip()) for line in split_lines(text))
