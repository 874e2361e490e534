"""A run is drafted without its folder; what that holds is read afterwards."""

import pytest

from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import UsageError
from moa_lsp.runs.preparation import ActionRequest, draft, look_around, prepare
from moa_lsp.runs.runtime_config import RuntimeConfig, load_runtime_config
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.task import Snapshot
from moa_lsp.text.span import Span
from moa_lsp.workspace.gather import WorkspaceContext
from tests.fakes.scripted import Scripted

TEXT = "def size(things):\n    return len(things)\n"
MIX = "name: mine\nproposers: [{model: scripted/a}]\n"
TEST_FILE = "test_it.py"


@pytest.fixture
def runtime(tmp_path) -> RuntimeConfig:
    (tmp_path / "mixes").mkdir()
    (tmp_path / "mixes" / "mine.yaml").write_text(MIX)
    (tmp_path / "config.yaml").write_text(
        "mix: mine\nmix_dirs: [mixes]\ncontext: {exclude: ['*.sql']}\n"
    )
    return load_runtime_config(
        config=tmp_path / "config.yaml",
        environ={},
        providers={"scripted": Scripted({})},
        entries={"scripted": ProviderEntry("scripted", "scripted")},
    )


@pytest.fixture
def asked(tmp_path):
    root = tmp_path / "folder"
    root.mkdir()
    (root / ".gitignore").write_text("hidden.py\n")
    (root / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.9"\n')

    def request(name="it.py", action="refactor"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(TEXT)
        snapshot = Snapshot((root / name).as_uri(), TEXT, "python")
        view = WorkspaceView(name, folder=root, around=WorkspaceContext(root))
        return ActionRequest(action, snapshot, Span(0, len(TEXT) - 1), workspace=view)

    return request


FOLDERS_WORD = {
    "an ignored document": (("hidden.py", "refactor"), "hidden.py` of .gitignore"),
    "a test file that is there": (("it.py", "test"), "test_it.py"),
}


@pytest.mark.parametrize("what", FOLDERS_WORD)
def test_what_only_files_of_the_folder_say_is_left_to_the_look_around(runtime, asked, what):
    arguments, reason = FOLDERS_WORD[what]
    request = asked(*arguments)
    asked(TEST_FILE)
    drafted = draft(runtime, request)
    with pytest.raises(UsageError, match=reason):
        look_around(runtime, drafted)


@pytest.mark.parametrize("name", [".env", "dump.sql", ".vscode/tasks.py"])
def test_names_and_settings_refuse_a_draft(runtime, asked, name):
    with pytest.raises(UsageError, match=r"never shown|no action works"):
        draft(runtime, asked(name))


def test_both_steps_are_a_preparation(runtime, asked):
    drafted = draft(runtime, asked())
    found = look_around(runtime, drafted)
    assert (drafted.task.python, found.task.python) == (None, (3, 9))
    assert found.run == drafted.run
    whole = prepare(runtime, asked())
    assert (whole.task, whole.project) == (found.task, found.project)
