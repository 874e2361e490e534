"""What was typed of late: places that go together, move along, and are gone when taken back."""

import random

import pytest

from moa_lsp.text.document import Document, DocumentChange
from moa_lsp.text.edit_history import MAX_EDIT_LINES, MAX_EDIT_PLACES
from moa_lsp.text.lines import LineIndex, Position

TEXT = "".join(f"line {number}\n" for number in range(12))


def change(document, old, new):
    """Replace the first place where ``old`` stands, as an editor sends it."""
    start = document.text.index(old)
    index = LineIndex(document.text)
    where = (index.position(start), index.position(start + len(old)))
    document.apply([DocumentChange(where, new)], (document.version or 0) + 1)


def told(document):
    return [
        (each.line, "".join(each.before), "".join(document.lines[each.line : each.end]))
        for each in document.history.places(document.lines)
    ]


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ([("line 3", "LINE 3")], [(3, "line 3\n", "LINE 3\n")]),
        ([("line 3", "L"), ("L\n", "LI\n")], [(3, "line 3\n", "LI\n")]),
        ([("line 3", "L"), ("line 4", "M")], [(3, "line 3\nline 4\n", "L\nM\n")]),
        (
            [("line 7", "L"), ("line 3\n", "")],
            [(6, "line 7\n", "L\n"), (3, "line 3\n", "")],
        ),
        ([("line 3\n", "line 3\nnew\n")], [(4, "", "new\n")]),
        ([("line 3", "L"), ("L", "line 3")], []),
        (
            [("line 3", "A"), ("line 5", "B"), ("A\nline 4\nB", "C")],
            [(3, "line 3\nline 4\nline 5\n", "C\n")],
        ),
        ([(TEXT, TEXT.replace("line 8", "eight"))], [(8, "line 8\n", "eight\n")]),
    ],
)
def test_places(changes, places):
    document = Document("file:///a.py", TEXT)
    for old, new in changes:
        change(document, old, new)
    assert told(document) == places


def test_a_whole_text_is_held_against_the_one_before():
    document = Document("file:///a.py", TEXT)
    document.apply([DocumentChange(None, TEXT.replace("line 8", "eight"))], 2)
    assert told(document) == [(8, "line 8\n", "eight\n")]


def test_what_is_too_large_or_too_old_is_forgotten():
    text = "".join(f"<{number}>\n" for number in range(99))
    document = Document("file:///a.py", text)
    for number in range(0, 2 * MAX_EDIT_PLACES * 3, 3):
        change(document, f"<{number}>", f"[{number}]")
    kept = told(document)
    assert len(kept) == MAX_EDIT_PLACES
    assert kept[-1] == (45, "<45>\n", "[45]\n")
    change(document, "<97>\n", "x\n" * (MAX_EDIT_LINES + 1))
    assert told(document) == kept


@pytest.mark.parametrize("seed", range(40))
def test_taking_the_places_back_gives_the_text_that_was(seed):
    """Whatever is typed: with the oldest text of each place, the document is as it was."""
    chance = random.Random(seed)
    document = Document("file:///a.py", TEXT)
    for _ in range(6):
        first, last = sorted(chance.choices(range(len(document.lines)), k=2))
        last = min(last, first + 2)
        ends = Position(first, chance.randrange(4)), Position(last, chance.randrange(4))
        text = chance.choice(["", "x", "x\ny\n", "\n", "line 3\n"])
        document.apply([DocumentChange(ends, text)], None)
    lines = list(document.lines)
    for place in sorted(document.history.places(lines), key=lambda each: -each.line):
        lines[place.line : place.end] = place.before
    assert "".join(lines) == TEXT
