"""Where indexes lie, and that old ones go."""

import os

import pytest

from moa_lsp.workspace.index.locations import MAX_INDEXES, place, prune, users_folder


def test_each_workspace_has_a_file_whose_name_tells_nothing(tmp_path):
    one, other = place(tmp_path / "secret-project", tmp_path), place(tmp_path / "b", tmp_path)
    assert one == place(tmp_path / "secret-project", tmp_path)
    assert one != other
    assert one.parent == tmp_path
    assert "secret" not in one.name


def test_they_lie_in_the_user_s_cache():
    assert users_folder().is_relative_to(os.environ["XDG_CACHE_HOME"])


@pytest.fixture
def kept(tmp_path):
    """Indexes, the first used longest ago; each with a journal."""
    made = [tmp_path / f"{number:03}.db" for number in range(MAX_INDEXES + 5)]
    for number, path in enumerate(made):
        path.write_bytes(b"x" * 10)
        path.with_name(f"{path.name}-wal").write_bytes(b"x")
        os.utime(path, (1000 + number, 1000 + number))
    return made


def test_the_ones_used_longest_ago_go_first(kept):
    (kept[0].parent / "other.txt").write_text("somebody else's")
    prune(kept[0])  # in use now
    left = sorted(path.name for path in kept[0].parent.glob("*.db"))
    assert left == [kept[0].name, *(path.name for path in kept[-MAX_INDEXES + 1 :])]
    assert not kept[1].with_name(f"{kept[1].name}-wal").exists()
    assert (kept[0].parent / "other.txt").exists()


def test_together_they_stay_under_a_size(kept):
    prune(kept[-1], max_bytes=35)
    assert sorted(kept[0].parent.glob("*.db")) == kept[-3:]


def test_a_folder_that_is_not_there_is_nothing_to_prune(tmp_path):
    prune(tmp_path / "no" / "a.db")
