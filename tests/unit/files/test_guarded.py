"""Guarded files: beside a run, above a root, and how names compare."""

import pytest

from moa_lsp.files.guarded import comparable, hidden_beside, takes_orders

BESIDE = [
    ("a.py", False),
    ("src/id.py", False),
    ("src/id_map.go", False),
    ("docs/readme.md", False),
    (".env", True),
    (".github/labeler.yml", True),
    (".hidden/a.py", True),
    ("src/.x.py", True),
    ("secrets.py", True),
    ("config/Secret.ts", True),
    ("deploy/id_ed25519.pub", True),
    ("keys/a.KEY", True),
    ("a.keystore", True),
    ("prod.tfvars", True),
    ("a.code-workspace", True),
    ("AGENTS.md", True),
    ("sub/claude.local.md", True),
    ("a.pem.", True),
]


@pytest.mark.parametrize(("path", "hidden"), BESIDE)
def test_open_documents_that_are_left_out_of_a_run_on_another_one(path, hidden):
    assert hidden_beside(path) is hidden


ORDERS = [
    ("/w/.vscode/tasks.json", "/w", ".vscode/"),
    ("/home/.claude/project/a.py", "/home/.claude/project", ".claude/"),
    ("/home/.claude/deep/project/a.py", "/home/.claude/deep/project", None),
    ("/home/.claude/deep/project/a.py", None, ".claude/"),
    ("/w/.GIT/config", "/w", ".git/"),
]


@pytest.mark.parametrize(("path", "root", "expect"), ORDERS)
def test_folders_above_a_root_do_not_count_but_for_its_last_two_names(path, root, expect):
    assert takes_orders(path, root) == expect


SAME = [
    (".ENV", ".env"),
    ("C:/a/.env", "a/.env"),
    (".env. .", ".env"),
    (".git /config", ".git/config"),
    ("a/../b", "a/../b"),
    ("e\u0301/A", "é/a"),
]


@pytest.mark.parametrize(("path", "expect"), SAME)
def test_names_compare_as_the_systems_read_them(path, expect):
    assert comparable(path) == expect
