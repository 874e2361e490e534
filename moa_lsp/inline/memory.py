"""Cache of offers by gap, so that typing what was offered needs no request.

Pure but for being a store. An offer counts for every place that the user reaches by typing its own
beginning; anything else that changed in the document makes it another gap. Texts are not kept:
their hashes are, of this process only.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from moa_lsp.inline import limits
from moa_lsp.inline.cursor import CursorContext
from moa_lsp.inline.trim import trim

INLINE_CLOSED_CHARS = 4
"""Brackets and quotes that an editor may have closed behind the cursor by itself."""

INLINE_GAPS = 100
"""Gaps whose offers are remembered: a few minutes of typing, some hundred bytes each."""


_CLOSERS = frozenset(")]}>'\"`")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One text for a gap.

    Attributes:
        text: goes in at the cursor.
        run: which run found it.
        agent: id of the agent that wrote it.
        model: its model.
        weight: the agent's, as in its mix.
        order: place among the agents of its mix.
        whole: whether the document parses with it.
        typed: what of it the user has typed since.
    """

    text: str
    run: str
    agent: str = ""
    model: str = ""
    weight: float = 1.0
    order: int = 0
    whole: bool = False
    typed: str = ""

    def after(self, typed: str) -> "Suggestion | None":
        """What is left of it once its beginning was typed, ``None`` where something else was."""
        if not self.text.startswith(typed) or len(self.text) == len(typed):
            return None
        return replace(self, text=self.text[len(typed) :], typed=self.typed + typed)


@dataclass(frozen=True, slots=True)
class GapKey:
    """A place, without its text.

    Attributes:
        prefix, suffix: hashes of the text around it.
    """

    uri: str
    language: str
    offset: int
    prefix: int
    suffix: int

    @classmethod
    def of(cls, place: CursorContext) -> "GapKey":
        """The gap at a place."""
        return cls(place.uri, place.language, place.offset, hash(place.prefix), hash(place.suffix))

    def typed(self, place: CursorContext) -> str | None:
        """What was typed from here to a later place, ``None`` where that is not all that changed.

        Brackets and quotes that an editor closed behind the cursor do not count.
        """
        if place.uri != self.uri or place.language != self.language:
            return None
        length = place.offset - self.offset
        if not 0 <= length <= limits.MAX_INLINE_CHARS:
            return None
        if hash(place.text[: self.offset]) != self.prefix:
            return None
        if hash(place.suffix) != self.suffix and not self._closed(place):
            return None
        return place.text[self.offset : place.offset]

    def _closed(self, place: CursorContext) -> bool:
        """Whether the text behind a place is ours but for what an editor closed."""
        for length in range(1, INLINE_CLOSED_CHARS + 1):
            if place.suffix[length - 1 : length] not in _CLOSERS:
                return False
            if hash(place.suffix[length:]) == self.suffix:
                return True
        return False


class SuggestionMemory:
    """The last gaps and what was found for each, the newest first."""

    def __init__(self, size: int = INLINE_GAPS) -> None:
        self._found: deque[tuple[GapKey, tuple[Suggestion, ...]]] = deque(maxlen=size)

    def put(self, gap: GapKey, offers: Sequence[Suggestion]) -> None:
        """Remember what was found for a gap, best first; replaces what was known of it."""
        self._found = deque(
            (each for each in self._found if each[0] != gap), maxlen=self._found.maxlen
        )
        if offers:
            self._found.appendleft((gap, tuple(offers)))

    def find(self, place: CursorContext) -> list[Suggestion]:
        """What is known for a place, typed through, best first."""
        for gap, offers in self._found:
            if not any(self._begins(offer, gap, place) for offer in offers):
                continue
            typed = gap.typed(place)
            if typed is None:
                continue
            left = [offer.after(typed) for offer in offers]
            fitted = [_fitted(each, gap, place) for each in left if each is not None]
            kept = [each for each in fitted if each is not None]
            if kept:
                return kept
        return []

    def forget(self, uri: str) -> None:
        """Drop all offers of a document."""
        self._found = deque(
            (each for each in self._found if each[0].uri != uri), maxlen=self._found.maxlen
        )

    @staticmethod
    def _begins(offer: Suggestion, gap: GapKey, place: CursorContext) -> bool:
        """Whether an offer can be meant at all: cheap, where hashing a long text is not."""
        return gap.uri == place.uri and offer.text.startswith(
            place.text[gap.offset : max(gap.offset, place.offset)]
        )


def _fitted(offer: Suggestion, gap: GapKey, place: CursorContext) -> Suggestion | None:
    """An offer as it fits where an editor closed brackets meanwhile."""
    if hash(place.suffix) == gap.suffix:
        return offer
    fitted = trim(offer.text, place, exact=True)
    return None if fitted.text is None else replace(offer, text=fitted.text)
