"""Lines and positions against a reference that walks characters one by one."""

import re

from hypothesis import given
from hypothesis import strategies as st

from moa_lsp.text.lines import LineIndex, Position, split_lines, units
from moa_lsp.text.span import Span
from tests.property.texts import encodings, positions, texts


def reference_lines(text):
    """LSP's lines, told by a regular expression instead of a reader."""
    pieces = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text)
    return pieces if pieces and pieces[-1][-1] not in "\r\n" else [*pieces, ""]


def width(char, encoding):
    """Encoding units of one code point, from its number."""
    code = ord(char)
    if encoding == "utf-32":
        return 1
    if encoding == "utf-16":
        return 1 + (code > 0xFFFF)
    return 1 + (code > 0x7F) + (code > 0x7FF) + (code > 0xFFFF)


def reference_offset(text, position, encoding):
    """Walk to the line, then over whole characters while they fit."""
    line, left = position
    pieces = reference_lines(text)
    if line < 0:
        return 0
    if line >= len(pieces):
        return len(text)
    offset = sum(len(piece) for piece in pieces[:line])
    for char in pieces[line].rstrip("\r\n"):
        left -= width(char, encoding)
        if left < 0:
            break
        offset += 1
    return offset


@given(texts)
def test_lines_are_those_of_the_protocol(text):
    pieces = split_lines(text)
    assert "".join(pieces) == text
    assert pieces == reference_lines(text)
    index = LineIndex(text)
    assert index.line_count == len(pieces)
    at = 0
    for number, piece in enumerate(pieces):
        assert index.line_span(number, ending=True) == Span(at, at + len(piece))
        assert index.line_span(number) == Span(at, at + len(piece.rstrip("\r\n")))
        at += len(piece)


@given(texts, positions, encodings)
def test_offset_walks_as_the_reference(text, position, encoding):
    found = LineIndex(text).offset(Position(*position), encoding)
    assert found == reference_offset(text, position, encoding)


@given(texts, encodings, st.data())
def test_position_and_offset_are_inverse(text, encoding, data):
    index = LineIndex(text)
    offset = data.draw(st.integers(-2, len(text) + 2))
    line, character = index.position(offset, encoding)
    inside = max(0, min(offset, len(text)))
    begin = index.line_span(line).start
    assert begin <= inside <= index.line_span(line, ending=True).end
    shown = text[begin : min(inside, index.line_span(line).end)]
    assert character == sum(width(char, encoding) for char in shown) == units(shown, encoding)
    assert index.offset(Position(line, character), encoding) == begin + len(shown)


@given(texts, encodings, positions, positions)
def test_span_does_not_mind_the_order(text, encoding, one, two):
    index = LineIndex(text)
    span = index.span(Position(*one), Position(*two), encoding)
    assert span == index.span(Position(*two), Position(*one), encoding)
    assert 0 <= span.start <= span.end <= len(text)


@given(texts, st.data())
def test_cover_is_whole_lines(text, data):
    index = LineIndex(text)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    cover = index.cover(Span(start, end))
    assert index.line_span(index.line_of(cover.start)).start == cover.start
    assert index.line_span(index.line_of(cover.end)).end == cover.end
    assert cover.start <= start
    assert text[cover.end : end].strip("\r\n") == ""  # at most endings are left out
    again = index.cover(cover)
    ends_in_empty_line = index.line_span(index.line_of(cover.end)).start == cover.end
    assert again == cover or ends_in_empty_line
