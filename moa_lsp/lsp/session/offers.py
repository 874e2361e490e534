"""What was offered last, so that a run can be asked for on a text that has moved since.

Clients ask for offers at every move of the cursor and send a command much later, with the range
and version of the offer. Only the last offer that had something in it is remembered: it is the
menu that the user sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types

from moa_lsp.errors import UsageError
from moa_lsp.limits import INLINE_CHARS
from moa_lsp.lsp import convert
from moa_lsp.lsp.documents import Documents
from moa_lsp.lsp.edits.tracked_snapshot import TrackedSnapshot
from moa_lsp.task import Diagnostic
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.rebase import carry
from moa_lsp.text.span import Span

if TYPE_CHECKING:
    from moa_lsp.text.document import Document


@dataclass(slots=True)
class LastOffer:
    """The last offer of one server: its document as it was, and what the client's tools said."""

    documents: Documents
    _hold: TrackedSnapshot | None = None
    _diagnostics: Sequence[types.Diagnostic] = ()

    def made(self, held: TrackedSnapshot, diagnostics: Sequence[types.Diagnostic]) -> None:
        """Remember an offer in place of the one before; ``held`` is its document as it was."""
        self.forget()
        self._hold = held
        self._diagnostics = tuple(diagnostics)

    def forget(self) -> None:
        """Remember nothing."""
        if self._hold is not None:
            self._hold.release()
        self._hold = None
        self._diagnostics = ()

    def locate(
        self, held: TrackedSnapshot, where: types.Range, version: int | None
    ) -> tuple[Span, tuple[Diagnostic, ...]]:
        """A range of the client in the text that a run holds, with the diagnostics still there.

        Args:
            held: the text as it is now.
            where: in the client's units.
            version: what the range was taken from; ``None`` means the text as it is now.

        Raises:
            UsageError: the text has moved since, and the range cannot be carried over.
        """
        offered = self._of(held)
        said = self._said(offered, held) if offered is not None else ()
        if offered is not None and version is not None and offered.snapshot.version == version:
            then = convert.span(self._index(offered, held), where, self.documents.encoding)
            now = carry(then, offered.log.edits)
            if now is None:
                raise UsageError(
                    "the text changed where the action was to work; select again and try again"
                )
            return now, said
        if version is not None and version != held.snapshot.version:
            raise UsageError(
                f"the text moved on from version {version}; select again and try again"
            )
        index = held.document().index
        return convert.span(index, where, self.documents.encoding), said

    def reports(self, document: "Document", offset: int) -> tuple[str, ...]:
        """What tools said, when an offer was last asked for, of lines near a place, a line each.

        Of long documents nothing: their lines would be counted at every key.
        """
        last = self._hold
        if last is None or not self._diagnostics or len(document) > INLINE_CHARS:
            return ()
        if last.released or last.snapshot.opened != document.opened:
            return ()
        from moa_lsp.context.reports import near

        said = self._said(last, last)
        return tuple(near(said, document.index, Span(offset, offset)))

    def _of(self, held: TrackedSnapshot) -> TrackedSnapshot | None:
        """The last offer, if it was made for the same opening of the same document."""
        last = self._hold
        same = last is not None and last.snapshot.opened == held.snapshot.opened
        return last if same else None

    def _said(self, offered: TrackedSnapshot, held: TrackedSnapshot) -> tuple[Diagnostic, ...]:
        """The offer's diagnostics that nobody typed into, where they are now."""
        index = self._index(offered, held)
        found = convert.diagnostics(index, self._diagnostics, self.documents.encoding)
        carried = ((each, carry(each.span, offered.log.edits)) for each in found)
        return tuple(convert.moved(each, now) for each, now in carried if now is not None)

    def _index(self, offered: TrackedSnapshot, held: TrackedSnapshot) -> LineIndex:
        """The lines of the text that was offered on."""
        if not offered.log.edits:
            return held.document().index
        return LineIndex(offered.snapshot.text)
