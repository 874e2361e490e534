"""How each grammar spells a definition: which nodes define, what names them, where bodies are.

One `Shape` a grammar; `symbols` walks a tree by it. Node types are those of the grammar versions
that pyproject.toml allows; types that a grammar does not have are ignored.
"""

from dataclasses import dataclass, field
from typing import Literal

from tree_sitter import Node

Kind = Literal[
    "function",
    "method",
    "class",
    "interface",
    "struct",
    "union",
    "enum",
    "trait",
    "impl",
    "type",
    "namespace",
    "macro",
]
"""What a symbol is."""

OWNERS: frozenset[Kind] = frozenset(
    {"class", "interface", "struct", "union", "enum", "trait", "impl"}
)
"""Kinds whose functions are methods."""


@dataclass(frozen=True, slots=True)
class DefinitionShape:
    """What the definitions of one grammar look like.

    Attributes:
        kinds: node type of a definition, and what it defines.
        wrappers: nodes around a definition that belong to it (``export``, ``template<…>``).
        doc_comments: what a comment must start with to belong to the definition below it.
    """

    kinds: dict[str, Kind]
    wrappers: frozenset[str] = frozenset()
    doc_comments: tuple[str, ...] = ("/**", "///", "/*!")
    bodiless: frozenset[str] = field(default=frozenset())
    """Definitions that count without a body: declarations of functions, aliases."""


_PYTHON = DefinitionShape(
    {"function_definition": "function", "class_definition": "class"},
    frozenset({"decorated_definition"}),
    doc_comments=(),
)
_SCRIPT = DefinitionShape(
    {
        "function_declaration": "function",
        "generator_function_declaration": "function",
        "function_signature": "function",
        "class_declaration": "class",
        "abstract_class_declaration": "class",
        "interface_declaration": "interface",
        "enum_declaration": "enum",
        "type_alias_declaration": "type",
        "internal_module": "namespace",
        "module": "namespace",
        "method_definition": "method",
        "abstract_method_signature": "method",
        "method_signature": "method",
        # These three define only where their value is a function or a class.
        "variable_declarator": "function",
        "assignment_expression": "function",
        "field_definition": "method",
        "public_field_definition": "method",
    },
    frozenset(
        {
            "export_statement",
            "ambient_declaration",
            "lexical_declaration",
            "variable_declaration",
            "expression_statement",
        }
    ),
    doc_comments=("/**",),
    bodiless=frozenset(
        {
            "function_signature",
            "type_alias_declaration",
            "abstract_method_signature",
            "method_signature",
        }
    ),
)
_RUST = DefinitionShape(
    {
        "function_item": "function",
        "function_signature_item": "function",
        "struct_item": "struct",
        "union_item": "union",
        "enum_item": "enum",
        "trait_item": "trait",
        "impl_item": "impl",
        "mod_item": "namespace",
        "type_item": "type",
        "macro_definition": "macro",
    },
    doc_comments=("///", "/**"),
    bodiless=frozenset(
        {"function_signature_item", "struct_item", "type_item", "macro_definition"},
    ),
)
_GO = DefinitionShape(
    {
        "function_declaration": "function",
        "method_declaration": "method",
        "type_spec": "type",
        "type_alias": "type",
    },
    frozenset({"type_declaration"}),
    doc_comments=("//", "/*"),
    bodiless=frozenset({"function_declaration", "type_spec", "type_alias"}),
)
_JAVA = DefinitionShape(
    {
        "class_declaration": "class",
        "record_declaration": "class",
        "interface_declaration": "interface",
        "annotation_type_declaration": "interface",
        "enum_declaration": "enum",
        "method_declaration": "method",
        "constructor_declaration": "method",
        "compact_constructor_declaration": "method",
    },
    doc_comments=("/**", "///"),
    bodiless=frozenset({"method_declaration"}),
)
_C = DefinitionShape(
    {
        "function_definition": "function",
        "struct_specifier": "struct",
        "union_specifier": "union",
        "enum_specifier": "enum",
        "class_specifier": "class",
        "concept_definition": "type",
        "namespace_definition": "namespace",
    },
    frozenset(
        {
            "template_declaration",
            "type_definition",
            "declaration",
            "linkage_specification",
            "field_declaration",
        }
    ),
    bodiless=frozenset({"function_definition", "concept_definition"}),  # `= default`, `= delete`
)

