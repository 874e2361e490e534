"""Whether an edit that the client says it applied reached its text.

Neovim 0.11 prints "newer than edits", applies nothing and answers ``{applied: true}`` when a key
was pressed while ``workspace/applyEdit`` was on its way. What the client sends next tells: its
``didChange``, which may come before its answer or some time after it.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from moa_lsp import limits
from moa_lsp.lsp.documents import Documents
from moa_lsp.text.document import Document
from moa_lsp.text.edits import Edit, apply
from moa_lsp.text.rebase import changes

Arrival = Literal["there", "silent", "absent", "in part"]
"""``silent``: no change came, ``absent``: changes came and the edit was not among them."""


def nearer(now: str, sent: str, expected: str) -> bool:
    """Whether a text is nearer to what an edit makes than to what was there before it.

    What the user typed meanwhile is as far from the one as from the other.
    """
    return _distance(now, expected) < _distance(now, sent)


def _distance(old: str, new: str) -> int:
    """Code points that are removed or inserted between two texts."""
    if old == new:
        return 0
    return sum(len(edit.text) + edit.span.end - edit.span.start for edit in changes(old, new))


@dataclass(slots=True)
class _Expectation:
    """One document of an edit: its text when it was sent, and with the edit."""

    document: Document
    sent: str
    expected: str
    there: bool = False


@dataclass(slots=True)
class ArrivalWatch:
    """Watches the documents of one edit from before it is sent.

    Attributes:
        documents: as the client tells them.
    """

    documents: Documents
    _awaited: list[_Expectation] = field(default_factory=list)
    _all_there: asyncio.Event = field(default_factory=asyncio.Event)

    @contextmanager
    def of(self, placed: Sequence[tuple[Document, Sequence[Edit]]]) -> Iterator[None]:
        """Watch these edits of these documents, whose text is the one that they are sent for."""
        self._awaited = [
            _Expectation(document, document.text, apply(document.text, edits))
            for document, edits in placed
        ]
        self.documents.on_changed.append(self._look)
        try:
            yield
        finally:
            self.documents.on_changed.remove(self._look)

    async def arrival(self, seconds: float) -> Arrival:
        """Wait at most so long until the edit is in every document."""
        self._look("")
        try:
            async with asyncio.timeout(seconds):
                await self._all_there.wait()
        except TimeoutError:
            for each in self._awaited:
                if not each.there and self._moved(each):
                    now = each.document.text
                    each.there = await asyncio.to_thread(nearer, now, each.sent, each.expected)
        absent = [each for each in self._awaited if not each.there]
        if not absent:
            return "there"
        if len(absent) < len(self._awaited):
            return "in part"
        return "absent" if all(self._moved(each) for each in absent) else "silent"

    def _look(self, _uri: str) -> None:
        for each in self._awaited:
            each.there = each.there or self._arrived(each)
        if all(each.there for each in self._awaited):
            self._all_there.set()

    def _arrived(self, awaited: _Expectation) -> bool:
        if self.documents.get(awaited.document.uri) is not awaited.document:
            return True  # it was closed: nothing more will be heard of it
        now = awaited.document.text
        if now in (awaited.expected, awaited.sent):
            return now == awaited.expected
        small = len(now) < limits.INLINE_CHARS
        return small and nearer(now, awaited.sent, awaited.expected)

    def _moved(self, awaited: _Expectation) -> bool:
        return awaited.document.text != awaited.sent
