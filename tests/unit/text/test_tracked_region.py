"""A region knows where it is and what stands there, whatever is typed."""

import pytest

from moa_lsp.text.document import Document, DocumentChange
from moa_lsp.text.edits import Edit, Span
from moa_lsp.text.lines import Position
from moa_lsp.text.tracked_region import TrackedRegion

TEXT = "ab\ncd\nef\n"
CD = Span(3, 5)

ROWS = {
    "before it": ([Edit(Span(0, 1), "xyz")], Span(5, 7), "cd"),
    "after it": ([Edit(Span(6, 8), "")], Span(3, 5), "cd"),
    "inside it": ([Edit(Span(4, 4), "--")], Span(3, 7), "c--d"),
    "at its start": ([Edit(Span(3, 3), "x")], Span(3, 6), "xcd"),
    "at its end": ([Edit(Span(5, 5), "x")], Span(3, 6), "cdx"),
    "all of it": ([Edit(Span(3, 5), "new\nlines")], Span(3, 12), "new\nlines"),
    "and back": ([Edit(Span(3, 5), ""), Edit(Span(3, 3), "cd")], Span(3, 5), "cd"),
    "over its start": ([Edit(Span(2, 4), "")], None, "cd"),
    "over its end": ([Edit(Span(4, 6), "")], None, "cd"),
    "nothing at all": ([Edit(Span(3, 3), "")], Span(3, 5), "cd"),
    "elsewhere, then inside": ([Edit(Span(0, 0), "\n"), Edit(Span(4, 6), "z")], Span(4, 5), "z"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_region_follows_its_text(name):
    edits, span, text = ROWS[name]
    region = TrackedRegion(CD, "cd")
    region.note(edits)
    assert (region.span, region.text) == (span, text)


def test_an_attached_region_hears_of_every_change_until_it_is_unfollowed():
    document = Document("file:///a", TEXT)
    region = TrackedRegion(CD, "cd")
    document.attach(region)
    where = Position(1, 0), Position(1, 1)
    document.apply([DocumentChange(where, "CC")], 2)
    assert document.text[region.span.start : region.span.end] == region.text == "CCd"
    document.unfollow(region)
    document.apply([DocumentChange(where, "")], 3)
    assert region.text == "CCd"
