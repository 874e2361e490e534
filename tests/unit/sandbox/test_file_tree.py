"""Trees of files: packed here, unpacked by the driver."""

import pytest

from moa_lsp.sandbox.driver import _unpack
from moa_lsp.sandbox.file_tree import pack

FILES = {"a.py": b"a = 1\n", "deep/er/b.bin": bytes(range(256)), "empty": b"", "ü ñ.txt": b"x"}


def unpacked(tmp_path, monkeypatch, files, own):
    (tmp_path / "tree").write_bytes(pack(files))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    _unpack(str(tmp_path / "tree"), own)
    return {
        path.relative_to(work).as_posix(): path.read_bytes()
        for path in work.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("own", [{}, {"a.py": "a = 2\n"}, dict.fromkeys(FILES, "")])
def test_a_tree_comes_out_as_it_went_in_but_for_what_the_program_brings(
    tmp_path, monkeypatch, own
):
    wanted = {path: data for path, data in FILES.items() if path not in own}
    assert unpacked(tmp_path, monkeypatch, FILES, own) == wanted


@pytest.mark.parametrize("path", ["/etc/passwd", "../a", "a/../../b", "", "a\0b"])
def test_a_path_that_leads_out_of_the_tree_is_refused(path):
    with pytest.raises(ValueError, match="does not lie in the tree"):
        pack({path: b""})
