"""Takes what is wrong out of data, so that the rest can be looked at and used.

One mistake must not hide the others: rules that need whole values are applied to a file's sound
part, and of a broken configuration the sound keys still count. Pure; the data given is not
changed.
"""

import copy
from collections.abc import Iterable
from typing import Any, TypeVar

from moa_lsp.config.problems import Fault, inspect
from moa_lsp.config.strict_yaml import Keys
from moa_lsp.config.values import Value

V = TypeVar("V", bound=Value)

_ROUNDS = 6
"""Each round takes out what the one before uncovered; files nest no deeper in schema terms."""

_FILLED: dict[str, Any] = {"name": "unnamed", "model": "embedded/ruff", "when": {}}
_FILLED_ITEMS: dict[str, Any] = {
    "proposers": {"model": "embedded/ruff"},
    "agents": {"model": "embedded/ruff"},
    "aggregator": {"verify": ["parse"]},
    "overrides": {"when": {}},
    "routes": {"action": "no-action", "mix": "auto"},  # matches no run
    "layers": {"agents": [{"model": "embedded/ruff"}]},
}


def mended(kind: type[V], data: dict[str, Any]) -> tuple[V | None, dict[str, Any], list[Keys]]:
    """Make a value of the sound part of data.

    Positions in lists stay: an item that is wrong is replaced by a plain one.

    Returns:
        The value, ``None`` when too little is sound; the data it was made of; the places that
        were taken out or filled in.
    """
    data = copy.deepcopy(data)
    touched: list[Keys] = []
    for _ in range(_ROUNDS):
        value, faults = inspect(kind, data)
        if value is not None:
            return value, data, touched
        touched += [_cut(data, fault.keys) for fault in faults]
        if () in touched:
            break
    return None, data, touched


def untouched(faults: Iterable[Fault], touched: list[Keys]) -> list[Fault]:
    """Leave out the faults that may come from mending."""
    return [
        fault
        for fault in faults
        if not any(
            keys[: len(fault.keys)] == fault.keys or fault.keys[: len(keys)] == keys
            for keys in touched
        )
    ]


def _cut(data: dict[str, Any], keys: Keys) -> Keys:
    """Take one place out, or fill it in; say which. ``()`` when nothing can be done."""
    if not keys:
        return ()
    holder: Any = data
    for key in keys[:-1]:
        holder = holder.get(key) if isinstance(holder, dict) else _item(holder, key)
    last = keys[-1]
    if isinstance(holder, dict):
        if last in _FILLED:
            holder[last] = copy.deepcopy(_FILLED[str(last)])
            return keys
        if last in holder:
            del holder[last]
            return keys
    elif isinstance(holder, list) and isinstance(last, int) and keys[-2] in _FILLED_ITEMS:
        holder[last] = copy.deepcopy(_FILLED_ITEMS[str(keys[-2])])
        return keys
    return _cut(data, keys[:-1])


def _item(holder: object, key: str | int) -> object:
    if isinstance(holder, list) and isinstance(key, int) and key < len(holder):
        return holder[key]
    return None
