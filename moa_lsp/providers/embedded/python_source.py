"""A Python document as the skeleton and outline agents read it: syntax tree with text offsets.

``ast`` counts columns in UTF-8 bytes and splits lines like LSP does; every offset here is in code
points of the document. Nothing is executed and nothing of the workspace is imported.
"""

import ast
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from moa_lsp.syntax import python_ast
from moa_lsp.text.edits import Span
from moa_lsp.text.eol import dominant
from moa_lsp.text.lines import LineIndex, Position, split_lines

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class PythonSource:
    """One parsed document.

    Attributes:
        text: the document.
        tree: its syntax tree.
        index: its lines.
        eol: its prevailing line ending.
        indent: one step of indentation.
    """

    text: str
    tree: ast.Module
    index: LineIndex
    eol: str
    indent: str
    lines: Sequence[str] = field(repr=False)

    @cached_property
    def definitions(self) -> list[Definition]:
        """Every function and class, outermost first, in document order."""
        return list(definitions(self.tree))

    @cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """The classes of the outermost level, by name."""
        return {node.name: node for node in self.tree.body if isinstance(node, ast.ClassDef)}

    @cached_property
    def imports(self) -> dict[str, str]:
        """The full name of what is imported: ``{"Mapping": "collections.abc.Mapping"}``."""
        return imported(self.tree)

    def start(self, node: ast.stmt | ast.expr) -> int:
        """Where a node begins; its decorators are not part of it."""
        return self.index.offset(Position(node.lineno - 1, node.col_offset), "utf-8")

    def end(self, node: ast.stmt | ast.expr) -> int:
        """Where a node ends."""
        line, column = node.end_lineno, node.end_col_offset
        if line is None or column is None:
            return self.start(node)
        return self.index.offset(Position(line - 1, column), "utf-8")

    def span(self, node: ast.stmt) -> Span:
        """The whole lines of a statement with its decorators, without the last line's ending."""
        first = self.index.line_span(first_line(node)).start
        return Span(first, self.index.line_span((node.end_lineno or node.lineno) - 1).end)

    def segment(self, node: ast.expr) -> str:
        """The node as written, or respelled on one line where it was written on several."""
        written = self.text[self.start(node) : self.end(node)]
        if "\n" in written or "\r" in written:
            return ast.unparse(node)
        return written

    def margin(self, node: ast.stmt) -> str:
        """The white space before a statement on its line."""
        line = self.lines[first_line(node)]
        return line[: len(line) - len(line.lstrip(" \t\f"))].replace("\f", "")

    def inner_margin(self, node: Definition) -> str:
        """The indentation of the body of a definition, also where it has a body of one line."""
        first = node.body[0]
        if first_line(first) > self.colon(node).line:
            return self.margin(first)
        return self.margin(node) + self.indent

    def step(self, node: Definition) -> str:
        """How much deeper than a definition its body is indented."""
        return self.inner_margin(node).removeprefix(self.margin(node)) or self.indent

    def colon(self, node: Definition) -> Position:
        """Right behind the colon that ends the header (line from 0, column in code points)."""
        depth = 0
        for token in self._tokens(node):
            if token.type != tokenize.OP:
                continue
            depth += token.string in "([{"
            depth -= token.string in ")]}"
            if token.string == ":" and depth == 0:
                return Position(node.lineno - 2 + token.end[0], token.end[1])
        message = f"no header found for {node.name}"
        raise ValueError(message)

    def _tokens(self, node: Definition) -> Iterator[tokenize.TokenInfo]:
        lines = (line.rstrip("\r\n") + "\n" for line in self.lines[node.lineno - 1 :])
        return tokenize.generate_tokens(lambda: next(lines, ""))


def read(text: str) -> PythonSource | None:
    """Parse a document; ``None`` where it does not parse."""
    try:
        tree = python_ast.parse(text)
    except _UNPARSABLE:
        return None
    lines = split_lines(text)
    return PythonSource(text, tree, LineIndex(text), dominant(text), _indent(tree, lines), lines)


def parses(text: str) -> bool:
    """Whether a document parses."""
    try:
        python_ast.parse(text)
    except _UNPARSABLE:
        return False
    return True


def first_line(node: ast.stmt) -> int:
    """The first line of a statement (from 0), its decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1


def definitions(node: ast.AST) -> Iterator[Definition]:
    """Every function and class below a node, outermost first, in document order."""
    return (item for item in _below(node, lambda _: True) if isinstance(item, Definition))


def imported(tree: ast.Module) -> dict[str, str]:
    """The full name of what is imported: ``{"Mapping": "collections.abc.Mapping"}``."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.split(".")[0]
                names[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a body without those of functions, lambdas and classes inside it."""
    return _below(function, lambda item: not isinstance(item, Definition | ast.Lambda))


def _below(node: ast.AST, enter: Callable[[ast.AST], bool]) -> Iterator[ast.AST]:
    """The nodes below one, parents first; a long sum nests too deeply for recursion."""
    waiting = [*ast.iter_child_nodes(node)][::-1]
    while waiting:
        item = waiting.pop()
        yield item
        if enter(item):
            waiting.extend([*ast.iter_child_nodes(item)][::-1])


def dotted(node: ast.expr) -> str | None:
    """``a.b.c`` of a chain of names, ``None`` of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else None
    return None


def decorated(node: Definition, *names: str) -> bool:
    """Whether one of the decorators, called or not, ends in one of ``names``."""
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if (dotted(called) or "").split(".")[-1] in names:
            return True
    return False


def is_stub(function: Function) -> bool:
    """Whether the body is nothing but a docstring, ``pass``, ``...`` or NotImplementedError."""
    return all(_is_empty(statement) for statement in function.body)


def is_empty_class(node: ast.ClassDef) -> bool:
    """Whether the body is only a docstring, ``pass`` or ``...``."""
    return all(_is_empty(statement) for statement in node.body)


def _is_empty(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        value = statement.value
        return isinstance(value, ast.Constant) and (
            isinstance(value.value, str) or value.value is Ellipsis
        )
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return dotted(raised) == "NotImplementedError"
    return False


def _indent(tree: ast.Module, lines: Sequence[str]) -> str:
    """One step of indentation: what most blocks of the outermost level use."""
    blocks = (
        node.body[0]
        for node in tree.body
        if isinstance(node, Definition | ast.If | ast.For | ast.With | ast.Try)
        and node.body[0].lineno > node.lineno
    )
    steps = Counter(lines[first_line(body)][: body.col_offset] for body in blocks)
    usual = steps.most_common(1)[0][0] if steps else ""
    return usual if usual and not usual.strip(" \t") else " " * 4


def snake(name: str) -> str:
    """``StockLedger`` as ``stock_ledger``."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)
    return "_".join(word.lower() for word in words) or name.lower()
