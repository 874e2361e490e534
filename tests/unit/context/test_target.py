"""From a cursor or a selection to a target, in several languages.

In every text ``¦`` is the cursor, or two of them the selection; what the target must be is written
between ``[[`` and ``]]``.
"""

from dataclasses import replace

import pytest

from moa_lsp.actions.definition import builtin
from moa_lsp.context.target import Target, resolve_target
from moa_lsp.context.todo_comments import is_stub
from moa_lsp.syntax.symbols import symbols
from moa_lsp.task import Snapshot
from moa_lsp.text.span import Span


def marked(text: str) -> tuple[str, Span, Span]:
    """The bare text, the selection and the target."""
    parts = {"¦": [], "[[": [], "]]": []}
    bare = ""
    while text:
        mark = next((each for each in parts if text.startswith(each)), None)
        if mark is None:
            bare, text = bare + text[0], text[1:]
        else:
            parts[mark].append(len(bare))
            text = text[len(mark) :]
    cursor = parts["¦"]
    return bare, Span(cursor[0], cursor[-1]), Span(parts["[["][0], parts["]]"][0])


def check(text: str, action: str, language: str, output: str, symbol: str | None, said: str = ""):
    bare, selection, target = marked(text)
    snapshot = Snapshot("file:///w/x", bare, language)
    found = resolve_target(builtin()[action], snapshot, selection, instructed=bool(said))
    assert bare[found.target.start : found.target.end] == bare[target.start : target.end]
    assert found == Target(target, output, symbol)


REFACTOR = [
    ("python", "x = 1\n[[y¦ = ¦2]]\nz = 3\n", None),
    ("python", "x = 1\n[[¦y = 2]]\n¦z = 3\n", None),
    ("python", "x = 1\n[[¦y = 2\nz = 3]]¦\n", None),
    ("python", "x = 1\ny = 2\n[[¦\nz¦ = 3]]\n", None),
    ("python", "[[x¦ = 1\ny¦ = 2]]", None),
    ("python", "[[x = 1¦]]", None),
    ("python", "[[x = ¦1\ny = 2]]\n", None),
    ("python", "[[¦]]", None),
    ("python", "[[]]¦\n", None),
    ("python", "[[def f():\n    return ¦1]]\n", "f"),
    ("python", "def f():\n[[    a ¦= 1¦]]\n    return a\n", "f"),
    ("python", "x = 1\n\n[[@cached\n@other(1)\ndef ¦f():\n    return 1]]\n\ny = 2\n", "f"),
    ("python", "[[@¦cached\ndef f():\n    return 1]]\n", "f"),
    (
        "python",
        "class A:\n[[    @property\n    def f(self):\n        ¦return 1]]\n\n    x = 2\n",
        "A.f",
    ),
    ("python", "[[class A:\n    x = ¦1\n\n    def f(self): ...]]\n", "A"),
    ("python", "class A:\n    def f(self):\n[[        def g():\n            ¦pass]]\n", "A.f.g"),
    ("python", "x = 1\r\n[[def f():\r\n    return ¦1]]\r\ny = 2\r\n", "f"),
    ("python", "x = 1\r\n[[¦y = 2]]\r\n¦z = 3\r\n", None),
    ("python", "x = 1\r[[¦y = 2]]\r¦z = 3\r", None),
    ("python", "def f():\n    return 1\n\n[[g¦()\nh()¦]]\n", None),
    ("python", "def f():\n[[    a¦ = 1\n\ndef g():\n    b¦ = 2]]\n", None),
    ("typescript", "[[export function f(): number {\n  return ¦1;\n}]]\n", "f"),
    ("typescript", "[[/** Says. */\nexport const f = () => {\n  return ¦1;\n};]]\n", "f"),
    ("typescript", "class A {\n[[  f() {\n    ¦return 1;\n  }]]\n}\n", "A.f"),
    ("typescript", "class A {\n  f() {\n[[    ¦a();\n    b();¦]]\n  }\n}\n", "A.f"),
    ("go", "package a\n\n[[// F says.\nfunc F() int {\n\treturn ¦1\n}]]\n", "F"),
    ("go", "package a\n\n[[func (s *S) F() int {\n\treturn ¦1\n}]]\n", "S.F"),
    ("rust", "[[/// Says.\n#[inline]\npub fn f() -> u8 {\n    ¦1\n}]]\n", "f"),
    ("rust", "impl A {\n[[    fn f(&self) -> u8 {\n        ¦1\n    }]]\n}\n", "A.f"),
    (
        "java",
        "class A {\n[[  /** Says. */\n  @Override\n  int f() {\n    return ¦1;\n  }]]\n}\n",
        "A.f",
    ),
    ("java", "[[class A {\n    int ¦x;\n}]]\n", "A"),
    ("markdown", "# T\n[[some ¦words¦]]\n", None),
    ("plaintext", "[[a\nb¦]]\n", None),
]


