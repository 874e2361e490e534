"""A plan as the workspace edit of the protocol, in plain JSON values.

Made here once for the editor and for the run record, so that both show the same edit.
"""

from collections.abc import Sequence
from typing import Any

from moa_lsp.text.edits import Edit
from moa_lsp.text.lines import Encoding, LineIndex

Json = dict[str, Any]

ANNOTATION = "moa"
"""Id of the one change annotation that our edits carry."""


def changed(
    uri: str,
    version: int | None,
    index: LineIndex,
    edits: Sequence[Edit],
    *,
    encoding: Encoding = "utf-16",
    versioned: bool = True,
    confirm: str | None = None,
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
    """
    made: list[Json] = []
    for edit in edits:
        start = index.position(edit.span.start, encoding)
        end = index.position(edit.span.end, encoding)
        one: Json = {
            "range": {"start": start._asdict(), "end": end._asdict()},
            "newText": edit.text,
        }
        if confirm is not None and versioned:
            one["annotationId"] = ANNOTATION
        made.append(one)
    if not versioned:
        return {"changes": {uri: made}}
    edit_of = {"textDocument": {"uri": uri, "version": version}, "edits": made}
    return {"documentChanges": [edit_of], **_annotations(confirm)}


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
    if confirm is None:
        return {}
    return {"changeAnnotations": {ANNOTATION: {"label": confirm, "needsConfirmation": True}}}
