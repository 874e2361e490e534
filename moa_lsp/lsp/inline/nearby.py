"""Pieces of other open documents that are like what is typed, for models that fill gaps.

They are looked for behind the requests, at most every ``INLINE_NEARBY_S`` seconds: a request
takes what was found last, so that the first byte never waits. What models never see, and what
holds a secret, is not shown.
"""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from moa_lsp import limits

if TYPE_CHECKING:
    from moa_lsp.config.settings import ContextSettings
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


Pieces = tuple[tuple[str, str], ...]
"""Name of the file and text of each piece, the most telling last."""


@dataclass(slots=True)
class NearbySnippets:
    """What is near the gaps of one session.

    Attributes:
        server: whose documents.
        rules: which of them are not shown.
    """

    server: "Server"
    rules: "CompletionPolicy"
    _found: dict[str, tuple[float, Pieces]] = field(default_factory=dict)
    _looking: "asyncio.Task[None] | None" = None

    def pieces(self, place: "CursorContext", context: "ContextSettings") -> Pieces:
        """What was found last for a document; begins to look again when that is old."""
        found_at, pieces = self._found.get(place.uri, (float("-inf"), ()))
        now = asyncio.get_running_loop().time()
        idle = self._looking is None or self._looking.done()
        if idle and now - found_at >= INLINE_NEARBY_S:
            others = self.server.documents.others(place.uri)[:INLINE_NEARBY_DOCUMENTS]
            self._found[place.uri] = now, pieces
            if others:
                self._looking = asyncio.ensure_future(self._look(place, others, context))
        return pieces

    def forget(self, uri: str) -> None:
        """Drop what was found for a document."""
        self._found.pop(uri, None)

    async def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def _look(
        self, place: "CursorContext", others: "tuple[Snapshot, ...]", context: "ContextSettings"
    ) -> None:
        allowed = [each for each in others if not await self.rules.why_not(each.uri, context)]
        found = await asyncio.to_thread(_pieces, place, allowed)
        if place.uri in self._found:
            self._found[place.uri] = asyncio.get_running_loop().time(), found


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
