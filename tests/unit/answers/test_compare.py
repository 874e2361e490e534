import pytest

from moa_lsp.answers.compare import normalised, only_margins, similarity


@pytest.mark.parametrize(
    ("language", "one", "other", "equal"),
    [
        ("python", "x = 'a'  # why", 'x = ("a")', True),
        ("python", "    x = 1\n", "x=1", True),
        ("python", "x = 1", "x = 2", False),
        ("python", 'def f():\n    "a"', 'def f():\n    "b"', False),
        ("python", "x = (  # open", "x=(", True),
        ("python", "if a:\n    b(\n    c", "if a:\n    b(\nc", False),
        ("python", "x = '\\d' is 1", "x='\\d' is 1", True),
        ("javascript", "a = 1 // x\n", "/* y */ a=1;", True),
        ("javascript", "a = 'x y'", "a = 'x  y'", False),
        ("javascript", "a + b", "a - b", False),
        ("rust", "fn a() { /* x */ }", "fn a ( ) { }", True),
        ("ruby", "a  =  1", "a = 1", True),
        ("ruby", "a = 'b  c'", "a = 'b c'", False),
        ("markdown", "A  line", "A\nline", True),
        ("markdown", "A line", "Another line", False),
    ],
)
def test_equal_answers_have_equal_keys(language, one, other, equal):
    assert (normalised(one, language) == normalised(other, language)) == equal


def test_similarity():
    assert similarity("abc", "abc") == 1.0
    assert similarity("abc", "xyz") == 0.0
    assert similarity("", "") == 1.0
    assert 0.5 < similarity("x = 1\ny = 2", "x = 1\ny = 3") < 1.0


MARGINS = [
    ("a = 1", "a = 1", True),
    ("a = 1  \n\n", "\na = 1", True),
    ("a = 1\r\nb", "a = 1\nb", True),
    ("", "\n \n", True),
    ("a=1", "a = 1", False),
    ("a\n\nb", "a\nb", False),
    ("  a", "a", False),
    ("a  # why", "a", False),
]


@pytest.mark.parametrize(("one", "other", "same"), MARGINS)
def test_only_margins(one, other, same):
    assert only_margins(one, other) is only_margins(other, one) is same
