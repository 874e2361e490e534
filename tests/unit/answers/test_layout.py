"""When an edit changes nothing but white space."""

import pytest

from moa_lsp.answers.layout import only_layout, only_margins

CASES = [
    # one, other, language, only margins, only layout
    ("a = 1", "a = 1", "python", True, True),
    ("a = 1  \n\n", "\na = 1", "python", True, True),
    ("a = 1\r\nb", "a = 1\nb", "python", True, True),
    ("a=1", "a = 1", "python", False, True),
    ("if a:\n    b()\n    c()", "if a:\n    b()\nc()", "python", False, False),
    ("s = 'a b'", "s = 'ab'", "python", False, False),
    ("a = 1  # why", "a = 1", "python", False, False),
    ("f( a )", "f(a)", "javascript", False, True),
    ("a b", "ab", "javascript", False, False),
    ("`a b`", "`ab`", "javascript", False, False),
    ("a  b", "a b", "yaml", False, False),
    ("", "\n \n", "python", True, True),
]


@pytest.mark.parametrize(("one", "other", "language", "margins", "layout"), CASES)
def test_white_space(one, other, language, margins, layout):
    assert only_margins(one, other) is only_margins(other, one) is margins
    assert only_layout(one, other, language) is only_layout(other, one, language) is layout
