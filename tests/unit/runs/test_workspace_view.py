"""What a run may know of its workspace: each question is answered by one value."""

import pytest

from moa_lsp.answers.file_changes import CreatedFile
from moa_lsp.config.settings import ContextSettings
from moa_lsp.errors import RunError, UsageError
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.syntax.imports import ProjectImports
from moa_lsp.task import File, Snapshot
from moa_lsp.workspace.gather import WorkspaceContext

NEW = CreatedFile("pkg/new.py", "x = 1\n", "python")
REFUSED = [
    # file, whether a model is to see it, the refusal
    (".github/workflows/ci.yml", False, "no action works in it.py: editors, agents or CI take"),
    ("secret.py", True, "it.py is never shown to a model, because of"),
]


@pytest.fixture
def view(tmp_path):
    (tmp_path / ".gitignore").write_text("secret.py\n")
    return WorkspaceView("it.py", folder=tmp_path, around=WorkspaceContext(tmp_path))


@pytest.mark.parametrize(("name", "shown", "reason"), REFUSED)
def test_guarded_and_hidden_files_are_refused(view, tmp_path, name, shown, reason):
    with pytest.raises(UsageError, match=reason):
        view.check_allowed((tmp_path / name).as_uri(), ContextSettings(), shown=shown)


@pytest.mark.parametrize(("name", "shown"), [("a.py", True), ("secret.py", False)])
def test_what_no_rule_names_or_no_model_sees_is_allowed(view, tmp_path, name, shown):
    view.check_allowed((tmp_path / name).as_uri(), ContextSettings(), shown=shown)


def test_related_files_are_those_that_may_be_shown(tmp_path, view):
    names = ("a.py", "secret.py")
    files = [File(n, Snapshot((tmp_path / n).as_uri(), "x = 1\n", "python")) for n in names]
    around = WorkspaceContext(tmp_path)
    found = WorkspaceView("it.py", tuple(files), None, around).related_files(
        Snapshot((tmp_path / "it.py").as_uri(), "y = 2\n", "python"), ContextSettings()
    )
    assert [file.path for file in found] == ["a.py"]


def test_project_facts_of_a_file_and_of_a_document_without_one(view, tmp_path):
    (tmp_path / "near.py").write_text("")
    assert "near" in view.project((tmp_path / "it.py").as_uri()).modules
    assert view.project("untitled:One") == ProjectImports()


def test_new_files_lie_below_the_folder(view, tmp_path):
    assert view.places_for([NEW]) == [tmp_path / "pkg" / "new.py"]
    assert WorkspaceView().places_for([]) == []
    with pytest.raises(RunError, match="no folder is open for new files"):
        WorkspaceView().places_for([NEW])
    with pytest.raises(RunError, match="does not lie in the workspace"):
        view.places_for([CreatedFile("../new.py", "", "python")])
