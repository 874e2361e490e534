"""What can be shown of an answer while it is being written; never what becomes of it.

Lenient where ``extract`` is strict: nothing here is applied. Of code it is what stands in the last
fenced block so far, of an explanation all of it, in the subset of Markdown that is shown.
"""

import re

from moa_lsp import limits
from moa_lsp.answers import markdown
from moa_lsp.answers.fences import scan
from moa_lsp.answers.final_answer import final_answer
from moa_lsp.answers.rejection import RejectedAnswer
from moa_lsp.text.sanitize import escape

_CLOSING = re.compile(r"\n?[ \t]*[`~]{1,2}\Z")
"""The start of what may become a closing fence."""


def code(answer: str, limit: int = limits.MAX_PARTIAL_CHARS) -> str:
    """The code of an answer so far, hidden characters as escapes; ``""`` before it begins."""
    text = _readable(answer)
    blocks = scan(text)
    if not blocks:
        return ""
    block = blocks[-1]
    said = block.code if block.closed else _CLOSING.sub("", block.code).removesuffix("\n")
    return escape(said, limit, keep_lines=True)


def words(answer: str, limit: int = limits.MAX_PARTIAL_CHARS) -> str:
    """An explanation so far, in the subset of Markdown that is shown."""
    return markdown.safe(_readable(answer).strip("\n"), limit)


def _readable(answer: str) -> str:
    """An answer without its reasoning; ``""`` while that has no end."""
    try:
        return final_answer(answer)
    except RejectedAnswer:
        return ""
