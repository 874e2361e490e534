"""Where a new file goes: tests, and what an answer names."""

import pytest

from moa_lsp.errors import RunError, UsageError
from moa_lsp.workspace import new_files
from moa_lsp.workspace.new_files import CLIMB, place

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
        new_files.test_file(source.resolve().as_uri(), language, tmp_path)
        == (tmp_path / expect).resolve()
    )


def test_a_project_ends_at_its_own_root(tmp_path):
    (tmp_path / "tests").mkdir()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "pyproject.toml").touch()
    found = new_files.test_file((tmp_path / "a" / "size.py").as_uri(), "python", tmp_path)
    assert found == tmp_path / "a" / "test_size.py"


def test_what_exists_is_not_written_again(tmp_path):
    (tmp_path / "test_size.py").touch()
    with pytest.raises(UsageError, match=r"test_size\.py exists already; open it"):
        new_files.test_file((tmp_path / "size.py").as_uri(), "python", tmp_path)


@pytest.mark.parametrize(
    "uri", ["untitled:Untitled-1", "https://host/size.py", "file://host/s.py", "file://[/s.py"]
)
def test_L19_what_is_no_file_has_no_place(uri):
    with pytest.raises(UsageError, match="save it"):
        new_files.test_file(uri, "python", None)


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


def test_A06_a_test_folder_that_is_a_link_is_not_used(tmp_path):
    root = tmp_path / "space"
    root.mkdir()
    _linked(root)
    (root / "tests").symlink_to(tmp_path / "outside")
    (root / "away" / "size.py").touch()
    assert (
        new_files.test_file((root / "size.py").as_uri(), "python", root) == root / "test_size.py"
    )
    with pytest.raises(UsageError, match="does not lie in the workspace"):
        new_files.test_file((root / "away" / "size.py").as_uri(), "python", root)


ABOVE = [
    # folders and markers beside the root, the root, where the tests go below it
    (("tests", "w"), "w", "test_size.py"),
    (("tests", "w"), None, "test_size.py"),
    (("tests", ".git", "w"), None, "../tests/test_size.py"),
    (("tests", ".git", "w"), "w", "test_size.py"),
    (("tests", ".git", "w", "w/test"), None, "test/test_size.py"),
]


@pytest.mark.parametrize(("folders", "root", "expect"), ABOVE)
def test_A06_no_folder_above_the_workspace_is_used(tmp_path, folders, root, expect):
    for folder in folders:
        (tmp_path / folder).mkdir()
    source = tmp_path / "w" / "size.py"
    found = new_files.test_file(source.as_uri(), "python", root and tmp_path / root)
    assert found == (tmp_path / "w" / expect).resolve()


def test_A06_no_file_is_made_for_a_document_outside_the_workspace(tmp_path):
    (tmp_path / "w").mkdir()
    with pytest.raises(UsageError, match="lies outside the opened folder"):
        new_files.test_file((tmp_path / "size.py").as_uri(), "python", tmp_path / "w")


def test_A06_a_link_within_the_workspace_is_not_written_through(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "src")
    with pytest.raises(RunError, match="lies behind a link"):
        place(tmp_path, "alias/a.py")


def test_a_workspace_may_itself_be_reached_by_a_link(tmp_path):
    (tmp_path / "real" / "src").mkdir(parents=True)
    (tmp_path / "alias").symlink_to(tmp_path / "real")
    assert place(tmp_path / "alias", "src/a.py") == tmp_path / "alias" / "src" / "a.py"
