"""The workspace edit's JSON, with and without versions and annotations."""

import pytest

from moa_lsp.runs.workspace_edit import ANNOTATION, changed, created, joined
from moa_lsp.text.edits import Edit
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.span import Span

INDEX = LineIndex("a = 1\nb = '😀' + x\n")
EDITS = [Edit(Span(4, 5), "2"), Edit(Span(15, 16), "y\n")]


@pytest.mark.parametrize(("encoding", "character"), [("utf-8", 12), ("utf-16", 10), ("utf-32", 9)])
def test_changed(encoding, character):
    assert changed("u", 3, INDEX, EDITS, encoding=encoding) == {
        "documentChanges": [
            {
                "textDocument": {"uri": "u", "version": 3},
                "edits": [
                    {"range": _range(0, 4, 0, 5), "newText": "2"},
                    {"range": _range(1, character, 1, character + 1), "newText": "y\n"},
                ],
            }
        ]
    }


def test_changed_for_a_client_without_versions():
    made = changed("u", 3, INDEX, EDITS[:1], versioned=False, confirm="look")
    assert made == {"changes": {"u": [{"range": _range(0, 4, 0, 5), "newText": "2"}]}}


def test_changed_with_a_question():
    made = changed("u", None, INDEX, EDITS, confirm="look")
    [document] = made["documentChanges"]
    assert document["textDocument"] == {"uri": "u", "version": None}
    assert {each["annotationId"] for each in document["edits"]} == {ANNOTATION}
    assert made["changeAnnotations"] == {ANNOTATION: {"label": "look", "needsConfirmation": True}}


@pytest.mark.parametrize("confirm", [None, "look"])
def test_created(confirm):
    made = created("u", "x\n", confirm=confirm)
    create, fill = made["documentChanges"]
    assert (create["kind"], create["uri"]) == ("create", "u")
    assert create["options"] == {"overwrite": False, "ignoreIfExists": False}
    assert fill["textDocument"] == {"uri": "u", "version": None}
    assert [(each["range"], each["newText"]) for each in fill["edits"]] == [
        (_range(0, 0, 0, 0), "x\n")
    ]
    marked = [create, *fill["edits"]]
    assert ("changeAnnotations" in made) is (confirm is not None)
    assert all(("annotationId" in each) is (confirm is not None) for each in marked)


def _range(line: int, character: int, end_line: int, end: int) -> dict[str, dict[str, int]]:
    return {
        "start": {"line": line, "character": character},
        "end": {"line": end_line, "character": end},
    }


@pytest.mark.parametrize("question", [None, "sure?"])
def test_several_documents_and_a_new_file_are_one_edit(question):
    one = changed("file:///a", 3, INDEX, EDITS, confirm=question)
    new = created("file:///b", "x\n", confirm=question)
    both = joined([new, one])
    assert both["documentChanges"] == [*new["documentChanges"], *one["documentChanges"]]
    assert ("changeAnnotations" in both) == (question is not None)
    assert both.get("changeAnnotations") == one.get("changeAnnotations")
