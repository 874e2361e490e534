"""From a model's text to the part of it that a test needs, as BigCodeBench is scored.

First the longest stretch of lines that is Python. Of its top level all imports are kept, and those
definitions that the wanted function uses, directly or through others; of a name defined twice the
first. Then lines at the end that name the function, such as calls of it, are dropped.

An answer that is code throughout is parsed once: stretches are tried from the longest on.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence

from tree_sitter import Node

from moa_lsp.syntax import python_ast
from moa_lsp.syntax.tree import Tree

MAX_SANITIZED_SPANS = 20_000
"""Stretches of lines that are parsed to find the longest that is code: of two hundred lines every
one. An answer that needs more is hardly code, and stays as it is."""


_IMPORTS = ("import_statement", "import_from_statement")
_DEFINITIONS = ("class_definition", "function_definition", "assignment")


def sanitize(text: str, entry: str) -> str:
    """The code of an answer that the function ``entry`` needs; never fails.

    Args:
        text: an answer, with or without prose around its code.
        entry: name of the function that is tested.
    """
    tree = Tree(_longest_code(text), "python")
    imports, definitions = _parts(tree)
    needed = _reachable(tree, entry, definitions)
    kept = [tree.source(node) for node in imports]
    kept += [tree.source(node) for name, node in definitions.items() if name in needed]
    return "\n".join(_without_calls("\n".join(kept).split("\n"), entry))


def _longest_code(text: str) -> str:
    """The stretch of lines with the most that are not blank, the first of several.

    It has two lines at least; without any the first line is taken, as it is. So is the whole text
    if too many stretches would have to be tried.
    """
    lines = text.split("\n")
    for tried, (first, last) in enumerate(_stretches(lines)):
        if tried >= MAX_SANITIZED_SPANS:
            return text
        stretch = "\n".join(lines[first : last + 1])
        if _parses(stretch):
            return stretch
    return lines[0]


def _stretches(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of first and last line, by falling count of lines that are not blank.

    Among equals the earliest, then the shortest. Blank lines at the end make no other stretch, and
    a stretch of blank lines alone is none.
    """
    filled = [0]
    for line in lines:
        filled.append(filled[-1] + bool(line.strip()))
    last = len(lines) - 1

    def entry(first: int, end: int) -> tuple[int, int, int]:
        """For the heap: the shortest stretch from a line that holds as much as up to ``end``."""
        count = filled[end + 1] - filled[first]
        while end - 1 > first and filled[end] == filled[end + 1]:
            end -= 1
        return -count, first, end

    heap = [entry(first, last) for first in range(last)]
    heapq.heapify(heap)
    while heap:
        count, first, end = heapq.heappop(heap)
        if not count:
            return
        yield first, end
        # a shorter one, but for blank lines behind it, may parse where this does not
        if end - 1 > first:
            heapq.heappush(heap, entry(first, end - 1))


def _parses(code: str) -> bool:
    try:
        python_ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _parts(tree: Tree) -> tuple[list[Node], Mapping[str, Node]]:
    """The imports of the top level, and its definitions by name."""
    imports: list[Node] = []
    definitions: dict[str, Node] = {}
    for node in tree.root.children:
        if node.type in _IMPORTS:
            imports.append(node)
            continue
        inner = _inner(node)
        if inner is None or inner.type not in _DEFINITIONS:
            continue
        name = next((each for each in inner.children if each.type == "identifier"), None)
        if name is not None:
            kept = inner if inner.type == "assignment" else node  # with its decorators
            definitions.setdefault(tree.source(name), kept)
    return imports, definitions


def _inner(node: Node) -> Node | None:
    """What a statement of the top level defines by a name, if it does."""
    if node.type == "decorated_definition":
        return node.child_by_field_name("definition")
    return node.children[0] if node.type == "expression_statement" else node


def _reachable(tree: Tree, entry: str, definitions: Mapping[str, Node]) -> set[str]:
    """The names that a definition uses, and those that these use."""
    found = {entry}
    waiting = [entry]
    while waiting:
        node = definitions.get(waiting.pop())
        fresh = _names(tree, node) - found if node is not None else set()
        found |= fresh
        waiting += fresh
    return found


def _names(tree: Tree, node: Node) -> set[str]:
    """All identifiers in a part of the tree."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        node = waiting.pop()
        if node.type == "identifier":
            found.add(tree.source(node))
        waiting += node.children
    return found


def _without_calls(lines: list[str], entry: str) -> list[str]:
    """Lines up to the earliest of those at the end, not indented, that name the function."""
    end = len(lines)
    for number in range(len(lines) - 1, -1, -1):
        if lines[number].startswith(" "):
            break
        if entry in lines[number]:
            end = number
    return lines[:end]
