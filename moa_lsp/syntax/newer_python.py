"""Python that is newer than the interpreter that runs this, made readable for it.

tree-sitter says where the newer syntax stands; it is replaced by what older interpreters read, and
the rest is theirs to judge. Sources: PEP 695 and PEP 696 (type parameters, `type`), PEP 701
(f-strings), PEP 750 (t-strings), PEP 758 (`except` without parentheses).
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tree_sitter import Node

from moa_lsp.syntax import python_ast
from moa_lsp.syntax.tree import Tree, parse
from moa_lsp.text.edits import Edit, apply
from moa_lsp.text.span import Span

Version = tuple[int, int]
"""Major and minor number of a Python."""

_OLDEST: Version = (3, 7)
"""The oldest whose syntax every interpreter of ours can still tell from later ones."""


@dataclass(frozen=True, slots=True)
class Older:
    """A text as an older Python reads it.

    Attributes:
        text: the text with newer syntax replaced.
        needs: the lowest Python that has all of what was replaced, ``None`` for nothing.
    """

    text: str
    needs: Version | None = None


@lru_cache(maxsize=4)  # as the gates that ask
def older(text: str) -> Older:
    """`text` with everything newer than Python 3.11 replaced by what that reads."""
    tree = parse(text, "python")
    if tree is None:
        return Older(text)
    found = list(_newer(tree))
    if not found:
        return Older(text)
    edits = [edit for edit, _ in found]
    return Older(apply(text, edits), max(version for _, version in found))


def too_new(before: str, after: str, lowest: Version) -> Version | None:
    """The Python that `after` needs, where that is newer than a project's lowest.

    Args:
        before: a text that may need it already.
        after: a text that Python reads.
        lowest: the lowest Python that the project supports.
    """
    wanted = _needed(after, lowest)
    return wanted if wanted > lowest and wanted > _needed(before, lowest) else None


def _needed(text: str, lowest: Version) -> Version:
    found = older(text)
    needs = max(found.needs or lowest, lowest)
    for minor in range(max(lowest, _OLDEST)[1], sys.version_info.minor):
        if python_ast.reads(found.text, (3, minor)):
            return max(needs, (3, minor)) if (3, minor) > max(lowest, _OLDEST) else needs
    current = (3, sys.version_info.minor)
    return max(needs, current) if current > max(lowest, _OLDEST) else needs


def _newer(tree: Tree) -> Iterator[tuple[Edit, Version]]:
    """Edits in document order, none within another, and the Python that has what each takes."""
    done = 0
    for node in tree.nodes():
        if node.start_byte < done:
            continue
        found = _replaced(node, tree)
        if found is not None:
            edit, version, end = found
            done = end
            yield edit, version


def _replaced(node: Node, tree: Tree) -> tuple[Edit, Version, int] | None:
    """What takes the place of a node, the Python that has it, and the byte where it ends."""
    replacing = _REPLACING.get(node.type)
    if replacing is None or (node.has_error and node.type != "type_parameter"):
        return None
    return replacing(node, tree)


def _type_parameters(node: Node, tree: Tree) -> tuple[Edit, Version, int] | None:
    parent = node.parent
    if parent is None or parent.child_by_field_name("type_parameters") != node:
        return None
    # A default, which the grammar may not know yet. Not `node.text`: that asks the source of the
    # parse again, whose buffer holds another piece by now.
    version = (3, 13) if "=" in tree.source(node) else (3, 12)
    return Edit(tree.span(node), ""), version, node.end_byte


def _type_alias(node: Node, tree: Tree) -> tuple[Edit, Version, int] | None:
    right = node.child_by_field_name("right")
    if right is None:
        return None
    span = Span(tree.span(node).start, tree.span(right).start)
    return Edit(span, "_ = "), (3, 12), right.start_byte


def _string(node: Node, tree: Tree) -> tuple[Edit, Version, int] | None:
    version = _string_version(node, tree)
    return None if version is None else (Edit(tree.span(node), '""'), version, node.end_byte)


def _bare_except(node: Node, tree: Tree) -> tuple[Edit, Version, int] | None:
    values = node.children_by_field_name("value")
    if len(values) < 2 or any(value.type == "as_pattern" for value in values):
        return None
    span = Span(tree.span(values[0]).start, tree.span(values[-1]).end)
    return Edit(span, f"({tree.text[span.start : span.end]})"), (3, 14), values[-1].end_byte


def _string_version(node: Node, tree: Tree) -> Version | None:
    """The Python that a string with fields needs beyond those that all have."""
    start = node.children[0]
    opening = tree.source(start)
    quote = opening.lstrip("fFrRbBuUtT")
    if "t" in opening.lower().removesuffix(quote):
        return (3, 14)
    fields = [child for child in node.children if child.type == "interpolation"]
    sources = [tree.source(field) for field in fields]
    nested = any(quote in source or "\\" in source for source in sources)
    commented = any(_comments(field) for field in fields)
    broken = len(quote) == 1 and any("\n" in source for source in sources)
    return (3, 12) if nested or commented or broken else None


def _comments(node: Node) -> bool:
    return any(child.type == "comment" for child in node.children)


_REPLACING = {
    "type_parameter": _type_parameters,
    "type_alias_statement": _type_alias,
    "except_clause": _bare_except,
    "string": _string,
}
