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
    from collections.abc import Sequence

    from moa_lsp.runs.plan import DocumentPart

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

    def release(self) -> None:
        """Stop noting what is typed; twice does no harm."""
        self.released = True
        document = self.documents.get(self.snapshot.uri)
        if document is not None:
            document.forget(self.log)
        for other in self.others:
            other.release()

    async def place(self, parts: "Sequence[DocumentPart]") -> list[tuple[Document, list[Edit]]]:
        """Where a plan's edits go in the documents as they are when this returns: all or none.

        Args:
            parts: edits against the snapshots of this hold and of ``others``.

        Raises:
            StaleDocument: something was typed inside a piece or touching it, or a result no
                longer fits what stands around it.
        """
        for _ in range(PLACINGS):
            placed, logs = [], []
            for part in parts:
                held = self._of(part)
                now, edits, noted = held.document().text, held.moved(part), len(held.log.edits)
                logs.append((held, noted))
                if now != held.snapshot.text:
                    fault = await worse(now, edits, held.snapshot.language)
                    if len(held.log.edits) == noted:  # else it is of a text that is gone
                        _refuse(fault)
                placed.append((held.document(), edits))
            if all(held.live and len(held.log.edits) == noted for held, noted in logs):
                return placed
        raise StaleDocument(_UNSTEADY)

    def _of(self, part: "DocumentPart") -> "TrackedSnapshot":
        """The hold of a part's document."""
        for held in (self, *self.others):
            if held.snapshot is part.file.snapshot:
                return held
        name = part.file.path or "the text"
        raise StaleDocument(f"{name} is not held any more; run the action again")

    def moved(self, part: "DocumentPart") -> list[Edit]:
        """Where a part's edits go in the document as it is now.

        Raises:
            StaleDocument: something was typed inside one of its pieces, or touching it.
        """
        if self.document().text == self.snapshot.text:  # nothing was typed, or all was undone
            return list(part.edits)
        found: list[Edit] = []
        for target, edits in part.pieces:
            moved = rebase(edits, target, self.log.edits)
            if moved is None:
                raise StaleDocument(_INSIDE.format(part.file.path or "the text"))
            found += moved[0]
        return found


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


async def worse(now: str, edits: list[Edit], language: str) -> str | None:
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
