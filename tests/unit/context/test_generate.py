"""`generate` from the cursor to the finished text, in five languages.

``¦`` is the cursor, or two of them the selection. The answer is what a model would write for the
place; what is expected is the whole document afterwards.
"""

import pytest

from moa_lsp.actions.definition import builtin
from moa_lsp.context.target import resolve_target
from moa_lsp.mix.judge import fault, usable
from moa_lsp.providers.base import Reply
from moa_lsp.runs import plan as plans
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.span import Span

NOTE = "FIX" + "ME"
"""Spelled in two parts: the tree holds no such notes."""

# ruff: noqa: E501  # a row is a text before and one after

CASES = {
    # --- empty files, with and without an end of line
    "python empty": ("python", "¦", "x = 1", "x = 1"),
    "python one empty line": ("python", "¦\n", "x = 1", "x = 1\n"),
    "python blank lines selected": ("python", "a = 1\n¦\n\n¦b = 2\n", "x = 1", "a = 1\nx = 1\nb = 2\n"),
    "go empty": ("go", "¦", "package a", "package a"),
    "rust empty": ("rust", "¦\n", "fn f() {}", "fn f() {}\n"),
    "java empty": ("java", "¦", "class A {}", "class A {}"),
    "typescript empty": ("typescript", "¦", "export {};", "export {};"),
    # --- the end of a file without a final line ending
    "python end": ("python", "x = 1¦", "y = 2", "x = 1\ny = 2"),
    "go end": ("go", "package a¦", "var x = 1", "package a\nvar x = 1"),
    "crlf end": ("python", "a = 1\r\nx = 1¦", "y = 2\nz = 3", "a = 1\r\nx = 1\r\ny = 2\r\nz = 3"),
    # --- a selection that holds something is replaced
    "python selection": ("python", "a = 1\n¦b = 2¦\nc = 3\n", "b = 4", "a = 1\nb = 4\nc = 3\n"),
    # --- a blank line inside a function
    "python blank in function": (
        "python", "def f(a):\n    b = a\n    ¦\n    return b\n", "b += 1",
        "def f(a):\n    b = a\n    b += 1\n    return b\n",
    ),
    "go blank in function": (
        "go", "package a\n\nfunc f(b int) int {\n\tb++\n¦\n\treturn b\n}\n", "b *= 2",
        "package a\n\nfunc f(b int) int {\n\tb++\n\tb *= 2\n\treturn b\n}\n",
    ),
    "rust blank in function": (
        "rust", "fn f(a: u8) -> u8 {\n    let b = a;\n    ¦\n    b\n}\n", "let b = b + 1;",
        "fn f(a: u8) -> u8 {\n    let b = a;\n    let b = b + 1;\n    b\n}\n",
    ),
    # --- a comment asks
    "python comment": (
        "python", "def f(a):\n    # twice ¦it\n    return a\n", "a *= 2",
        "def f(a):\n    # twice it\n    a *= 2\n    return a\n",
    ),
    "python first of two comment lines": (
        "python", "# the primes ¦below\n# one hundred\nx = 1\n", "PRIMES = [2, 3]",
        "# the primes below\n# one hundred\nPRIMES = [2, 3]\nx = 1\n",
    ),
    "python note behind code": (
        "python", f"a = 1  # {NOTE}: check ¦it\nb = 2\n", "assert a",
        f"a = 1  # {NOTE}: check it\nassert a\nb = 2\n",
    ),
    "python comment above a stub": (
        "python", "# add ¦them\ndef f(a, b):\n    pass\n\n\nx = 1\n",
        "def f(a, b):\n    return a + b",
        "# add them\ndef f(a, b):\n    return a + b\n\n\nx = 1\n",
    ),
    "typescript block comment": (
        "typescript", "/*\n * adds ¦numbers\n * well\n */\nconst x = 1;\n",
        "const add = (a: number, b: number) => a + b;",
        "/*\n * adds numbers\n * well\n */\nconst add = (a: number, b: number) => a + b;\nconst x = 1;\n",
    ),
    "typescript note in a class": (
        "typescript", "class A {\n  // TODO: a getter ¦for x\n  private x = 1;\n}\n",
        "get y(): number {\n  return this.x;\n}",
        "class A {\n  // TODO: a getter for x\n  get y(): number {\n    return this.x;\n  }\n  private x = 1;\n}\n",
    ),
    "go comment": (
        "go", "package a\n\n// Add adds ¦two numbers.\n", "func Add(a, b int) int { return a + b }",
        "package a\n\n// Add adds two numbers.\nfunc Add(a, b int) int { return a + b }\n",
    ),
    "rust comments": (
        "rust", "fn f(a: u8) {\n    // print ¦it\n    // twice\n    g();\n}\n", "println!(\"{a}{a}\");",
        "fn f(a: u8) {\n    // print it\n    // twice\n    println!(\"{a}{a}\");\n    g();\n}\n",
    ),
    "java comment": (
        "java", "class A {\n    /* an int ¦*/\n    int y;\n}\n", "int x = 1;",
        "class A {\n    /* an int */\n    int x = 1;\n    int y;\n}\n",
    ),
    "lua comments": (
        "lua", "-- print ¦it\n-- twice\nx = 1\n", "print(x)", "-- print it\n-- twice\nprint(x)\nx = 1\n",
    ),
    # --- a docstring asks, and a stub is finished
    "python docstring": (
        "python", 'def f(a):\n    """Twice ¦a."""\n\n\nx = 1\n',
        'def f(a):\n    """Twice a."""\n    return 2 * a',
        'def f(a):\n    """Twice a."""\n    return 2 * a\n\n\nx = 1\n',
    ),
    "python pass with a note": (
        "python", "def f(a):\n    pass¦  # TODO: twice\n", "def f(a):\n    return 2 * a",
        "def f(a):\n    return 2 * a\n",
    ),
    "typescript default": (
        "typescript", "function f(): number {\n  return 0; // TODO¦\n}\n",
        "function f(): number {\n  return 42;\n}", "function f(): number {\n  return 42;\n}\n",
    ),
    "go error": (
        "go", 'package a\n\nimport "errors"\n\nfunc F() (int, error) {\n\treturn 0, errors.New("not implemented")¦\n}\n',
        "func F() (int, error) {\n\treturn 1, nil\n}",
        'package a\n\nimport "errors"\n\nfunc F() (int, error) {\n\treturn 1, nil\n}\n',
    ),
    "rust doc comment above": (
        "rust", "/// Twice ¦a.\nfn f(a: u8) -> u8 {\n    unimplemented!()\n}\n",
        "/// Twice a.\nfn f(a: u8) -> u8 {\n    2 * a\n}", "/// Twice a.\nfn f(a: u8) -> u8 {\n    2 * a\n}\n",
    ),
    "java generated stub": (
        "java", "class A {\n  String f() {\n    // TODO Auto-generated method stub\n    ¦return null;\n  }\n}\n",
        'String f() {\n  return "a";\n}', 'class A {\n  String f() {\n    return "a";\n  }\n}\n',
    ),
    "c stub": (
        "c", "int f(int a) {\n  abort();¦\n}\n", "int f(int a) {\n  return a;\n}",
        "int f(int a) {\n  return a;\n}\n",
    ),
    "cpp stub": (
        "cpp", 'int f() {\n  throw std::logic_error("not implemented");¦\n}\n',
        "int f() {\n  return 1;\n}", "int f() {\n  return 1;\n}\n",
    ),
}  # fmt: skip

