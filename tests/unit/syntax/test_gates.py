import gc
import warnings

import pytest

from moa_lsp.syntax.gates import (
    MAX_COMPILED_CHARS,
    _read_python,
    new_names,
    parses,
    stands_alone,
)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("x = 1\n", "x = 2\n", None),
        ("x = 1\n", "x = (\n", "does not parse: '(' was never closed in line 1"),
        (
            "def f():\n    return 1\n",
            "def f():\n    pass\nreturn 1\n",
            "does not parse: 'return' outside function in line 3",
        ),
        # Top-level await, as in notebooks, was there before.
        ("await f()\n", "await f(1)\n", None),
        ("x = 1\n", "x = '\ud800'\n", "does not parse: holds characters that no source may hold"),
        ("x = 1\n", "-" * 100_000 + "1", "does not parse: nested too deeply"),
        ("x = (\n", "x = 1\n", None),
        ("x = (\n", "x = (\ny = [\n", "does not parse: '[' was never closed in line 2"),
    ],
)
def test_python_is_no_worse_than_before(before, after, reason):
    verdict = parses(before, after, "python")
    assert (verdict.ok, verdict.reason) == (reason is None, reason)


def test_in_a_broken_python_file_the_region_is_judged_alone():
    head = "x = (\n"
    old, good, bad = "    if a:\n        b()", "    if c:\n        d()", "    if c:\n    d()"
    assert parses(head + old, head + good, "python", old, good).ok
    assert not parses(head + old, head + bad, "python", old, bad).ok


def test_warnings_about_foreign_code_stay_inside():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert parses("x = 1\n", "if x is 1: '\\d'\n", "python").ok
        assert new_names("x = 1\n", "if x is 1: '\\d'\n", "python") == ["x"]
    assert caught == []


@pytest.mark.parametrize(
    ("language", "before", "after", "ok"),
    [
        ("rust", "fn a() {}", "fn a() { b() }", True),
        ("rust", "fn a() {}", "fn a( {}", False),
        ("go", "func a( {", "func b( {", True),
        ("lua", "a = {}", 'a = {"}"}', True),
        ("lua", "a = {}", 'a = {"}"', False),
        ("lua", "-- it's (\na = {}", "-- isn't ((\na = {{}}", True),
        ("ruby", "a = [1]", "a = [1", False),
        ("php", "/* ( */ f();", "/* (( */ f();", True),
        ("markdown", "fine", ":) :( :[", True),
        ("klingon", "fine", ":) :( :[", True),
    ],
)
def test_other_languages(language, before, after, ok):
    verdict = parses(before, after, language)
    assert verdict.ok == ok
    assert (verdict.reason is None) == ok


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ("x = old\n", "x = old + new + newer + new\n", ["new", "newer"]),
        ("import a\n", "import a\n__all__ = ['gone']\n", []),
        ("", "from a import *\nb()\n", []),
        ("x = 1\n", "x = (\n", []),
        ("x = (\n", "y\n", ["y"]),
        ("\0", "\ud800", []),
    ],
)
def test_new_undefined_names(before, after, names):
    assert new_names(before, after, "python") == names
    assert new_names(before, after, "ruby") == []


def test_pieces_stand_alone():
    assert stands_alone("    def f():\n        return 1", "python")
    assert not stands_alone("def f(", "python")
    assert not stands_alone("fn f(", "rust")
    assert stands_alone("anything (", "ruby")


LONG = "def f(a):\n    return a\n\n\n" * (MAX_COMPILED_CHARS // 25)
LONG_ROWS = {
    # region before, region after, what the reason says
    "better": ("x = 1\n", "x = 2\n", None),
    "broken": ("x = 1\n", "x = (\n", "does not parse"),
    "broken before": ("x = (\n", "x = [\n", None),
    "indented": ("    x = 1\n", "    x = 2\n", None),
}


@pytest.mark.parametrize("what", LONG_ROWS)
def test_a_long_text_is_judged_by_its_region_and_its_tree(what):
    """Python's own parser lets no other thread run meanwhile: 2 s of 1.5 MB."""
    before, after, reason = LONG_ROWS[what]
    head = "def g():\n" if what == "indented" else ""
    texts = [f"{LONG}{head}{region}" for region in (before, after)]
    verdict = parses(*texts, "python", before, after)
    assert verdict.ok is (reason is None), verdict
    assert reason is None or reason in str(verdict.reason)


def test_of_a_long_text_python_s_own_parser_reads_the_regions_alone():
    _read_python.cache_clear()
    assert parses(f"{LONG}x = 1\n", f"{LONG}x = 2\n", "python", "x = 1\n", "x = 2\n").ok
    assert new_names(f"{LONG}x = 1\n", f"{LONG}x = y\n", "python") == []
    assert _read_python.cache_info().misses == 2
    assert _read_python.cache_info().currsize == 2


def test_names_leave_nothing_to_the_garbage_collector():
    text = "def f(a, *b):\n    c = [d for d in b]\n    return lambda: (a, c, e)\n" * 20
    assert new_names("", text, "python") == ["e"]
    gc.collect()
    gc.disable()
    try:
        assert new_names("", f"{text}f(g)\n", "python") == ["e", "g"]
        assert gc.collect() == 0
    finally:
        gc.enable()
