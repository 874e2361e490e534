import sys

import pytest

from moa_lsp.providers.embedded import code_metrics
from moa_lsp.syntax.symbols import symbols
from moa_lsp.syntax.tree import parse
from moa_lsp.text.span import Span


def dissected(text, language="python", subject=None):
    tree = parse(text, language)
    assert tree is not None
    return code_metrics.analyze(tree, Span(0, len(text)), subject, symbols(text, language))


def work(text):
    """Lines of the module that are executed for a text, and characters of it that are taken."""
    count = 0

    def trace(frame, event, _):
        nonlocal count
        if frame.f_code.co_filename != code_metrics.__file__:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        dissected(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "made",
    [
        lambda n: "".join(f"f{number}(" for number in range(n)) + ")" * n,
        lambda n: "a" + "[0]" * n,
        lambda n: "@a\n" * n + "def f(): pass\n",
        lambda n: "f" + "()" * n,
        lambda n: "".join(f"def f{number}():\n    raise E{number}\n" for number in range(n)),
    ],
    ids=["arguments", "subscripts", "decorators", "calls", "errors"],
)
def test_twice_the_text_is_twice_the_work(made):
    assert work(made(600)) < 2.5 * work(made(300))


def test_names_of_imports_alone_are_not_used():
    text = "import os, sys\nfrom a import b as c\nprint(c, sys)\n"
    assert dissected(text).imports == ["import os, sys", "from a import b as c"]
    assert dissected("import os\nfrom a import b\nprint(1)\n").imports == []


def test_a_call_is_counted_by_the_name_at_its_end_however_long_its_callee():
    chain = "x" + ".f()" * 500
    assert dissected(chain).calls["f"] > 400
    assert dissected("a.b(1)\n").calls == {"a.b": 1}


def test_errors_are_named_once_in_their_order():
    text = "def f():\n    raise B\n    raise A(1)\n    raise B from None\n"
    assert dissected(text).throws == ["B", "A"]


def test_callers_are_the_innermost_symbols():
    text = (
        "def f(): pass\nclass A:\n    def g(self):\n        f()\n    x = f()\nf()\n"
        "def h():\n    f()\n"
    )
    subject = symbols(text, "python")[0]
    tree = parse(text, "python")
    found = code_metrics.analyze(tree, subject.span, subject, symbols(text, "python"))
    assert list(found.callers) == ["A.g", "A", "", "h"]
