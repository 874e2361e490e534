"""The agent ``embedded/outline``: explain and explain-comment."""

import ast

import pytest

from moa_lsp.providers.base import AgentDeclines, Reply
from moa_lsp.providers.embedded.markdown_code import block, span
from tests.unit.providers.embedded.asking import ask, task, whole

PYTHON = '''import csv
from os import path, helper as other

def helper(x):
    return x

class Reader:
    """Reads.

    More of it.
    """

    def read(self, name: str, deep: bool = False) -> list:
        """Read it.

        Second paragraph.
        """
        if deep and name or not helper(name):
            raise ValueError(name)
        for row in csv.reader(name):
            while row:
                helper(row)
        return [a for a in row if a]

    def all(self):
        return self.read("x")
'''


def selected(text: str, first: str, last: str) -> str:
    """``text`` with the lines marked from the one with ``first`` to the one with ``last``."""
    lines = text.split("\n")
    start = next(row for row, line in enumerate(lines) if first in line)
    end = next(row for row, line in enumerate(lines) if row >= start and last in line)
    lines[start] = f"§{lines[start]}"
    lines[end] += "§"
    return "\n".join(lines)


async def explained(text: str, **options: object) -> str:
    """The Markdown that explains the marked target."""
    reply = await ask(task("explain", text, **options))  # type: ignore[arg-type]  # passed on
    assert isinstance(reply, Reply), reply
    return reply.text


async def test_a_method() -> None:
    text = await explained(selected(PYTHON, "def read", "for a in row"))
    for fact in (
        "# Method `Reader.read`",
        "Lines 13 to 23 of `one`, inside `Reader`.",
        "def read(self, name: str, deep: bool = False) -> list:",
        "```text\nRead it.\n```",
        "- `name`: `str`\n- `deep`: `bool`, `False` by default",
        "- Returns: `list`",
        "- Raises: `ValueError`",
        "`helper` 2 times",
        "- Is called, by name, in: `Reader.all` (line 26)",
        "- Defined in this file and used here: `helper`",
        "- Uses the imports: `import csv`",
        # if, and, or, for, while, comprehension's for and if, and one for the way straight on
        "Cyclomatic complexity 8, moderately branched.",
    ):
        assert fact in text
    assert "Second paragraph" not in text
    assert "from os import" not in text
    assert text.rstrip().endswith("no model was asked.*")


async def test_a_class_and_a_whole_file() -> None:
    text = await explained(selected(PYTHON, "class Reader", 'self.read("x")'))
    assert "# Class `Reader`" in text
    assert "- method `read`, line 13" in text
    assert "highest first: `Reader.read` 8, `Reader.all` 1" in text
    text = await explained(f"§{PYTHON}§")
    assert text.startswith("# `one`")
    assert "- class `Reader`, line 7\n  - method `read`, line 13" in text


async def test_a_part_of_a_function() -> None:
    text = await explained(selected(PYTHON, "for row in", "helper(row)"))
    assert "# Selection" in text
    assert "inside `Reader.read`" in text
    assert "2 loops" in text


@pytest.mark.parametrize(
    ("language", "code", "facts"),
    [
        (
            "rust",
            "/// Doc.\npub fn f(x: &str) -> u8 {\n    if x.is_empty() && x.len() > 1 { g!(x); }\n"
            "    match x.len() { 0 => 1, _ => h(x) }\n}",
            ("# Function `f`", "/// Doc.", "`x.len` 2 times", "`g!`", "complexity 5"),
        ),
        (
            "typescript",
            "class A {\n  f(x: number): string {\n    if (x || !x) throw new RangeError('x');\n"
            "    return this.g(x);\n  }\n}",
            ("# Class `A`", "`RangeError`", "`this.g`"),
        ),
        (
            "java",
            "class A {\n  int f(int x) {\n    for (int i : y) { b.go(i); }\n    return x;\n  }\n}",
            ("# Class `A`", "`b.go`", "1 loop"),
        ),
        (
            "go",
            "func F(x int) int {\n\tif x > 1 && y {\n\t\tfmt.Println(x)\n\t}\n\treturn x\n}",
            ("# Function `F`", "`fmt.Println`", "complexity 3"),
        ),
    ],
)
async def test_other_languages(language: str, code: str, facts: tuple[str, ...]) -> None:
    text = await explained(f"§{code}§\n", language=language)
    for fact in facts:
        assert fact in text


