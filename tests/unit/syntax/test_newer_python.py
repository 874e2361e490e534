"""Python newer than the interpreter, and newer than the project's lowest."""

import sys

import pytest

from moa_lsp.syntax import python_version
from moa_lsp.syntax.gates import parses

OLD = "def f(d):\n    return d\n"
NEWER = {
    "the same quotes in an f-string": ('def f(d):\n    return f"hi {d["name"]}"\n', (3, 12)),
    "a backslash in an f-string": ("def f(d):\n    return f\"{'\\n'.join(d)}\"\n", (3, 12)),
    "an f-string in an f-string": ('def f(d):\n    return f"{f"{d}"}"\n', (3, 12)),
    "a comment in an f-string": (
        'def f(d):\n    return f"""{\n        d  # d\n    }"""\n',
        (3, 12),
    ),
    "lines in an f-string": ('def f(d):\n    return f"{\n        d\n    }"\n', (3, 12)),
    "a type parameter of a function": ("def f[T](d: list[T]) -> T:\n    return d[0]\n", (3, 12)),
    "type parameters of a class": ("class A[T, *Ts, **P](B[T]):\n    x: T\n", (3, 12)),
    "a bound": ("def f[T: (int, str)](d: T) -> T:\n    return d\n", (3, 12)),
    "a type alias": ("type X = list[int]\n", (3, 12)),
    "a generic type alias": ("type X[T] = list[T]\n", (3, 12)),
    "a default of a type parameter": ("def f[T = int](d: T) -> T:\n    return d\n", (3, 13)),
    "except without parentheses": ("try:\n    f()\nexcept A, B:\n    pass\n", (3, 14)),
    "a t-string": ('def f(d):\n    return t"hi {d}"\n', (3, 14)),
    "two of them": ('type X = int\ndef f[T](d: T):\n    return f"{d["a"]}"\n', (3, 12)),
}
BROKEN = {
    "an f-string that does not end": 'def f(d):\n    return f"hi {d["name"]}\n',
    "a type parameter that does not end": "def f[T(d):\n    return d\n",
    "a body at a wrong depth": "def f[T](d):\nreturn d\n",
    "one space too many": "def f[T](d):\n    x = d\n     return x\n",
    "except of a name without parentheses": "try:\n    f()\nexcept A, B as e:\n    pass\n",
    "an alias without a type": "type X =\n",
    "newer syntax beside a fault": "type X = int\ndef f(:\n    pass\n",
}


@pytest.mark.parametrize("row", NEWER)
def test_what_a_newer_python_reads_passes(row):
    text, needs = NEWER[row]
    assert parses(OLD, text, "python").ok
    assert parses(OLD, text, "python", lowest=needs).ok
    assert parses(OLD, text, "python", lowest=(3, 14)).ok


@pytest.mark.parametrize("row", NEWER)
def test_what_the_lowest_python_of_a_project_cannot_read_fails(row):
    text, needs = NEWER[row]
    verdict = parses(OLD, text, "python", lowest=(3, 9))
    assert not verdict.ok
    assert verdict.reason == f"needs Python {needs[0]}.{needs[1]}, and the project supports 3.9"
    assert parses(text, text, "python", lowest=(3, 9)).ok  # it was there before


@pytest.mark.parametrize("row", BROKEN)
def test_newer_syntax_excuses_no_fault(row):
    assert not parses(OLD, BROKEN[row], "python").ok
    assert not parses(OLD, BROKEN[row], "python", lowest=(3, 14)).ok


@pytest.mark.parametrize(
    ("text", "lowest", "ok"),
    [
        ("match x:\n    case 1:\n        pass\n", (3, 9), False),
        ("match x:\n    case 1:\n        pass\n", (3, 10), True),
        ("try:\n    f()\nexcept* A:\n    pass\n", (3, 10), False),
        ("try:\n    f()\nexcept* A:\n    pass\n", (3, 11), True),
        ("def f(d):\n    return f'{d}'\n", (3, 8), True),
        ("def f(d):\n    return f'{d[\"a\"]}'\n", (3, 8), True),
        ("type = 1\nprint(type)\n", (3, 8), True),
        ("try:\n    f()\nexcept (A, B) as e:\n    pass\n", (3, 8), True),
        ("x = list[int]\n", (3, 2), True),
    ],
)
def test_a_project_s_lowest_python_decides(text, lowest, ok):
    assert sys.version_info >= (3, 11)
    assert parses(OLD, text, "python", lowest=lowest).ok is ok


@pytest.mark.parametrize(
    ("manifests", "lowest"),
    [
        ({"a/pyproject.toml": '[project]\nrequires-python = ">=3.12"'}, (3, 12)),
        ({"a/pyproject.toml": '[project]\nrequires-python = ">=3.9,<4"'}, (3, 9)),
        ({"a/pyproject.toml": '[project]\nrequires-python = "<4, >= 3.10"'}, (3, 10)),
        ({"a/pyproject.toml": '[project]\nrequires-python = "~=3.11"'}, (3, 11)),
        ({"a/pyproject.toml": '[project]\nrequires-python = "==3.12.*"'}, (3, 12)),
        ({"a/pyproject.toml": '[project]\nrequires-python = ">=3.9.1"'}, (3, 9)),
        ({"a/pyproject.toml": '[project]\nrequires-python = "<3.13"'}, None),
        ({"a/pyproject.toml": '[project]\nrequires-python = "!=3.9.0,>=3.8"'}, (3, 8)),
        ({"a/pyproject.toml": "[project]\nrequires-python = 3"}, None),
        ({"a/pyproject.toml": "[project"}, None),
        ({"a/pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.10"'}, (3, 10)),
        ({"a/setup.cfg": "[options]\npython_requires = >=3.8\n"}, (3, 8)),
        ({"a/setup.py": "setup(python_requires='>=3.7')"}, (3, 7)),
        ({"a/package.json": "{}"}, None),
        (
            {
                "b/pyproject.toml": '[project]\nrequires-python = ">=3.13"',
                "a/pyproject.toml": '[project]\nrequires-python = ">=3.8"',
            },
            (3, 13),
        ),
        ({}, None),
    ],
)
def test_the_lowest_python_of_a_project(manifests, lowest):
    assert python_version.lowest(manifests) == lowest
