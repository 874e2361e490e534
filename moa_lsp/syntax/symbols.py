"""Functions, classes and their like in a text.

Offsets are code points. A symbol's `span` covers whole lines, from its decorators, attributes and
doc comments to its end, without the last line's ending, so two symbols of one line have the same
span. Texts that do not parse give what the grammar still recognises. Without a grammar there are
no symbols.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from tree_sitter import Node

from moa_lsp.syntax.definitions import (
    OWNERS,
    SHAPES,
    DefinitionShape,
    Kind,
    body_of,
    kind_of,
    name_of,
    receiver_of,
)
from moa_lsp.syntax.tree import Tree, parse
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.span import Span

KEPT_CHARS = 16 * 2**10
"""Texts below this have their symbols kept: a run asks for its region's with each answer, and for
an answer's while it streams and when it is settled on."""

KEPT_TEXTS = 32
"""The texts of some three runs; half a megabyte at most."""

_ATTACHED = frozenset({"decorator", "attribute_item"})
"""Nodes that belong to the definition that follows them."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named definition.

    Attributes:
        name: its own name, as ``method``.
        qualified: with the names around it, as ``Class.method``.
        kind: what it is; a function directly inside a class, trait, … is a ``method``.
        span: whole lines, with decorators, attributes and doc comments; without the final ending.
        body: the block of the body with its brackets (Python: from the first statement), or
            ``None`` for a mere declaration.
        header: from the first word of the definition, after decorators, to before the body
            (Python: through the colon).
    """

    name: str
    qualified: str
    kind: Kind
    span: Span
    body: Span | None
    header: Span


class _NodeVisit(NamedTuple):
    """A node to visit.

    ``siblings[:position]`` stand before ``outer``, the outermost wrapper of ``node``.
    """

    node: Node
    outer: Node
    siblings: list[Node]
    position: int
    owner: Symbol | None


def symbols(text: str, language: str) -> list[Symbol]:
    """All symbols of a text in document order, outer ones before those inside them."""
    if len(text) < KEPT_CHARS:
        return list(_kept(text, language))
    return _read(text, language)


def _read(text: str, language: str) -> list[Symbol]:
    tree = parse(text, language)
    return [] if tree is None else symbols_of(tree, LineIndex(text))


@lru_cache(KEPT_TEXTS)
def _kept(text: str, language: str) -> tuple[Symbol, ...]:
    return tuple(_read(text, language))


def symbols_of(tree: Tree, lines: LineIndex) -> list[Symbol]:
    """What ``symbols`` gives, for a text that is parsed already and whose lines are known."""
    shape = SHAPES[tree.language]
    return [replace(symbol, span=lines.cover(symbol.span)) for symbol in _found(tree, shape)]


def symbols_around(text: str, language: str, place: Span) -> list[Symbol]:
    """The symbols that hold a place, outer ones first; of others only what stands there is read.

    In a text of 1.5 MB that is a tenth of the time of ``symbols``.
    """
    tree = parse(text, language)
    if tree is None:
        return []
    lines = LineIndex(text)
    rows = _Rows(lines.line_of(place.start), lines.line_of(place.end))
    found = (
        replace(symbol, span=lines.cover(symbol.span))
        for symbol in _found(tree, SHAPES[language], rows)
    )
    return [
        each for each in found if each.span.start <= place.start and place.end <= each.span.end
    ]


class _Rows(NamedTuple):
    """The lines of a place."""

    first: int
    last: int

    def apart(self, siblings: list[Node], position: int) -> bool:
        """Whether a node, with what is attached above it, cannot hold the place."""
        node = siblings[position]
        if node.end_point[0] < self.last:
            return True
        top = node.start_point[0]
        while top > self.first and position > 0:
            position -= 1
            above = siblings[position]
            if above.type not in _ATTACHED and "comment" not in above.type:
                break
            top = above.start_point[0]
        return top > self.first


def _found(tree: Tree, shape: DefinitionShape, rows: _Rows | None = None) -> Iterator[Symbol]:
    stack = [_NodeVisit(tree.root, tree.root, [], 0, None)]
    while stack:
        place = stack.pop()
        node, owner = place.node, place.owner
        kind = kind_of(node, shape)
        symbol = _symbol(tree, shape, place, kind) if kind else None
        if symbol:
            yield symbol
            owner = symbol
        children = node.children
        wraps = node.type in shape.wrappers and _definitions(children, shape) == 1
        for index in range(len(children) - 1, -1, -1):
            child = children[index]
            if child.child_count == 0:
                continue
            if wraps:
                stack.append(place._replace(node=child, owner=owner))
            elif rows is None or not rows.apart(children, index):
                stack.append(_NodeVisit(child, child, children, index, owner))


def _definitions(children: list[Node], shape: DefinitionShape) -> int:
    return sum(
        child.type in shape.kinds or child.type in shape.wrappers
        for child in children
        if child.is_named
    )


def _symbol(tree: Tree, shape: DefinitionShape, place: _NodeVisit, kind: Kind) -> Symbol | None:
    node, outer, owner = place.node, place.outer, place.owner
    name_node = name_of(node)
    if name_node is None:
        return None
    own = tree.source(name_node).replace("::", ".").replace(".prototype.", ".").strip("\"'")
    name = own.rpartition(".")[2]
    if not name:
        return None
    receiver = receiver_of(node)
    prefix = tree.source(receiver) if receiver else owner.qualified if owner else ""
    if kind == "function" and owner is not None and owner.kind in OWNERS:
        kind = "method"
    body_node = body_of(node)
    body = tree.span(body_node) if body_node else None
    outside = tree.span(outer)
    return Symbol(
        name=name,
        qualified=f"{prefix}.{own}" if prefix else own,
        kind=kind,
        span=Span(_start(tree, shape, place), outside.end),
        body=body,
        header=_header(tree, node, outer, body),
    )


def _start(tree: Tree, shape: DefinitionShape, place: _NodeVisit) -> int:
    """Where the decorators, attributes and doc comments above a definition start."""
    text, start = tree.text, tree.span(place.outer).start
    for index in range(place.position - 1, -1, -1):
        above = place.siblings[index]
        if above.type not in _ATTACHED and "comment" not in above.type:
            break
        span = tree.span(above)
        if above.type not in _ATTACHED and not (
            text.startswith(shape.doc_comments or ("\0",), span.start)
            and _adjoins(text, span, start)
        ):
            break
        start = span.start
    return start


def _adjoins(text: str, comment: Span, start: int) -> bool:
    """Whether a comment has its lines to itself and no blank line divides it from `start`."""
    head = max(text.rfind("\n", 0, comment.start), text.rfind("\r", 0, comment.start)) + 1
    if text[head : comment.start].strip():
        return False
    end = comment.end
    while (
        end > comment.start and text[end - 1] in "\r\n"
    ):  # Rust's line comments hold their ending
        end -= 1
    gap = text[end:start].replace("\r\n", "\n").replace("\r", "\n")
    return not gap.strip() and gap.count("\n") <= 1


def _header(tree: Tree, node: Node, outer: Node, body: Span | None) -> Span:
    first = next(
        (child for child in outer.children if child.type != "decorator"),
        outer,
    )
    start = tree.span(first).start
    if tree.language == "python":
        colon = next((child for child in reversed(node.children) if child.type == ":"), None)
        if colon is not None:
            return Span(start, tree.span(colon).end)
    end = body.start if body else tree.span(node).end
    return Span(start, start + len(tree.text[start:end].rstrip()))
