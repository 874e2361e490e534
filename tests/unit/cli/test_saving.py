"""Results reach the file whole or not at all."""

import os
import sys

import pytest

from moa_lsp.cli import saving
from moa_lsp.errors import RunError


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path):
    path = tmp_path / "m.py"
    path.write_bytes(b"newer\n")
    with pytest.raises(RunError, match="changed meanwhile; nothing was written"):
        saving.replace(path, "older\n", "result\n")
    assert path.read_bytes() == b"newer\n"


def test_a_file_that_is_gone_stays_gone(tmp_path):
    with pytest.raises(RunError, match="cannot be written: no such file"):
        saving.replace(tmp_path / "m.py", "older\n", "result\n")
    assert not (tmp_path / "m.py").exists()


def test_an_existing_file_is_never_created_over(tmp_path):
    path = tmp_path / "m.py"
    path.write_bytes(b"mine\n")
    with pytest.raises(RunError, match="appeared meanwhile; nothing was written"):
        saving.create(path, "result\n")
    assert path.read_bytes() == b"mine\n"


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="the superuser may write everywhere"
)
def test_a_folder_that_cannot_be_written(tmp_path):
    path = tmp_path / "m.py"
    path.write_bytes(b"older\n")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(RunError, match="cannot be written: permission denied"):
            saving.replace(path, "older\n", "result\n")
    finally:
        tmp_path.chmod(0o700)
    assert path.read_bytes() == b"older\n"


def test_a_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "tests").write_bytes(b"")
    with pytest.raises(RunError, match="cannot be written: not a directory"):
        saving.create(tmp_path / "tests" / "test_m.py", "result\n")
