"""What the index keeps of a file: definitions with a line to show, and names it uses."""

from array import array

import pytest

from moa_lsp.workspace.index.extract import (
    MAX_FILE_DEFINITIONS,
    MAX_SENTENCE_CHARS,
    MAX_SIGNATURE_CHARS,
    code_of,
    extract,
)

PYTHON = '''\
import os


class Shape(Base):
    """A shape. It has an area.

    Attributes:
        area: its area.
    """

    @property
    def area(
        self, unit: str = "m"
    ) -> float:
        r"""The area
        in a unit."""
        def local(): ...
        return 1.0


async def load(path): return path


def bare():
    pass
'''

TYPESCRIPT = """\
/**
 * Adds two numbers. Slowly.
 * @param a one
 */
export function add(a: number, b: number): number { return a + b }
// no documentation
export const twice = (a: number) => a * 2;
export interface Point { x: number }
class Box { /** Opens it. */ open(): void {} }
"""

RUST = """\
/// Counts things
/// of one kind. Fast.
#[derive(Debug)]
pub struct Counter { n: u32 }

impl Counter {
    /// Makes one.
    pub fn new(n: u32) -> Self { Counter { n } }
}

mod inner { pub fn deep() {} }
"""

ROWS = [
    (
        "python",
        PYTHON,
        [
            ("Shape", "class", 4, "class Shape(Base)", "A shape.", True),
            ("Shape.area", "method", 12, 'def area( self, unit: str = "m" ) -> float',
             "The area in a unit.", False),
            ("load", "function", 21, "async def load(path)", "", True),
            ("bare", "function", 24, "def bare()", "", True),
        ],
    ),
    (
        "typescript",
        TYPESCRIPT,
        [
            ("add", "function", 5, "export function add(a: number, b: number): number",
             "Adds two numbers.", True),
            ("twice", "function", 7, "export const twice = (a: number)", "", True),
            ("Point", "interface", 8, "export interface Point", "", True),
            ("Box", "class", 9, "class Box", "", True),
            ("Box.open", "method", 9, "open(): void", "Opens it.", False),
        ],
    ),
    (
        "rust",
        RUST,
        [
            ("Counter", "struct", 4, "pub struct Counter",
             "Counts things of one kind.", True),
            ("Counter.new", "method", 8, "pub fn new(n: u32) -> Self", "Makes one.", False),
            ("inner.deep", "function", 11, "pub fn deep()", "", True),
        ],
    ),
    (
        "go",
        "package p\n\n// Sum adds.\nfunc Sum(a int) int { return a }\n"
        "func (b *Box) Open() {}\ntype Box struct { n int }\n",
        [
            ("Sum", "function", 4, "func Sum(a int) int", "Sum adds.", True),
            ("Box.Open", "method", 5, "func (b *Box) Open()", "", False),
            ("Box", "struct", 6, "type Box struct", "", True),
        ],
    ),
    (
        "java",
        "/** A box. */\nclass Box {\n  public int size(int a) { return a; }\n}\n",
        [
            ("Box", "class", 2, "class Box", "A box.", True),
            ("Box.size", "method", 3, "public int size(int a)", "", False),
        ],
    ),
    (
        "cpp",
        "/** Adds. */\nint add(int a) { return a; }\n"
        "namespace n { struct S { int f() { return 1; } }; }",
        [
            ("add", "function", 2, "int add(int a)", "Adds.", True),
            ("n.S", "struct", 3, "struct S", "", True),
            ("n.S.f", "method", 3, "int f()", "", False),
        ],
    ),
    ("c", "static int one(void) { return 1; }\n",
     [("one", "function", 1, "static int one(void)", "", True)]),
    ("javascript", "export class A { go() {} }\n",
     [("A", "class", 1, "export class A", "", True), ("A.go", "method", 1, "go()", "", False)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("language", "text", "expected"), ROWS, ids=[language for language, _, _ in ROWS]
)
def test_definitions(language, text, expected):
    found = [
        (each.qualified, each.kind, each.line, each.signature, each.doc, outermost)
        for each, outermost in extract(text, language, "dir/file").definitions
    ]
    assert found == expected
    assert {each.path for each, _ in extract(text, language, "dir/file").definitions} == {
        "dir/file"
    }


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_other_line_endings_count_the_same(ending):
    plain = extract(PYTHON, "python", "a.py").definitions
    other = extract(PYTHON.replace("\n", ending), "python", "a.py").definitions
    assert other == plain


def test_names_are_codes_in_order():
    kept = array("I")
    kept.frombytes(extract("alpha = beta + of\n", "python", "a.py").names)
    assert list(kept) == sorted([code_of("alpha"), code_of("beta")])  # two letters say nothing


def test_what_does_not_parse_gives_what_can_be_seen():
    found = extract("class A:\n    x = =\n\ndef b():\n    pass\n", "python", "a.py")
    assert "b" in [each.name for each, _ in found.definitions]


@pytest.mark.parametrize(
    "text", ["", "\0\0", "\ud800 = 1\n", "\ufeffdef f(): pass\n", "((((" * 999]
)
def test_odd_texts_do_no_harm(text):
    extract(text, "python", "a.py")


def test_a_language_without_a_grammar_gives_nothing():
    assert extract("# Title\n", "markdown", "a.md") == extract("", "markdown", "b.md")


def test_long_things_are_cut():
    text = (
        f'def f({", ".join(f"a{number}" for number in range(200))}):\n    """{"word " * 99}"""\n'
    )
    ((found, _),) = extract(text, "python", "a.py").definitions
    assert len(found.signature) == MAX_SIGNATURE_CHARS
    assert found.signature.endswith("…")
    assert len(found.doc) == MAX_SENTENCE_CHARS


def test_a_file_of_definitions_is_cut():
    text = "def f(): 0\n" * (MAX_FILE_DEFINITIONS + 5)
    assert len(extract(text, "python", "a.py").definitions) == MAX_FILE_DEFINITIONS
