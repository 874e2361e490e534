"""Hovering over what was explained: ``textDocument/hover`` from memory alone.

A range that was explained in this session answers with its explanation, wherever it moved to,
until it is touched or its document is closed. Nothing else is answered for.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from lsprotocol import types

from moa_lsp.lsp import convert, limits
from moa_lsp.lsp.edits.tracked_snapshot import TrackedSnapshot
from moa_lsp.task import Task
from moa_lsp.text.document import Document, TrackedPosition
from moa_lsp.text.lines import Position
from moa_lsp.text.rebase import carry
from moa_lsp.text.span import Span

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server


SHOWN_RUN_CHARS = 6
"""Of a run's id in the name of its explanation: enough to keep the last 32 apart."""

MAX_SYMBOL_CHARS = 40
"""Of a symbol in that name; editors show some 60 characters of a tab's title."""

_UNSAFE = re.compile(r"[^\w.-]+", re.ASCII)


def name_of(task: Task, run: str) -> str:
    """A readable name of an explanation: ``explanation-size.py-size-3f2a1b.md``.

    Of ASCII letters, digits and ``._-`` alone: the same as a file and in a URI. Where the target
    is in no symbol its first line stands for it.
    """
    document = task.snapshot.uri.rpartition("/")[2].partition("?")[0]
    line = task.snapshot.text.count("\n", 0, task.target.start) + 1
    what = (task.symbol or f"line-{line}")[:MAX_SYMBOL_CHARS]
    parts = [_UNSAFE.sub("-", each).strip("-.") for each in (document, what)]
    said = "-".join(part[-MAX_SYMBOL_CHARS:] for part in parts if part)
    return f"explanation-{said}-{run[:SHOWN_RUN_CHARS]}.md"


@dataclass(frozen=True, slots=True)
class _ExplainedRange:
    document: Document
    mark: TrackedPosition
    text: str


@dataclass(slots=True)
class HoverExplanations:
    """The last ``KEPT_RESULTS`` explanations of one server."""

    server: "Server"
    _entries: list[_ExplainedRange] = field(default_factory=list)

    def remember(self, held: TrackedSnapshot, target: Span, text: str) -> None:
        """Keep an explanation of a place, unless that was touched meanwhile.

        Args:
            held: the snapshot that was explained, and what was typed since.
            target: the place in the snapshot.
            text: Markdown of the safe subset.
        """
        if not held.live:
            return
        document = held.document()
        same = document.text == held.snapshot.text
        now = target if same else carry(target, held.log.edits)
        if now is None:
            return
        for each in self._entries:
            if not self._alive(each) or (each.document is document and each.mark.span == now):
                each.document.unfollow(each.mark)
                each.mark.span = None
        kept = [each for each in self._entries if each.mark.span is not None]
        for old in kept[: max(0, len(kept) + 1 - limits.KEPT_RESULTS)]:
            old.document.unfollow(old.mark)
        last = kept[-limits.KEPT_RESULTS + 1 :]
        self._entries = [*last, _ExplainedRange(document, document.follow(now), text)]

    def hover(self, asked: types.HoverParams) -> types.Hover | None:
        """Serve ``textDocument/hover``: of several explanations the one of the smallest place."""
        document = self.server.documents.get(asked.text_document.uri)
        if document is None or not self._entries:
            return None
        place = Position(asked.position.line, asked.position.character)
        offset = document.offset(place, self.server.encoding)
        found = [
            (span.end - span.start, -number, span, each.text)
            for number, each in enumerate(self._entries)
            if each.document is document
            and (span := each.mark.span) is not None
            and span.start <= offset <= span.end
        ]
        if not found:
            return None
        _, _, span, text = min(found)
        kind = types.MarkupKind.Markdown if self._prefers_markdown else types.MarkupKind.PlainText
        where = convert.range_of(document.index, span, self.server.encoding)
        return types.Hover(types.MarkupContent(kind, _short(text)), where)

    @property
    def _prefers_markdown(self) -> bool:
        capabilities = self.server.client_capabilities.text_document
        hover = capabilities.hover if capabilities else None
        formats = (hover.content_format if hover else None) or [types.MarkupKind.PlainText]
        return formats[0] == types.MarkupKind.Markdown

    def _alive(self, entry: _ExplainedRange) -> bool:
        return self.server.documents.get(entry.document.uri) is entry.document


@lru_cache(maxsize=4)  # editors ask again at every move of the mouse
def _short(text: str) -> str:
    """An explanation as long as a popup can be."""
    from moa_lsp.answers import markdown

    return markdown.safe(text, limits.MAX_EXPLANATION_CHARS)
