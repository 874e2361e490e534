"""The mirror by example: glued endings, clamped ranges, versions, logs."""

import pytest

from moa_lsp.text.document import Document, DocumentChange
from moa_lsp.text.edits import Edit, Span
from moa_lsp.text.lines import Position


def place(start, end):
    return Position(*start), Position(*end)


@pytest.mark.parametrize(
    ("text", "start", "end", "new", "lines"),
    [
        ("abc\ndef\n", (0, 1), (1, 1), "X", ["aXef\n", ""]),
        ("abc\ndef", (0, 3), (1, 0), "", ["abcdef"]),
        ("abc", (0, 9), (9, 9), "\n", ["abc\n", ""]),
        ("a\rb", (1, 0), (1, 1), "\n", ["a\r\n", ""]),  # glued to the line before
        ("a\rb\n", (1, 0), (1, 1), "", ["a\r\n", ""]),  # by a deletion
        ("a\r\r\n", (1, 0), (1, 0), "\n", ["a\r\n", "\r\n", ""]),
        ("a\nb", (0, 1), (0, 1), "\r", ["a\r\n", "b"]),  # glued to the ending that follows
        ("a\r\nb", (0, 1), (0, 1), "\n", ["a\n", "\r\n", "b"]),
        ("a\r\nb", (0, 2), (1, 0), "", ["ab"]),
        ("abc\ndef", (1, 2), (0, 1), "X", ["aXf"]),  # reversed
        ("abc", (0, 0), (0, 99999), "NEW", ["NEW"]),
        ("a\nb\nc", (1, 0), (2, 0), "", ["a\n", "c"]),
        ("a\U0001f600b", (0, 2), (0, 3), "", ["ab"]),  # from inside a pair
        ("", (0, 0), (0, 0), "x\ny", ["x\n", "y"]),
        ("a\x0cb\u2028c\nd", (0, 4), (0, 5), "X", ["a\x0cb\u2028X\n", "d"]),
    ],
)
def test_apply(text, start, end, new, lines):
    document = Document("file:///a", text)
    document.apply([DocumentChange(place(start, end), new)], 1)
    assert list(document.lines) == lines
    assert document.text == "".join(lines)
    assert len(document) == len(document.text)


def test_the_text_is_joined_once_and_the_index_kept():
    document = Document("file:///a", "a\nb")
    assert document.index is document.index
    before = document.index
    document.apply([DocumentChange(place((0, 0), (0, 0)), "x\n")], 1)
    assert document.text is document.text
    assert before.text == "a\nb"
    assert before.position(3) == Position(1, 1)
    assert document.index.position(3) == Position(1, 1)


@pytest.mark.parametrize(
    ("had", "version", "grew"),
    [(None, 1, True), (1, 2, True), (1, 9, True), (5, 5, False), (5, 3, False), (5, None, False)],
)
def test_version(had, version, grew):
    document = Document("file:///a", "", "python", had, opened=3)
    assert document.apply([DocumentChange(None, "new")], version) is grew
    assert document.version == version
    assert document.text == "new"
    assert (document.uri, document.language, document.opened) == ("file:///a", "python", 3)


def test_offsets_stay_right_while_lines_come_and_go():
    document = Document("file:///a", "one\ntwo\nthree\nfour\n")
    assert document.offset(Position(3, 1)) == 15
    document.apply([DocumentChange(place((0, 0), (0, 0)), "zero\n")], 1)  # before the known place
    assert document.offset(Position(4, 1)) == 20
    document.apply([DocumentChange(place((3, 0), (5, 0)), "3\n")], 2)  # over it
    assert document.text == "zero\none\ntwo\n3\n"
    assert document.offset(Position(3, 1)) == 14
    document.apply([DocumentChange(place((4, 0), (4, 0)), "end")], 3)  # after it
    assert document.offset(Position(9, 9)) == len(document.text)
    assert document.offset(Position(-1, 9)) == 0
    assert document.offset(Position(1, 1)) == 6


def test_a_log_holds_what_happened_while_it_was_open():
    document = Document("file:///a", "\U0001f600 = 1\n")
    document.apply([DocumentChange(place((0, 0), (0, 0)), "x")], 1)
    log, other = document.record(), document.record()
    document.apply(
        [DocumentChange(place((0, 3), (0, 4)), ""), DocumentChange(None, "x\U0001f600= 2\n")], 2
    )
    document.forget(other)
    document.forget(other)
    document.apply([DocumentChange(place((1, 0), (1, 0)), "end")], 3)
    document.forget(log)
    document.apply([DocumentChange(place((0, 0), (1, 0)), "")], 4)
    assert log.edits == [Edit(Span(2, 3), ""), Edit(Span(4, 5), "2"), Edit(Span(6, 6), "end")]
    assert other.edits == log.edits[:2]
