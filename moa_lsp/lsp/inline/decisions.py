"""Why nothing was offered inline: each document's last decision, and what holds everywhere."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moa_lsp.config.settings import InlineSettings
    from moa_lsp.text.document import Document

MAX_DECISIONS = 100
"""Documents whose last decision is remembered; nobody asks about one that he left long ago."""

OFFERED = "a suggestion was offered here"
NOTHING_FITS = "nothing that was proposed fits here"
NOT_ASKED = "nothing was asked for here yet"
NOT_OPEN = "the document is not open"
NOT_READY = "the configuration is still being read"


@dataclass(frozen=True, slots=True)
class _Place:
    version: int | None
    opened: int
    length: int
    offset: int


@dataclass(slots=True)
class LastDecisions:
    """What was decided last in each document, while its text is the same."""

    _made: "OrderedDict[str, tuple[_Place, str]]" = field(default_factory=OrderedDict)

    def note(self, document: "Document | None", offset: int, reason: str) -> None:
        """Remember why nothing, or that something, was offered at an offset."""
        if document is None:
            return
        self._made[document.uri] = (_place(document, offset), reason)
        self._made.move_to_end(document.uri)
        if len(self._made) > MAX_DECISIONS:
            self._made.popitem(last=False)

    def at(self, document: "Document", offset: int) -> str | None:
        """What was decided there for the text as it is now, ``None`` when nothing was."""
        found = self._made.get(document.uri)
        return found[1] if found and found[0] == _place(document, offset) else None

    def forget(self, uri: str) -> None:
        """Drop what is known of a document that was closed."""
        self._made.pop(uri, None)


def switched_off(inline: "InlineSettings", language: str, *, on: bool) -> str | None:
    """Why inline completion is off for a language, ``None`` where it is on.

    Args:
        inline: the user's settings.
        language: of the document.
        on: whether the language is switched on.
    """
    if not inline.enabled:
        return "inline completion is switched off (`inline.enabled`)"
    return None if on else f"inline completion is switched off for {language} (`inline.languages`)"


def _place(document: "Document", offset: int) -> _Place:
    return _Place(document.version, document.opened, len(document), offset)
