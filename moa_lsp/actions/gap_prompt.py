"""A gap at the cursor, asked about in words, for models that have no way of their own for gaps.

Pure. The system message is the same for all gaps, so that a provider can keep it.
"""

import hashlib
import itertools
import json
from dataclasses import dataclass

from moa_lsp.actions.definition import prose
from moa_lsp.task import Message

_EDITS = "What was typed last, the newest last (-: went, +: came):"
_REPORTS = "What tools say of lines near the gap:"


@dataclass(frozen=True, slots=True)
class GapContext:
    """What a model is shown besides the file; nothing of it is ours.

    Attributes:
        edits: what was typed of late, a diff each, the newest last.
        reports: what tools said of lines near the gap, a line each.
    """

    edits: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()


def messages(
    prefix: str, suffix: str, language: str, name: str, context: GapContext | None = None
) -> tuple[Message, ...]:
    """Render the question.

    Args:
        prefix: text before the gap, cut to what is shown.
        suffix: text after it.
        language: LSP language identifier.
        name: of the file, without its folders.
        context: what else is shown.
    """
    context = context or GapContext()
    tag = _tag(prefix, suffix, name, *context.edits, *context.reports)
    blocks = [
        f"{lead}\n<{block}-{tag}>\n{text.rstrip()}\n</{block}-{tag}>\n\n"
        for lead, block, text in (
            (_EDITS, "edits", "\n".join(context.edits)),
            (_REPORTS, "reports", "\n".join(context.reports)),
        )
        if text
    ]
    file = f"<file-{tag}>\n{prefix}<gap-{tag}></gap-{tag}>{suffix}\n</file-{tag}>"
    return (
        Message("system", prose("gap")),
        Message("user", f"{''.join(blocks)}The file {name} is written in {language}.\n\n{file}"),
    )


def _tag(*texts: str) -> str:
    """Letters that occur in no text: none can end its own block. The same texts, the same ones."""
    for number in itertools.count():
        said = json.dumps([number, *texts])
        tag = hashlib.sha256(said.encode()).hexdigest()[:8]
        if not any(tag in text for text in texts):
            return tag
    raise AssertionError("counting does not end")
