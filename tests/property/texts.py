"""Strategies of the text properties: what breaks line and position code, in small texts."""

from hypothesis import strategies as st

# Endings, what str.splitlines takes for one, tabs, BOM, astral and joined characters, halves.
PIECES = [
    *("\n", "\r\n", "\r", "\n\n", "\r\r\n"),
    *("\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"),
    *("a", "b", "  ", "\t", "x = 1", "foo(bar)", "}", "\ufeff", "\x00"),
    *("é", "e\u0301", "漢字", "\U0001f600", "\U0001f469\u200d\U0001f4bb", "\U0001f1e9\U0001f1ea"),
    *("\u0301", "\u200d", "\ud83d", "\ude00", "\U0001f44d\U0001f3fd"),
]
texts = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
encodings = st.sampled_from(["utf-8", "utf-16", "utf-32"])
positions = st.tuples(st.integers(-1, 12), st.integers(-1, 16))

lines = st.sampled_from(
    ["", "}", "    return x", "x = foo(1)", "x = food(1)", "def f(a):", "def f(a, b):", "é = 1"]
)


@st.composite
def programs(draw, size=12):
    """A text of lines that often recur, so that comparing lines finds something."""
    eol = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    return eol.join(draw(st.lists(lines, max_size=size))) + draw(st.sampled_from(["", eol]))


@st.composite
def pairs(draw):
    """Two texts, the second often made from the first by a few splices."""
    text = draw(st.one_of(texts, programs()))
    if draw(st.booleans()):
        return text, draw(st.one_of(texts, programs()))
    other = text
    for _ in range(draw(st.integers(0, 3))):
        low = draw(st.integers(0, len(other)))
        high = draw(st.integers(low, min(len(other), low + 6)))
        other = other[:low] + draw(st.one_of(texts, lines)) + other[high:]
    return text, other
