"""What an answer means by a path, and where no file is ever made (A05, A06)."""

import pytest

from moa_lsp.answers.paths import meant, named, refused

NAMED = [
    ("src/a.py", "src/a.py"), ("`src/a.py`", "src/a.py"), ("**src/a.py**", "src/a.py"),
    ("### src/a.py", "src/a.py"), ("File: src/a.py", "src/a.py"), ("**File:** `a.py`:", "a.py"),
    ("# src/a.py", "src/a.py"), ("// src/a.ts", "src/a.ts"), ("1. `a.go`", "a.go"),
    ("New file: src/b.py", "src/b.py"), ("Makefile", "Makefile"), ("a.py:", "a.py"),
    ("Here is the code:", None), ("Done.", None), ("", None), ("```", None),
    ("see https://example.org/a.py", None), ("https://example.org/a.py", None),
    ("The file src/a.py has it", None), ("x" * 500 + ".py", None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "path"), NAMED)
def test_a_line_that_is_a_path(line, path):
    assert named(line) == path


KNOWN = ("src/a.py", "src/b/a.py", "web/x.ts")
MEANT = [
    ("src/a.py", "src/a.py"), ("./src/a.py", "src/a.py"), ("a/src/a.py", "src/a.py"),
    ("x.ts", "web/x.ts"), ("/home/me/p/web/x.ts", "web/x.ts"), ("web\\x.ts", "web/x.ts"),
    ("a.py", None), ("y.ts", None), ("src", None),
]  # fmt: skip


@pytest.mark.parametrize(("said", "path"), MEANT)
def test_which_file_is_meant(said, path):
    assert meant(said, KNOWN) == path


@pytest.mark.parametrize("path", ["a.py", "src/new/b.ts", "pkg/x_test.go", "A.java", "src/é.rs"])
def test_source_code_below_the_workspace_may_be_new(path):
    assert refused(path) is None


REFUSED = [
    "../a.py", "src/../../a.py", "/etc/a.py", "~/a.py", "./a.py", "src//a.py", "C:/a.py",
    "C:\\a.py", "src\\a.py", ".a.py", ".vscode/a.py", "src/.git/hooks/a.py", ".github/w.py",
    "x.code-workspace", "tasks.json", "a.yaml", "a.toml", "Makefile", "Dockerfile", "AGENTS.md",
    "run.sh", "x.bat", ".nvim.lua", "init.vim",
    "con.py", "src/nul.py", "COM1.py", "a.py.", "a.py ",
    "a\x00.py", "a\u202e.py", "e\u0301.py", "a.unknown", "noending", "src/", "", ".",
    "x" * 300 + ".py",
]  # fmt: skip


@pytest.mark.parametrize("path", REFUSED)
def test_A05_A06_no_file_is_made_there(path):
    assert refused(path) is not None
