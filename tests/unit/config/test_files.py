"""Reading a user's files: bounded, regular, and with a sentence for everything else."""

import os

import pytest

from moa_lsp import limits
from moa_lsp.config import files
from moa_lsp.config import limits as config_limits
from moa_lsp.errors import ConfigError


def refusal(path, **keys):
    with pytest.raises(ConfigError) as caught:
        files.read(path, **keys)
    (problem,) = caught.value.problems
    return problem.message


def test_what_is_no_readable_file(tmp_path):
    assert refusal(tmp_path / "gone") == "the file cannot be read: no such file or directory"
    assert refusal(tmp_path) == "the file is not a regular file"
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "the file is not a regular file"
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "file").write_text("x")
    assert files.read(tmp_path / "link") == "x"
    assert "cannot be read" in refusal(tmp_path / "link", follow=False)


def test_a21_size(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"x" * limits.MAX_CONFIG_BYTES)
    assert len(files.read(path)) == limits.MAX_CONFIG_BYTES
    path.write_bytes(b"x" * (limits.MAX_CONFIG_BYTES + 1))
    assert refusal(path) == "the file is larger than 64 KiB"


def test_only_so_many_files_of_a_folder_are_read(tmp_path):
    for number in range(config_limits.MAX_CONFIG_FILES + 1):
        (tmp_path / f"{number:04}.yaml").write_text("")
    found, problems = files.members(tmp_path, (".yaml",))
    assert [path.name for path in found][-1] == f"{config_limits.MAX_CONFIG_FILES - 1:04}.yaml"
    assert len(problems) == 1


def test_links_inside_a_folder_are_its_members(tmp_path):
    (tmp_path / "a.yaml").write_text("")
    (tmp_path / "b.yaml").symlink_to("a.yaml")
    found, problems = files.members(tmp_path, (".yaml",))
    assert [path.name for path in found] == ["a.yaml", "b.yaml"]
    assert problems == []