SAID = {
    # with an instruction
    "python in a class": (
        "python", "class A:\n    x = 1\n\n    ¦\n", "def f(self):\n    return self.x",
        "class A:\n    x = 1\n\n    def f(self):\n        return self.x\n",
    ),
    "java in a class": (
        "java", "class A {\n    int x = ¦1;\n}\n", "int y = 2;", "class A {\n    int x = 1;\n    int y = 2;\n}\n",
    ),
    "typescript in a class": (
        "typescript", "class A {\n  x = 1;\n¦\n}\n", "y = 2;", "class A {\n  x = 1;\n  y = 2;\n}\n",
    ),
    "rust in an impl": (
        "rust", "impl A {\n¦\n}\n", "fn f() {}", "impl A {\n    fn f() {}\n}\n",
    ),
    "go in a function": (
        "go", "package a\n\nfunc f() int {\n\tx := 1¦\n\treturn x\n}\n", "x++",
        "package a\n\nfunc f() int {\n\tx := 1\n\tx++\n\treturn x\n}\n",
    ),
    "empty": ("python", "¦", "x = 1", "x = 1"),
}  # fmt: skip


def generated(language: str, before: str, answer: str, said: str) -> str:
    bare = before.replace("¦", "")
    first, last = before.index("¦"), before.rindex("¦") - (before.count("¦") - 1)
    snapshot = Snapshot("file:///w/x", bare, language)
    found = resolve_target(
        builtin()["generate"], snapshot, Span(first, last), instructed=bool(said)
    )
    task = Task("generate", found.output, snapshot, found.target, first, said, symbol=found.symbol)
    judged = usable(task, Reply(f"Here:\n\n```{language}\n{answer}\n```\n"))
    assert judged.text is not None, judged.reason
    assert fault(task, judged.text, ("parse",)) is None
    (changed,) = plans.make(task, judged.text).texts("x")
    return changed.after


@pytest.mark.parametrize("name", CASES)
def test_what_the_place_asks_for(name):
    language, before, answer, expect = CASES[name]
    assert generated(language, before, answer, "") == expect


@pytest.mark.parametrize("name", SAID)
def test_what_the_user_asks_for(name):
    language, before, answer, expect = SAID[name]
    assert generated(language, before, answer, "do it") == expect


NO_STUBS = [
    "def f(a):\n    return None\n",
    "def f(a):\n    # TODO: cache\n    return a\n",
    "def f(a):\n    raise NotImplementedError(a) if a else ValueError\n",
]


@pytest.mark.parametrize("text", NO_STUBS)
def test_whole_functions_are_not_rewritten(text):
    cursor = text.index("a)") + 1
    found = resolve_target(
        builtin()["generate"],
        Snapshot("file:///w/x", text, "python"),
        Span(cursor, cursor),
        instructed=False,
    )
    assert found.output == "insert"
