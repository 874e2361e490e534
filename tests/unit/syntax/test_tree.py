import gc
import os
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest

from moa_lsp.syntax.tree import PARSE_PIECE_BYTES, _root, faults, parse
from tests.fakes.monitors import Held


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


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("text", "end"),
    [
        # what a grammar reads again at every line, and where it ends
        ("if a:\n    b\n" + "# c\n" * 20_000, "d = 1\n"),
        ("x = 1\n" + "\\\n" * 20_000 + "y\n", "d = 1\n"),
    ],
    ids=["comments", "backslashes"],
)
def test_a_text_that_is_made_to_cost_its_square_is_read_in_part(text, end):
    tree = parse(text + end, "python")
    assert tree is not None
    assert "d" not in [tree.source(node) for node in tree.leaves() if node.type == "identifier"]
    assert parse("# c\n" * 20_000 + end, "python").root.end_byte == len("# c\n" * 20_000 + end)


@pytest.mark.parametrize("count", [1, PARSE_PIECE_BYTES // 4, PARSE_PIECE_BYTES])
def test_a_text_of_many_pieces_is_one_tree(count):
    text = "é = f('ü', [" + "'👩😀', " * count + "])\n"
    tree = parse(text, "python")
    assert tree is not None
    strings = [tree.source(node) for node in tree.nodes() if node.type == "string"]
    assert strings == ["'ü'", *["'👩😀'"] * count]
    assert tree.faults() == 0


def test_queries_capture_in_document_order():
    tree = parse("import b\nclass A:\n    def f(self): import c\n", "python")
    assert tree is not None
    pattern = "(class_definition) @class (import_statement) @import (function_definition) @def"
    found = tree.captured(pattern)
    assert [name for name, _ in found] == ["import", "class", "def", "import"]
    assert tree.source(found[-1][1]) == "import c"


LARGE = "def f(a, b):\n    total = a + b\n    return total\n\n\n" * 2_000
WIDE = "é = '👩😀'\n" * 4_000


def kept_bytes(times: int) -> int:
    """Python's own memory that so many parses of large documents leave, beside what one does."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(times):
            parse(f"{LARGE}# {number}\n", "python")
            parse(f"{WIDE}# {number}\n", "python")
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


@pytest.mark.heavy
def test_parses_keep_nothing_of_their_texts():
    parse(LARGE, "python")
    assert kept_bytes(8) < len(LARGE) // 4


@pytest.mark.slow
def test_two_thousand_parses_of_a_large_document_keep_nothing():
    for number in range(2_000):
        parse(f"{LARGE}# {number}\n", "python")
        if number == 99:
            gc.collect()
            before = Held.by(os.getpid())
    gc.collect()
    after = Held.by(os.getpid())
    if before is not None and after is not None:  # where the system says what a process holds
        assert after.memory - before.memory < 16 * 2**20


def test_a_parser_keeps_no_reference_to_a_text():
    source = LARGE.encode()
    counted = sys.getrefcount(source)
    for _ in range(3):
        _root(source, "python")
    assert sys.getrefcount(source) == counted


def test_parses_at_once_share_no_buffer():
    texts = [f"x{number} = '{'é' * number}'\n" * 500 for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(lambda text: parse(text, "python"), texts * 4))
    for tree, text in zip(trees, texts * 4, strict=True):
        assert tree is not None
        assert tree.faults() == 0
        assert tree.span(tree.root).end == len(text)


@pytest.mark.parametrize("rest", range(60, 140))
def test_no_character_is_lost_where_a_piece_ends(rest):
    text = (
        "#"
        + "x" * (PARSE_PIECE_BYTES - 3)
        + "\n"
        + "é👩" * (rest // 6)
        + "x" * (rest % 6)
        + " = 1\n"
    )
    tree = parse(text.replace("👩", "字"), "python")
    assert tree is not None
    assert tree.faults() == 0
