"""Whether anything is suggested at a cursor, and what: the rules around the statistics.

Nothing at the start of a line, where a guess is wrong nine times in ten; nothing in a comment or
in a docstring; nothing where other code follows; nothing short and nothing unlikely.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from moa_lsp.providers.base import AgentDeclines
from moa_lsp.providers.embedded.ngram.blend import IndexSource
from moa_lsp.providers.embedded.ngram.document import CursorWords, IndexedDocument
from moa_lsp.providers.embedded.ngram.limits import NGRAM_BROKEN, NGRAM_SHOWN
from moa_lsp.providers.embedded.ngram.line import Guess, rest_of_line
from moa_lsp.syntax.languages import by_id

NGRAM_LEAST_CHARS = 4
"""A shorter suggestion is typed sooner than it is read."""


_ENDS = re.compile(r"[\r\n]")
_CLOSING = re.compile(r"[\s)\]}'\"`,;:>]*")
"""What may stand after a cursor on its line: the brackets and quotes that editors put there."""


@dataclass(frozen=True, slots=True)
class NgramCursor:
    """A cursor in a text.

    Attributes:
        before: what stands before it on its line.
        after: what stands after it on its line.
    """

    text: str
    offset: int
    before: str
    after: str

    @property
    def others(self) -> str:
        """The text without the cursor's line: a half-written line teaches nothing."""
        start = self.offset - len(self.before)
        return self.text[:start] + self.text[self.offset + len(self.after) :]


def cursor(text: str, offset: int) -> NgramCursor:
    """Say what stands around an offset."""
    start = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    end = _ENDS.search(text, offset)
    after = text[offset : end.start() if end else len(text)]
    return NgramCursor(text, offset, text[start:offset], after)


def hopeless(at: NgramCursor, language: str) -> AgentDeclines | None:
    """Say why nothing can be suggested, as far as the line alone shows it."""
    known = by_id(language)
    if known is not None and known.prose:
        return AgentDeclines("prose is not completed")
    if not at.before.strip():
        return AgentDeclines("nothing is suggested at the start of a line")
    if not _CLOSING.fullmatch(at.after):
        return AgentDeclines("code follows on the line")
    if at.after[:1] in ("'", '"', "`") and not _is_open(at.before, at.after[0]):
        return AgentDeclines("a string follows on the line")
    return None


def _is_open(before: str, quote: str) -> bool:
    return before.count(quote) % 2 == 1


def suggest(
    sources: Sequence[IndexSource],
    document: IndexedDocument,
    place: CursorWords,
    at: NgramCursor,
    *,
    secret: Callable[[str], bool] = lambda _word: False,
    shown: float = NGRAM_SHOWN,
    broken: float = NGRAM_BROKEN,
) -> Guess | AgentDeclines:
    """Suggest the rest of a line.

    Args:
        sources: what is known beside the document.
        document: the document as last read.
        place: what stands before the cursor in it now.
        at: the cursor.
        secret: says of a word whether it must not be written.
        shown: the least estimate of a suggestion.
        broken: the same for one that ends with neither the line nor a bracket.
    """
    if place.inside != "code":
        return AgentDeclines(f"the cursor is inside a {place.inside}")
    found = rest_of_line(
        [*sources, IndexSource(document.index), place.fresh],
        place.context,
        place.typed,
        spaced=at.before[-1:] in (" ", "\t"),
        after=at.after,
        secret=secret,
        cut=shown,
        broken=broken,
    )
    if len(found.text.strip()) < NGRAM_LEAST_CHARS:
        return AgentDeclines("nothing is likely enough")
    return found
