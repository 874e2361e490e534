"""What a class has, must have, and calls without having: read from the syntax tree alone.

Bases are looked up in the same document and in a short list of modules of the standard library
that this process has loaded anyway. Nothing is imported by a name that stands in a document: a
workspace could shadow it (A02 in docs/faults.md).
"""

import abc
import argparse
import ast
import asyncio
import builtins
import collections
import collections.abc
import contextlib
import enum
import html.parser
import importlib.abc
import inspect
import io
import json
import logging
import numbers
import queue
import string
import threading
import typing
import unittest
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import ModuleType

from moa_lsp.providers.embedded.python_source import (
    Definition,
    Function,
    PythonSource,
    decorated,
    dotted,
    is_stub,
    own_nodes,
)
from moa_lsp.providers.embedded.signature import Parameter, from_runtime, read_parameters

_MODULES: dict[str, ModuleType] = {
    module.__name__: module
    for module in (
        abc, argparse, ast, asyncio, builtins, collections, collections.abc, contextlib, enum,
        html.parser, importlib.abc, io, json, logging, numbers, queue, string, threading, typing,
        unittest,
    )
}  # fmt: skip  # a list to read, not to stack

_ABSTRACT = ("abstractmethod", "abstractproperty")


@dataclass(frozen=True, slots=True)
class MissingMethod:
    """A method that a class must have and has not.

    Attributes:
        origin: the class that asks for it, or ``""`` for one that is only called.
        decorators: as written behind the ``@``.
    """

    name: str
    parameters: tuple[Parameter, ...]
    returns: str | None
    is_async: bool = False
    origin: str = ""
    decorators: tuple[str, ...] = ()


@dataclass(slots=True)
class ClassHierarchy:
    """A class with all of its bases that could be found.

    Attributes:
        here: classes of this document, the class itself first.
        standard: classes of the standard library.
        unknown: bases that neither is; what they define nobody here knows.
    """

    here: list[ast.ClassDef] = field(default_factory=list)
    standard: list[type] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def family(source: PythonSource, node: ast.ClassDef) -> ClassHierarchy:
    """Find the bases of a class, and theirs."""
    found = ClassHierarchy()
    waiting = [node]
    while waiting:
        one = waiting.pop(0)
        if one in found.here:
            continue
        found.here.append(one)
        for base in one.bases:
            name = dotted(base.value if isinstance(base, ast.Subscript) else base)
            if name in source.classes:
                waiting.append(source.classes[name])
                continue
            standard = _standard(name, source.imports)
            if standard is not None:
                found.standard.append(standard)
            elif name not in ("object", "Generic", "typing.Generic", "Protocol"):
                found.unknown.append(name or ast.unparse(base))
    return found


def _standard(name: str | None, imports: dict[str, str]) -> type | None:
    if name is None:
        return None
    head, _, rest = name.partition(".")
    full = ".".join(filter(None, (imports.get(head, f"builtins.{head}"), rest)))
    module, _, last = full.rpartition(".")
    found = getattr(_MODULES.get(module), last, None)
    found = typing.get_origin(found) or found
    return found if isinstance(found, type) else None


