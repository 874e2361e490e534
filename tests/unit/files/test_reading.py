"""The reader of files: regular ones, within bounds, below a root, through no link."""

import os
import socket
import sys

import pytest

from moa_lsp.files import reading
from moa_lsp.files.reading import FileContent, Refusal, read_below, read_file, text_below


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "w"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "a.py").write_bytes(b"x = 1\n")
    (folder / "src" / "binary").write_bytes(b"a\0b")
    (folder / "src" / "latin").write_bytes(b"caf\xe9")
    (tmp_path / "outside.py").write_text("secret")
    (tmp_path / "w2").mkdir()
    (tmp_path / "w2" / "b.py").write_text("other")
    os.mkfifo(folder / "pipe")
    (folder / "link.py").symlink_to(folder / "src" / "a.py")
    (folder / "inner").symlink_to(folder / "src")
    (folder / "out.py").symlink_to(tmp_path / "outside.py")
    (folder / "up").symlink_to(tmp_path)
    (folder / "circle").symlink_to(folder / "circle")
    return folder


BELOW = [
    # path below the root, data or reason
    ("src/a.py", b"x = 1\n"),
    ("src/../src/a.py", b"x = 1\n"),
    ("link.py", b"x = 1\n"),
    ("inner/a.py", b"x = 1\n"),
    ("out.py", "outside"),
    ("up/outside.py", "outside"),
    ("up/w2/b.py", "outside"),
    ("../outside.py", "outside"),
    ("../w2/b.py", "outside"),
    ("", "outside"),
    ("/etc/hostname", "outside"),
    ("circle", "unreadable"),
    ("gone.py", "unreadable"),
    ("src/a.py/x", "unreadable"),
    ("a\0b", "unreadable"),
    ("x" * 5000, "unreadable"),
    ("src", "not regular"),
    ("pipe", "not regular"),
]


@pytest.mark.parametrize(("path", "expect"), BELOW)
@pytest.mark.parametrize("by_folder", [True, False])
def test_what_is_read_below_a_root(root, monkeypatch, path, expect, by_folder):
    monkeypatch.setattr(reading, "_BY_FOLDER", by_folder)
    found = read_below(root, path, 100)
    assert (found.data if isinstance(found, FileContent) else found.reason) == expect


def test_a_root_may_be_reached_by_a_link(root, tmp_path):
    (tmp_path / "alias").symlink_to(root)
    assert text_below(tmp_path / "alias", "src/a.py", 100) == "x = 1\n"


@pytest.mark.parametrize("swapped", ["folder", "file"])
def test_a_link_that_is_put_in_between_the_check_and_the_opening_is_not_followed(
    root, tmp_path, monkeypatch, swapped
):
    opened = reading._opened_below

    def swap(top, parts):
        (root / "src" / "a.py").unlink()
        if swapped == "folder":
            (root / "src").rename(tmp_path / "away")
            (tmp_path / "a.py").write_text("secret")
            (root / "src").symlink_to(tmp_path)
        else:
            (root / "src" / "a.py").symlink_to(tmp_path / "outside.py")
        return opened(top, parts)

    monkeypatch.setattr(reading, "_opened_below", swap)
    found = read_below(root, "src/a.py", 100)
    assert isinstance(found, Refusal)
    assert found.reason == "unreadable"


FILES = [
    ("src/a.py", False, b"x = 1\n"),
    ("link.py", False, "unreadable"),
    ("link.py", True, b"x = 1\n"),
    ("inner/a.py", False, b"x = 1\n"),
    ("pipe", True, "not regular"),
    ("src", True, "not regular"),
    ("gone", True, "unreadable"),
]


@pytest.mark.parametrize(("path", "follow", "expect"), FILES)
def test_what_is_read_of_one_file(root, path, follow, expect):
    found = read_file(root / path, 100, follow=follow)
    assert (found.data if isinstance(found, FileContent) else found.reason) == expect


@pytest.mark.skipif(sys.platform != "linux", reason="a socket's path may be 104 bytes elsewhere")
def test_a_socket_is_no_file(root, monkeypatch):
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert isinstance(read_file(root / "socket", 100), Refusal)


@pytest.mark.parametrize(("most", "data", "whole"), [(5, b"x = 1", False), (6, b"x = 1\n", True)])
def test_no_more_is_read_than_was_asked_for(root, most, data, whole):
    found = read_file(root / "src" / "a.py", most)
    assert (found.data, found.whole, found.status.st_size) == (data, whole, 6)
    assert text_below(root, "src/a.py", most) == (data.decode() if whole else None)


def test_text_is_utf_8_without_nul(root):
    assert text_below(root, "src/binary", 100) is None
    assert text_below(root, "src/latin", 100) == "caf\ufffd"


@pytest.mark.parametrize("path", ["src/a.py", "pipe", "src", "out.py", "gone", "circle"])
def test_no_descriptor_stays_open(root, path):
    before = len(os.listdir("/dev/fd"))
    read_file(root / path, 3, follow=True)
    read_below(root, path, 3)
    assert len(os.listdir("/dev/fd")) == before