@pytest.mark.parametrize(("language", "text", "symbol"), REFACTOR)
def test_selection_scope(language, text, symbol):
    check(text, "refactor", language, "replace", symbol)
    check(text, "explain", language, "document", symbol)
    check(text, "explain-comment", language, "comment", symbol)


SYMBOL = [
    ("python", "[[def f():\n    a ¦= 1¦\n    return a]]\n", "f"),
    (
        "python",
        "[[class A:\n  def f(self):\n    ¦return 1\n\n  def g(self):\n    ret¦urn 2]]\n",
        "A",
    ),
    ("python", "def f():\n    return 1\n\n[[x¦ = 1¦]]\n", None),
    ("python", "[[x¦ = 1\ny = 2]]\n", None),
    ("rust", "impl A {\n[[    fn f(&self) -> u8 {\n        ¦1¦\n    }]]\n}\n", "A.f"),
]


@pytest.mark.parametrize(("language", "text", "symbol"), SYMBOL)
def test_symbol_scope(language, text, symbol):
    check(text, "document", language, "replace", symbol)
    check(text, "fix", language, "replace", symbol)
    check(text, "test", language, "new_file", symbol)


GENERATE = [
    # marked: in its place
    ("python", "x = 1\n[[¦# a list of primes]]\n¦y = 2\n", "replace", None, ""),
    # nothing there: at the cursor
    ("python", "[[¦]]", "insert", None, ""),
    ("python", "x = 1\n[[¦]]\ny = 2\n", "insert", None, ""),
    ("python", "x = 1\n[[  ¦  ]]\ny = 2\n", "insert", None, "a loop"),
    ("python", "x = 1\r\n[[¦]]\r\ny = 2\r\n", "insert", None, ""),
    ("python", "def f():\n    a = 1\n[[    ¦]]\n    return a\n", "insert", "f", ""),
    # a comment: below it
    ("python", "# a list of ¦primes[[]]\nx = 1\n", "insert", None, ""),
    ("python", "# a list of ¦primes[[]]", "insert", None, ""),
    ("python", "def f():\n    # sort ¦it[[]]\n    return 1\n", "insert", "f", ""),
    ("python", "class A:\n    # a ¦setter[[]]\n\n    x = 1\n", "insert", "A", ""),
    ("go", "package a\n\n/* add¦s */[[]]\n", "insert", None, ""),
    ("css", "/* bl¦ue */[[]]\n", "insert", None, ""),
    # plain code outside of everything: below it
    ("python", "x = ¦1[[]]\ny = 2\n", "insert", None, ""),
    ("plaintext", "a¦[[]]\nb\n", "insert", None, ""),
    # a stub: the whole of it
    ("python", 'x = 1\n\n[[def f(a):\n    """Add ¦one."""]]\n', "replace", "f", ""),
    (
        "python",
        '[[@cached\ndef f(a):\n    """Add one."""\n    # how?\n    ¦...]]\n',
        "replace",
        "f",
        "fast",
    ),
    (
        "python",
        "class A:\n[[    def f(self):\n        raise NotImplementedError¦]]\n",
        "replace",
        "A.f",
        "",
    ),
    (
        "typescript",
        "[[function f(): number {\n  throw new Error('¦not implemented');\n}]]\n",
        "replace",
        "f",
        "",
    ),
    ("typescript", "class A {\n[[  f() {\n    // TODO: ¦it\n  }]]\n}\n", "replace", "A.f", ""),
    ("go", 'package a\n\n[[func F() int {\n\tpanic("¦todo")\n}]]\n', "replace", "F", ""),
    ("rust", "[[fn f() -> u8 {\n    ¦todo!()\n}]]\n", "replace", "f", ""),
    (
        "java",
        "class A {\n[[  int f() {\n    throw new ¦UnsupportedOperationException();\n  }]]\n}\n",
        "replace",
        "A.f",
        "",
    ),
    # neither a class nor a function: below the line
    ("typescript", "type A = {\n  x: ¦number;[[]]\n};\n", "insert", "A", ""),
    # instructed: where the cursor is, in the class or in the function
    ("python", "class A:\n    x = 1\n[[¦]]\n    y = 2\n", "insert", "A", "a method"),
    ("python", "class A:\n    x = ¦1[[]]\n", "insert", "A", "a method"),
    ("python", "def f():\n    a = ¦1[[]]\n    return a\n", "insert", "f", "log it"),
    # nothing said in whole code: what is missing, in the class or behind the function
    (
        "python",
        "x = 1\n\n[[class A:\n    def f(self):\n        return self.¦g()]]\n\ny = 2\n",
        "replace",
        "A",
        "",
    ),
    ("python", "[[class A:\n¦\n    x = 1]]\n", "replace", "A", ""),
    ("python", "def f():\n    return g(¦)[[]]\n\n\nx = 1\n", "insert", "f", ""),
    (
        "python",
        "def f():\n    def h():\n        return g(¦)\n    return h[[]]\n",
        "insert",
        "f",
        "",
    ),
    (
        "python",
        "def f():\n[[  class A:\n    def h(self):\n      return self.g(¦)]]\n  return A\n",
        "replace",
        "f.A",
        "",
    ),
    (
        "rust",
        "[[impl A {\n    fn f(&self) -> u8 {\n        self.¦g()\n    }\n}]]\n",
        "replace",
        "A",
        "",
    ),
    (
        "typescript",
        "namespace n {\n  function f() {\n    return g(¦);\n  }[[]]\n}\n",
        "insert",
        "n.f",
        "",
    ),
]


