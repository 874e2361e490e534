"""A stretch of a document that is followed together with its text, whatever is typed in it.

``TrackedPosition`` gives up once something touches its place. A region goes on: what is typed
inside it becomes part of its text, so that its owner can see whether what stands there is still
what was put there, and can put something else in its place.
"""

from collections.abc import Iterable

from moa_lsp.text.document import TrackedPosition
from moa_lsp.text.edits import Edit, Span


class TrackedRegion(TrackedPosition):
    """A place and its text; to be attached to the document that it lies in.

    Attributes:
        span: where it is now, ``None`` once a change crossed one of its borders: then nobody can
            say which part of what was typed belongs to it.
        text: what stands there.
        known: texts that may be put there. Where a whole text is sent and differs in one of these
            alone, it is taken for that: equal lines beside the place leave other readings.
    """

    __slots__ = ("known", "text")

    def __init__(self, span: Span, text: str, known: Iterable[str] = ()) -> None:
        super().__init__(span)
        self.text = text
        self.known = {text, *known}

    def replaced(self, before: str, after: str, edits: Iterable[Edit]) -> None:
        """Move along where a whole text was sent."""
        if self.span is None:
            return
        start, end = self.span.start, self.span.end
        rest = len(after) - (len(before) - end)
        now = after[start:rest] if rest >= start else None
        same = before[:start] == after[:start] and before[end:] == after[max(rest, start) :]
        if same and now in self.known:
            self.span, self.text = Span(start, rest), str(now)
        else:
            self.note(edits)

    def note(self, edits: Iterable[Edit]) -> None:
        """Move along with successive edits; those inside it, borders included, change its text."""
        for edit in edits:
            if self.span is None:
                return
            self._note(self.span, edit)

    def _note(self, now: Span, edit: Edit) -> None:
        first, last = edit.span.start, edit.span.end
        grown = len(edit.text) - (last - first)
        if (first == last and not edit.text) or first > now.end:
            return
        if last < now.start:
            self.span = Span(now.start + grown, now.end + grown)
        elif first >= now.start and last <= now.end:
            head, tail = self.text[: first - now.start], self.text[last - now.start :]
            self.text = f"{head}{edit.text}{tail}"
            self.span = Span(now.start, now.end + grown)
        else:
            self.span = None
