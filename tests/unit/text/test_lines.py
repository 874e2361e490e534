"""Lines and positions by example: each row is one rule of the protocol."""

import pytest

from moa_lsp.text.lines import LineIndex, Position, content_length, split_lines, to_character
from moa_lsp.text.span import Span


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a\n", ""]),
        ("a\r\nb\rc\n\nd", ["a\r\n", "b\r", "c\n", "\n", "d"]),
        ("\r\r\n\n", ["\r", "\r\n", "\n", ""]),
        ("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g", ["a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g"]),
        ("\ufeffa\n", ["\ufeffa\n", ""]),
    ],
)
def test_split_lines(text, lines):
    assert split_lines(text) == lines


def check(text, position, offsets):
    """``offsets``: what the position means in utf-8, utf-16, utf-32; a number if all agree."""
    index = LineIndex(text)
    wanted = offsets if isinstance(offsets, tuple) else (offsets,) * 3
    encodings = ("utf-8", "utf-16", "utf-32")
    assert tuple(index.offset(Position(*position), e) for e in encodings) == wanted


@pytest.mark.parametrize(
    ("text", "position", "offsets"),
    [
        ("abc", (0, 2), 2),
        ("abc\nd", (0, 9), 3),  # past the end of a line: before its ending
        ("abc\r\nd", (0, 4), 3),  # between \r and \n
        ("abc\r\nd", (1, 0), 5),
        ("abc\nd", (7, 0), 5),  # past the last line
        ("abc\n", (1, 5), 4),
        ("abc", (-1, 2), 0),
        ("a\nbc", (1, -3), 2),
        ("", (0, 0), 0),
        ("é1", (0, 2), (1, 2, 2)),
        ("漢1", (0, 3), (1, 2, 2)),
        ("漢1", (0, 2), (0, 2, 2)),  # inside three bytes
        ("\U0001f6001", (0, 1), (0, 0, 1)),  # inside a pair
        ("\U0001f6001", (0, 2), (0, 1, 2)),
        ("\U0001f6001", (0, 4), (1, 2, 2)),
        ("\ud83d1", (0, 1), (0, 1, 1)),  # half a pair is a unit of its own
        ("\ud83d\ude001", (0, 1), (0, 1, 1)),
        ("a\u2028b\nc", (0, 3), (1, 3, 3)),  # no line of the protocol ends there
    ],
)
def test_offset(text, position, offsets):
    check(text, position, offsets)


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("abc\r\nd", 4, (0, 3)),
        ("abc\r\nd", 5, (1, 0)),
        ("abc\n", 4, (1, 0)),
        ("abc", 99, (0, 3)),
        ("abc", -5, (0, 0)),
        ("", 0, (0, 0)),
        ("\U0001f600x", 1, (0, 2)),
        ("a\n\U0001f600x", 4, (1, 3)),
    ],
)
def test_position(text, offset, position):
    assert LineIndex(text).position(offset) == Position(*position)


@pytest.mark.parametrize(
    ("selected", "covered"),
    [
        ((1, 2), (0, 3)),  # inside a line
        ((1, 5), (0, 7)),  # over two
        ((0, 4), (0, 3)),  # a whole line and its ending, as editors select it
        ((4, 8), (4, 7)),
        ((3, 3), (0, 3)),  # a cursor at the end of a line
        ((4, 4), (4, 7)),  # and at the start
        ((8, 8), (8, 8)),  # in the empty line after the last ending
        ((0, 8), (0, 7)),
        ((3, 4), (0, 3)),  # only an ending
    ],
)
def test_cover(selected, covered):
    assert LineIndex("abc\ndef\n").cover(Span(*selected)) == Span(*covered)


def test_span_of_a_reversed_selection():
    index = LineIndex("abc\ndef")
    assert index.span(Position(1, 2), Position(0, 1)) == Span(1, 6)


@pytest.mark.parametrize("line", [-1, 2])
def test_line_span_of_no_line(line):
    with pytest.raises(IndexError, match=f"line {line} of 2"):
        LineIndex("a\nb").line_span(line)


@pytest.mark.parametrize(
    ("line", "length"), [("", 0), ("a", 1), ("a\n", 1), ("\r\n", 0), ("\r", 0)]
)
def test_content_length(line, length):
    assert content_length(line) == length


def test_to_character_stays_in_the_line():
    assert to_character("é\r\n", 3, "utf-8") == 2
    assert to_character("é\r\n", -1, "utf-8") == 0


def test_a_long_line_is_not_walked_character_by_character():
    """Ten million steps of a loop would take seconds; the bound is the suite's own timeout."""
    text = "\U0001f600a" * 200_000
    index = LineIndex(text)
    assert index.offset(Position(0, 300_001)) == 200_000
    assert index.position(200_000) == Position(0, 300_000)
