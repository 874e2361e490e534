import pytest

from moa_lsp.syntax.languages import akin, by_fence, by_id, by_path, parsed_extensions
from moa_lsp.syntax.tree import has_grammar


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/app.py", "python"),
        ("types.pyi", "python"),
        ("a.b.ts", "typescript"),
        ("view.tsx", "typescriptreact"),
        ("view.jsx", "javascriptreact"),
        (r"C:\code\MAIN.RS", "rust"),
        ("/x/Dockerfile", "dockerfile"),
        ("/x/Dockerfile.dev", "dockerfile"),
        ("CMakeLists.txt", "cmake"),
        ("notes.txt", "plaintext"),
        ("include/x.h", "cpp"),
        ("README", "plaintext"),
        ("folder.py/file", "plaintext"),
        ("", "plaintext"),
    ],
)
def test_language_of_a_path(path, language):
    assert by_path(path) == language


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"),
        ("PY", "python"),
        ('python title="a.js"', "python"),
        ("{.rust .numberLines}", "rust"),
        ("language-js", "javascript"),
        ("12:15:app/x.ts", "typescript"),
        ("src/main.go", "go"),
        ("c++", "cpp"),
        ("c#", "csharp"),
        ("console", "shellscript"),
        ("output", "plaintext"),
        ("diff", "diff"),
        ("", None),
        ("klingon", None),
        ("here is python", None),
    ],
)
def test_language_of_a_fence(info, language):
    assert by_fence(info) == language


def test_grammars_are_those_that_the_parser_has():
    with_grammar = {
        "python", "javascript", "javascriptreact", "typescript", "typescriptreact",
        "rust", "go", "java", "c", "cpp",
    }  # fmt: skip
    for name in (*with_grammar, "ruby", "lua", "markdown", "plaintext"):
        language = by_id(name)
        assert language is not None
        assert language.has_grammar == has_grammar(name) == (name in with_grammar)


def test_facts_of_a_language():
    python = by_id("python")
    assert python is not None
    assert (python.fence, python.line_comment, python.block_comment) == ("python", "#", None)
    assert by_id("no such") is None


def test_languages_that_share_fences():
    assert akin("javascript", "typescriptreact")
    assert akin("c", "cpp")
    assert not akin("python", "javascript")
    assert akin("klingon", "klingon")


def test_extensions_of_what_can_be_parsed():
    found = parsed_extensions()
    assert {".py", ".tsx", ".rs", ".h"} <= set(found)
    assert ".md" not in found
    assert all(has_grammar(by_path(f"a{extension}")) for extension in found)
