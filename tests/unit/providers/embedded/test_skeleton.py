"""The agent ``embedded/skeleton``: generate, document, test."""

import ast
import os
import random
import sysconfig
from pathlib import Path

import pytest

from moa_lsp.providers.base import AgentDeclines, Reply
from tests.unit.providers.embedded.asking import ask, task, whole

TODO = '"""TODO: implement `{}`."""'


def added(before: str, after: str) -> list[str]:
    """The lines that ``after`` has and ``before`` has not; all others must have stayed."""
    old, new = before.replace("§", "").split("\n"), after.split("\n")
    lines: list[str] = []
    for line in new:
        if old and line == old[0]:
            old.pop(0)
        else:
            lines.append(line)
    assert not old, f"lost: {old}"
    return [line.strip() for line in lines if line.strip()]


@pytest.mark.parametrize(
    ("before", "headers"),
    [
        pytest.param(
            "from abc import ABC, abstractmethod\nclass A(ABC):\n    @property\n"
            "    @abstractmethod\n    def p(self) -> int: ...\n    @abstractmethod\n"
            "    async def f(self, a: int = 3, *b, c: str = 'x', **d) -> 'A': ...\n"
            "    def g(self): return 1\n§class B(A):\n    y: int = 1\n§\n",
            ["@property", "def p(self) -> int:",
             "async def f(self, a: int = 3, *b, c: str = 'x', **d) -> 'A':"],
            id="abstract methods as written",
        ),
        pytest.param(
            "from typing import Protocol\nclass P(Protocol):\n    def f(self, a, /, b): ...\n"
            "§class C(P):\n    x = 1§\n",
            ["def f(self, a, /, b):"],
            id="members of a protocol",
        ),
        pytest.param(
            "import collections.abc as c\n§class S(c.Sized):\n    x = 1§\n",
            ["def __len__(self):"],
            id="a base of the standard library",
        ),
        pytest.param(
            "class A:\n    def f(self):\n        raise NotImplementedError\n"
            "class B(A):\n    def f(self): return 1\n§class C(B):\n    def g(self):\n"
            "        return self.f(), self.h(x, y.z, 3, d['key'], *r, k=1, **q)§\n",
            ["def h(self, x, z, arg3, key, *args, k, **kwargs):"],
            id="called on self, parameters named after the arguments",
        ),
        pytest.param(
            "§class A:\n    async def f(self, n: int) -> str:\n        if self.ok(n):\n"
            "            await self.log('x', level=2)\n        return self.end(n, not n)§\n",
            ["def ok(self, n: int) -> bool:",
             "async def log(self, arg1: str, level: int) -> None:",
             "def end(self, n: int, arg2: object) -> str:"],
            id="typed where the class is",
        ),
        pytest.param(
            "§class A:\n    def f(self):\n        self.g(1)\n        self.g(2, b, c=3)§\n",
            ["def g(self, arg1, b=None, c=None):"],
            id="what some calls leave out is optional",
        ),
        pytest.param(
            "§class A:\n    host: str\n    port: int\n    name: str = 'x'\n\n"
            "    def f(self) -> None:\n        pass§\n",
            ["def __init__(self, host: str, port: int) -> None:", "self.host = host",
             "self.port = port"],
            id="an initializer from annotations",
        ),
        pytest.param(
            "§def f(a: int) -> str:\n    return g(a, 2.5)§\n",
            ["def g(a: int, arg2: float) -> str:"],
            id="a function that is called and not defined",
        ),
        pytest.param(
            "class A:\n§    def f(self):\n        self.g()§\n\n"
            "    def h(self):\n        self.i()\n",
            ["def g(self):"],
            id="beside a method, only what it calls",
        ),
    ],
)  # fmt: skip
async def test_generate(before: str, headers: list[str]) -> None:
    after = await whole(task("generate", before))
    ast.parse(after)
    lines = [
        line
        for line in added(before, after)
        if "TODO" not in line and line != "raise NotImplementedError"
    ]
    assert lines == headers


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "class A: ...\r\n\r\n§class B(Exception):\r\n\tdef f(self):\r\n"
            "\t\tself.g()§\r\nx = 1\r\n",
            "class A: ...\r\n\r\nclass B(Exception):\r\n\tdef f(self):\r\n\t\tself.g()\r\n\r\n"
            f"\tdef g(self):\r\n\t\t{TODO.format('g')}\r\n\t\traise NotImplementedError\r\n"
            "x = 1\r\n",
            id="endings and tabs stay",
        ),
        pytest.param(
            "import collections.abc\n§class S(collections.abc.Sized): pass§\n",
            "import collections.abc\nclass S(collections.abc.Sized):\n    def __len__(self):\n"
            '        """TODO: implement `__len__`, which `Sized` asks for."""\n'
            "        raise NotImplementedError\n",
            id="in the place of a pass",
        ),
        pytest.param(
            "class S:\n    def f(self):\n        self.g()\n§\n\nx = 1\n",
            "class S:\n    def f(self):\n        self.g()\n\n    def g(self):\n"
            f"        {TODO.format('g')}\n        raise NotImplementedError\n\n\nx = 1\n",
            id="at a cursor behind a class",
        ),
        pytest.param(
            "def f():\n    g()\n\n§",
            f"def f():\n    g()\n\n\ndef g():\n    {TODO.format('g')}\n"
            "    raise NotImplementedError\n",
            id="at the end of the document",
        ),
    ],
)
async def test_generate_places(before: str, after: str) -> None:
    assert await whole(task("generate", before)) == after


