"""Where SEARCH lines stand: at one place or nowhere, and never at another."""

import pytest

from moa_lsp.answers.search import IndentShift, LineRange, SearchMiss, find

TEXT = """\
def f(a):
    if a:
        return a
    return None


def g(a):
    if a:
        return a
    print("it\u2019s \u2013 done")\t
    return None


class A:
    def g(self):
        return 1
"""
LINES = TEXT.split("\n")

FOUND = [
    # SEARCH, hint (from 0), first line
    ("def g(a):\n    if a:", None, 6),
    ('    print("it\u2019s \u2013 done")', None, 9),
    ("def g(a):  \n    if a:\t", None, 6),
    ('    print("it\'s - done")', None, 9),
    ("def g(self):\n    return 1", None, 14),
    ("        def g(self):\n            return 1", None, 14),
    ("    if a:\n        return a", 1, 1),
    ("    if a:\n        return a", 7, 7),
    ("    if a:\n        return a", 9, 7),
    ("    return None\n\n\ndef g(a):", None, 3),
]


@pytest.mark.parametrize(("search", "hint", "first"), FOUND)
def test_found(search, hint, first):
    place = find(search.split("\n"), LINES, hint)
    assert isinstance(place, LineRange), place
    assert (place.first, place.end) == (first, first + search.count("\n") + 1)


MISSED = [
    ("    if a:\n        return a", None, "stands at lines 2 and 8"),
    ("    if a:\n        return a", 4, "stands at lines 2 and 8"),  # between them
    ("    if a:\n        return a", 100, "stands at lines 2 and 8"),  # far from both
    ("if a:\n    return a", None, "stands at lines 2 and 8"),
    ("return a", None, "stands at lines 3 and 9"),
    ("def g(b):\n    if a:\n        return a", None, "nowhere; did you mean lines"),
    ("def h(a):\n    print(a)\n    return None", None, "stands nowhere; did you mean lines"),
    ("    print('it is done', 1)", None, "did you mean lines 10 to 10"),
    ("def g(self):\n        return 1", None, "did you mean lines 15 to 16"),  # not moved alike
    ("xyzzy", None, "stands nowhere"),
]


@pytest.mark.parametrize(("search", "hint", "reason"), MISSED)
def test_missed(search, hint, reason):
    found = find(search.split("\n"), LINES, hint)
    assert isinstance(found, SearchMiss), found
    assert reason in found.reason


def test_no_text_of_the_document_is_in_a_reason():
    found = find(["    print('canary done')"], ["    print('canary dune')"])
    assert isinstance(found, SearchMiss)
    assert "canary" not in found.reason


SHIFTS = [
    (IndentShift("    ", inwards=True), ["a", "", "  b"], ["    a", "", "      b"]),
    (IndentShift("\t", inwards=False), ["\ta", "", "\t\tb"], ["a", "", "\tb"]),
    (IndentShift("    ", inwards=False), ["    a", "b"], None),
]


@pytest.mark.parametrize(("shift", "lines", "moved"), SHIFTS)
def test_replace_moves_with_search(shift, lines, moved):
    assert shift.moved(lines) == moved
