"""Pieces of other files: where they are cut, which come first, which are left out."""

import pytest

from moa_lsp import limits
from moa_lsp.context.items import SourceFile
from moa_lsp.context.snippets import MAX_SNIPPET_LINES, MAX_SNIPPETS, ranked

QUERY = "def total(orders):\n    return sum(order.price for order in orders)\n"
STORE = """\
import os


class Store:
    def total_price(self, orders):
        return sum(order.price for order in orders)

    def unrelated(self):
        return os.getcwd()


def orders_of(customer):
    return [order for order in customer.orders if order.price]


def nothing():
    return 1
"""


def source(path="store.py", text=STORE, language="python"):
    return SourceFile(path, language, text)


def test_pieces_are_whole_definitions_and_like_what_is_worked_on():
    found = ranked([source()], QUERY, "")
    assert [(one.path, one.line) for one in found] == [("store.py", 4), ("store.py", 12)]
    assert found[0].text.startswith("class Store:\n")
    assert found[0].text.endswith("return os.getcwd()")
    assert "nothing" not in "".join(one.text for one in found)


def test_a_long_class_is_cut_at_its_members():
    filler = "".join(f"    def f{n}(self):\n        return {n}\n\n" for n in range(30))
    wanted = "    def total_price(self, orders):\n        return sum(o.price for o in orders)\n"
    found = ranked([source(text=f"class Store:\n{filler}{wanted}")], QUERY, "")
    assert found[0].text.startswith("    def total_price")
    assert found[0].line == 92


def test_files_without_a_grammar_are_cut_by_lines():
    text = "\n" * 3 + "x\n" * MAX_SNIPPET_LINES + "orders price order\n"
    (found,) = ranked([source("a.txt", text, "plaintext")], QUERY, "")
    assert found.text.endswith("orders price order")
    assert found.text.count("\n") < MAX_SNIPPET_LINES


def test_words_that_stand_everywhere_weigh_nothing():
    common = [source(f"c{n}.py", "def total(order):\n    return order\n") for n in range(9)]
    rare = source("z.py", "def f(order):\n    return order.price + order.orders\n")
    assert ranked([*common, rare], QUERY, "")[0].path == "z.py"


def test_what_is_said_already_is_left_out():
    twice = [source("a.py"), source("b.py", STORE.replace("    ", "  "))]
    assert {one.path for one in ranked(twice, QUERY, "")} == {"a.py"}
    assert ranked([source()], QUERY, STORE) == []


def test_ties_go_to_the_first():
    text = "def f(orders):\n    return orders.price{n}\n"
    first, second = source("b.py", text.format(n=1)), source("a.py", text.format(n=2))
    assert ranked([first, second], QUERY + "price1 price2", "")[0].path == "b.py"


@pytest.mark.parametrize("text", ["", "\n\n", "x", "\u2028" * 50, "def f(:\n  orders price order"])
def test_odd_texts(text):
    for one in ranked([source(text=text)], QUERY, ""):
        assert one.text in text


def test_bounds():
    many = [source(f"{n}.py", f"def f{n}(orders):\n    return orders.price + {n}\n" * 2)
            for n in range(40)]  # fmt: skip
    assert len(ranked(many, QUERY, "")) == MAX_SNIPPETS
    huge = source(text=STORE + "z\n" * limits.MAX_SOURCE_CHARS)
    assert ranked([huge], QUERY, "")
