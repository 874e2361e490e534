"""Pieces of other open documents that are like what is typed, and what was typed last.

They are looked for behind the requests, at most every ``INLINE_NEARBY_S`` seconds: a request
takes what was found last, so that the first byte never waits. What models never see, and what
holds a secret, is not shown.
"""

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from moa_lsp import limits

if TYPE_CHECKING:
    from moa_lsp.config.settings import ContextSettings
    from moa_lsp.context.recent_edits import RecentEdit
    from moa_lsp.inline.cursor import CursorContext
    from moa_lsp.lsp.inline.completion_policy import CompletionPolicy
    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.task import Snapshot

INLINE_NEARBY_S = 2.0
"""Between two looks for pieces of other documents: what is near changes slowly."""

INLINE_NEARBY_DOCUMENTS = 4
"""Looked through, those changed last first: parsing a thousand lines takes 10 ms."""

INLINE_NEARBY_CHARS = 2_000
"""Of pieces in the prompt of one gap: a third of what is shown before it."""


INLINE_EDITS_CHARS = 1_000
"""Of what was typed last, in the prompt of one gap: some ten changed lines."""

Pieces = tuple[tuple[str, str], ...]
"""Name of the file and text of each piece, the most telling last."""


@dataclass(frozen=True, slots=True)
class _Nearby:
    """What a look gave, and when it was begun or ended."""

    at: float = float("-inf")
    pieces: Pieces = ()
    edits: tuple[str, ...] = ()


@dataclass(slots=True)
class NearbySnippets:
    """What is near the gaps of one session.

    Attributes:
        server: whose documents.
        rules: which of them are not shown.
    """

    server: "Server"
    rules: "CompletionPolicy"
    _found: dict[str, _Nearby] = field(default_factory=dict)
    _looking: "asyncio.Task[None] | None" = None

    def pieces(self, place: "CursorContext", context: "ContextSettings") -> Pieces:
        """What was found last for a document; begins to look again when that is old."""
        found = self._found.get(place.uri, _Nearby())
        now = asyncio.get_running_loop().time()
        idle = self._looking is None or self._looking.done()
        if idle and now - found.at >= INLINE_NEARBY_S:
            documents = self.server.documents
            others = documents.others(place.uri)[:INLINE_NEARBY_DOCUMENTS]
            edits = documents.recent_edits()
            self._found[place.uri] = replace(found, at=now)
            if others or edits:
                self._looking = asyncio.ensure_future(self._look(place, others, edits, context))
        return found.pieces

    def edits(self, uri: str) -> tuple[str, ...]:
        """What had been typed in any document when it was last looked for, the newest last."""
        return self._found.get(uri, _Nearby()).edits

    def forget(self, uri: str) -> None:
        """Drop what was found for a document."""
        self._found.pop(uri, None)

    async def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(
        self,
        place: "CursorContext",
        others: "tuple[Snapshot, ...]",
        edits: "tuple[RecentEdit, ...]",
        context: "ContextSettings",
    ) -> None:
        shown = {
            uri: not await self.rules.why_not(uri, context)
            for uri in {*(each.uri for each in others), *(each.uri for each in edits)}
        }
        allowed = [each for each in others if shown[each.uri]]
        typed = [each for each in edits if shown[each.uri]]
        pieces = await asyncio.to_thread(_pieces, place, allowed)
        diffs = await asyncio.to_thread(_diffs, typed)
        if place.uri in self._found:
            now = asyncio.get_running_loop().time()
            self._found[place.uri] = _Nearby(now, pieces, diffs)


def _diffs(edits: "list[RecentEdit]") -> tuple[str, ...]:
    """The newest edits within the room that there is for them, the newest last."""
    from moa_lsp.files.uris import prompt_name

    found: list[str] = []
    room = INLINE_EDITS_CHARS
    for each in reversed(edits):
        diff = replace(each, path=prompt_name(each.uri)).diff
        room -= len(diff)
        if room < 0:
            break
        if not each.holds_secret:
            found.append(diff)
    return tuple(reversed(found))


def _pieces(place: "CursorContext", others: "list[Snapshot]") -> Pieces:
    """The best pieces of some documents within the room that there is for them."""
    from moa_lsp.context.items import SourceFile
    from moa_lsp.context.secrets import find
    from moa_lsp.context.snippets import ranked
    from moa_lsp.files.uris import prompt_name

    sources = [
        SourceFile(prompt_name(each.uri), each.language, each.text, opened=True) for each in others
    ]
    query = place.prefix[-limits.INLINE_WINDOW_CHARS :]
    found: list[tuple[str, str]] = []
    room = INLINE_NEARBY_CHARS
    for piece in ranked(sources, query, place.text):
        if len(piece.text) <= room and not find(piece.text):
            found.append((piece.path, piece.text))
            room -= len(piece.text)
    return tuple(reversed(found))
