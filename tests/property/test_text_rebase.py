"""Carrying over later edits, against an oracle that marks every place and follows the marks."""

from hypothesis import given
from hypothesis import strategies as st

from moa_lsp.text.edits import Edit, Span, apply
from moa_lsp.text.rebase import carry, changes, rebase
from tests.property.texts import pairs

short = st.text("abc\n", max_size=12)


@st.composite
def spans(draw, length):
    """A span of a text of that length."""
    start = draw(st.integers(0, length))
    return Span(start, draw(st.integers(start, length)))


@st.composite
def typed(draw):
    """A text, a target in it, and successive edits, small as typing is."""
    text = draw(short)
    target = draw(spans(len(text)))
    later, length = [], len(text)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, length))
        span = Span(start, min(length, start + draw(st.integers(0, 2))))
        later.append(Edit(span, draw(st.text("xy\n", max_size=2))))
        length += len(later[-1].text) - (span.end - span.start)
    return text, target, later


def followed(text, target, later):
    """Where the marks of the target are, or ``None`` if one is gone or they were parted.

    Marks stand on every character and in every gap. An edit replaces those that it touches, the
    gaps at its two borders included.
    """
    marks = [object() for _ in range(2 * len(text) + 1)]
    held = marks[2 * target.start : 2 * target.end + 1]
    for edit in later:
        if edit.text or edit.span.start < edit.span.end:
            fresh = [object() for _ in range(2 * len(edit.text) + 1)]
            marks[2 * edit.span.start : 2 * edit.span.end + 1] = fresh
    if held[0] not in marks:
        return None
    at = marks.index(held[0])
    if marks[at : at + len(held)] != held:
        return None
    return Span(at // 2, at // 2 + target.end - target.start)


@given(typed())
def test_carry_follows_the_marks(case):
    text, target, later = case
    assert carry(target, later) == followed(text, target, later)


@given(typed(), st.data())
def test_rebased_edits_change_the_target_and_nothing_else(case, data):
    text, target, later = case
    inner = data.draw(spans(target.end - target.start))
    edit = Edit(Span(target.start + inner.start, target.start + inner.end), data.draw(short))
    region = text[target.start : target.end]
    wanted = region[: inner.start] + edit.text + region[inner.end :]
    now = text
    for one in later:
        now = apply(now, [one])
    moved = rebase([edit], target, later)
    assert (moved is None) == (followed(text, target, later) is None)
    if moved is not None:
        edits, place = moved
        assert now[place.start : place.end] == region
        assert apply(now, edits) == now[: place.start] + wanted + now[place.end :]


@given(pairs())
def test_changes_are_successive(pair):
    base, current = pair
    for edit in changes(base, current):
        base = apply(base, [edit])
    assert base == current


@given(pairs(), st.data())
def test_a_target_that_survives_a_full_text_change_keeps_its_text(pair, data):
    base, current = pair
    target = data.draw(spans(len(base)))
    place = carry(target, changes(base, current))
    if place is not None:
        assert current[place.start : place.end] == base[target.start : target.end]
