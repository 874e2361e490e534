import io
import tarfile

import pytest

from moa_bench.sets.archive import digest, members
from moa_lsp.errors import UsageError
from tests.fakes.task_sets import packed

FILES = {"a/x.py": "one\r\n", "a/b/y.md": "zwei \u00e4\n"}


@pytest.mark.parametrize("above", ["", "repo-7e0611e/", "./deep/er/"])
def test_only_what_lies_below_counts_wherever_that_is(above):
    content = packed({**FILES, "README": "else\n", "other/a.py": "else\n"}, above)
    found = members(content, "f", "a")
    assert found == {"x.py": "one\r\n", "b/y.md": "zwei \u00e4\n"}
    assert digest(found) == digest(dict(reversed(found.items())))


def test_the_digest_tells_paths_from_texts():
    assert digest({"ab": "c"}) != digest({"a": "bc"})
    assert digest({"a": "b"}) != digest({"a": "b", "c": ""})


def test_links_and_devices_are_left_out():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, kind in {"a/l": tarfile.SYMTYPE, "a/d": tarfile.CHRTYPE}.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        member = tarfile.TarInfo("a/f")
        archive.addfile(member, io.BytesIO())
    assert members(made.getvalue(), "f", "a") == {"f": ""}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"no archive", "f is damaged", id="no archive"),
        pytest.param(b"", "f is damaged", id="nothing"),
        pytest.param(packed(FILES)[:-40], "f is damaged", id="cut off"),
        pytest.param(packed({"b/x": ""}), "f has no files below a", id="another tree"),
    ],
)
def test_what_is_no_such_archive_is_refused(content, said):
    with pytest.raises(UsageError) as refused:
        members(content, "f", "a")
    assert str(refused.value).startswith(said)


def test_a_file_that_is_no_text_is_refused():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        member = tarfile.TarInfo("a/x")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"\xff"))
    with pytest.raises(UsageError, match="is no text in UTF-8"):
        members(made.getvalue(), "f", "a")