NOTHING = "nothing is missing that its text asks for"


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("§def f():\n    '''doc'''\n    ...§\n", "writing a body needs a model"),
        ("def f():\n    x = 1\n§\n    y = 2\n", "writing a body needs a model"),
        ("x = 1§\n", "writing at a statement needs a model"),
        ("§x = 1§\n", "the selection holds no whole function or class"),
        ("§class A:\n    x = (§\n", "the file does not parse"),
        ("from elsewhere import B\n§class A(B):\n    def f(self): self.g()§\n", NOTHING),
        ("§class A:\n    def __getattr__(self, n): ...\n    def f(self): self.g()§\n", NOTHING),
        ("§class A:\n    def f(self):\n        self.g = 1\n        self.g()§\n", NOTHING),
        (
            "import abc\n§class A(abc.ABC):\n    @abc.abstractmethod\n    def f(self): ...§\n",
            NOTHING,
        ),
        ("from dataclasses import dataclass\n§@dataclass\nclass A:\n    x: int§\n", NOTHING),
        ("x = 1\n§\n", "nothing is called here that is not defined"),
    ],
)
async def test_generate_declines(before: str, reason: str) -> None:
    assert await ask(task("generate", before)) == AgentDeclines(
        reason, unchanged=reason.startswith("nothing ")
    )


async def test_nothing_of_the_workspace_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evil_base.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    before = "import evil_base\n§class A(evil_base.B):\n    def f(self): self.g()§\n"
    assert await ask(task("generate", before)) == AgentDeclines(NOTHING, unchanged=True)


GOOGLE = '''def f(a: int, *b, c: str = "x", **d) -> str:
    """TODO: describe `f`.

    Args:
        a (int): TODO: describe.
        *b: TODO: describe.
        c (str, optional): TODO: describe. Defaults to "x".
        **d: TODO: describe.

    Returns:
        str: TODO: describe.

    Raises:
        ValueError: TODO: say when.
    """
    try:
        raise KeyError(a)
    except KeyError:
        raise ValueError from None
    return c
'''
NUMPY = '''def g():
    """G.

    Returns
    -------
    int
    """
def f(a, b=1):
    """TODO: describe `f`.

    Parameters
    ----------
    a
        TODO: describe.
    b : default 1
        TODO: describe.

    Yields
    ------
    object
        TODO: describe.
    """
    yield a
'''
SPHINX = '''def g(x):
    """:param x: that"""
def f(a: int, *, b="\\\\"):
    r"""TODO: describe `f`.

    :param a: TODO: describe.
    :type a: int
    :param b: TODO: describe. Defaults to "\\\\".
    :returns: TODO: describe.
    """
    return a
'''
CLASS = '''@dataclass
class A:
    """TODO: describe `A`.

    Attributes:
        x (int): TODO: describe.
    """

    x: int
    def f(self):  # why
        """TODO: describe `f`."""
        # what
        self.x = 1
    def _g(self): pass
    def h(self): """H."""
'''


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            '§def f(a: int, *b, c: str = "x", **d) -> str:\n    try:\n        raise KeyError(a)\n'
            "    except KeyError:\n        raise ValueError from None\n    return c§\n",
            GOOGLE,
            id="google",
        ),
        pytest.param(
            f"{NUMPY[: NUMPY.index('def f')]}§def f(a, b=1):\n    yield a§\n", NUMPY, id="numpy"
        ),
        pytest.param(
            f'{SPHINX[: SPHINX.index("def f")]}§def f(a: int, *, b="\\\\"):\n    return a§\n',
            SPHINX,
            id="sphinx",
        ),
        pytest.param(
            "§@dataclass\nclass A:\n    x: int\n    def f(self):  # why\n        # what\n"
            '        self.x = 1\n    def _g(self): pass\n    def h(self): """H."""§\n',
            CLASS,
            id="a class and its public methods",
        ),
    ],
)
async def test_document(before: str, after: str) -> None:
    assert await whole(task("document", before)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "§def f(): return 1§\n",
            'def f():\n    """TODO: describe `f`.\n\n    Returns:\n'
            '        TODO: describe.\n    """\n    return 1\n',
            id="a body on the header's line",
        ),
        pytest.param(
            "§#!/bin/sh\nimport os\n§",
            '#!/bin/sh\n"""TODO: describe this module."""\n\nimport os\n',
            id="a module",
        ),
        pytest.param(
            "class A:\r\n§    def f(\r\n        self, a=lambda: {1: 2},\r\n"
            "    ) -> None:  # x\r\n        pass§\r\n",
            "class A:\r\n    def f(\r\n        self, a=lambda: {1: 2},\r\n    ) -> None:  # x\r\n"
            '        """TODO: describe `f`.\r\n\r\n        Args:\r\n'
            "            a (optional): TODO: describe. Defaults to lambda: {1: 2}.\r\n"
            '        """\r\n        pass\r\n',
            id="a header of several lines, endings kept",
        ),
    ],
)
async def test_document_places(before: str, after: str) -> None:
    assert await whole(task("document", before)) == after