SHAPES = {
    "python": _PYTHON,
    "javascript": _SCRIPT,
    "javascriptreact": _SCRIPT,
    "typescript": _SCRIPT,
    "typescriptreact": _SCRIPT,
    "rust": _RUST,
    "go": _GO,
    "java": _JAVA,
    "c": _C,
    "cpp": _C,
}
"""By LSP language identifier."""

_CALLABLE_VALUES = frozenset(
    {"arrow_function", "function_expression", "function", "generator_function"}
)
_CLASS_VALUES = frozenset({"class"})
_ASSIGNING = frozenset(
    {
        "variable_declarator",
        "assignment_expression",
        "field_definition",
        "public_field_definition",
    }
)
_GO_KINDS: dict[str, Kind] = {"struct_type": "struct", "interface_type": "interface"}


def _value(node: Node) -> Node | None:
    return node.child_by_field_name("value") or node.child_by_field_name("right")


def kind_of(node: Node, shape: DefinitionShape) -> Kind | None:
    """What `node` defines, ``None`` if it does not define anything that has a name."""
    kind = shape.kinds.get(node.type)
    if kind is None or not node.is_named:  # `class` and `module` are keywords too
        return None
    if node.type in _ASSIGNING:
        value = _value(node)
        if value is None or value.type not in _CALLABLE_VALUES | _CLASS_VALUES:
            return None
        return "class" if value.type in _CLASS_VALUES else kind
    if node.type == "type_spec":
        defined = node.child_by_field_name("type")
        return _GO_KINDS.get(defined.type, kind) if defined else kind
    if node.type not in shape.bodiless and body_of(node) is None:
        return None
    return kind


def body_of(node: Node) -> Node | None:
    """The node of a definition's body, brackets included, or ``None``."""
    body = node.child_by_field_name("body")
    if body is not None:
        return body
    inner = _value(node) or node.child_by_field_name("type")
    if node.type in _ASSIGNING and inner is not None:
        return inner.child_by_field_name("body")
    if node.type == "type_spec" and inner is not None:
        return next((child for child in inner.children if child.type.endswith("_list")), inner)
    return None


def name_of(node: Node) -> Node | None:
    """The node that names a definition: an identifier, a qualified one or a member access."""
    if node.type == "impl_item":
        return _bare(node.child_by_field_name("type"))
    if node.type == "assignment_expression":
        return node.child_by_field_name("left")
    named = node.child_by_field_name("name") or node.child_by_field_name("property")
    if named is not None:
        return named
    if node.type.endswith("_specifier") and node.parent and node.parent.type == "type_definition":
        return node.parent.child_by_field_name("declarator")  # typedef struct { … } Name
    return _declared(node)


def receiver_of(node: Node) -> Node | None:
    """The type that a Go method belongs to, if `node` is one."""
    receiver = node.child_by_field_name("receiver")
    if receiver is None:
        return None
    parameter = next((child for child in receiver.named_children), None)
    return _bare(parameter.child_by_field_name("type")) if parameter else None


def _bare(node: Node | None) -> Node | None:
    """A type without pointers, references and type arguments."""
    while node is not None and node.type in {"pointer_type", "reference_type", "generic_type"}:
        node = node.child_by_field_name("type") or next(
            (child for child in node.named_children if "type" in child.type), None
        )
    return node


def _declared(node: Node) -> Node | None:
    """The name inside C declarators such as ``*name(int)``."""
    inner = node.child_by_field_name("declarator")
    while inner is not None:
        deeper = inner.child_by_field_name("declarator") or (
            inner.named_children[0]
            if inner.type in {"reference_declarator", "parenthesized_declarator"}
            and inner.named_children
            else None
        )
        if deeper is None:
            return inner
        inner = deeper
    return None
