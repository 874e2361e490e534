"""Results reach the file whole or not at all."""

import os
import sys

import pytest

from moa_lsp.cli.save_files import FileRewrite, save
from moa_lsp.errors import RunError


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path):
    path = tmp_path / "m.py"
    path.write_bytes(b"newer\n")
    with pytest.raises(RunError, match="changed meanwhile; nothing was written"):
        save([FileRewrite(path, "older\n", "result\n")])
    assert path.read_bytes() == b"newer\n"


def test_a_file_that_is_gone_stays_gone(tmp_path):
    with pytest.raises(RunError, match="cannot be written: no such file"):
        save([FileRewrite(tmp_path / "m.py", "older\n", "result\n")])
    assert not (tmp_path / "m.py").exists()


def test_an_existing_file_is_never_created_over(tmp_path):
    path = tmp_path / "m.py"
    path.write_bytes(b"mine\n")
    with pytest.raises(RunError, match="appeared meanwhile; nothing was written"):
        save([FileRewrite(path, None, "result\n")])
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
            save([FileRewrite(path, "older\n", "result\n")])
    finally:
        tmp_path.chmod(0o700)
    assert path.read_bytes() == b"older\n"


def test_a_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "tests").write_bytes(b"")
    with pytest.raises(RunError, match="cannot be written: not a directory"):
        save([FileRewrite(tmp_path / "tests" / "test_m.py", None, "result\n")])


SPOILED = [
    # what happens to the files before they are written, part of the sentence
    (lambda folder: (folder / "b.py").write_text("newer\n"), "b.py changed meanwhile"),
    (lambda folder: (folder / "b.py").chmod(0o444), "b.py is read-only"),
    (lambda folder: (folder / "b.py").unlink(), "b.py cannot be written: no such file"),
    (lambda folder: (folder / "new.py").write_text("mine\n"), "new.py appeared meanwhile"),
    (lambda folder: (folder / "sub").write_text("mine\n"), "cannot be written"),
]


@pytest.mark.parametrize(("spoil", "sentence"), SPOILED)
def test_of_several_files_all_are_written_or_none(tmp_path, spoil, sentence):
    def files():
        return {
            each.relative_to(tmp_path).as_posix(): each.read_text()
            for each in sorted(tmp_path.rglob("*"))
            if each.is_file()
        }

    changes = [
        FileRewrite(tmp_path / "a.py", "a\n", "A\n"),
        FileRewrite(tmp_path / "new.py", None, "N\n"),
        FileRewrite(tmp_path / "sub" / "deep" / "x.py", None, "X\n"),
        FileRewrite(tmp_path / "b.py", "b\n", "B\n"),
    ]
    (tmp_path / "a.py").write_text("a\n")
    (tmp_path / "b.py").write_text("b\n")
    spoil(tmp_path)
    before = files()
    with pytest.raises(RunError, match=sentence):
        save(changes)
    assert files() == before
    assert sentence.startswith("cannot") or not (tmp_path / "sub").exists()


def test_several_files_are_written(tmp_path):
    (tmp_path / "a.py").write_text("a\n")
    (tmp_path / "a.py").chmod(0o750)
    save([
        FileRewrite(tmp_path / "sub" / "x.py", None, "X\n"),
        FileRewrite(tmp_path / "a.py", "a\n", "A\n"),
    ])  # fmt: skip
    assert (tmp_path / "a.py").read_text() == "A\n"
    assert (tmp_path / "a.py").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "sub" / "x.py").read_text() == "X\n"
    assert {each.name for each in tmp_path.iterdir() if each.name.startswith(".")} == set()
