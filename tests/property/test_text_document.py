"""The incremental mirror against plain string splicing, as an editor would do it."""

from hypothesis import given
from hypothesis import strategies as st

from moa_lsp.text.document import Document, DocumentChange
from moa_lsp.text.edits import apply
from moa_lsp.text.lines import Position, split_lines
from tests.property.test_text_lines import reference_offset
from tests.property.texts import encodings, positions, texts

changes = st.lists(
    st.tuples(st.one_of(st.none(), st.tuples(positions, positions)), texts), max_size=6
)


def spliced(text, place, new, encoding):
    """What a client that keeps a string has after one change."""
    if place is None:
        return new
    low, high = sorted(reference_offset(text, position, encoding) for position in place)
    return text[:low] + new + text[high:]


def change(place, new):
    """The same change as the mirror takes it."""
    return DocumentChange(place and (Position(*place[0]), Position(*place[1])), new)


@given(texts, changes, encodings, st.booleans())
def test_the_mirror_is_what_the_editor_has(text, steps, encoding, look):
    document = Document("file:///a", text)
    for place, new in steps:
        if place is not None and look:  # leaves the mirror counting from somewhere
            expected = reference_offset(text, place[0], encoding)
            assert document.offset(Position(*place[0]), encoding) == expected
        text = spliced(text, place, new, encoding)
        document.apply([change(place, new)], 1, encoding)
        assert list(document.lines) == split_lines(text)
        assert len(document) == len(text)
    assert document.text == text
    for line in range(len(document.lines)):
        expected = reference_offset(text, (line, 0), encoding)
        assert document.offset(Position(line, 0), encoding) == expected
    assert document.index.text == text


@given(texts, changes, encodings)
def test_a_log_replays_what_happened(text, steps, encoding):
    document = Document("file:///a", text)
    log = document.record()
    document.apply([change(*step) for step in steps], 2, encoding)
    for edit in log.edits:
        text = apply(text, [edit])
    assert text == document.text
