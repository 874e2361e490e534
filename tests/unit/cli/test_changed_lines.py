"""`moa-lsp run --changed`: what git says that differs, as lines."""

import shutil
import subprocess
from pathlib import Path

import pytest

from moa_lsp.cli import changed_lines as changed
from moa_lsp.cli.changed_lines import ChangedLines, changed_lines, parse
from moa_lsp.errors import UsageError

HEAD = "diff --git a/m.py b/m.py\nindex 1..2 100644\n--- a/m.py\n+++ b/m.py\n"
ROWS = [
    ("", []),
    (f"{HEAD}@@ -1 +1 @@\n-a\n+b\n", [("m.py", 1, 1)]),
    (f"{HEAD}@@ -1,2 +1,3 @@ def f\n-a\n-b\n+c\n+d\n+e\n", [("m.py", 1, 3)]),
    (f"{HEAD}@@ -4,2 +3,0 @@\n-a\n-b\n@@ -9,0 +8,2 @@\n+c\n+d\n", [("m.py", 8, 9)]),
    # lines of the file that look like heads
    (f"{HEAD}@@ -1 +1,2 @@\n--- a/x\n+++ b/x\n+@@ -1 +1 @@\n@@ -5 +6 @@\n-a\n+b\n",
     [("m.py", 1, 2), ("m.py", 6, 6)]),
    (f"{HEAD}@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n", [("m.py", 1, 1)]),
    (HEAD.replace("+++ b/m.py", "+++ /dev/null") + "@@ -1 +0,0 @@\n-a\n", []),
    (HEAD.replace("b/m.py", "b/a b.py\t") + "@@ -1 +1 @@\n-a\n+b\n", [("a b.py", 1, 1)]),
    ("diff --git a/x.png b/x.png\nBinary files a/x.png and b/x.png differ\n", []),
]  # fmt: skip


@pytest.mark.parametrize(("diff", "found"), ROWS)
def test_the_lines_that_a_diff_leaves(diff, found):
    assert parse(diff) == [ChangedLines(*each) for each in found]


def test_a_name_that_git_quotes_is_told():
    with pytest.raises(UsageError, match="cannot take"):
        parse('--- /dev/null\n+++ "b/a\\"b.py"\n@@ -0,0 +1 @@\n+a\n')


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(*argv):
    who = ("-c", "user.name=t", "-c", "user.email=t@t")
    subprocess.run(["git", *who, *argv], check=True, capture_output=True)


@pytest.fixture
def repository():
    """The current folder as a repository with two files in its only commit."""
    git("init", "-q")
    Path("sub").mkdir()
    for name in ("a.py", "sub/b.py"):
        Path(name).write_text("x = 1\ny = 2\nz = 3\n")
    git("add", ".")
    git("commit", "-qm", "first")


@needs_git
def test_changes_come_from_the_end_of_each_file(repository):
    Path("a.py").write_text("x = 9\ny = 2\nz = 9\nw = 9\n")
    Path("sub/b.py").write_text("x = 1\ny = 9\nz = 3\n")
    git("add", "sub")
    found = [each.where for each in changed_lines((), Path.cwd())]
    assert found == ["a.py:3-4", "a.py:1-1", "sub/b.py:2-2"]
    assert [each.where for each in changed_lines(("sub",), Path.cwd())] == ["sub/b.py:2-2"]
    assert [each.where for each in changed_lines((), Path("sub").resolve())] == ["b.py:2-2"]


@needs_git
def test_nothing_that_differs_is_told(repository):
    with pytest.raises(UsageError, match="nothing differs from git's last commit in a"):
        changed_lines(("a.py",), Path.cwd())


@needs_git
def test_a_folder_without_a_commit_is_told(monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(Path.cwd().parent))
    with pytest.raises(UsageError, match="is it in a repository that has a commit"):
        changed_lines((), Path.cwd())


def test_without_git_it_is_told(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="needs git"):
        changed_lines((), Path.cwd())


@needs_git
def test_git_s_answer_is_bounded(repository, monkeypatch):
    monkeypatch.setattr(changed, "MAX_DIFF_BYTES", 10)
    Path("a.py").write_text("x = 9\n")
    with pytest.raises(UsageError, match="the changes are larger than"):
        changed_lines((), Path.cwd())


@needs_git
def test_git_runs_no_program_of_the_repository(repository):
    git("config", "diff.external", "touch ran;")
    git("config", "core.fsmonitor", "touch ran;")
    Path("a.py").write_text("x = 9\n")
    changed_lines((), Path.cwd())
    assert not Path("ran").exists()
