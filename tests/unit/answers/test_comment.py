"""A model's words as a comment: whatever they are, nothing but comments comes of them."""

import pytest

from moa_lsp.answers.comment import LEAST_COMMENT_COLUMNS, comment, has_comments
from moa_lsp.syntax.tree import faults, parse

LONG = "word " * 30

WRITTEN = [
    ("prose", "python", "It reads.", "# It reads."),
    ("already a comment", "python", "# It reads.\n# All of it.", "# It reads. All of it."),
    ("doc comment signs", "rust", "/// It reads.", "// It reads."),
    ("a block comment", "go", "/*\n * It reads.\n * All.\n */", "// It reads. All."),
    ("a docstring", "python", '"""It reads."""', "# It reads."),
    ("in a fence", "python", "```python\n# It reads.\n```", "# It reads."),
    ("in a fence with words around", "python", "Here:\n```python\n# It.\n```\nDone!", "# It."),
    ("above the code again", "python", "```python\n# It.\n# So.\nx = 1\n```", "# It. So."),
    ("above the code, unfenced", "go", "// It.\nx := 1", "// It."),
    ("above the code, unfenced, by #", "python", "# It.\n# So.\nx = 1", "# It. So."),
    ("a heading is no sign", "python", "# Title\n\nIt reads.", "# Title\n#\n# It reads."),
    ("paragraphs", "python", "One\ntwo.\n\n\nThree.", "# One two.\n#\n# Three."),
    ("a list", "sql", "Does:\n- one\n  more\n- two\n", "-- Does:\n-- - one more\n-- - two"),
    ("numbers", "lua", "1. one\n2) two", "-- 1. one\n-- 2) two"),
    ("code in a fence", "go", "So:\n\n```sh\na\n  b\n```", "// So:\n//\n//     a\n//       b"),
    ("a rule", "python", "One.\n\n---\n\nTwo.", "# One.\n#\n# Two."),
    ("only blocks", "css", "It is\n\nblue.", "/* It is */\n/* blue. */"),
    ("only blocks", "xml", "It.", "<!-- It. -->"),
    ("reasoning", "python", "<think>hm</think>It.", "# It."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "language", "answer", "expect"), WRITTEN)
def test_written(name, language, answer, expect):
    found = comment(answer, "stop", language, "")
    assert (found.code, found.reason) == (expect, None), name


@pytest.mark.parametrize("indent", ["", "    ", "\t\t", " " * 80])
def test_wrapped(indent):
    found = comment(
        f"{LONG}\n\n- {LONG}\n\n{'x' * 300}\n\n深い{'字' * 200}", "stop", "python", indent
    )
    lines = (found.code or "").split("\n")
    assert all(line.startswith(f"{indent}#") for line in lines)
    widths = [len(line.expandtabs(4)) for line in lines]
    deep = len(indent) >= 80
    assert max(widths) <= (len(indent) + 2 + LEAST_COMMENT_COLUMNS if deep else 88)
    assert max(widths) > (60 if deep else 80)
    assert "".join(found.code.split()).count("word") == 60


REFUSED = [
    ("It", "length", "python", "cut off at the length limit"),
    ("It", "unknown", "python", "did not say"),
    ("It", "refused", "python", "refused"),
    ("It", "stop", "json", "no syntax for comments is known for json"),
    ("It", "stop", "plaintext", "no syntax for comments"),
    ("It", "stop", "klingon", "no syntax for comments"),
    ("", "stop", "python", "empty"),
    ("#", "stop", "python", "empty"),
    ("---\n\n***", "stop", "python", "empty"),
    ("\\", "stop", "python", "empty"),
    ("<think>It", "stop", "python", "reasoning"),
]


@pytest.mark.parametrize(("answer", "finish", "language", "part"), REFUSED)
def test_refused(answer, finish, language, part):
    found = comment(answer, finish, language, "")
    assert found.code is None
    assert part in (found.reason or "")


ESCAPES = [
    "ends */ int evil; /* and /*/ more **/ too",
    "ends --> <b> <!-- and ---> or --!> too",
    "carried on \\",
    "carried on ??/",
    "carried on \\  \n\n\\\n\\\\",
    "a\rint evil;",
    "a\u2028int evil;\u2029b\x0bc\x0cd\x85e\x00f",
    "unicode \\u000aint evil; \\\\u000a \\uuuu000d C:\\users",
    "```\n*/\nint evil;\n```",
    "- */ int evil;\n- \\\n- ok",
    "// one \\\n// two",
    "x" * 200 + "*/" + "y" * 200,
    '"""\nint evil;\n',
    "ends ]] int evil --[[ and -} {- *) (* =# ?> <?php evil();",
]
LANGUAGES = (
    "c",
    "cpp",
    "java",
    "javascript",
    "typescript",
    "typescriptreact",
    "go",
    "rust",
    "python",
)
LEAVES = {"comment", "line_comment", "block_comment"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("answer", ESCAPES)
def test_nothing_gets_out_of_a_comment(language, answer):
    found = comment(answer, "stop", language, "  ")
    if found.code is None:
        assert found.reason == "the answer is empty"
        return
    assert not faults(found.code + "\n", language)
    tree = parse(found.code + "\n", language)
    assert tree is not None
    assert {child.type for child in tree.root.children} <= LEAVES
    assert len(found.code.split("\n")) == len(found.code.splitlines())
    for line in found.code.split("\n"):
        assert not line.rstrip().endswith(("\\", "??/"))
    if language == "java":
        assert "\\u" not in found.code


BLOCKS = [
    ("css", "/*", "*/"),
    ("html", "<!--", "-->"),
    ("ocaml", "(*", "*)"),
    ("markdown", "<!--", "-->"),
]


@pytest.mark.parametrize(("language", "opening", "closing"), BLOCKS)
@pytest.mark.parametrize(
    "answer", [*ESCAPES, '*) evil (* (*) " *)', "*", "-", "/", "-" * 9, "*/" * 9, "*)" * 5]
)
def test_nothing_gets_out_of_a_block(language, opening, closing, answer):
    found = comment(answer, "stop", language, "")
    for line in (found.code or f"{opening} {closing}").split("\n"):
        assert line.startswith(f"{opening} ")
        assert line.endswith(f" {closing}")
        inside = line[len(opening) : -len(closing)]
        assert opening not in inside
        assert closing not in inside
        assert "--" not in inside or language == "css" or language == "ocaml"
        assert '"' not in inside or language != "ocaml"


APART = [
    ("php", "ends ?> evil", "# ends ? > evil", "//"),
    ("makefile", "runs $(shell evil) ${x} $$", "# runs $ (shell evil) $ {x} $$", "#"),
    ("python", "the coding: rot13 of -*- coding=x", "# the coding : rot13 of -*- coding =x", "#"),
    ("bat", "a & del x | more > y %PATH%", "REM a del x more y PATH", "REM"),
]


@pytest.mark.parametrize(("language", "answer", "expect", "sign"), APART)
def test_what_a_language_reads_inside_of_comments_is_taken_apart(language, answer, expect, sign):
    found = comment(answer, "stop", language, "").code or ""
    assert " ".join(found.split()) == expect.replace("#", sign, 1)


def test_has_comments():
    assert all(has_comments(each) for each in ("python", "css", "xml", "ocaml", "sql"))
    assert not any(has_comments(each) for each in ("json", "plaintext", "diff", "klingon"))
