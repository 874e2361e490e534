"""Names of classes: the field's nouns, each for one thing."""

import ast
import re
from collections import defaultdict
from functools import cache

import pytest

from moa_lsp.config.steps import STEPS
from tests.source_tree import READS_ALL, SOURCES, name_of, tree_of

pytestmark = READS_ALL

IRREGULAR = {
    "Been", "Begun", "Bound", "Broken", "Brought", "Built", "Chosen", "Cut", "Done", "Drawn",
    "Driven", "Fed", "Fitted", "Found", "Frozen", "Given", "Gone", "Heard", "Held", "Hidden",
    "Kept", "Known", "Laid", "Led", "Left", "Lost", "Made", "Meant", "Met", "Paid", "Put", "Read",
    "Run", "Said", "Seen", "Sent", "Shown", "Shut", "Sold", "Spent", "Split", "Stood", "Struck",
    "Taken", "Taught", "Thought", "Told", "Torn", "Understood", "Went", "Won", "Worn", "Written",
}  # fmt: skip
"""Participles and past tenses that end neither in -ed nor in -ing."""

ALLOWED = {
    "Finding": "the noun of linters: one thing that a tool found",
    "Run": "the noun: one execution of a mix",
}
"""Class names that only look like participles, with the reason."""


@cache
def classes() -> list[tuple[str, str, str]]:
    """``(name, package, file:line)`` of every class of the product."""
    return [
        (node.name, name_of(path.parent), f"{name_of(path)}:{node.lineno}")
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
    ]


def is_participle(name: str) -> bool:
    """Whether one bare word, as in ``Asked`` or ``_Warming``, is a participle or past tense."""
    word = name.lstrip("_")
    if re.search(r"[a-z][A-Z]", word):
        return False
    return word in IRREGULAR or bool(re.fullmatch(r"[A-Z][a-z]+(?:ed|ing)", word))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Asked", True),
        ("_Warming", True),
        ("Kept", True),
        ("RunAccounting", False),
        ("Edit", False),
    ],
)
def test_participles_are_recognised(name, expected):
    assert is_participle(name) is expected


def test_no_class_is_named_by_a_bare_participle():
    found = [
        f"{place}: {name}"
        for name, _, place in classes()
        if is_participle(name) and name not in ALLOWED
    ]
    assert found == []


def test_no_class_name_stands_in_two_packages():
    packages = defaultdict(set)
    for name, package, _ in classes():
        packages[name].add(package)
    assert {name: where for name, where in packages.items() if len(where) > 1} == {}


NAME_STEPS = ("moa_lsp/config/steps.py", "moa_lsp/mix/steps.py")
"""The modules that name the classes of aggregator steps; all others ask for a step's traits."""


def test_a_step_class_is_named_where_steps_are_declared_and_run_and_nowhere_else():
    steps = {kind.__name__ for kind in STEPS.values()}
    found = [
        f"{name_of(path)}:{node.lineno}: {name}"
        for path in SOURCES
        if name_of(path) not in NAME_STEPS
        for node in ast.walk(tree_of(path))
        for name in names_in(node)
        if name in steps
    ]
    assert found == []


def names_in(node: ast.AST) -> tuple[str, ...]:
    """The names that one node of a syntax tree itself writes."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (node.attr,)
    if isinstance(node, ast.alias):
        return (node.name, node.asname or "")
    return ()
