"""Test skeletons for ``test``: one pytest test for each public function, with its call spelt out.

Every test is marked as skipped until a person gives arguments and says what is expected.
"""

import ast
import builtins
from collections.abc import Iterable, Sequence

from moa_lsp.providers.embedded.class_members import is_abstract, methods
from moa_lsp.providers.embedded.facts import DefinitionFacts, facts
from moa_lsp.providers.embedded.python_source import (
    Definition,
    Function,
    PythonSource,
    decorated,
    dotted,
    snake,
)
from moa_lsp.providers.embedded.signature import MAX_WIDTH, Parameter

_INDENT = "    "


def test_file(source: PythonSource, nodes: Sequence[Definition], module: str) -> str | None:
    """The text of a test file for ``nodes``; ``None`` if none of them is public.

    Args:
        source: the document under test.
        nodes: functions and classes of its outermost level, or methods of one class.
        module: the dotted name under which the document is imported.
    """
    names: set[str] = set()
    blocks: list[list[str]] = []
    for node in nodes:
        owner = _owner(source, node)
        if node.name.startswith("_") and node.name != "__init__":
            continue
        for found in _tests(source, node, owner):
            names.add(owner.name if owner is not None else node.name)
            blocks.append(found)
    if not blocks:
        return None
    names.update(_raised_here(source, blocks))
    lines = [f'"""Tests of `{module}`."""', ""]
    if any("asyncio.run(" in line for block in blocks for line in block):
        lines += ["import asyncio", ""]
    lines += ["import pytest", "", *_import(module, sorted(names))]
    for block in blocks:
        lines += ["", "", *block]
    return source.eol.join([*lines, ""])


def _import(module: str, names: Sequence[str]) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= MAX_WIDTH:
        return [line]
    return [f"from {module} import (", *(f"{_INDENT}{name}," for name in names), ")"]


def _owner(source: PythonSource, node: Definition) -> ast.ClassDef | None:
    for other in source.tree.body:
        if isinstance(other, ast.ClassDef) and node in other.body:
            return other
    return None


def _tests(source: PythonSource, node: Definition, owner: ast.ClassDef | None) -> list[list[str]]:
    if not isinstance(node, ast.ClassDef):
        return _of_function(source, node, owner)
    if is_abstract(node) or _is_error(node):
        return []  # nobody makes the one; the other is tested where it is raised
    public = [method for method in methods(node).values() if not method.name.startswith("_")]
    blocks = [block for method in public for block in _of_function(source, method, node)]
    return blocks or [_of_class(source, node)]


def _is_error(node: ast.ClassDef) -> bool:
    bases = [(dotted(base) or "").split(".")[-1] for base in node.bases]
    return any(base.endswith(("Error", "Exception", "Warning")) for base in bases)


def _of_class(source: PythonSource, node: ast.ClassDef) -> list[str]:
    made, arguments = _made(source, node)
    return _test(snake(node.name), [*arguments, f"made = {made}", "assert made == ..."])


def _of_function(
    source: PythonSource, function: Function, owner: ast.ClassDef | None
) -> list[list[str]]:
    """A test of the result, and one for each error that the function raises."""
    if decorated(function, "overload", "setter", "deleter", "fixture"):
        return []
    found = facts(source, function, method=owner is not None)
    given = _given(found.parameters)
    call = _call(function, owner, found.parameters)
    if owner is not None and not decorated(function, "staticmethod", "classmethod"):
        made, arguments = _made(source, owner)
        taken = {line.split(" =")[0] for line in arguments}
        given = [*arguments, f"{snake(owner.name)} = {made}"] + [
            line for line in given if line.split(" =")[0] not in taken
        ]
    name = f"{snake(owner.name)}_{function.name}" if owner is not None else function.name
    blocks = [_test(name, [*given, *_result(function, found, call)])]
    for error in found.raises:
        check = [f"with pytest.raises({error}):", f"{_INDENT}{_awaited(function, call)}"]
        blocks.append(_test(f"{name}_raises_{snake(error.split('.')[-1])}", [*given, *check]))
    return blocks


def _result(function: Function, found: DefinitionFacts, call: str) -> list[str]:
    if found.yields is not None and not isinstance(function, ast.AsyncFunctionDef):
        if decorated(function, "contextmanager"):
            return [f"with {call} as entered:", f"{_INDENT}assert entered == ..."]
        return [f"assert list({call}) == ..."]
    if found.returns is None and not decorated(function, "property", "cached_property"):
        return [_awaited(function, call), "# TODO: check what it has changed"]
    return [f"assert {_awaited(function, call)} == ..."]


def _awaited(function: Function, call: str) -> str:
    return f"asyncio.run({call})" if isinstance(function, ast.AsyncFunctionDef) else call


def _call(function: Function, owner: ast.ClassDef | None, parameters: list[Parameter]) -> str:
    if owner is None:
        receiver = ""
    elif decorated(function, "staticmethod", "classmethod"):
        receiver = f"{owner.name}."
    else:
        receiver = f"{snake(owner.name)}."
    if decorated(function, "property", "cached_property"):
        return f"{receiver}{function.name}"
    return f"{receiver}{function.name}({_passed(parameters)})"


def _passed(parameters: Iterable[Parameter]) -> str:
    return ", ".join(
        f"{parameter.name}={parameter.name}" if parameter.kind == "keyword" else parameter.name
        for parameter in parameters
        if parameter.kind not in ("args", "kwargs")
    )


def _given(parameters: Iterable[Parameter]) -> list[str]:
    """A line for each argument that a person has to give; a default is a start."""
    lines: list[str] = []
    for parameter in parameters:
        if parameter.kind in ("args", "kwargs"):
            continue
        default = parameter.default if _is_literal(parameter.default) else None
        kind = f"  # {parameter.annotation}" if parameter.annotation is not None else ""
        lines.append(f"{parameter.name} = {default or '...'}{kind}")
    return lines


def _is_literal(default: str | None) -> bool:
    try:
        ast.literal_eval(default or "x")
    except (ValueError, SyntaxError):
        return False
    return True


def _made(source: PythonSource, owner: ast.ClassDef) -> tuple[str, list[str]]:
    """How an object of a class is made, and the lines for the arguments of that."""
    init = methods(owner).get("__init__")
    if init is not None:
        parameters = facts(source, init, method=True).parameters
    else:
        parameters = facts(source, owner, method=False).attributes
    return f"{owner.name}({_passed(parameters)})", _given(parameters)


def _test(name: str, body: list[str]) -> list[str]:
    return [
        '@pytest.mark.skip(reason="TODO: give arguments and say what is expected")',
        f"def test_{name.strip('_')}() -> None:",
        *(f"{_INDENT}{line}" for line in body),
    ]


def _raised_here(source: PythonSource, blocks: list[list[str]]) -> set[str]:
    """The errors of the tests that the document under test defines or imports."""
    wanted = {
        line.split("pytest.raises(")[1].split(")")[0].split(".")[0]
        for block in blocks
        for line in block
        if "pytest.raises(" in line
    }
    return {name for name in wanted if not hasattr(builtins, name)}
