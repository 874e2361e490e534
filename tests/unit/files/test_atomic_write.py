"""The writer of files: whole or not at all, and new ones only where they belong."""

import os
import stat

import pytest

from moa_lsp.files import atomic_write as module
from moa_lsp.files.atomic_write import atomic_write, create_below, write_beside


def names(folder):
    return sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*"))


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"before")
    atomic_write(path, b"after", 0o640)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"after", 0o640)
    assert names(tmp_path) == ["a.txt"]


def test_nothing_is_left_beside_a_place_that_cannot_be_taken(tmp_path):
    (tmp_path / "a.txt" / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        atomic_write(tmp_path / "a.txt", b"after")
    assert names(tmp_path) == ["a.txt", "a.txt/full"]


def test_a_prepared_file_is_the_users_alone(tmp_path):
    fresh = write_beside(tmp_path / "a.txt", b"x")
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o600
    assert fresh.parent == tmp_path


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "w"
    (folder / "src").mkdir(parents=True)
    (folder / "file").write_text("mine")
    (tmp_path / "outside").mkdir()
    (folder / "out").symlink_to(tmp_path / "outside")
    (folder / "inner").symlink_to(folder / "src")
    (folder / "dangling.py").symlink_to(tmp_path / "outside" / "x.py")
    return folder


MADE = [
    ("a.py", ["a.py"]),
    ("src/a.py", ["src/a.py"]),
    ("new/deep/a.py", ["new", "new/deep", "new/deep/a.py"]),
]


@pytest.mark.parametrize("by_folder", [True, False])
@pytest.mark.parametrize(("path", "made"), MADE)
def test_a_new_file_and_its_folders(root, monkeypatch, path, made, by_folder):
    monkeypatch.setattr(module, "_BY_FOLDER", by_folder)
    found = create_below(root, root / path, b"x = 1\n")
    assert [each.relative_to(root).as_posix() for each in found] == made
    assert (root / path).read_bytes() == b"x = 1\n"


REFUSED = [
    ("file", FileExistsError),
    ("src", FileExistsError),
    ("dangling.py", FileExistsError),
    ("file/a.py", OSError),
    ("out/a.py", OSError),
    ("out/deep/a.py", OSError),
    ("inner/a.py", OSError),
    ("new/../../outside/a.py", PermissionError),
    ("../outside/a.py", PermissionError),
    ("", PermissionError),
]


@pytest.mark.parametrize("by_folder", [True, False])
@pytest.mark.parametrize(("path", "error"), REFUSED)
def test_A06_no_new_file_anywhere_else_and_nothing_left(root, monkeypatch, path, error, by_folder):
    monkeypatch.setattr(module, "_BY_FOLDER", by_folder)
    before = names(root.parent)
    with pytest.raises(error):
        create_below(root, root / path, b"x = 1\n")
    assert names(root.parent) == before
    assert (root / "file").read_text() == "mine"


def test_A06_a_folder_that_becomes_a_link_meanwhile_is_not_followed(root, monkeypatch):
    make = module._make_folder

    def swap(top, parts, made):
        make(top, parts, made)
        (root / "src").rmdir()
        (root / "src").symlink_to(root.parent / "outside")

    monkeypatch.setattr(module, "_make_folder", swap)
    with pytest.raises(OSError, match="directory"):
        create_below(root, root / "src" / "a.py", b"x")
    assert os.listdir(root.parent / "outside") == []


def test_what_was_made_is_removed_after_an_error(root, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fdopen", fail)
    with pytest.raises(OSError, match="No space"):
        create_below(root, root / "new" / "a.py", b"x")
    assert not (root / "new").exists()
