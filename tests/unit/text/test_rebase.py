"""Text that moved: what carries a target, and what ends it."""

import pytest

from moa_lsp.text.edits import Edit, Span, apply
from moa_lsp.text.rebase import carry, changes, rebase


def edit(start, end, text):
    return Edit(Span(start, end), text)


@pytest.mark.parametrize(
    ("span", "later", "carried"),
    [
        ((4, 8), [], (4, 8)),
        ((4, 8), [(0, 0, "ab")], (6, 10)),
        ((4, 8), [(0, 2, "")], (2, 6)),
        ((4, 8), [(9, 12, "long text")], (4, 8)),
        ((4, 8), [(0, 3, "")], (1, 5)),
        ((4, 8), [(0, 4, "")], None),  # what touches ends it
        ((4, 8), [(4, 4, "x")], None),
        ((4, 8), [(8, 8, "x")], None),
        ((4, 8), [(8, 9, "")], None),
        ((4, 8), [(5, 6, "x")], None),
        ((4, 8), [(0, 20, "x")], None),
        ((4, 8), [(5, 5, "")], (4, 8)),  # nothing happened
        ((4, 4), [(4, 4, "x")], None),  # an empty span too
        ((4, 4), [(3, 3, "x")], (5, 5)),
        ((4, 4), [(5, 5, "x")], (4, 4)),
        ((4, 8), [(0, 0, "ab"), (5, 5, "x")], (7, 11)),  # successive: 5 is now before
        ((4, 8), [(0, 0, "ab"), (6, 6, "x")], None),
        ((4, 8), [(0, 0, "ab"), (0, 2, "")], (4, 8)),
    ],
)
def test_carry(span, later, carried):
    found = carry(Span(*span), [edit(*one) for one in later])
    assert found == (carried and Span(*carried))


def test_rebase_moves_edits_with_their_target():
    base = "import os\n\ndef f():\n    return 1\n"
    target = Span(11, len(base) - 1)
    mine = [edit(base.index("1"), base.index("1") + 1, "2")]
    now = base
    later = [edit(9, 9, "\nimport sys"), edit(0, 6, "from a import")]
    for one in later:
        now = apply(now, [one])
    moved = rebase(mine, target, later)
    assert moved is not None
    edits, place = moved
    assert now[place.start : place.end] == "def f():\n    return 1"
    assert apply(now, edits) == now.replace("return 1", "return 2")


def test_rebase_refuses_when_the_target_was_touched():
    assert rebase([edit(2, 3, "x")], Span(2, 5), [edit(5, 5, "y")]) is None


def test_rebase_takes_only_edits_of_the_target():
    with pytest.raises(ValueError, match=r"edit 1\.\.3 lies outside the target 2\.\.5"):
        rebase([edit(1, 3, "x")], Span(2, 5), [])


def test_changes_apply_one_after_the_other():
    base, current = (
        "a = 1\nkeep\nkeep 2\nkeep 3\nb = 1\n",
        "a = 21\nkeep\nkeep 2\nkeep 3\nb = 31\n",
    )
    later = changes(base, current)
    assert len(later) == 2
    for one in later:
        base = apply(base, [one])
    assert base == current


@pytest.mark.parametrize(
    ("base", "current", "span", "carried"),
    [
        # The second line looks like the first one of the new text, where it never was.
        ("\t§0\r\n§\n\n}", "\t§\n\f\nb\n# x = 1§\n\n}", (6, 6), (15, 15)),
        ("a\nx\nb\n", "a\nb\n", (3, 3), None),  # what touches ends it
        ("a\nx\nb\n", "a\nb\n", (5, 5), (3, 3)),
        ("a\nx\nb\n", "a\nb\n", (0, 1), (0, 1)),
        ("}\nmine\n}\n", "}\nnew\n}\nmine\n}\n", (3, 6), (9, 12)),
        ("1\nsame\nmine\nsame\n2\n", "10\nsame\nmine\nsame\n20\n", (7, 11), (8, 12)),  # between
    ],
)
def test_L08_a_whole_text_carries_what_lies_outside_its_changes(base, current, span, carried):
    found = carry(Span(*span), changes(base, current))
    assert found == (carried and Span(*carried))
