"""What a stretch of code is made of: calls, branches, errors, imports, read from its tree.

Works on any language with a grammar, and on text with syntax errors as far as its grammar
recognises it. Calls and imports are matched by name: nothing here knows types.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tree_sitter import Node

from moa_lsp.syntax.symbols import Symbol
from moa_lsp.syntax.tree import Tree
from moa_lsp.text.edits import Span

MAX_CALLEE_CHARS = 200
"""Read of the text that a call calls or a statement throws: each of 100,000 calls in a row holds
all those before it."""


_CALLS = {
    "call": "function",
    "call_expression": "function",
    "method_invocation": "name",
    "macro_invocation": "macro",
    "new_expression": "constructor",
    "object_creation_expression": "type",
}
"""Node types of calls, and the field that names what is called."""

_BRANCHES = {
    "if_statement": "condition",
    "if_expression": "condition",
    "elif_clause": "condition",
    "if_clause": "condition",
    "conditional_expression": "condition",
    "ternary_expression": "condition",
    "boolean_operator": "condition",
    "case_clause": "case",
    "switch_case": "case",
    "expression_case": "case",
    "type_case": "case",
    "communication_case": "case",
    "case_statement": "case",
    "switch_rule": "case",
    "switch_block_statement_group": "case",
    "match_arm": "case",
    "for_statement": "loop",
    "for_in_statement": "loop",
    "for_in_clause": "loop",
    "for_range_loop": "loop",
    "enhanced_for_statement": "loop",
    "for_expression": "loop",
    "while_statement": "loop",
    "while_expression": "loop",
    "loop_expression": "loop",
    "do_statement": "loop",
    "except_clause": "handler",
    "catch_clause": "handler",
}
"""Node types that open another way through the code, and what a reader calls them."""

_IMPORTS = frozenset(
    {
        "import_statement",
        "import_from_statement",
        "use_declaration",
        "import_declaration",
        "preproc_include",
    }
)
_THROWS = frozenset({"raise_statement", "throw_statement"})
_EXITS = frozenset({"return_statement", "return_expression"})
_RENAMED = re.compile(r"[\w.:*]+\s+as\s+")
_SIMPLE = re.compile(r"[\w$.:!]+")
_LAST = re.compile(r"[\w$]+(?=!?$)")
_CLASS = re.compile(r"\b(?:[a-z_][\w]*(?:\.|::))*[A-Z]\w*")


@dataclass(slots=True)
class CodeMetrics:
    """The parts of one stretch of code.

    Attributes:
        calls: how often each name is called.
        callers: who calls the symbol from elsewhere in the document (``""``: the outermost
            level), with the offset of the first call.
        branches: how many conditions, cases, loops and handlers there are.
        points: where those stand, ascending.
        exits: how many ``return`` statements.
        throws: names of the errors that are raised.
        imports: the import statements whose names are used.
    """

    calls: Counter[str] = field(default_factory=Counter)
    callers: dict[str, int] = field(default_factory=dict)
    branches: Counter[str] = field(default_factory=Counter)
    points: list[int] = field(default_factory=list)
    exits: int = 0
    throws: list[str] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)

    @property
    def complexity(self) -> int:
        """McCabe's number of ways through the code."""
        return 1 + self.branches.total()

    def complexity_of(self, part: Span) -> int:
        """The same number for a part of this code."""
        return 1 + bisect_left(self.points, part.end) - bisect_left(self.points, part.start)


