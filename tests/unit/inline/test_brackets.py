"""Brackets around gaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moa_lsp.inline.brackets import balanced, closable, completed, unmatched


@pytest.mark.parametrize(
    ("text", "language", "closers", "openers"),
    [
        ("a(b)[c]{d}", "python", "", ""),
        ("a(b", "python", "", "("),
        ("a)b", "python", ")", ""),
        (")](", "python", ")]", "("),
        ("'(' + \"[\" + (", "python", "", "("),
        ("# (\n(", "python", "", "("),
        ('"""(\n(""" (', "python", "", "("),
        ("// (\n/* [ */ {", "go", "", "{"),
        ("'a' ( 'b", "rust", "", "("),
        ("fn f<'a>(", "rust", "", "("),
        ("`${(` (", "javascript", "", "("),
        ("it's (so", "markdown", "", "("),
        ('"unclosed (\n(', "python", "", "("),
    ],
)
def test_unmatched(text, language, closers, openers):
    closing, opening = unmatched(text, language)
    assert "".join(text[at] for at in closing) == closers
    assert "".join(text[at] for at in opening) == openers


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ("f(", "", ")"),
        ("f(", ")", ""),
        ("f([", "]", "]"),
        ("f([{", "", "}])"),
        ("f({", "})", ""),
        ("", ")", ""),
    ],
)
def test_what_a_gap_may_close(before, after, allowed):
    assert "".join(closable(before, after, "python")) == allowed


@pytest.mark.parametrize(
    ("before", "text", "after", "expected"),
    [
        ("print(", "foo(x", ")", "foo(x)"),
        ("x = s", "um(items", ")", "um(items"),
        ("x = s", "um([items", ")", "um([items]"),
        ("f(", "a, b", ")", "a, b"),
        ("", "f(g[", "", "f(g[])"),
    ],
)
def test_what_a_text_opens_is_closed_once(before, text, after, expected):
    assert completed(text, before, after, "python") == expected


@given(st.text("()[]{}ab", max_size=30), st.lists(st.sampled_from(")]}"), max_size=3))
def test_a_balanced_text_is_a_beginning_that_closes_no_more_than_it_may(text, allowed):
    found = balanced(text, allowed, "python")
    assert text.startswith(found)
    closers, _ = unmatched(found, "python")
    assert [found[at] for at in closers] == allowed[: len(closers)]
