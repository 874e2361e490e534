"""What of a workspace is looked at: regular files below the root, never through a link (A06)."""

import os

import pytest

from moa_lsp.workspace import limits
from moa_lsp.workspace.index.folder import WorkspaceFolder
from moa_lsp.workspace.index.path_filter import decides, hiding


@pytest.fixture
def root(tmp_path):
    made = tmp_path / "root"
    made.mkdir()
    return made.resolve()


@pytest.fixture
def folder(root):
    return WorkspaceFolder(root, hiding(root, ["secrets/**"]))


def put(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x = 1\n")


SEEN = ["a.py", "pkg/b.ts", "pkg/deep/er/c.rs", "name with space/d.go", "ünï/e.py"]

UNSEEN = [
    "notes.txt", "README.md", ".hidden.py", ".git/a.py", ".venv/lib/a.py", "node_modules/x/a.js",
    "pkg/node_modules/a.js", "venv/a.py", "__pycache__/a.py", "dist/a.js", "build/a.py",
    "target/a.rs", "lib/site-packages/a.py", "secrets/key.py", "secrets/deep/key.py",
]  # fmt: skip


def test_the_walk_gives_sources_and_leaves_the_rest(root, folder):
    put(root, *SEEN, *UNSEEN)
    assert sorted(path for path, _ in folder.files()) == sorted(SEEN)


@pytest.mark.parametrize("path", SEEN)
def test_what_the_walk_gives_can_be_read(root, folder, path):
    put(root, path)
    assert folder.read(path).text == "x = 1\n"


@pytest.mark.parametrize(
    "path",
    [*UNSEEN, "", ".", "..", "../outside.py", "pkg/../a.py", "/etc/a.py", "a.py/", "a\0.py",
     "no.py", "pkg//b.ts", "\udc80.py"],
)  # fmt: skip
def test_nothing_else_is_read_whoever_names_it(root, folder, path):
    put(root, *SEEN, *UNSEEN)
    put(root.parent, "outside.py")
    assert folder.read(path) is None


def test_A06_links_are_not_followed(root, folder):
    outside = root.parent / "outside"
    put(outside, "a.py")
    put(root, "real.py", "inner/real.py")
    (root / "file.py").symlink_to(outside / "a.py")
    (root / "inside.py").symlink_to(root / "real.py")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to(root)
    assert sorted(path for path, _ in folder.files()) == ["inner/real.py", "real.py"]
    for path in ("file.py", "inside.py", "folder/a.py", "loop/real.py", "loop/loop/real.py"):
        assert folder.read(path) is None, path
    assert list(folder.files("folder")) == []
    assert not folder.is_folder("folder")


def test_A06_a_folder_that_becomes_a_link_is_not_read_through(root, folder):
    put(root.parent / "outside", "a.py")
    put(root, "pkg/a.py")
    ((path, _),) = folder.files()
    (root / "pkg" / "a.py").unlink()
    (root / "pkg").rmdir()
    (root / "pkg").symlink_to(root.parent / "outside")
    assert folder.read(path) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the platform has no named pipes")
def test_a_pipe_neither_blocks_nor_counts(root, folder):
    os.mkfifo(root / "pipe.py")
    os.mkdir(root / "folder.py")
    assert list(folder.files()) == []
    assert folder.read("pipe.py") is None
    assert folder.read("folder.py") is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x = 1\n", "x = 1\n"),
        (b"", ""),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"x = '\xff'\n", "x = '\ufffd'\n"),
        (b"x\r\ny\r\n", "x\r\ny\r\n"),
        (b"\x7fELF\0\0", None),
        (b"x=1;" * 200, None),  # one long line: made by a tool
        (
            b"x = 1\n" * (limits.MAX_INDEXED_BYTES // 6),
            "x = 1\n" * (limits.MAX_INDEXED_BYTES // 6),
        ),
        (b"x = 1\n" * (limits.MAX_INDEXED_BYTES // 6 + 1), None),
    ],
    ids=["plain", "empty", "bom", "latin", "crlf", "binary", "minified", "large", "too large"],
)
def test_texts(root, folder, data, text):
    (root / "a.py").write_bytes(data)
    found = folder.read("a.py")
    assert found.stamp.size == len(data)
    assert found.text == text


def test_an_unreadable_file_is_left_out(root, folder, monkeypatch):
    put(root, "a.py")

    def refuse(*_args, **_how):
        raise PermissionError

    monkeypatch.setattr(os, "open", refuse)  # root may read everything, so the system says no
    assert folder.read("a.py") is None


def test_a_folder_that_is_gone_is_empty(root, folder):
    root.rmdir()
    assert list(folder.files()) == []


def test_a_part_of_the_workspace(root, folder):
    put(root, "a.py", "pkg/b.py", "pkg/deep/c.py", "node_modules/d.js")
    assert sorted(path for path, _ in folder.files("pkg")) == ["pkg/b.py", "pkg/deep/c.py"]
    assert list(folder.files("node_modules")) == []
    assert list(folder.files("no")) == []


def test_stamps_tell_states_apart(root, folder):
    put(root, "a.py")
    ((_, before),) = folder.files()
    assert folder.read("a.py").stamp == before
    (root / "a.py").write_text("x = 2\n")
    os.utime(root / "a.py", ns=(before.mtime_ns + 1, before.mtime_ns + 1))
    ((_, after),) = folder.files()
    assert after != before


def test_the_walk_is_bounded(root):
    put(root, *(f"f{number}.py" for number in range(30)))
    assert len(list(WorkspaceFolder(root, hiding(root), max_files=20).files())) == 20
    assert len(list(WorkspaceFolder(root, hiding(root), max_entries=10).files())) == 10


HIDDEN = [
    ("src/a.py", False, False),
    ("build.py", False, False),
    ("build", True, True),
    ("src/build", True, True),
    (".github", True, True),
    ("a/.b.py", False, True),
    ("gen/a.py", False, True),
    ("src/x_pb2.py", False, True),
    ("credentials.py", False, True),  # by its name
    ("ignored.py", False, True),
    ("pkg/private", True, True),
    ("private", True, False),  # only below pkg
    ("kept.py", False, False),  # although ignored: the user allows it
]


@pytest.mark.parametrize(("path", "folder", "expected"), HIDDEN)
def test_the_rule(root, path, folder, expected):
    (root / "pkg").mkdir()
    (root / ".gitignore").write_text("ignored.py\nkept.py\n")
    (root / "pkg" / ".moaignore").write_text("private/\n")
    rule = hiding(root, ["gen/**", "*_pb2.py"], ["kept.py"])
    assert rule.hidden(path, folder=folder) is expected


IGNORED = [
    ("a.py", False),
    ("made.py", True),
    ("pkg/made.py", True),
    ("pkg/kept.py", False),
    ("pkg/own.py", True),
    ("deep/pkg/own.py", False),
    ("private/x.py", True),
    ("credentials.py", True),
    ("shut/x.py", True),
]


@pytest.mark.parametrize(("path", "left_out"), IGNORED)
def test_what_models_never_see_is_not_looked_at(root, path, left_out):
    put(root, *(each for each, _ in IGNORED))
    (root / ".gitignore").write_text("made.py\nkept.py\n/private/\n")
    (root / "pkg" / ".gitignore").write_text("!kept.py\nown.py\n")
    (root / ".moaignore").write_text("shut/\n")
    found = WorkspaceFolder(root, hiding(root, []))
    assert (path not in [each for each, _ in found.files()]) is left_out
    assert (found.read(path) is None) is left_out


def test_only_ignore_files_decide():
    assert decides(".gitignore")
    assert decides("a/b/.moaignore")
    assert not decides("a/gitignore.py")


def test_A06_an_ignore_file_behind_a_link_is_not_read(root):
    (root.parent / "theirs").write_text("*.py\n")
    (root / ".gitignore").symlink_to(root.parent / "theirs")
    assert not hiding(root).hidden("a.py", folder=False)
