import ast

import pytest

from moa_bench.sets.move_method import moved
from tests.fakes.task_sets import METHOD


def test_a_method_becomes_a_function_and_strings_stay():
    text = moved(METHOD, "Shop", "twice")
    found = {}
    exec(text, found)
    assert found["twice"](4) == 8
    assert found["Shop"]().total == 6
    assert not hasattr(found["Shop"], "twice")
    assert '"""\n  as it is\n        """' in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "class A:\n    def f(self):\n        return 1\n",
            "def f():\n    return 1\n\n\nclass A:\n    pass\n",
            id="the only one",
        ),
        pytest.param(
            "class A:\n    @staticmethod\n    def f(x):\n        return x\n\n    a = 1\n",
            "def f(x):\n    return x\n\n\nclass A:\n\n    a = 1\n",
            id="a static one",
        ),
        pytest.param(
            "if x:\n    class A:\n        a = 1\n        def f(self: 'A', n):\n"
            "            return self.f(n)\n\n        g = f\n",
            "def f(n):\n    return f(n)\n\n\n"
            "if x:\n    class A:\n        a = 1\n\n        g = f\n",
            id="in a condition, calling itself",
        ),
        pytest.param(
            "class A:\n    a = 1\n    @cache\n    def f(self):\n        return 1\n",
            "@cache\ndef f():\n    return 1\n\n\nclass A:\n    a = 1\n",
            id="decorated",
        ),
    ],
)
def test_where_it_goes_and_what_it_loses(text, expected):
    assert moved(text, "A", "f") == expected
    ast.parse(expected)


@pytest.mark.parametrize(("owner", "name"), [("A", "g"), ("B", "f")])
def test_without_such_a_method_nothing_changes(owner, name):
    text = "class A:\n    def f(self):\n        return 1\n"
    assert moved(text, owner, name) == text
