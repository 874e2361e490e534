"""A plan as the workspace edit of the protocol, in plain JSON values.

Made here once for the editor and for the run record, so that both show the same edit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from moa_lsp.text.edits import Edit
from moa_lsp.text.lines import Encoding, LineIndex

Json = dict[str, Any]

ANNOTATION = "moa"
"""Id of the change annotation of an edit of one hunk, and of new files; of several, ``moa-1``
and so on."""


def changed(
    uri: str,
    version: int | None,
    index: LineIndex,
    edits: Sequence[Edit],
    *,
    encoding: Encoding = "utf-16",
    versioned: bool = True,
    confirm: str | None = None,
    first: int | None = None,
) -> Json:
    """Edits of one document.

    Args:
        uri: the document.
        version: what the edits were made against.
        index: the lines of that text.
        edits: ascending, against that text.
        encoding: the client's unit of positions.
        versioned: false for clients that know only the older ``changes``.
        confirm: label of the confirmation to ask for, ``None`` to ask for none.
        first: number of the first edit among those of all documents, where each is to be
            confirmed for itself.
    """
    made: list[Json] = []
    notes: dict[str, str] = {}
    for number, edit in enumerate(edits):
        start = index.position(edit.span.start, encoding)
        end = index.position(edit.span.end, encoding)
        one: Json = {
            "range": {"start": start._asdict(), "end": end._asdict()},
            "newText": edit.text,
        }
        if confirm is not None and versioned:
            note = ANNOTATION if first is None else f"{ANNOTATION}-{first + number}"
            notes[note] = confirm if first is None else f"{confirm} ({first + number})"
            one["annotationId"] = note
        made.append(one)
    if not versioned:
        return {"changes": {uri: made}}
    edit_of = {"textDocument": {"uri": uri, "version": version}, "edits": made}
    return {"documentChanges": [edit_of], **_annotated(notes)}


def created(uri: str, text: str, *, confirm: str | None) -> Json:
    """A new file; an existing one is never overwritten."""
    annotation = {} if confirm is None else {"annotationId": ANNOTATION}
    start = {"line": 0, "character": 0}
    return {
        "documentChanges": [
            {
                "kind": "create",
                "uri": uri,
                "options": {"overwrite": False, "ignoreIfExists": False},
                **annotation,
            },
            {
                "textDocument": {"uri": uri, "version": None},
                "edits": [
                    {"range": {"start": start, "end": start}, "newText": text, **annotation}
                ],
            },
        ],
        **_annotations(confirm),
    }


def joined(edits: Sequence[Json]) -> Json:
    """Several versioned edits and new files as one edit."""
    found: Json = {"documentChanges": [each for one in edits for each in one["documentChanges"]]}
    annotations = {
        name: note for one in edits for name, note in one.get("changeAnnotations", {}).items()
    }
    return {**found, "changeAnnotations": annotations} if annotations else found


def _annotations(confirm: str | None) -> Json:
    return _annotated({} if confirm is None else {ANNOTATION: confirm})


def _annotated(labels: Mapping[str, str]) -> Json:
    if not labels:
        return {}
    notes = {name: {"label": label, "needsConfirmation": True} for name, label in labels.items()}
    return {"changeAnnotations": notes}
