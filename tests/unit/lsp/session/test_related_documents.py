"""What a run on a file holds beside it is bounded, however many documents are open."""

from types import SimpleNamespace

from moa_lsp.actions.definition import Action
from moa_lsp.config.settings import Settings
from moa_lsp.lsp.documents import Documents
from moa_lsp.lsp.edits.tracked_snapshot import hold
from moa_lsp.lsp.session.related_documents import MAX_BESIDE, held_beside
from moa_lsp.workspace.related_files import OTHER_FILES_CHARS

ALL = Action("all", "All", "source", "any", "file", "replace", prompt="{{document}}")


def opened(documents, name, text="x = 1\n"):
    uri = f"file:///folder/{name}.py"
    item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    documents.did_open({"textDocument": item})
    return uri


def test_of_thousands_of_open_documents_the_last_ones_are_held(tmp_path):
    documents = Documents()
    own = opened(documents, "own")
    for number in range(1_000):
        opened(documents, f"d{number}")
    opened(documents, "large", "x" * (OTHER_FILES_CHARS + 1))
    edit = SimpleNamespace(document_changes=True)
    able = SimpleNamespace(workspace=SimpleNamespace(apply_edit=True, workspace_edit=edit))
    session = SimpleNamespace(
        server=SimpleNamespace(documents=documents, client_capabilities=able),
        folder_of=lambda _uri: tmp_path,
        path_of=lambda uri: uri.rpartition("/")[2],
    )
    runtime = SimpleNamespace(catalog=SimpleNamespace(settings=Settings()))
    held = held_beside(session, runtime, ALL, hold(documents, own))
    names = [each.snapshot.uri.rpartition("/")[2] for each in held.others]
    assert names[0] == "d999.py"
    assert len(names) == MAX_BESIDE - 1, "all but the one that is too large"
