"""The longest stretch of code is found as by looking at every stretch."""

from hypothesis import given, settings
from hypothesis import strategies as st

from moa_bench.sanitize import sanitize
from moa_lsp.syntax.python_ast import parse

LINES = st.sampled_from(
    [
        "import os",
        "import re",
        "",
        "   ",
        "def f(n):",
        "    return n",
        "def g(): return f(1)",
        "```",
        "some words",
        "x = (",
        "    1)",
        "f(2)",
        "'''",
        "@deco",
    ]
)


def by_looking_at_all(text: str) -> str:
    """The stretch that a plain search over all pairs of lines finds."""
    lines = text.split("\n")
    best, found = 0, lines[0]
    for first in range(len(lines)):
        for last in range(first + 1, len(lines)):
            stretch = lines[first : last + 1]
            filled = sum(bool(line.strip()) for line in stretch)
            if filled > best:
                try:
                    parse("\n".join(stretch))
                except SyntaxError:
                    continue
                best, found = filled, "\n".join(stretch)
    return found


@settings(max_examples=400)
@given(st.lists(LINES, min_size=1, max_size=9))
def test_searching_from_the_longest_finds_what_searching_all_finds(lines):
    text = "\n".join(lines)
    assert sanitize(text, "g") == sanitize(by_looking_at_all(text), "g")


@given(st.text(max_size=200), st.text(min_size=1, max_size=5))
def test_any_text_is_sanitised(text, entry):
    assert isinstance(sanitize(text, entry), str)


@given(st.lists(LINES, max_size=9))
def test_nothing_is_made_up(lines):
    left = sanitize("\n".join(lines), "g")
    assert set(left.split("\n")) <= {*lines, ""}