@pytest.mark.parametrize(("language", "text", "output", "symbol", "said"), GENERATE)
def test_generate(language, text, output, symbol, said):
    check(text, "generate", language, output, symbol, said)


FILE = [
    ("[[¦]]", "python"),
    ("[[¦]]\n", "python"),
    ("[[x = 1\n¦y = 2]]\n", "python"),
    ("[[x = 1\ny¦ =¦ 2]]", "python"),
    ("[[x = 1\r\n¦]]\r\n", "plaintext"),
]


@pytest.mark.parametrize(("text", "language"), FILE)
def test_file_scope(text, language):
    bare, selection, target = marked(text)
    whole = replace(builtin()["refactor"], scope="file")
    found = resolve_target(whole, Snapshot("u", bare, language), selection, instructed=False)
    assert found == Target(target, "replace", None)


NO_STUBS = [
    "def f():\n    return 1\n",
    'def f():\n    """Doc."""\n    return 1\n',
    "def f():\n    pass\n    return 1\n",
    "def f():\n    raise ValueError\n",
    'def f():\n    """A.""" + """B."""\n',
    f'def f():\n    """Doc."""\n    {"#" * 400}\n    {"# - " * 200}\n    return 1\n',
    f'def f():\n    """Doc."""{" " * 3000}\n    x = 1{" " * 3000}\n',
]


@pytest.mark.parametrize("text", NO_STUBS)
def test_no_stub(text):
    """The long ones would take for ever if the pattern could read a banner in several ways."""
    [symbol] = symbols(text, "python")
    assert not is_stub(text, symbol)


def test_a_declaration_has_nothing_to_fill_in():
    text = "interface A {\n  f(): number;\n}\n"
    found = [each for each in symbols(text, "typescript") if each.body is None]
    assert all(not is_stub(text, each) for each in found)


BETWEEN = [
    ("python", "x = 1\n¦\n[[def f():\n    return 1]]\n\n\ndef g():\n    return 2\n", "f"),
    ("python", "def f():\n    return 1\n\n¦\n[[def g():\n    return 2]]\n", "g"),
    ("python", "[[def f():\n    return 1]]\n¦\n\n\ndef g():\n    return 2\n", "f"),
    ("python", "[[def f():\n    return 1]]\n\n¦\n\ndef g():\n    return 2\n", None),
    ("python", "def f():\n    return 1\n\n\n[[def g():\n    return 2]]\n\n¦\n", "g"),
    (
        "python",
        "class A:\n    x = 1\n\n[[    def f(self): ...]]\n¦\n\n    def g(self): ...\n",
        "A.f",
    ),
    ("python", "[[x = 1\n¦\ny = 2]]\n", None),
    ("typescript", "[[function f() {\n  return 1;\n}]]\n  ¦\n\nfunction g() {}\n", "f"),
]


@pytest.mark.parametrize(("language", "text", "symbol"), BETWEEN)
def test_a_blank_line_between_functions_is_of_the_nearest(language, text, symbol):
    if symbol is None and "def g" in text:  # as near to both: the one below
        text = text.replace("[[", "").replace("]]", "")
        text, symbol = text.replace("def g():\n    return 2", "[[def g():\n    return 2]]"), "g"
    for action in ("refactor", "explain"):
        check(text, action, language, builtin()[action].output, symbol)