def methods(node: ast.ClassDef) -> dict[str, Function]:
    """The functions that a class body defines, by name."""
    return {
        item.name: item
        for item in node.body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def is_abstract(node: ast.ClassDef) -> bool:
    """Whether a class says of itself that it is not to be made."""
    bases = {(dotted(base) or "").split(".")[-1] for base in node.bases}
    meta = {(dotted(item.value) or "").split(".")[-1] for item in node.keywords}
    return (
        not bases.isdisjoint({"ABC", "Protocol"})
        or "ABCMeta" in meta
        or any(decorated(method, *_ABSTRACT) for method in methods(node).values())
    )


def required(source: PythonSource, node: ast.ClassDef) -> list[MissingMethod]:
    """The methods that the bases of a concrete class ask for and nobody gives."""
    if is_abstract(node):
        return []
    found = family(source, node)
    if found.unknown:
        return []  # any of them may be given there
    inherited = {name for owner in found.here[1:] for name in _body_names(owner)}
    if any(_raises_only(own) and own.name not in inherited for own in methods(node).values()):
        return []  # it leaves something to its own heirs: a base itself
    given: set[str] = set()
    missing: list[MissingMethod] = []
    for owner in found.here:
        missing.extend(
            _copied(source, owner, method)
            for method in methods(owner).values()
            if method.name not in given and _asked(owner, method) and owner is not node
        )
        given.update(_body_names(owner))
    for standard in found.standard:
        for name in sorted(getattr(standard, "__abstractmethods__", ())):
            if name not in given:
                given.add(name)
                missing.append(_of_runtime(standard, name))
    return missing


def _asked(owner: ast.ClassDef, method: Function) -> bool:
    if decorated(method, *_ABSTRACT):
        return True
    if not is_stub(method):
        return False
    protocol = any(
        (dotted(base.value if isinstance(base, ast.Subscript) else base) or "").endswith(
            "Protocol"
        )
        for base in owner.bases
    )
    return protocol or (_raises_only(method) and not method.name.startswith("__"))


def _raises_only(method: Function) -> bool:
    return is_stub(method) and any(isinstance(item, ast.Raise) for item in method.body)


def _copied(source: PythonSource, owner: ast.ClassDef, method: Function) -> MissingMethod:
    kept = [
        written
        for decorator in method.decorator_list
        for written in [
            (dotted(decorator) or "").split(".")[-1].replace("abstractproperty", "property")
        ]
        if written in ("property", "classmethod", "staticmethod", "cached_property")
    ]
    return MissingMethod(
        method.name,
        tuple(read_parameters(source, method)),
        source.segment(method.returns) if method.returns is not None else None,
        isinstance(method, ast.AsyncFunctionDef),
        owner.name,
        tuple(kept),
    )


_RETURNS = {"__len__": "int", "__contains__": "bool", "__hash__": "int", "__next__": "object"}


def _of_runtime(standard: type, name: str) -> MissingMethod:
    member = inspect.getattr_static(standard, name)
    decorators: tuple[str, ...] = ()
    if isinstance(member, property):
        member, decorators = member.fget, ("property",)
    elif isinstance(member, classmethod | staticmethod):
        decorators = (type(member).__name__,)
        member = member.__func__
    try:
        parameters = from_runtime(inspect.signature(member))
    except (TypeError, ValueError):
        parameters = [Parameter("self"), Parameter("args", "args"), Parameter("kwargs", "kwargs")]
    return MissingMethod(
        name,
        tuple(parameters),
        _RETURNS.get(name),
        inspect.iscoroutinefunction(member),
        standard.__name__,
        decorators,
    )


@dataclass(frozen=True, slots=True)
class UndefinedCall:
    """A call ``self.name(…)`` or ``name(…)`` of what does not exist.

    Attributes:
        use: the node that takes the result (an ``Await`` is looked through).
        within: the function that calls.
    """

    call: ast.Call
    use: ast.AST
    awaited: bool
    within: Function


def called(source: PythonSource, node: ast.ClassDef) -> dict[str, list[UndefinedCall]]:
    """The calls of methods that the class does not have, by name; none if a base is unknown."""
    found = family(source, node)
    if found.unknown:
        return {}
    known = {name for owner in found.here for name in _names(owner)}
    known.update(name for standard in found.standard for name in dir(standard))
    known.update(dir(object))
    if known & {"__getattr__", "__getattribute__"} - set(dir(object)):
        return {}
    calls: dict[str, list[UndefinedCall]] = {}
    for method in methods(node).values():
        arguments = [*method.args.posonlyargs, *method.args.args]
        if not arguments or decorated(method, "staticmethod", "classmethod"):
            continue
        for use in self_calls(method, arguments[0].arg):
            name = use.call.func.attr if isinstance(use.call.func, ast.Attribute) else ""
            if name not in known:
                calls.setdefault(name, []).append(use)
    given = _given_by_heirs(source, node) if calls else set()
    return {name: uses for name, uses in calls.items() if name not in given}


def _given_by_heirs(source: PythonSource, node: ast.ClassDef) -> set[str]:
    """What classes of the document add that inherit from ``node``: a template method's parts."""
    return {
        name
        for heir in source.tree.body
        if isinstance(heir, ast.ClassDef) and heir is not node
        if node in family(source, heir).here
        for name in _names(heir)
    }


def self_calls(method: Function, this: str) -> Iterator[UndefinedCall]:
    """Every call of a method of ``this`` in a method's body."""
    parents = {
        child: parent for parent in ast.walk(method) for child in ast.iter_child_nodes(parent)
    }
    calls = [node for node in ast.walk(method) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if not isinstance(node.func, ast.Attribute):
            continue
        if isinstance(node.func.value, ast.Name) and node.func.value.id == this:
            use = parents[node]
            awaited = isinstance(use, ast.Await)
            yield UndefinedCall(node, parents[use] if awaited else use, awaited, method)


def _names(node: ast.ClassDef) -> set[str]:
    """Everything an object of the class is seen to have."""
    names = _body_names(node)
    for method in methods(node).values():
        for item in own_nodes(method):
            if isinstance(item, ast.Attribute) and isinstance(item.ctx, ast.Store):
                names.add(item.attr)
    return names


def _body_names(node: ast.ClassDef) -> set[str]:
    """What a class body binds, also under ``if`` and ``try``."""
    names: set[str] = set()
    for item in own_nodes(node):
        if isinstance(item, Definition):
            names.add(item.name)
        elif isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
            names.add(item.id)
        elif isinstance(item, ast.alias):
            names.add(item.asname or item.name.split(".")[0])
    return names
