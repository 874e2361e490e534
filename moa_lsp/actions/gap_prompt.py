"""A gap at the cursor, asked about in words, for models that have no way of their own for gaps.

Pure. The system message is the same for all gaps, so that a provider can keep it.
"""

import hashlib
import itertools
import json

from moa_lsp.actions.definition import prose
from moa_lsp.task import Message


def messages(prefix: str, suffix: str, language: str, name: str) -> tuple[Message, ...]:
    """Render the question.

    Args:
        prefix: text before the gap, cut to what is shown.
        suffix: text after it.
        language: LSP language identifier.
        name: of the file, without its folders.
    """
    tag = _tag(prefix, suffix, name)
    file = f"<file-{tag}>\n{prefix}<gap-{tag}></gap-{tag}>{suffix}\n</file-{tag}>"
    return (
        Message("system", prose("gap")),
        Message("user", f"The file {name} is written in {language}.\n\n{file}"),
    )


def _tag(*texts: str) -> str:
    """Letters that occur in no text: none can end its own block. The same texts, the same ones."""
    for number in itertools.count():
        said = json.dumps([number, *texts])
        tag = hashlib.sha256(said.encode()).hexdigest()[:8]
        if not any(tag in text for text in texts):
            return tag
    raise AssertionError("counting does not end")