async def test_document_declines() -> None:
    documented = 'def f():\n    """F."""\n'
    assert await ask(task("document", f"x = 1\n§{documented}§")) == AgentDeclines(
        "nothing is undocumented in the selection", unchanged=True
    )


async def test_tests_are_skipped_and_show_the_call(tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("", encoding="utf-8")
    text = (
        "§def load(path: str, strict=True, *rest, deep: bool = False) -> int:\n"
        "    if strict:\n        raise KeyError(path)\n    return 1\n\n"
        "async def tick() -> None: ...\n\n"
        "class Till:\n    def __init__(self, name: str) -> None: ...\n"
        "    def total(self) -> int: return 1\n    @property\n    def open(self): return 1\n"
        "    @classmethod\n    def new(cls, n): return cls(n)\n"
        "def _private(): ...\n§"
    )
    reply = await ask(task("test", text, uri=(package / "stock.py").as_uri()))
    assert isinstance(reply, Reply)
    tree = ast.parse(reply.text)
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert [test.name for test in tests] == [
        "test_load",
        "test_load_raises_key_error",
        "test_tick",
        "test_till_total",
        "test_till_open",
        "test_till_new",
    ]
    assert all("pytest.mark.skip" in ast.unparse(test.decorator_list[0]) for test in tests)
    assert "from shop.stock import Till, load, tick\n" in reply.text
    for call in (
        "load(path, strict, deep=deep) == ...",
        "asyncio.run(tick())",
        "till = Till(name)",
        "till.total() == ...",
        "till.open == ...",
        "Till.new(n) == ...",
    ):
        assert call in reply.text
    compile(tree, "test", "exec")


FILES = int(os.environ.get("MOA_SAMPLE_FILES", "15"))


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _sources() -> list[Path]:
    files = [
        path
        for path in Path(sysconfig.get_path("stdlib")).glob("*.py")
        if 2_000 < path.stat().st_size < 40_000 and "§" not in _read(path)
    ]
    return random.Random(11).sample(sorted(files), min(FILES, len(files)))


def _program(text: str) -> str:
    """The document's tree without its docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            first = node.body[:1]
            if first and isinstance(first[0], ast.Expr) and ast.get_docstring(node) is not None:
                node.body = node.body[1:]
    return ast.dump(tree)


@pytest.mark.heavy
@pytest.mark.parametrize("path", _sources(), ids=lambda path: path.name)
async def test_documenting_real_files_adds_docstrings_only(path: Path) -> None:
    text = _read(path)
    one = task("document", f"§{text}§")
    reply = await ask(one)
    if isinstance(reply, AgentDeclines):
        assert reply.reason == "nothing is undocumented in the selection"
        return
    after = f"{one.before}{reply.text}{one.after}"
    assert _program(after) == _program(text)
    again = await ask(task("document", f"§{after}§"))
    assert again == AgentDeclines("nothing is undocumented in the selection", unchanged=True)
