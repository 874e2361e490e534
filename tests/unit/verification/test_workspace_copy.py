"""A workspace as tests see it."""

import os

import pytest

from moa_lsp.verification import workspace_copy
from moa_lsp.verification.workspace_copy import copy_workspace


def test_what_is_ignored_or_denied_is_left_out_and_no_link_followed(tmp_path):
    root, outside = tmp_path / "work", tmp_path / "outside"
    files = {
        "pkg/a.py": "a", "data/x.bin": "\0\1", "pyproject.toml": "", ".gitignore": "private/\n",
        "private/p.txt": "", ".env": "KEY=1", "secrets/s.txt": "", "id_rsa": "", "kept/k.py": "k",
        "node_modules/m/i.js": "", "key.pem": "",
    }  # fmt: skip
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    outside.mkdir()
    (outside / "o.py").write_text("o")
    (root / "link.py").symlink_to(outside / "o.py")
    (root / "folder").symlink_to(outside)
    os.mkfifo(root / "pipe.py")
    found = copy_workspace(root, ["secrets/**"], [])
    assert set(found.files) == {"pkg/a.py", "data/x.bin", "pyproject.toml", "kept/k.py"}
    assert (found.files["data/x.bin"], found.why, found.left_out) == (b"\0\1", "", 0)


@pytest.mark.parametrize(
    ("bound", "value", "why"),
    [
        ("MAX_COPY_FILES", 2, "more than 2 files"),
        ("MAX_COPY_BYTES", 2, "MiB"),
        ("MAX_COPY_ENTRIES", 2, "more than 2 names"),
    ],
)
def test_a_large_workspace_is_not_copied(tmp_path, monkeypatch, bound, value, why):
    for name in "abc":
        (tmp_path / f"{name}.py").write_text("x")
    monkeypatch.setattr(workspace_copy, bound, value)
    found = copy_workspace(tmp_path, [], [])
    assert (found.files, why in found.why) == ({}, True)


def test_a_large_file_is_left_out(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_text("x")
    (tmp_path / "big.csv").write_text("xxx")
    monkeypatch.setattr(workspace_copy, "MAX_COPY_FILE_BYTES", 2)
    found = copy_workspace(tmp_path, [], [])
    assert (set(found.files), found.left_out) == ({"a.py"}, 1)
