"""The shapes of ``moa_lsp.lsp.shapes`` as TypeScript and as a table."""

import inspect
import types
import typing
from collections.abc import Iterator
from typing import Any, Literal, NotRequired

from moa_lsp.lsp import shapes

TYPESCRIPT = "editors/vscode/src/wire.ts"
"""Written whole from the shapes, below the root of the repository."""

HEAD = """\
/**
 * What the server answers and asks. Written by `python -m docs.tables` from moa_lsp/lsp/shapes.py.
 */
"""

_PLAIN = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
    Any: "unknown",
}


def typescript() -> str:
    """The extension's types: an interface for each shape, and ``Answers`` by command."""
    parts = [HEAD, *(_interface(each) for each in _shapes())]
    parts += [
        _mapping("Answers", "What commands and our own requests answer.", shapes.ANSWERS),
        _mapping("Messages", "What the server tells and asks by itself.", shapes.MESSAGES),
    ]
    return "\n".join(parts)


def rows() -> list[tuple[str, ...]]:
    """A row for each shape: its name, its members, what it is."""
    return [(f"`{_name(each)}`", _members(each), _told(each)) for each in _shapes()]


def answers() -> list[tuple[str, ...]]:
    """A row for each command and message: its name, and the shape."""
    both = {**shapes.ANSWERS, **shapes.MESSAGES}
    return [(f"`{name}`", f"`{_typescript(shape)}`") for name, shape in both.items()]


def _shapes() -> list[Any]:
    """Every shape of the module, in its order."""
    found = [shapes.RemedyJson]
    found += [
        each
        for each in vars(shapes).values()
        if typing.is_typeddict(each) and each.__module__ == shapes.__name__
    ]
    return found


def _interface(shape: Any) -> str:  # noqa: ANN401  # a TypedDict has no type of its own
    lines = [f"/** {_told(shape)} */", f"export interface {_name(shape)} {{"]
    for name, hint, optional in _fields(shape):
        lines.append(f"  readonly {name}{'?' if optional else ''}: {_typescript(hint)};")
    return "\n".join([*lines, "}", ""])


def _mapping(name: str, told: str, of: typing.Mapping[str, Any]) -> str:
    lines = [f"/** {told} */", f"export interface {name} {{"]
    lines += [f"  readonly '{key}': {_typescript(shape)};" for key, shape in of.items()]
    return "\n".join([*lines, "}", ""])


def _members(shape: Any) -> str:  # noqa: ANN401  # as above
    told = (
        f"`{name}{'?' if optional else ''}`: {_typescript(hint)}"
        for name, hint, optional in _fields(shape)
    )
    return "<br>".join(told)


def _fields(shape: Any) -> Iterator[tuple[str, Any, bool]]:  # noqa: ANN401  # as above
    for name, hint in typing.get_type_hints(shape, include_extras=True).items():
        optional = typing.get_origin(hint) is NotRequired
        yield name, typing.get_args(hint)[0] if optional else hint, optional


def _typescript(hint: Any) -> str:  # noqa: ANN401  # a type of any kind
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin is Literal:
        return " | ".join(f"'{each}'" for each in inner)
    if origin in (types.UnionType, typing.Union):
        return " | ".join(_typescript(each) for each in inner)
    if origin is list:
        told = _typescript(inner[0])
        return f"readonly {f'({told})' if ' ' in told else told}[]"
    if origin is dict:
        return f"Readonly<Record<string, {_typescript(inner[1])}>>"
    return _name(hint)


def _name(shape: Any) -> str:  # noqa: ANN401  # as above
    return str(shape.__name__).removesuffix("Json")


def _told(shape: Any) -> str:  # noqa: ANN401  # as above
    return " ".join((inspect.getdoc(shape) or "").replace("``", "`").split())
