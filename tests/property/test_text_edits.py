"""Edits: what they make of a text, and what they never cut."""

import re
import unicodedata
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from moa_lsp.text.edits import Edit, Span, apply, diff
from tests.property.texts import pairs, texts

# One cluster as a reader sees it, written apart from the code under test.
CUT = re.compile(
    "\r(?=\n)|\u200d(?![\r\n]|\\Z)|[\U0001f1e6-\U0001f1ff](?=[\U0001f1e6-\U0001f1ff])"
    "|[\ud800-\udbff](?=[\udc00-\udfff])"
)


def cuts(text, at):
    """Whether a cut at ``at`` parts what belongs together."""
    if not 0 < at < len(text):
        return False
    mark = unicodedata.category(text[at]) in ("Mn", "Mc", "Me") or text[at] in "\u200c\u200d"
    skin = "\U0001f3fb" <= text[at] <= "\U0001f3ff"
    # After a line ending a mark has no base, and lines are cut there.
    joined = (mark or skin) and text[at - 1] not in "\r\n"
    return joined or any(
        m.end() == at for m in CUT.finditer(text[:at] + text[at:], max(0, at - 1))
    )


@given(pairs())
def test_diff_turns_one_text_into_the_other(pair):
    old, new = pair
    edits = diff(old, new)
    assert apply(old, edits) == new
    for edit in edits:
        assert old[edit.span.start : edit.span.end] != edit.text
    for before, after in pairwise(edits):
        assert before.span.end < after.span.start


@given(texts)
def test_no_difference_is_no_edit(text):
    assert diff(text, text) == []


@given(pairs())
def test_diff_cuts_nothing_apart(pair):
    old, new = pair
    moved = 0
    for edit in diff(old, new):
        start, end = edit.span.start + moved, edit.span.start + moved + len(edit.text)
        moved += len(edit.text) - (edit.span.end - edit.span.start)
        assert not cuts(old, edit.span.start), (old, edit)
        assert not cuts(old, edit.span.end), (old, edit)
        assert not cuts(new, start), (new, edit)
        assert not cuts(new, end), (new, edit)


@given(texts, st.data())
def test_apply_is_splicing_from_the_end(text, data):
    borders = sorted(
        data.draw(st.lists(st.integers(0, len(text)), min_size=0, max_size=8, unique=True))
    )
    edits = [
        Edit(Span(start, end), data.draw(texts))
        for start, end in zip(borders[::2], borders[1::2], strict=False)
    ]
    expected = text
    for edit in reversed(edits):
        expected = expected[: edit.span.start] + edit.text + expected[edit.span.end :]
    assert apply(text, data.draw(st.permutations(edits))) == expected