async def test_diagnostics_are_explained_in_ruffs_words() -> None:
    text = await explained("§import os§\n", codes=("F401", "mine"))
    assert "- Line 1: `F401` `about F401`\n  - The rule: Checks for unused imports." in text
    assert "- Line 1: `mine` `about mine`" in text


async def test_code_cannot_become_markup() -> None:
    text = await explained(
        '§def f(a="`[x](http://evil)` <img src=x>"):\n    """``` \n# <b>[y](http://evil)</b>"""§\n'
    )
    outside: list[str] = []
    fence = ""
    for line in text.split("\n"):
        ticks = line[: len(line) - len(line.lstrip("`"))]
        if fence:
            fence = "" if line == fence else fence
        elif len(ticks) > 2:
            fence = ticks
        else:
            outside.append(line)
    assert not fence
    default = next(line for line in outside if "evil" in line)
    assert default == '- `a`, ``"`[x](http://evil)` <img src=x>"`` by default'


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("a", "`a`"),
        ("`", "`` ` ``"),
        ("a``b", "```a``b```"),
        ("a\n  b", "`a b`"),
        ("", "` `"),
        ("x" * 200, f"`{'x' * 119}…`"),
    ],
)
def test_span(code: str, shown: str) -> None:
    assert span(code) == shown


def test_block() -> None:
    assert block("a\r\n```\r\n", "py") == ["````py", "a", "```", "````"]


@pytest.mark.parametrize(
    ("language", "code", "comment"),
    [
        (
            "python",
            "class A:\n§    def f(self, x):\n        return g(x)§\n",
            "    # A.f, a method of 2 lines, simple (complexity 1). Takes x. Returns",
        ),
        ("javascript", "§function f() { g(); }§\r\n", "// f, a function of 1 line, simple"),
        ("c", "§int f(void) { return 1; }§\n", "// f, a function of 1 line"),
    ],
)
async def test_comment(language: str, code: str, comment: str) -> None:
    one = task("explain-comment", code, language=language)
    text = await whole(one)
    start = one.target.start
    assert text.startswith(one.before)
    assert text.endswith(f"{one.region}{one.after}")
    added = text[start : len(text) - len(one.region) - len(one.after)]
    lines = added.split("\n")
    assert comment.partition(", simple")[0] in lines[0]
    assert all(len(line) < 80 for line in lines)
    margin = comment[: len(comment) - len(comment.lstrip())]
    assert all(line.startswith(f"{margin}{comment.strip()[:2].strip()} ") for line in lines[:-1])
    if language == "python":
        ast.parse(text)


@pytest.mark.parametrize(
    ("action", "code", "language", "reason"),
    [
        ("explain", "§x§", "cobol", "has no grammar for cobol"),
        ("explain", "§ \n§", "python", "nothing is selected"),
        (
            "explain-comment",
            "x = '''\n§a\n'''§\n",
            "python",
            "a comment above the selection would stand inside of something else",
        ),
        (
            "explain-comment",
            "x = 1 + \\\n§  2§\n",
            "python",
            "a comment above the selection would stand inside of something else",
        ),
    ],
)
async def test_declines(action: str, code: str, language: str, reason: str) -> None:
    assert await ask(task(action, code, language=language)) == AgentDeclines(reason)


async def test_a_question_needs_a_model() -> None:
    one = task("explain", "§x = 1§\n", instruction="why?")
    assert await ask(one) == AgentDeclines("a question needs a model")
