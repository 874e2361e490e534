import contextlib
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moa_bench import limits
from moa_bench.sets.rows import MAX_TASK_DATA_BYTES, TaskRow, content_of, rows, unpacked
from moa_lsp.errors import UsageError


class Pair(TaskRow):
    name: str
    size: int


def test_each_row_has_its_place_and_empty_lines_are_none():
    content = b'{"name": "a", "size": 1, "more": []}\n\n  \n{"name": "b\\u2028", "size": 2}'
    assert rows(content, "f", Pair) == [
        ("f:1", Pair(name="a", size=1)),
        ("f:4", Pair(name="b\u2028", size=2)),
    ]
    assert rows(gzip.compress(content), "f", Pair) == rows(content, "f", Pair)
    assert rows(b"\xef\xbb\xbf" + content, "f", Pair) == rows(content, "f", Pair)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"", "f has no rows", id="an empty file"),
        pytest.param(b"\n\n", "f has no rows", id="empty lines alone"),
        pytest.param(b'{"name": "a", "size": 1}\n{', "f:2: invalid JSON", id="no JSON"),
        pytest.param(b"[1]", "f:1: input should be an object", id="no object"),
        pytest.param(b'{"name": "a"}', "f:1: `size`: field required", id="a field is missing"),
        pytest.param(b'{"name": "a", "size": "1"}', "f:1: `size`: input should", id="a type"),
        pytest.param(b'{"name": null, "size": 1}', "f:1: `name`: input should", id="null"),
        pytest.param(b'{"name": "\xff", "size": 1}', "f:1: invalid JSON", id="no UTF-8"),
        pytest.param(b"[" * 100_000, "f:1: invalid JSON", id="deep nesting"),
        pytest.param(gzip.compress(b"{}" * 99)[:-9], "f is damaged", id="a cut off gzip file"),
        pytest.param(b"\x1f\x8bno", "f is damaged", id="no gzip file"),
    ],
)
def test_a_row_that_is_none_is_named(content, said):
    with pytest.raises(UsageError) as refused:
        rows(content, "f", Pair)
    assert str(refused.value).startswith(said)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


@given(st.binary(max_size=60))
def test_any_bytes_are_rows_or_one_sentence(content):
    found = []
    with contextlib.suppress(UsageError):
        found = rows(content, "f", Pair)
        assert found
    assert all(isinstance(pair, Pair) for _, pair in found)


def test_what_unpacks_to_too_much_is_refused():
    bomb = gzip.compress(bytes(MAX_TASK_DATA_BYTES + 1), 1)
    with pytest.raises(UsageError, match="unpacks to more than"):
        unpacked(bomb, "f")


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(UsageError, match="x cannot be read: no such file"):
        content_of(tmp_path / "x")
    with pytest.raises(UsageError, match="cannot be read: is a directory"):
        content_of(tmp_path)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "x").open("wb") as file:
        file.truncate(limits.MAX_TASK_FILE_BYTES + 1)
    with pytest.raises(UsageError, match="is larger than"):
        content_of(tmp_path / "x")
