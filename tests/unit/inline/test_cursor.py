"""Where offers are made, and what a place is."""

import pytest

from moa_lsp import limits
from moa_lsp.inline.cursor import CursorContext, unwanted


def place(text, language="python"):
    at = text.index("|")
    return CursorContext("file:///x", text[:at] + text[at + 1 :], at, language)


@pytest.mark.parametrize(
    ("text", "head", "tail", "typed"),
    [
        ("a = fo|o\nb\n", "a = fo", "o", "fo"),
        ("x\r\n  y|\r\nz", "  y", "", "y"),
        ("x\ry|\rz", "y", "", "y"),
        ("|", "", "", ""),
        ("a.|b", "a.", "b", ""),
        ("größe|", "größe", "", "größe"),
    ],
)
def test_a_place(text, head, tail, typed):
    found = place(text)
    assert (found.head, found.tail, found.typed) == (head, tail, typed)
    assert found.prefix + found.suffix == found.text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(("text", "line"), [("|", 0), ("a|/b", 0), ("a/|b", 1), ("a//b|/", 2)])
def test_the_number_of_a_line(text, line, end):
    assert place(text.replace("/", end)).line == line


@pytest.mark.parametrize(
    ("text", "automatic", "invoked"),
    [
        ("x = |\n", True, True),
        ("foo(|)\n", True, True),
        ("foo(|);\n", True, True),
        ('f("|")\n', True, True),
        ("x = fo|o\n", False, True),
        ("x = |foo\n", False, True),
        ("x = |_a\n", False, True),
        ("x = | + something_long\n", False, True),
        ("|", False, False),
        ("  \n|\n", False, False),
    ],
)
def test_offers_are_wanted(text, automatic, invoked):
    assert (unwanted(place(text), "automatic") is None) is automatic
    assert (unwanted(place(text), "invoked") is None) is invoked


def test_none_after_text_was_taken_away_unless_asked_for():
    assert unwanted(place("x = |\n"), "automatic", deleted=True) is not None
    assert unwanted(place("x = |\n"), "invoked", deleted=True) is None


def test_none_in_a_huge_document():
    huge = CursorContext("file:///x", "x" * (limits.SELECTION_ONLY_CHARS + 1), 3, "python")
    assert "too large" in (unwanted(huge, "invoked") or "")


@pytest.mark.parametrize(
    ("text", "language", "multiline"),
    [
        ("def f():\n    |\n", "python", True),
        ("def f():|\n", "python", True),
        ("if (a) {|\n}", "javascript", True),
        ("if (a) {|}", "javascript", True),
        ("x = |\n", "python", False),
        ("# like this:|\n", "python", False),
        ("    | + 1\n", "python", False),
        ("f(|)\n", "python", True),
    ],
)
def test_several_lines_are_wanted(text, language, multiline):
    at = place(text, language)
    assert (at.multiline, at.long("automatic"), at.long("invoked")) == (multiline, multiline, True)


@pytest.mark.parametrize(
    ("text", "language", "commented"),
    [
        ("# a |", "python", True),
        ("  // a |", "go", True),
        ("/* a |", "c", True),
        ("x = 1  # a |", "python", False),
        ("a |", "unknown", False),
    ],
)
def test_comments(text, language, commented):
    assert place(text, language).commented is commented
