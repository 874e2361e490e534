"""A run's hold on its document: the snapshot it works on, and what was typed since.

Taken when the run is asked for, given back when its result is applied or forgotten. What happened
in between decides where the edit goes, or that it goes nowhere.
"""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moa_lsp import limits
from moa_lsp.errors import StaleDocument, UsageError
from moa_lsp.lsp.documents import Documents
from moa_lsp.task import Snapshot
from moa_lsp.text.document import ChangeLog, Document
from moa_lsp.text.edits import Edit, apply
from moa_lsp.text.rebase import rebase

if TYPE_CHECKING:
    from moa_lsp.runs.plan import DocumentPart, Plan

PLACINGS = 3
"""Checking a large document takes a moment in which it may move again; three times means no."""


@dataclass(slots=True)
class TrackedSnapshot:
    """A snapshot, and the log of its document since.

    Attributes:
        released: the log ended, so nothing can be placed by it any more.
        others: of the documents that the run may change beside its own; they end with this one.
    """

    documents: Documents
    snapshot: Snapshot
    log: ChangeLog
    released: bool = False
    others: tuple["TrackedSnapshot", ...] = ()

    @property
    def live(self) -> bool:
        """Whether the snapshot's document is still open, and its changes noted."""
        return not self.released and self.documents.live(self.snapshot)

    def document(self) -> Document:
        """The document as it is now.

        Raises:
            StaleDocument: it was closed, or closed and opened again, since the snapshot.
        """
        document = self.documents.get(self.snapshot.uri)
        if document is None or not self.live:
            raise StaleDocument(
                "the document was closed while the mix was working; nothing was applied, open it "
                "and run the action again"
            )
        return document

    async def place(self, plan: "Plan") -> tuple[Document, list[Edit]]:
        """Where the plan's edits go in the document as it is when this returns.

        Args:
            plan: edits against the snapshot.

        Raises:
            StaleDocument: something was typed inside the target or touching it, or the result no
                longer fits what stands around it.
        """
        for _ in range(PLACINGS):
            document, edits = self._moved(plan)
            now, noted = document.text, len(self.log.edits)
            if now == self.snapshot.text:
                return document, edits
            fault = await _worse(now, edits, self.snapshot.language)
            if not self.live or len(self.log.edits) != noted:
                continue
            _refuse(fault)
            return document, edits
        raise StaleDocument(_UNSTEADY)

    def release(self) -> None:
        """Stop noting what is typed; twice does no harm."""
        self.released = True
        document = self.documents.get(self.snapshot.uri)
        if document is not None:
            document.forget(self.log)
        for other in self.others:
            other.release()

    async def place_parts(self, plan: "Plan") -> list[tuple[Document, list[Edit]]]:
        """As ``place``, for a plan that changes several places or documents: all of it or none.

        Raises:
            StaleDocument: one of the documents cannot take its edits any more.
        """
        for _ in range(PLACINGS):
            placed, logs = [], []
            for part in plan.parts:
                held = self._of(part)
                now, edits = held.document().text, held.moved_part(part)
                logs.append((held, len(held.log.edits)))
                if now != held.snapshot.text:
                    _refuse(await _worse(now, edits, held.snapshot.language))
                placed.append((held.document(), edits))
            if all(held.live and len(held.log.edits) == noted for held, noted in logs):
                return placed
        raise StaleDocument(_UNSTEADY)

    def _of(self, part: "DocumentPart") -> "TrackedSnapshot":
        """The hold of a part's document."""
        for held in (self, *self.others):
            if held.snapshot is part.file.snapshot:
                return held
        raise StaleDocument(f"{part.file.path} is not held any more; nothing was applied")

    def moved_part(self, part: "DocumentPart") -> list[Edit]:
        """Where a part's edits go in the document as it is now.

        Raises:
            StaleDocument: something was typed inside one of its pieces, or touching it.
        """
        if self.document().text == self.snapshot.text:
            return list(part.edits)
        found: list[Edit] = []
        for target, edits in part.pieces:
            moved = rebase(edits, target, self.log.edits)
            if moved is None:
                raise StaleDocument(_INSIDE.format(part.file.path))
            found += moved[0]
        return found

    def _moved(self, plan: "Plan") -> tuple[Document, list[Edit]]:
        document = self.document()
        if document.text == self.snapshot.text:  # nothing was typed, or all of it was undone
            return document, list(plan.edits)
        moved = rebase(plan.edits, plan.target, self.log.edits)
        if moved is None:
            raise StaleDocument(_INSIDE.format("the text"))
        return document, moved[0]


_INSIDE = (
    "{} changed inside the target while the mix was working; nothing was applied, the "
    "result is kept for moa.apply"
)
_UNSTEADY = (
    "the text kept changing while the result was checked; nothing was applied, the result is kept "
    "for moa.apply"
)


def _refuse(fault: str | None) -> None:
    """End a placing whose result would be broken."""
    if fault is not None:
        raise StaleDocument(
            f"together with what was typed meanwhile the result is broken ({fault}); nothing was "
            "applied, the result is kept for moa.apply"
        )


async def _worse(now: str, edits: list[Edit], language: str) -> str | None:
    """Why a text would parse worse with these edits; a long one is parsed off the event loop."""
    from moa_lsp.runs.plan import worsens

    then = apply(now, edits)
    if len(then) < limits.INLINE_CHARS:
        return worsens(now, then, language)
    return await asyncio.to_thread(worsens, now, then, language)


def hold(documents: Documents, uri: str) -> TrackedSnapshot:
    """Freeze an open document and begin to note what is typed.

    Raises:
        UsageError: it is not open, or its text is not certain.
    """
    snapshot = documents.snapshot(uri)
    document = documents.get(uri)
    if snapshot is None or document is None:
        raise UsageError(f"the document is not open: {uri}; open it and try again")
    return TrackedSnapshot(documents, snapshot, document.record())
