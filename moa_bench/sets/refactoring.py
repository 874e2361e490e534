"""Aider refactor: a method of a large file becomes a function; looked at, never executed.

The check is that of its authors: the function stands at the top level with about as many syntax
nodes as the method had, and the class still has about as many as it had without the method.
Files are too long to be given again as a whole, so they are changed in blocks, by an action of the
bench's own (``edit.md``): that is what a user's own action on a whole file does.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from moa_bench.sets import archive
from moa_bench.sets.move_method import moved
from moa_bench.values import BenchTask, TaskRequest
from moa_lsp.actions.definition import Action, load_action
from moa_lsp.errors import UsageError
from moa_lsp.sandbox.program import Verdict
from moa_lsp.syntax import python_ast
from moa_lsp.text.span import Span

BELOW = "refactor-benchmark"

TOLERANCE = 0.1
"""By which share the counted nodes may differ."""

_FACTS = {
    "method": re.compile(r'^\s+method = "(\w+)"$', re.MULTILINE),
    "method_nodes": re.compile(r"^\s+method_children = (\d+)$", re.MULTILINE),
    "class": re.compile(r'^\s+class_name = "(\w+)"$', re.MULTILINE),
    "class_nodes": re.compile(r"^\s+class_children = (\d+)$", re.MULTILINE),
}


@cache
def edit_action() -> Action:
    """The action that these tasks ask for; it is to be known beside the user's."""
    path = Path(__file__).with_name("edit.md")
    return load_action(path.read_text("utf-8"), path.name)


def digest(content: bytes, where: str) -> str:
    """SHA-256 of the tasks' files."""
    return archive.digest(archive.members(content, where, BELOW))


def tasks(content: bytes, where: str) -> tuple[BenchTask, ...]:
    """Make a task of each folder.

    Raises:
        UsageError: a folder lacks what it should have.
    """
    return tuple(_made(archive.members(content, where, BELOW), where))


def _made(files: dict[str, str], where: str) -> Iterator[BenchTask]:
    for name in sorted({path.partition("/")[0] for path in files}):
        inside = {path: text for path, text in files.items() if path.startswith(f"{name}/")}
        sources = [path for path in inside if path.count("/") == 1 and path.endswith(".py")]
        tests = [path for path in sources if path.endswith("_test.py")]
        sources = [path for path in sources if path not in tests]
        instruction = inside.get(f"{name}/.docs/instructions.md", "")
        if len(tests) != 1 or len(sources) != 1 or not instruction:
            raise UsageError(
                f"{where}:{name} is not one file with its test and instructions; "
                "get the archive anew"
            )
        facts = _facts(inside[tests[0]], f"{where}:{tests[0]}")
        text = inside[sources[0]]
        yield BenchTask(
            id=name,
            cluster=name,
            ask=TaskRequest(
                edit_action().id,
                sources[0].partition("/")[2],
                text,
                Span(0, len(text)),
                instruction.strip(),
            ),
            reference=moved(text, facts["class"], facts["method"]),
            facts=facts,
        )


def _facts(test: str, where: str) -> dict[str, str]:
    facts: dict[str, str] = {}
    for key, pattern in _FACTS.items():
        found = pattern.search(test)
        if found is None:
            raise UsageError(f"{where} does not say `{pattern.pattern}`; get the archive anew")
        facts[key] = found[1]
    return facts


def judge(task: BenchTask, answer: str) -> Verdict:
    """Look at a file."""
    wrong = _wrong(task, answer)
    return Verdict("failed", wrong) if wrong else Verdict("passed")


def _wrong(task: BenchTask, answer: str) -> str:
    """What a file lacks, or ``""``."""
    facts = task.facts
    try:
        tree = python_ast.parse(answer)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as err:
        return f"the file does not parse: {err}"
    name, owner = facts["method"], facts["class"]
    function = next(
        (each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == name),
        None,
    )
    if function is None:
        return f"there is no function {name} at the top level"
    if not _near(function, int(facts["method_nodes"])):
        return f"{name} has {_nodes(function)} nodes, the method had {facts['method_nodes']}"
    for each in ast.walk(tree):
        if isinstance(each, ast.ClassDef) and each.name == owner:
            left = int(facts["class_nodes"]) - int(facts["method_nodes"])
            return "" if _near(each, left) else f"{owner} has {_nodes(each)} nodes, not {left}"
    return f"there is no class {owner}"


def _near(node: ast.AST, expected: int) -> bool:
    return abs(_nodes(node) - expected) < TOLERANCE * expected


def _nodes(node: ast.AST) -> int:
    return sum(1 for _ in ast.walk(node))
