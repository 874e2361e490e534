"""The open documents, as the client's messages say; the disk is never looked at.

Messages of one connection arrive in order, so a change is made whatever its version says: a
version that repeats or goes backwards is logged, and the text stays that of the client. What
cannot be known is refused: a document that is not open has no snapshot, and one whose change
could not be understood has none until the client sends its whole text again (H8 and L10
in docs/faults.md).

``didOpen``, ``didChange`` and ``didClose`` are read by hand: they are most of the traffic.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, TypeGuard

from moa_lsp.files.uris import document_key
from moa_lsp.limits import MAX_SOURCE_CHARS, MAX_SOURCES
from moa_lsp.lsp.json_values import UINTEGER_MAX
from moa_lsp.syntax.languages import canonical
from moa_lsp.task import Snapshot
from moa_lsp.text.document import Document, DocumentChange
from moa_lsp.text.lines import Encoding, Position

if TYPE_CHECKING:
    from moa_lsp.context.recent_edits import RecentEdit

_log = logging.getLogger(__name__)

MAX_RECENT_EDITS = 8
"""Of all documents, for one prompt: more than their share of the budget has room for."""


class Documents:
    """The store.

    Attributes:
        encoding: in which units the client counts columns.
        on_opened: told the URI of each document that was opened.
        on_changed: told the URI of each document that was changed.
        on_closed: told the URI of each document that was closed.
    """

    def __init__(self) -> None:
        self.encoding: Encoding = "utf-16"
        self.on_opened: list[Callable[[str], None]] = []
        self.on_changed: list[Callable[[str], None]] = []
        self.on_closed: list[Callable[[str], None]] = []
        self._open: dict[str, Document] = {}
        self._lost: set[str] = set()
        self._openings = count(1)
        self._changes = count(1)

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Document]:
        """The open documents whose text is known."""
        return (document for key, document in self._open.items() if key not in self._lost)

    def get(self, uri: str) -> Document | None:
        """The live document, or ``None`` when it is not open or its text is not known."""
        key = document_key(uri)
        return None if key in self._lost else self._open.get(key)

    def last_opened(self) -> list[Document]:
        """The documents whose text is known, the one opened last first."""
        known = [each for key, each in self._open.items() if key not in self._lost]
        return sorted(known, key=lambda each: -each.opened)

    def snapshot(self, uri: str) -> Snapshot | None:
        """The document as it is now, or ``None`` where ``get`` has none."""
        document = self.get(uri)
        if document is None:
            return None
        return Snapshot(
            document.uri, document.text, document.language, document.version, document.opened
        )

    def others(self, uri: str) -> tuple[Snapshot, ...]:
        """The other open documents as they are now, the one changed last first; no large ones."""
        own = document_key(uri)
        near = [
            document
            for key, document in reversed(self._open.items())
            if key != own and key not in self._lost and len(document) <= MAX_SOURCE_CHARS
        ]
        found = (self.snapshot(document.uri) for document in near[:MAX_SOURCES])
        return tuple(snapshot for snapshot in found if snapshot is not None)

    def recent_edits(self) -> "tuple[RecentEdit, ...]":
        """What was typed of late in all open documents, the newest last; in no large one."""
        from moa_lsp.context.recent_edits import RecentEdit

        placed = [
            (place, document)
            for document in self
            if len(document) <= MAX_SOURCE_CHARS
            for place in document.history.places(document.lines)
        ]
        newest = sorted(placed, key=lambda each: each[0].at)[-MAX_RECENT_EDITS:]
        return tuple(
            RecentEdit(document.uri, document.text, place.line, place.before, place.count)
            for place, document in newest
        )

    def live(self, snapshot: Snapshot) -> bool:
        """Whether the document that ``snapshot`` was taken from is still open.

        A document that was closed and opened again is another one: its versions restart.
        """
        document = self.get(snapshot.uri)
        return document is not None and document.opened == snapshot.opened

    def did_open(self, params: object) -> None:
        """Take in a ``didOpen``; one for an open document replaces it and counts as an opening.

        Raises:
            ValueError: the message cannot be understood.
        """
        item = _object(_object(params), "textDocument")
        uri, text = _text(item, "uri"), _text(item, "text")
        language = item.get("languageId")
        key = document_key(uri)
        if key in self._open:
            _log.warning("a document was opened twice; its text is that of the second opening")
        self._lost.discard(key)
        self._open[key] = Document(
            uri,
            text,
            canonical(language if isinstance(language, str) else "", uri),
            _version(item.get("version")),
            next(self._openings),
            self._changes,
        )
        for on_update in self.on_opened:
            on_update(uri)

    def did_change(self, params: object) -> None:
        """Take in a ``didChange``.

        Raises:
            ValueError: the message cannot be understood; the text is then unknown.
        """
        item = _object(_object(params), "textDocument")
        key = document_key(_text(item, "uri"))
        document = self._open.get(key)
        if document is None:
            _log.warning("ignored a change of a document that is not open")
            return
        try:
            changes = _changes(_object(params))
        except ValueError:
            self._lost.add(key)
            raise
        version = _version(item.get("version"))
        if not document.apply(changes, version, self.encoding):
            _log.warning("version %s of a document does not follow the one before", version)
        if any(change.range is None for change in changes):
            self._lost.discard(key)
        self._open[key] = self._open.pop(key)  # the one changed last comes last
        for on_update in self.on_changed:
            on_update(document.uri)

    def did_close(self, params: object) -> None:
        """Take in a ``didClose``.

        Raises:
            ValueError: the message cannot be understood.
        """
        key = document_key(_text(_object(_object(params), "textDocument"), "uri"))
        self._lost.discard(key)
        closed = self._open.pop(key, None)
        if closed is None:
            _log.warning("ignored the closing of a document that is not open")
            return
        for on_update in self.on_closed:
            on_update(closed.uri)


def _changes(params: Mapping[str, Any]) -> list[DocumentChange]:
    changes = params.get("contentChanges")
    if not isinstance(changes, list):
        raise ValueError("contentChanges must be a list")  # noqa: TRY004  # one error of ours
    made = []
    for change in map(_object, changes):
        where = change.get("range")
        made.append(
            DocumentChange(
                None if where is None else (_position(where, "start"), _position(where, "end")),
                _text(change, "text"),
            )
        )
    return made


def _position(where: object, name: str) -> Position:
    place = _object(_object(where), name)
    return Position(_number(place, "line"), _number(place, "character"))


def _object(value: object, name: str | None = None) -> Mapping[str, Any]:
    """``value`` itself, or its member ``name``, which must be an object."""
    found = value.get(name) if name is not None and isinstance(value, Mapping) else value
    if not isinstance(found, Mapping):
        raise ValueError(f"{name or 'a part'} must be an object")  # noqa: TRY004  # as above
    return found


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str):
        raise ValueError(f"{name} must be a string")  # noqa: TRY004  # as above
    return found


def _number(value: Mapping[str, Any], name: str) -> int:
    found = value.get(name)
    if not _whole(found):
        raise ValueError(f"{name} must be a whole number")
    return int(max(-1, min(found, UINTEGER_MAX)))


def _version(value: object) -> int | None:
    return int(value) if _whole(value) else None


def _whole(value: object) -> TypeGuard[int | float]:
    """Whether ``value`` is a whole number; some clients write 3 as 3.0."""
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)
