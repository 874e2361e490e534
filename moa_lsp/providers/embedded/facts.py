"""What a Python definition says about itself: parameters, results, errors, attributes."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from moa_lsp.providers.embedded.python_source import (
    Definition,
    Function,
    PythonSource,
    decorated,
    dotted,
    own_nodes,
)
from moa_lsp.providers.embedded.signature import (
    Parameter,
    is_bound,
    read_parameters,
    without_first,
)


@dataclass(frozen=True, slots=True)
class DefinitionFacts:
    """What a definition says about itself.

    Attributes:
        returns: type and whether something is returned at all (type ``""``: unknown).
        yields: the same for what a generator gives.
    """

    name: str
    parameters: list[Parameter] = field(default_factory=list)
    returns: str | None = None
    yields: str | None = None
    raises: list[str] = field(default_factory=list)
    attributes: list[Parameter] = field(default_factory=list)


def facts(source: PythonSource, node: Definition, *, method: bool) -> DefinitionFacts:
    """Read what a definition says about itself."""
    if isinstance(node, ast.ClassDef):
        return DefinitionFacts(node.name, attributes=_attributes(source, node))
    parameters = without_first(read_parameters(source, node), bound=is_bound(node, method=method))
    returns, yields = _results(source, node)
    if decorated(node, "property", "cached_property"):
        return DefinitionFacts(node.name, raises=raised(node))
    return DefinitionFacts(node.name, parameters, returns, yields, raised(node))


def _results(source: PythonSource, node: Function) -> tuple[str | None, str | None]:
    """Types of what is returned and yielded; ``None`` for nothing, ``""`` for unknown."""
    written = source.segment(node.returns) if node.returns is not None else ""
    own = [item for statement in node.body for item in (statement, *own_nodes(statement))]
    if any(isinstance(item, ast.Yield | ast.YieldFrom) for item in own):
        return None, _yielded(source, node.returns)
    if written.strip("\"'") in ("None", "NoReturn", "Never", "typing.NoReturn"):
        return None, None
    if written:
        return written, None
    gives = any(isinstance(item, ast.Return) and not _is_none(item.value) for item in own)
    return ("" if gives else None), None


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _yielded(source: PythonSource, returns: ast.expr | None) -> str:
    if not isinstance(returns, ast.Subscript):
        return ""
    inner = returns.slice
    if isinstance(inner, ast.Tuple) and inner.elts:
        inner = inner.elts[0]
    return source.segment(inner)


def _attributes(source: PythonSource, node: ast.ClassDef) -> list[Parameter]:
    bases = {(dotted(base) or "").split(".")[-1] for base in node.bases}
    if not decorated(node, "dataclass", "define", "frozen", "attrs") and bases.isdisjoint(
        {"NamedTuple", "TypedDict", "BaseModel"}
    ):
        return []
    return [
        Parameter(
            item.target.id,
            annotation=source.segment(item.annotation),
            default=source.segment(item.value) if item.value is not None else None,
        )
        for item in node.body
        if isinstance(item, ast.AnnAssign)
        and isinstance(item.target, ast.Name)
        and "ClassVar" not in ast.unparse(item.annotation)
    ]


def raised(function: Function) -> list[str]:
    """The exceptions that a body raises by name and does not catch itself, in its order."""
    names: list[str] = []
    _collect_raised(function.body, frozenset(), names)
    return names


def _collect_raised(statements: list[ast.stmt], caught: frozenset[str], names: list[str]) -> None:
    for statement in statements:
        if isinstance(statement, Definition):
            continue
        if isinstance(statement, ast.Raise) and statement.exc is not None:
            raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
            name = dotted(raised) or ""
            is_class = name.rsplit(".", maxsplit=1)[-1][:1].isupper()
            if is_class and name not in names and caught.isdisjoint({name, "Exception"}):
                names.append(name)
        if isinstance(statement, ast.Try | ast.TryStar):
            _collect_raised(statement.body, caught | _caught(statement), names)
            for handler in statement.handlers:
                _collect_raised(handler.body, caught, names)
            _collect_raised([*statement.orelse, *statement.finalbody], caught, names)
            continue
        for block in _blocks(statement):
            _collect_raised(block, caught, names)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse"):
        yield getattr(statement, name, [])
    for case in getattr(statement, "cases", []):
        yield case.body


def _caught(statement: "ast.Try | ast.TryStar") -> frozenset[str]:
    kinds = [
        kind
        for handler in statement.handlers
        for kind in (handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type])
    ]
    return frozenset("Exception" if kind is None else dotted(kind) or "" for kind in kinds)
