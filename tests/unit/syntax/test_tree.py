import pytest

from moa_lsp.syntax.tree import faults, parse


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("def f():\n    return 1\n", "python", 0),
        ("def f(:\n    return 1\n", "python", 1),
        ("fn a() {", "rust", 1),
        ("function a() { return <b/>; }", "javascriptreact", 0),
        ("const a: number = <b/>;", "typescriptreact", 0),
        ("x = (", "plaintext", None),
        ("", "go", 0),
    ],
)
def test_faults(text, language, expected):
    assert faults(text, language) == expected


@pytest.mark.parametrize(
    "text",
    [
        "x = 1",
        "é = 'ü' # ß\nß = é",
        "a = '👩‍👩‍👧 \U0001f600'; b = a",
        "a = '\ud800' + b",
        "a = 1\rb = 2\rc = 3",
        "a = 1\r\nb = 2\u2028\x0c\n",
    ],
)
def test_leaves_lie_where_their_code_points_are(text):
    tree = parse(text, "python")
    assert tree is not None
    covered = list(text)
    for leaf in tree.leaves(frozenset({"string", "comment"})):
        span = tree.span(leaf)
        covered[span.start : span.end] = [""] * (span.end - span.start)
        if leaf.type == "identifier":
            assert tree.source(leaf).isidentifier()
        if leaf.type == "string":
            assert tree.source(leaf)[0] == tree.source(leaf)[-1] == "'"
    assert "".join(covered).strip(" \r\n\x0c\u2028") == ""


def test_a_carriage_return_ends_a_line():
    text = "# comment\rdef f():\r    return 1\r"
    tree = parse(text, "python")
    assert tree is not None
    assert [node.type for node in tree.root.named_children] == ["comment", "function_definition"]


def test_nesting_costs_no_stack():
    assert faults("(" * 20_000 + ")" * 20_000, "javascript") is not None


def test_queries_capture_in_document_order():
    tree = parse("import b\nclass A:\n    def f(self): import c\n", "python")
    assert tree is not None
    pattern = "(class_definition) @class (import_statement) @import (function_definition) @def"
    found = tree.captured(pattern)
    assert [name for name, _ in found] == ["import", "class", "def", "import"]
    assert tree.source(found[-1][1]) == "import c"
