"""The parts of an edit that a user can take or leave one by one: every edit, and every new file.

A hunk's id is its number in the plan, from ``1``. Typing elsewhere moves hunks along and changes
no number, so an answer means what was shown.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moa_lsp.text.edits import Edit
from moa_lsp.text.lines import Encoding, LineIndex

if TYPE_CHECKING:
    from moa_lsp.runs.plan import FilePlan
    from moa_lsp.text.document import Document

Json = dict[str, Any]

_START = {"line": 0, "character": 0}


def shown(
    plan: "FilePlan",
    placed: "Sequence[tuple[Document, Sequence[Edit]]]",
    encoding: Encoding,
    created: Sequence[str],
) -> list[Json]:
    """Every hunk as ``{id, uri, range, newText}``, for the documents as they are now.

    Args:
        plan: whose hunks.
        placed: the document and the edits of each of its parts.
        encoding: the client's unit of positions.
        created: URIs of the files that it makes, in its order.
    """
    made: list[Json] = []
    for document, edits in placed:
        for edit in edits:
            where = _range(document.index, edit, encoding)
            made.append({"uri": document.uri, "range": where, "newText": edit.text})
    texts = [each.after for each in plan.texts("") if each.before is None]
    for uri, text in zip(created, texts, strict=True):
        made.append({"uri": uri, "range": {"start": _START, "end": _START}, "newText": text})
    return [{"id": str(number), **hunk} for number, hunk in enumerate(made, 1)]


def taken(plan: "FilePlan", ids: frozenset[str]) -> "FilePlan":
    """A plan with some of its hunks alone; ids that it does not have say nothing."""
    from moa_lsp.runs.plan import EditPlan

    if not isinstance(plan, EditPlan):
        return plan
    number = 0
    parts = []
    for part in plan.parts:
        pieces = []
        for span, edits in part.pieces:
            kept = tuple(edit for place, edit in enumerate(edits, number + 1) if str(place) in ids)
            number += len(edits)
            pieces.append((span, kept))
        if any(edits for _, edits in pieces):
            parts.append(replace(part, pieces=tuple(pieces)))
    created = tuple(
        each for place, each in enumerate(plan.created, number + 1) if str(place) in ids
    )
    return replace(plan, parts=tuple(parts), created=created)


def _range(index: LineIndex, edit: Edit, encoding: Encoding) -> Json:
    start, end = (index.position(at, encoding) for at in (edit.span.start, edit.span.end))
    return {"start": start._asdict(), "end": end._asdict()}
