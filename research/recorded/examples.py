"""Examples that stand in a prompt, as calls with what they give; and more inputs like theirs."""

import ast
import doctest
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Example = tuple[str, str]
"""A call, and the text of what it gives."""

MAX_INPUTS = 60
"""Of one function: enough to tell most wrong programs apart, few enough to run thousands."""

MAX_CALL_CHARS = 400
"""Of a call in prose."""

_QUOTES = re.compile(r'"""|\'\'\'')
_GIVES = re.compile(r"\s*(?:#\s*)?(?:==>|=>|->|➞|==|=|returns?\b|should return\b)\s*")
_WORDS = {"true": "True", "false": "False"}


def examples(prompt: str, name: str) -> list[Example]:
    """The examples that call a function: of doctests, and lines like ``f(1) == 2``."""
    text = _QUOTES.sub("\n", prompt)
    found = dict(_doctests(text, name))
    for call, given in _in_prose(text, name):
        found.setdefault(call, given)
    return list(found.items())


def inputs(found: list[Example]) -> list[str]:
    """The calls of examples, and calls that differ from them in one argument."""
    calls: dict[str, None] = {}
    for text, _ in found:
        calls[text] = None
        call = _expression(text)
        if not isinstance(call, ast.Call) or call.keywords:
            continue
        try:
            given = [ast.literal_eval(argument) for argument in call.args]
        except ValueError:
            continue
        for place, argument in enumerate(given):
            for other in _others(argument):
                changed = [*given[:place], other, *given[place + 1 :]]
                calls[f"{ast.unparse(call.func)}({', '.join(map(repr, changed))})"] = None
    return list(calls)[:MAX_INPUTS]


def _doctests(text: str, name: str) -> Iterator[Example]:
    try:
        parsed = doctest.DocTestParser().get_examples(text)
    except ValueError:  # its indentation is not even
        return
    for each in parsed:
        call, given = each.source.strip(), each.want.strip()
        if given and f"{name}(" in call and _expression(call) is not None:
            yield call, given


def _in_prose(text: str, name: str) -> Iterator[Example]:
    for start in re.finditer(rf"(?<!def )(?<!>>> )(?<![\w.]){re.escape(name)}\(", text):
        for end in range(start.end(), min(len(text), start.end() + MAX_CALL_CHARS)):
            call = " ".join(text[start.start() : end + 1].split())
            if text[end] != ")" or _expression(call) is None:
                continue
            rest = text[end + 1 :].partition("\n")[0]
            gives = _GIVES.match(rest)
            given = rest[gives.end() :].partition(" #")[0].strip().rstrip(".") if gives else ""
            given = _WORDS.get(given, given)
            if given and _is_literal(given):
                yield call, given
            break


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True


def _others(value: object) -> list[object]:
    """Values of the same kind that are near."""
    for kind, near in _NEAR.items():
        if type(value) is kind:
            return near(value)
    return []


_NEAR: Mapping[type, Callable[[Any], list[object]]] = {
    bool: lambda value: [not value],
    int: lambda value: [value + 1, value - 1, 0, 2 * value + 1],
    float: lambda value: [value + 1, -value, 0.5],
    str: lambda value: [value[:-1], value[::-1], value + value, value.swapcase(), ""],
    list: lambda value: [value[:-1], value[::-1], value + value, value[1:], [], *_first(value)],
    tuple: lambda value: [value[::-1]],
    dict: lambda _: [{}],
}


def _first(value: list[object]) -> list[object]:
    return [[other, *value[1:]] for other in _others(value[0])[:1]] if value else []
