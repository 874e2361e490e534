"""What tools reported about a run's target: what touches it, and what is left of it."""

from moa_lsp.limits import MAX_SHOWN_CHARS
from moa_lsp.task import Diagnostic, Task
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.sanitize import escape
from moa_lsp.text.span import Span

SHOWN_DIAGNOSTICS = 3
"""Reports that a run which mended none of them names; a sentence holds no more."""


def not_mended(task: Task) -> str:
    """What tools said of the target, which stays when nothing changes."""
    index = LineIndex(task.snapshot.text)
    said = []
    for each in task.diagnostics[:SHOWN_DIAGNOSTICS]:
        message = escape(each.message, MAX_SHOWN_CHARS)
        said.append(f"line {index.line_of(each.span.start) + 1}: {message}")
    more = len(task.diagnostics) - len(said)
    told = "; ".join([*said, f"{more} more"] if more else said)
    return f"; not mended: {told}" if told else ""


def touching(diagnostics: tuple[Diagnostic, ...], target: Span) -> tuple[Diagnostic, ...]:
    """Those that touch a target."""
    return tuple(
        each
        for each in diagnostics
        if each.span.start <= target.end and target.start <= each.span.end
    )
