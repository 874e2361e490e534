"""Signs that code was left out, and comments that only look like them."""

import pytest

from moa_lsp.answers.damage import damage

LEFT_OUT = [
    "# ... existing code ...",
    "#...existing code...",
    "# snip ...",
    "## Note: rest of the code",
    "# implementation unchanged",
    "# No changes below this line",
    "# remaining methods unchanged",
    "# everything else stays the same",
    "pass  # ...",
    "pass  # the rest of your code goes here",
    "pass  # same as before",
    "return  # unchanged",
    '"""rest of the implementation"""',
]
KEPT = [
    "# Simple types remain unchanged",
    "# the order of keys stays the same",
    "# other callers rely on it",
    "pass  # nothing to do here",
    "x = y  # unchanged",
    "return  # nothing was found",
    "# e.g. 1, 2, ...",
]


@pytest.mark.parametrize("line", LEFT_OUT)
def test_code_is_left_out(line):
    found = damage(f"def f():\n    a()\n    {line}", "def f():\n    b()", "", "python")
    assert found is not None
    assert found.category == "elided"


@pytest.mark.parametrize("line", LEFT_OUT)
def test_a_line_of_the_document_is_no_sign(line):
    text = f"def f():\n    a()\n    {line}"
    assert damage(text, text, text, "python") is None


@pytest.mark.parametrize("line", KEPT)
def test_a_comment_that_says_something(line):
    assert damage(f"def f():\n    a()\n    {line}", "def f():\n    b()", "", "python") is None


@pytest.mark.parametrize("words", ["...", "snip ...", "implementation unchanged"])
@pytest.mark.parametrize("sign", ["// {}", "/* {} */", "{{/* {} */}}", "; // {}"])
def test_other_signs_of_comments(sign, words):
    code = f"function f() {{\n  a();\n  {sign.format(words)}\n}}"
    assert damage(code, "", "", "javascript") is not None
