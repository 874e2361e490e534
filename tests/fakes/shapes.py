"""Compares JSON with the shapes of ``moa_lsp.lsp.shapes``: nothing missing, nothing more."""

import types
import typing
from typing import Any, Literal, NotRequired

from moa_lsp.lsp import shapes


def check_answer(command: str, answer: Any) -> None:
    """Assert that a command's answer has its shape; of a command of tests there is none."""
    if command in shapes.ANSWERS:
        found = list(mismatches(answer, shapes.ANSWERS[command], command))
        assert not found, found


def check_message(method: str, params: Any) -> None:
    """Assert that a message of ours has its shape."""
    if method in shapes.MESSAGES:
        found = list(mismatches(params, shapes.MESSAGES[method], method))
        assert not found, found


def faults_of(message: dict[str, Any]) -> list[str]:
    """Where a message of ours has not its shape."""
    hint = shapes.MESSAGES.get(message.get("method", ""))
    return [] if hint is None else list(mismatches(message.get("params"), hint, message["method"]))


def check_scene(script: dict[str, Any]) -> None:
    """Assert that all that a scripted server is to say has its shape."""
    for command, said in script.items():
        check_answer(command, said["answer"])
        for message in said.get("then", []):
            found = faults_of(message)
            assert not found, found


TOKENS = {"input": 11, "output": 3, "cached": 0}


def agent(name: str, state: str = "ok", **more: Any) -> dict[str, Any]:
    """What one agent of a run did."""
    took = {"seconds": 2.0, "first_token_seconds": 1.0, "usage": TOKENS, "cost_usd": 0.001}
    return {"agent": name, "model": f"lab/{name}", "state": state, **took, **more}


def record(**change: Any) -> dict[str, Any]:
    """A run's record, of a run that went well unless it is said otherwise."""
    made = {
        "run": "r1", "action": "refactor", "mix": "solo", "mix_hash": "h", "state": "done",
        "applied": True, "needs_confirmation": False, "edit": None, "text": None, "reason": None,
        "seconds": 6.2, "first_visible_seconds": None, "author": None, "aggregation": None,
        "proposals": [], "usage": TOKENS, "cost_usd": 0.002, "cost_known": True, "warnings": [],
        "rejected": {}, "remedies": [],
    }  # fmt: skip
    return {**made, **change}


def mismatches(value: Any, hint: Any, at: str = "") -> typing.Iterator[str]:
    """Where a value is not what a type says."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if typing.is_typeddict(hint):
        yield from _members(value, hint, at)
    elif origin in (types.UnionType, typing.Union):
        if all(list(mismatches(value, each, at)) for each in inner):
            yield f"{at}: {value!r} is none of {hint}"
    elif origin is Literal:
        if value not in inner:
            yield f"{at}: {value!r} is none of {inner}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{at}: {value!r} is no list"
            return
        for number, each in enumerate(value):
            yield from mismatches(each, inner[0], f"{at}[{number}]")
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{at}: {value!r} is no object"
            return
        for name, each in value.items():
            yield from mismatches(each, inner[1], f"{at}.{name}")
    elif hint is not Any and not _is(value, hint):
        yield f"{at}: {value!r} is no {hint.__name__}"


def _members(value: Any, shape: Any, at: str) -> typing.Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at}: {value!r} is no object"
        return
    hints = typing.get_type_hints(shape, include_extras=True)
    for name in value.keys() - hints.keys():
        yield f"{at}.{name} is not in {shape.__name__}"
    for name, hint in hints.items():
        optional = typing.get_origin(hint) is NotRequired
        if name in value:
            wanted = typing.get_args(hint)[0] if optional else hint
            yield from mismatches(value[name], wanted, f"{at}.{name}")
        elif not optional:
            yield f"{at}.{name} is missing"


def _is(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
