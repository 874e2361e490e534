"""Edits by example: how small, how merged, and what is never cut."""

import pytest

from moa_lsp.text.edits import MAX_DIFF_CELLS, Edit, Span, apply, diff


def check(old, new, *expected):
    """``expected``: (old text, new text) of every edit, in order."""
    edits = diff(old, new)
    assert apply(old, edits) == new
    shown = [(old[e.span.start : e.span.end], e.text) for e in edits]
    assert shown == list(expected)


TEN = "".join(f"line {n} of the text\n" for n in range(10))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("x = foo(1)\n", "x = food(1)\n", [("", "d")]),
        ("x = foo(1)\n", "x = fob(1)\n", [("o", "b")]),
        ("a\nb\nc\n", "a\nc\n", [("b\n", "")]),
        ("a\nc\n", "a\nb\nc\n", [("", "b\n")]),
        ("", "a\n", [("", "a\n")]),
        ("a\n", "", [("a\n", "")]),
        ("a", "a\n", [("", "\n")]),  # the final newline by itself
        ("a\n", "a", [("\n", "")]),
        ("a", "a\nb", [("", "\nb")]),
        ("x\na", "x\na\nb", [("", "\nb")]),
        ("one thing\n", "other\n", [("one thing", "other")]),  # unlike: whole, not its ending
        ("ab = 1\ncd = 2\n", "ab = 11\ncd = 22\n", [("", "1"), ("", "2")]),
        (
            "if a:\n    b\n",
            "while c:\n    d()\n    e()\n",
            [("if a:\n    b", "while c:\n    d()\n    e()")],
        ),
        (
            TEN,
            TEN.replace("line 2", "Line 2").replace("line 8", "Line 8"),
            [("l", "L"), ("l", "L")],
        ),
        ("a\nb\nc\n", "X\nb\nY\n", [("a\nb\nc", "X\nb\nY")]),  # mostly changed: one edit
        (
            "int a;\n}\n\n{\nint b;\n",
            "alpha()\n}\n\n{\nbeta()!\n",
            [("int a;", "alpha()"), ("int b;", "beta()!")],  # three braces and blanks kept
        ),
        (
            "aa\nbb\n}\ncc\ndd\n",
            "XX\nYY\n}\nZZ\nQQ\n",
            [("aa\nbb\n}\ncc\ndd", "XX\nYY\n}\nZZ\nQQ")],  # the brace goes along
        ),
    ],
)
def test_diff(old, new, expected):
    check(old, new, *expected)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a = 1\n", "a = 1\r\n", [("\n", "\r\n")]),
        ("a = 1\r", "a = 1\r\n", [("\r", "\r\n")]),
        ("caf\u0065 = 1\n", "cafe\u0301 = 1\n", [("e", "e\u0301")]),
        (
            "abcd \U0001f469\n",
            "abcd \U0001f469\u200d\U0001f4bb\n",
            [("\U0001f469", "\U0001f469\u200d\U0001f4bb")],
        ),
        (
            "abcd \U0001f44d!\n",
            "abcd \U0001f44d\U0001f3fd!\n",
            [("\U0001f44d", "\U0001f44d\U0001f3fd")],
        ),
        (
            "abcd \U0001f1e9\U0001f1ea\n",
            "abcd \U0001f1e9\U0001f1f0\n",
            [("\U0001f1e9\U0001f1ea", "\U0001f1e9\U0001f1f0")],
        ),
        ("abcd \ud83d\ude00\n", "abcd \ud83d\ude01\n", [("\ud83d\ude00", "\ud83d\ude01")]),
        ("abcd \U0001f600\n", "abcd \U0001f601\n", [("\U0001f600", "\U0001f601")]),
        ("abcd 가\u11a8\n", "abcd 가\u11ab\n", [("가\u11a8", "가\u11ab")]),
        ("abcd x\u200d\n", "abcd x\u200dy\n", [("x\u200d", "x\u200dy")]),
    ],
    ids=[
        "lf-crlf",
        "cr-crlf",
        "mark",
        "zwj",
        "skin",
        "flag",
        "halves",
        "astral",
        "jamo",
        "ends-zwj",
    ],
)
def test_diff_cuts_nothing_apart(old, new, expected):
    check(old, new, *expected)


def test_code_that_moved_in_keeps_its_lines():
    body = "".join(f"    value_{n} = {n}\n    }}\n\n" for n in range(50))
    inner = body.replace("    ", "        ")
    old, new = f"def f():\n{body}", f"def f():\n    try:\n{inner}    except E:\n        pass\n"
    blanks = [("", "    ")] * 100
    check(old, new, ("", "    try:\n"), *blanks, ("", "    except E:\n        pass\n"))


def test_diff_of_equal_texts_is_empty():
    assert diff("a\r\n", "a\r\n") == []


def test_lines_are_told_apart_even_if_rapidfuzz_would_not():
    r"""``hash("") == ord("\0")``: rapidfuzz alone takes these lines for equal."""
    old, new = "a\nb\n\0", "c\nd\n"
    assert apply(old, diff(old, new)) == new


def test_a_stretch_over_the_bound_is_replaced_as_one():
    lines = int(MAX_DIFF_CELLS**0.5) + 1
    shared = "".join(f"{n}\n" for n in range(lines - 2))
    old, new = f"a\n{shared}b\nend\n", f"c\n{shared}d\nd\nend\n"
    check(old, new, (f"a\n{shared}b", f"c\n{shared}d\nd"))


def test_long_lines_are_judged_by_what_they_share_at_the_ends():
    side = int(MAX_DIFF_CELLS**0.5) + 1
    old, new = f"a{'xy' * side}b\n", f"c{'yx' * side}d\n"
    check(old, new, (old[:-1], new[:-1]))


def test_scattered_edits_stay_apart():
    old = "".join(f"value_{n} = {n}\n" for n in range(1000))
    new = "".join(f"value_{n} = {n + (n % 100 == 0)}\n" for n in range(1000))
    edits = diff(old, new)
    assert len(edits) == 10
    assert sum(len(e.text) for e in edits) <= 10
    assert apply(old, edits) == new


@pytest.mark.parametrize(
    ("edits", "result"),
    [
        ([], "abcdef"),
        ([((4, 5), "X"), ((0, 1), "Y")], "YbcdXf"),  # any order
        ([((2, 2), "1"), ((2, 2), "2")], "ab12cdef"),  # insertions at one place keep theirs
        ([((2, 4), "X"), ((2, 2), "1")], "ab1Xef"),
        ([((2, 4), "X"), ((4, 6), "Y")], "abXY"),  # side by side
        ([((6, 6), "!")], "abcdef!"),
    ],
)
def test_apply(edits, result):
    assert apply("abcdef", [Edit(Span(*span), text) for span, text in edits]) == result


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ([(1, 3), (2, 4)], "edit 2..4 overlaps one that ends at 3"),
        ([(1, 3), (2, 2)], "edit 2..2 overlaps one that ends at 3"),
        ([(0, 7)], "edit 0..7 lies outside a text of 6 characters"),
        ([(-1, 2)], "edit -1..2 lies outside"),
        ([(3, 2)], "edit 3..2 lies outside"),
    ],
)
def test_apply_refuses(spans, message):
    with pytest.raises(ValueError, match=message):
        apply("abcdef", [Edit(Span(*span), "") for span in spans])
