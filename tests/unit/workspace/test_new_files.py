"""Where a new file goes: tests, and what an answer names."""

import pytest

from moa_lsp.errors import RunError, UsageError
from moa_lsp.workspace import new_files
from moa_lsp.workspace.new_files import CLIMB, path_of, place

PLACES = [
    ("python", "size.py", (), "test_size.py"),
    ("python", "size.py", ("tests",), "tests/test_size.py"),
    ("python", "src/pkg/size.py", ("src", "test"), "test/test_size.py"),
    ("python", "src/pkg/size.py", ("src/pkg/tests", "tests"), "src/pkg/tests/test_size.py"),
    ("python", "a/.git/../size.py", ("a/.git", "tests"), "a/test_size.py"),
    ("python", "/".join("abcdef"[: CLIMB + 1]) + "/size.py", ("tests",), "a/b/c/d/e/test_size.py"),
    ("go", "size.go", ("tests",), "size_test.go"),
    ("java", "Size.java", (), "SizeTest.java"),
    ("typescriptreact", "size.tsx", (), "size.test.tsx"),
    ("javascript", "size.mjs", (), "size.test.mjs"),
    ("rust", "size.rs", (), "size_test.rs"),
    ("plaintext", "size", (), "size_test"),
    ("python", "sp ace%ü.py", (), "test_sp ace%ü.py"),
]


@pytest.mark.parametrize(("language", "name", "folders", "expect"), PLACES)
def test_place(tmp_path, language, name, folders, expect):
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    source = tmp_path / name
    source.parent.mkdir(parents=True, exist_ok=True)
    assert (
        new_files.test_file(source.resolve().as_uri(), language) == (tmp_path / expect).resolve()
    )


def test_a_project_ends_at_its_own_root(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pyproject.toml").touch()
    found = new_files.test_file((tmp_path / "a" / "size.py").as_uri(), "python")
    assert found == tmp_path / "a" / "test_size.py"


def test_what_exists_is_not_written_again(tmp_path):
    (tmp_path / "test_size.py").touch()
    with pytest.raises(UsageError, match=r"test_size\.py exists already; open it"):
        new_files.test_file((tmp_path / "size.py").as_uri(), "python")


@pytest.mark.parametrize(
    "uri", ["untitled:Untitled-1", "https://host/size.py", "file://host/s.py", "file://[/s.py"]
)
def test_L19_what_is_no_file_has_no_place(uri):
    assert path_of(uri) is None
    with pytest.raises(UsageError, match="save it"):
        new_files.test_file(uri, "python")


def test_path_of():
    assert str(path_of("file:///a/b%20c.py")) == "/a/b c.py"
    assert str(path_of("file://localhost/a.py")) == "/a.py"


def test_a_file_that_an_answer_names_goes_below_the_workspace(tmp_path):
    (tmp_path / "src").mkdir()
    assert place(tmp_path, "src/new/a.py") == tmp_path / "src" / "new" / "a.py"
    assert not (tmp_path / "src" / "new").exists(), "nothing is made yet"


def _linked(folder):
    (folder.parent / "outside").mkdir()
    (folder / "away").symlink_to(folder.parent / "outside")


def _dangling(folder):
    (folder / "a.py").symlink_to(folder.parent / "nowhere.py")


WRONG = [
    (lambda folder: (folder / "a.py").write_text(""), "a.py", "exists already"),
    (_dangling, "a.py", "exists already"),
    (_linked, "away/a.py", "does not lie in the workspace"),
    (_linked, "away/deep/a.py", "does not lie in the workspace"),
    (lambda folder: (folder / "x").write_text(""), "x/a.py", "workspace"),
]


@pytest.mark.parametrize(("before", "path", "sentence"), WRONG)
def test_A06_it_takes_nobody_s_place_and_follows_no_link_out(tmp_path, before, path, sentence):
    folder = tmp_path / "space"
    folder.mkdir()
    before(folder)
    with pytest.raises(RunError, match=sentence):
        place(folder, path)
