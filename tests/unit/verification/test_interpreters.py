"""Which Python runs tests."""

import sys
from pathlib import Path

import pytest

from moa_lsp.verification.interpreters import find_python


def program(folder: Path, name: str = "python") -> Path:
    folder.mkdir(parents=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("command", ["node", "go", "pytest", "bin/python", "./python"])
def test_what_is_no_python_of_the_user_is_none(command, tmp_path):
    assert find_python(command, tmp_path, {"PATH": str(tmp_path)}) is None


def test_it_is_found_on_the_path_and_never_in_the_workspace(tmp_path):
    work, own = tmp_path / "work", tmp_path / "own"
    inside, outside = program(work / ".venv/bin"), program(own)
    (tmp_path / "link").mkdir()
    (tmp_path / "link/python").symlink_to(inside)
    path = f"relative:.:{inside.parent}:{tmp_path / 'link'}:{own}"
    assert find_python("python", work, {"PATH": path}) == outside
    assert find_python("python", work, {"PATH": str(inside.parent)}) == Path(sys.executable)
    assert find_python("python", work, {}) == Path(sys.executable)
    # What the user's own configuration names counts wherever it lies.
    assert find_python(str(inside), work, {}) == inside
