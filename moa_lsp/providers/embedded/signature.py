"""Signatures of Python functions as values: read from a definition, from a call, or written."""

import ast
import inspect
import keyword
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from moa_lsp.providers.embedded.python_source import Function, PythonSource, decorated

Kind = Literal["positional", "any", "args", "keyword", "kwargs"]

MAX_WIDTH = 88
"""Columns of a header before its parameters get a line each; ruff's own default."""

_STARS = {"args": "*", "kwargs": "**"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; annotation and default as source text, ``None`` without one."""

    name: str
    kind: Kind = "any"
    annotation: str | None = None
    default: str | None = None

    @property
    def starred(self) -> str:
        """The name with its stars."""
        return f"{_STARS.get(self.kind, '')}{self.name}"

    def __str__(self) -> str:
        text = self.starred
        if self.annotation is not None:
            text += f": {self.annotation}"
        if self.default is not None:
            text += f" = {self.default}" if self.annotation is not None else f"={self.default}"
        return text


def read_parameters(source: PythonSource, function: Function) -> list[Parameter]:
    """The parameters of a definition, ``self`` included."""
    arguments = function.args
    plain = [*arguments.posonlyargs, *arguments.args]
    bare = len(plain) - len(arguments.defaults)
    defaults: list[ast.expr | None] = [*(None for _ in range(bare)), *arguments.defaults]
    found = [
        _parameter(
            source, argument, "positional" if order < len(arguments.posonlyargs) else "any", value
        )
        for order, (argument, value) in enumerate(zip(plain, defaults, strict=True))
    ]
    if arguments.vararg is not None:
        found.append(_parameter(source, arguments.vararg, "args", None))
    found.extend(
        _parameter(source, argument, "keyword", value)
        for argument, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    )
    if arguments.kwarg is not None:
        found.append(_parameter(source, arguments.kwarg, "kwargs", None))
    return found


def _parameter(
    source: PythonSource, argument: ast.arg, kind: Kind, value: ast.expr | None
) -> Parameter:
    annotation = source.segment(argument.annotation) if argument.annotation is not None else None
    default = source.segment(value) if value is not None else None
    return Parameter(argument.arg, kind, annotation, default)


def is_bound(function: Function, *, method: bool) -> bool:
    """Whether the first parameter is ``self`` or ``cls`` and no caller gives it."""
    return method and not decorated(function, "staticmethod")


def from_runtime(signature: inspect.Signature) -> list[Parameter]:
    """The parameters of a function of the standard library, without annotations."""
    kinds: dict[object, Kind] = {
        inspect.Parameter.POSITIONAL_ONLY: "positional",
        inspect.Parameter.POSITIONAL_OR_KEYWORD: "any",
        inspect.Parameter.VAR_POSITIONAL: "args",
        inspect.Parameter.KEYWORD_ONLY: "keyword",
        inspect.Parameter.VAR_KEYWORD: "kwargs",
    }
    return [
        Parameter(
            parameter.name,
            kinds[parameter.kind],
            None,
            None if parameter.default is inspect.Parameter.empty else repr(parameter.default),
        )
        for parameter in signature.parameters.values()
    ]


def join(parameters: Sequence[Parameter]) -> list[str]:
    """The parameters as written between the brackets, with ``/`` and ``*`` where needed."""
    written: list[str] = []
    for before, parameter in zip([None, *parameters], [*parameters, None], strict=True):
        was = before.kind if before is not None else None
        now = parameter.kind if parameter is not None else None
        if was == "positional" and now != "positional":
            written.append("/")
        if now == "keyword" and was not in ("keyword", "args"):
            written.append("*")
        if parameter is not None:
            written.append(str(parameter))
    return written


def header(
    name: str,
    parameters: Sequence[Parameter],
    returns: str | None,
    margin: str,
    *,
    is_async: bool = False,
    indent: str = "    ",
) -> list[str]:
    """The lines of a function's header, wrapped to one parameter a line where it is long."""
    word = "async def" if is_async else "def"
    arrow = f" -> {returns}" if returns is not None else ""
    written = join(parameters)
    line = f"{margin}{word} {name}({', '.join(written)}){arrow}:"
    if len(line) <= MAX_WIDTH or not written:
        return [line]
    return [
        f"{margin}{word} {name}(",
        *(f"{margin}{indent}{part}," for part in written),
        f"{margin}){arrow}:",
    ]


def from_calls(calls: Iterable[ast.Call], types: "dict[str, str] | None") -> list[Parameter]:
    """What a function must take to fit all of its calls.

    Args:
        calls: at least one.
        types: annotations of the names known at the calls; ``None`` leaves parameters untyped.
    """
    calls = list(calls)
    widest = max(calls, key=lambda call: len(call.args))
    fewest = min(len(call.args) for call in calls)
    found: list[Parameter] = []
    taken = {"self", "cls"}
    for order, value in enumerate(widest.args):
        if isinstance(value, ast.Starred):
            found.append(Parameter(_fresh("args", taken), "args", _typed("object", types)))
            break
        optional = order >= fewest
        name = _fresh(_name_of(value, order), taken)
        annotation = _annotation(value, types)
        if optional and annotation is not None and annotation != "object":
            annotation = f"{annotation} | None"
        found.append(Parameter(name, "any", annotation, "None" if optional else None))
    given = {item.arg: item.value for call in calls for item in call.keywords if item.arg}
    kind: Kind = "keyword" if any(item.kind == "args" for item in found) else "any"
    named = [
        Parameter(name, kind, _annotation(value, types), _default_of(name, calls))
        for name, value in given.items()
        if name not in {item.name for item in found}
    ]
    # A parameter without a default must not follow one with.
    ordered = sorted([*found, *named], key=_place)
    if any(item.arg is None for call in calls for item in call.keywords):
        ordered.append(Parameter(_fresh("kwargs", taken), "kwargs", _typed("object", types)))
    return ordered


def _place(parameter: Parameter) -> tuple[int, bool]:
    kinds = ("positional", "any", "args", "keyword", "kwargs")
    return (kinds.index(parameter.kind), parameter.default is not None)


def _default_of(name: str, calls: list[ast.Call]) -> str | None:
    """``None`` as the default of what some calls leave out."""
    everywhere = all(any(item.arg == name for item in call.keywords) for call in calls)
    return None if everywhere else "None"


def _name_of(value: ast.expr, order: int) -> str:
    name = ""
    if isinstance(value, ast.Name):
        name = value.id
    elif isinstance(value, ast.Attribute):
        name = value.attr
    elif isinstance(value, ast.Subscript):
        key = value.slice
        name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
    elif isinstance(value, ast.Await):
        return _name_of(value.value, order)
    name = name.lower().strip("_")
    usable = name.isidentifier() and not keyword.iskeyword(name)
    return name if usable else f"arg{order + 1}"


def _fresh(name: str, taken: set[str]) -> str:
    number, base = 1, name
    while name in taken:
        number += 1
        name = f"{base}{number}"
    taken.add(name)
    return name


def _typed(annotation: str, types: "dict[str, str] | None") -> str | None:
    return annotation if types is not None else None


_DISPLAYS: dict[type[ast.expr], str] = {
    ast.JoinedStr: "str",
    ast.List: "list[object]",
    ast.ListComp: "list[object]",
    ast.Dict: "dict[object, object]",
    ast.DictComp: "dict[object, object]",
    ast.Set: "set[object]",
    ast.SetComp: "set[object]",
    ast.Tuple: "tuple[object, ...]",
    ast.Compare: "bool",
}


def _annotation(value: ast.expr, types: "dict[str, str] | None") -> str | None:
    if types is None:
        return None
    if isinstance(value, ast.Name) and value.id in types:
        return types[value.id]
    if isinstance(value, ast.Constant) and value.value not in (None, Ellipsis):
        return type(value.value).__name__
    return _DISPLAYS.get(type(value), "object")


def without_first(parameters: Sequence[Parameter], *, bound: bool) -> list[Parameter]:
    """The parameters that a caller gives."""
    return list(parameters[1:] if bound else parameters)


def untyped(parameters: Iterable[Parameter]) -> list[Parameter]:
    """The same parameters without annotations."""
    return [replace(parameter, annotation=None) for parameter in parameters]
