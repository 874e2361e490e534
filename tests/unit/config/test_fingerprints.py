"""Whatever is done to a file or folder shows, and looking never fails."""

import os

import pytest

from moa_lsp.config.fingerprints import stamp, stamps


def write(path, text="x"):
    path.write_text(text)


def replaced(path):
    write(path.with_suffix(".new"), "y")
    path.with_suffix(".new").replace(path)


def same_size_and_time(path):
    before = path.stat()
    write(path, "y")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def linked(path):
    path.unlink()
    path.symlink_to(path.parent / "other")


CHANGES = {
    "written": lambda path: write(path, "longer"),
    "emptied": lambda path: write(path, ""),
    "removed": lambda path: path.unlink(),
    "replaced": replaced,
    "touched": lambda path: os.utime(path, ns=(1, 1)),
    "same size and time": same_size_and_time,
    "made a link": linked,
    "made a folder": lambda path: (path.unlink(), path.mkdir()),
    "made a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "closed to others": lambda path: path.chmod(0o600),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_shows_in_the_file_and_in_its_folder(tmp_path, name):
    path = tmp_path / "mixes" / "a.yaml"
    path.parent.mkdir()
    write(path)
    write(path.parent / "other", "z")
    path.chmod(0o644)
    paths = [str(path), str(path.parent)]
    before = stamps(paths)
    assert stamps(paths) == before, "looking changes nothing"
    CHANGES[name](path)
    after = stamps(paths)
    assert [before[each] != after[each] for each in paths] == [True, True]


def test_a_new_file_shows_in_its_folder_and_a_folder_where_there_was_none(tmp_path):
    folder = tmp_path / "mixes"
    assert stamp(folder) == ()
    folder.mkdir()
    empty = stamp(folder)
    assert empty != ()
    write(folder / "a.yaml")
    assert stamp(folder) != empty


def test_what_a_link_leads_to_counts_too(tmp_path):
    (tmp_path / "real").mkdir()
    write(tmp_path / "real" / "a.yaml")
    folder, file = tmp_path / "mixes", tmp_path / "config.yaml"
    folder.symlink_to("real")
    file.symlink_to("real/a.yaml")
    before = [stamp(folder), stamp(file)]
    write(tmp_path / "real" / "a.yaml", "longer")
    assert all(now != then for now, then in zip([stamp(folder), stamp(file)], before, strict=True))


def test_odd_paths_are_looked_at_without_harm(tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    for path in (loop, tmp_path / ("x" * 5000), "\0", tmp_path / "a" / "b"):
        assert stamp(path) == stamp(path)