def analyze(
    tree: Tree, span: Span, subject: Symbol | None, symbols: Sequence[Symbol]
) -> CodeMetrics:
    """Take the code in ``span`` apart.

    Args:
        tree: the whole document.
        span: what to look at.
        subject: the symbol that ``span`` is, whose callers are wanted.
        symbols: of the document, outer ones before those inside them.
    """
    found = CodeMetrics()
    imports: list[Node] = []
    imported_to = 0
    names: set[str] = set()
    thrown: dict[str, None] = {}
    around = _Around(symbols)
    for node in tree.nodes():
        kind = node.type
        if kind in _IMPORTS:
            imports.append(node)
            imported_to = max(imported_to, tree.span(node).end)
        place = tree.span(node)
        if span.start <= place.start < span.end:
            _count(tree, node, kind, found)
            if kind in _THROWS and (error := _CLASS.search(_head(tree, node))):
                thrown[error[0]] = None
            name = tree.source(node) if kind.endswith("identifier") else ""
            if name and place.start >= imported_to:
                names.add(name)
        elif subject is not None and kind in _CALLS and _callee_is(tree, node, subject.name):
            found.callers.setdefault(around.innermost(place), place.start)
    found.throws = list(thrown)
    found.imports = [
        " ".join(tree.source(node).split()) for node in imports if _brings(tree, node, names)
    ]
    return found


def _count(tree: Tree, node: Node, kind: str, found: CodeMetrics) -> None:
    if kind in _CALLS:
        name = _callee(tree, node)
        if name:
            found.calls[name] += 1
    elif kind in _EXITS:
        found.exits += 1
    branch = _branch(node, kind)
    if branch is not None:
        found.branches[branch] += 1
        found.points.append(tree.span(node).start)


def _branch(node: Node, kind: str) -> str | None:
    if kind == "binary_expression":
        operator = node.child_by_field_name("operator")
        return "condition" if operator is not None and operator.type in ("&&", "||") else None
    branch = _BRANCHES.get(kind) if node.is_named else None
    if branch == "case" and node.children and node.children[0].type in ("default", "_"):
        return None
    return branch


def _callee(tree: Tree, node: Node) -> str:
    named = node.child_by_field_name(_CALLS[node.type])
    if named is None:
        return ""
    name = _tail(tree, named)
    if node.type == "macro_invocation":
        name += "!"
    receiver = node.child_by_field_name("object") if node.type == "method_invocation" else None
    if receiver is not None:
        name = f"{_tail(tree, receiver)}.{name}"
    if _SIMPLE.fullmatch(name):
        return name
    return _last(name)


def _callee_is(tree: Tree, node: Node, name: str) -> bool:
    return _last(_callee(tree, node)) == name


def _last(name: str) -> str:
    found = _LAST.search(name)
    return found.group() if found is not None else ""


def _head(tree: Tree, node: Node) -> str:
    """The beginning of a node's text: nodes lie in each other, each with all the text below."""
    span = tree.span(node)
    return tree.text[span.start : min(span.end, span.start + MAX_CALLEE_CHARS)]


def _tail(tree: Tree, node: Node) -> str:
    """The end of a node's text, for the same reason; a mark stands for what is cut off."""
    span = tree.span(node)
    if span.end - span.start <= MAX_CALLEE_CHARS:
        return tree.text[span.start : span.end]
    return "\u2026" + tree.text[span.end - MAX_CALLEE_CHARS : span.end]


class _Around:
    """The innermost symbol around places that are asked for in document order.

    Args:
        symbols: outer ones before those inside them.
    """

    def __init__(self, symbols: Sequence[Symbol]) -> None:
        self._symbols = symbols
        self._next = 0
        self._open: list[Symbol] = []

    def innermost(self, place: Span) -> str:
        """Its qualified name, ``""`` at the outermost level."""
        symbols, opened = self._symbols, self._open
        while self._next < len(symbols) and symbols[self._next].span.start <= place.start:
            opened.append(symbols[self._next])
            self._next += 1
        while opened and opened[-1].span.end < place.start:
            opened.pop()
        around = (each for each in reversed(opened) if place.end <= each.span.end)
        return next((each.qualified for each in around), "")


def _brings(tree: Tree, node: Node, names: set[str]) -> bool:
    """Whether an import binds one of ``names``; an include binds nothing that can be seen."""
    if node.type == "preproc_include":
        return False
    written = re.split(r"\bimport\b", tree.source(node), maxsplit=1)[-1]
    written = _RENAMED.sub("", written)
    return not names.isdisjoint(re.findall(r"[\w$]+", written))
