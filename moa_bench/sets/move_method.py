"""A method made a function of its file: the mechanical edit that is Aider refactor's reference.

The method goes in front of the top-level statement that its class lies in, less deep and without
its first parameter; ``self.method`` in the class becomes ``method``. Lines inside of strings stay
as they are.
"""

import re
from collections.abc import Iterable, Iterator

from tree_sitter import Node

from moa_lsp.syntax.tree import Tree
from moa_lsp.text.lines import split_lines
from moa_lsp.text.span import Span

_CLASSES = "(class_definition) @class"
_USES = "(attribute object: (identifier)) @use"
_BOUND = re.compile(r"\s*(?:self|cls)\b\s*(?::[^,)]*)?,?\s*")


def moved(text: str, owner: str, method: str) -> str:
    """The text with ``owner.method`` as a function; as it is where there is no such method."""
    tree = Tree(text, "python")
    for _, node in tree.captured(_CLASSES):
        found = _method(tree, node, method) if _name(tree, node) == owner else None
        if found is not None:
            return _moved(tree, node, found, method)
    return text


def _name(tree: Tree, node: Node) -> str:
    name = node.child_by_field_name("name")
    return tree.source(name) if name is not None else ""


def _method(tree: Tree, owner: Node, name: str) -> Node | None:
    """The method with its decorators."""
    body = owner.child_by_field_name("body")
    for child in body.named_children if body is not None else ():
        inner = child.child_by_field_name("definition") or child
        if inner.type == "function_definition" and _name(tree, inner) == name:
            return child
    return None


def _moved(tree: Tree, owner: Node, method: Node, name: str) -> str:
    text = tree.text
    top = owner
    while top.parent is not None and top.parent.parent is not None:
        top = top.parent
    body = owner.child_by_field_name("body")
    alone = body is not None and body.named_child_count == 1
    lines = _lines(text, tree.span(method))
    at, end = tree.span(top).start, max(tree.span(owner).end, lines.end)
    before = _rebound(tree, Span(tree.span(owner).start, lines.start), name)
    after = _rebound(tree, Span(lines.end, end), name)
    indent = text[lines.start : tree.span(method).start]
    return "".join(
        (
            text[:at],
            _function(tree, method, lines, len(indent)),
            "\n\n",
            text[at : tree.span(owner).start],
            before,
            f"{indent}pass\n" if alone else "",
            after,
            text[end:],
        )
    )


def _lines(text: str, span: Span) -> Span:
    """A node's whole lines."""
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    return Span(start, len(text) if end < 0 else end + 1)


def _rebound(tree: Tree, span: Span, name: str) -> str:
    """A stretch of the class with ``self.name`` as ``name``."""
    cuts = [
        Span(tree.span(use).start, tree.span(use).end)
        for use in _uses(tree, name)
        if span.start <= tree.span(use).start and tree.span(use).end <= span.end
    ]
    return _replaced(tree.text, span, ((cut, name) for cut in cuts))


def _uses(tree: Tree, name: str) -> Iterator[Node]:
    meant = {f"self.{name}", f"cls.{name}"}
    for _, node in tree.captured(_USES):
        if tree.source(node) in meant:
            yield node


def _replaced(text: str, span: Span, cuts: Iterable[tuple[Span, str]]) -> str:
    parts: list[str] = []
    at = span.start
    for cut, fresh in cuts:
        parts += (text[at : cut.start], fresh)
        at = cut.end
    return "".join((*parts, text[at : span.end]))


def _function(tree: Tree, method: Node, lines: Span, depth: int) -> str:
    """The method's text at the top level, without its first parameter and what bound it."""
    definition = method.child_by_field_name("definition") or method
    decorators = [child for child in method.named_children if child.type == "decorator"]
    kept = [
        each
        for each in decorators
        if tree.source(each).strip("@ \t") not in ("staticmethod", "classmethod")
    ]
    start = tree.span(kept[0] if kept else definition).start
    cuts: list[tuple[Span, str]] = []
    parameters = definition.child_by_field_name("parameters")
    if parameters is not None:
        inside = tree.span(parameters).start + 1
        bound = _BOUND.match(tree.text, inside)
        if bound is not None:
            cuts.append((Span(bound.start(), bound.end()), ""))
    cuts += [
        (tree.span(use), _name(tree, definition))
        for use in _uses(tree, _name(tree, definition))
        if tree.span(definition).start <= tree.span(use).start < tree.span(definition).end
    ]
    whole = _replaced(tree.text, Span(start - depth, lines.end), cuts)
    return _dedented(whole, depth).rstrip() + "\n"


def _dedented(text: str, depth: int) -> str:
    """Lines less deep, but for those that a string goes on in."""
    tree = Tree(text[depth:], "python")
    strings = [tree.span(node) for node in tree.nodes() if node.type == "string"]
    held = {
        start
        for span in strings
        for start in (span.start + match.end() for match in re.finditer("\n", _of(tree, span)))
    }
    kept: list[str] = []
    at = 0
    for line in split_lines(tree.text):
        cut = 0 if at in held or at == 0 else min(depth, len(line) - len(line.lstrip(" \t")))
        kept.append(line[cut:])
        at += len(line)
    return "".join(kept)


def _of(tree: Tree, span: Span) -> str:
    return tree.text[span.start : span.end]
