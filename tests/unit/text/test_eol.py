"""Line endings by example."""

import pytest

from moa_lsp.text.eol import convert, dominant, to_lf


@pytest.mark.parametrize(
    ("text", "eol"),
    [
        ("", "\n"),
        ("abc", "\n"),
        ("a\nb", "\n"),
        ("a\r\nb\r\nc\n", "\r\n"),
        ("a\rb\rc\n", "\r"),
        ("a\r\nb\n", "\r\n"),  # as many of both: the first
        ("a\nb\r\n", "\n"),
        ("a\rb\r\n", "\r"),
        ("a\r\nb\r", "\r\n"),
        ("a\x85b\u2028c", "\n"),  # not endings
    ],
)
def test_dominant(text, eol):
    assert dominant(text) == eol


@pytest.mark.parametrize(
    ("text", "eol", "converted"),
    [
        ("a\r\nb\rc\nd", "\n", "a\nb\nc\nd"),
        ("a\r\nb\rc\nd", "\r\n", "a\r\nb\r\nc\r\nd"),
        ("a\r\nb\rc\nd", "\r", "a\rb\rc\rd"),
        ("\r\r\n\n", "\r\n", "\r\n\r\n\r\n"),
        ("a\x0bb\u2029c", "\r\n", "a\x0bb\u2029c"),
    ],
)
def test_convert(text, eol, converted):
    assert convert(text, eol) == converted
    if eol == "\n":
        assert to_lf(text) == converted
