"""Source text inside Markdown: as code, never as markup.

Whatever a document contains, a span or block made here shows it and nothing else: it cannot end
its own quotes, so it cannot become a link, an image or HTML. Characters that could hide or
reorder text are shown as escapes.
"""

import re
from collections.abc import Sequence

from moa_lsp.text.eol import to_lf
from moa_lsp.text.sanitize import escape

MAX_CODE_SPAN_CHARS = 120
"""One code span of an explanation; longer ones are statements, not names."""

MAX_CODE_BLOCK_CHARS = 2000
"""One code block of an explanation: a signature or the start of a docstring."""


_TICKS = re.compile("`+")


def span(code: str, limit: int = MAX_CODE_SPAN_CHARS) -> str:
    """One line of code as a code span."""
    shown = escape(" ".join(code.split()), limit) or " "
    quotes = "`" * (_longest(shown) + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{quotes}{pad}{shown}{pad}{quotes}"


def block(code: str, info: str, limit: int = MAX_CODE_BLOCK_CHARS) -> list[str]:
    """Lines of code as a fenced block; ``info`` is what stands behind the fence."""
    shown = escape(to_lf(code).strip("\n"), limit, keep_lines=True)
    fence = "`" * max(3, _longest(shown) + 1)
    return [f"{fence}{info}", *shown.split("\n"), fence]


def listed(entries: Sequence[str], limit: int) -> str:
    """Entries with commas, at most ``limit`` of them."""
    shown = ", ".join(entries[:limit])
    more = len(entries) - limit
    return f"{shown} and {more} more" if more > 0 else shown


def _longest(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
