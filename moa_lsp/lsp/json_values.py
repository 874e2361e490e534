"""JSON as clients in other languages write it, in the protocol's own spelling. Pure.

Java and Lua write 2 as ``2.0``, Lua an empty object as ``[]``; linters mark "to the end of the
line" with a column such as JavaScript's ``Number.MAX_VALUE``. LSP 3.18 has ``integer`` and
``uinteger`` of 32 bits, of which a position's parts are the latter.
"""

import math
from collections.abc import Mapping
from typing import Any

UINTEGER_MAX = 2**31 - 1
"""The largest ``uinteger`` (LSP 3.18, Basic JSON Structures)."""

Json = Any


def tidy(value: Json) -> Json:
    """A decoded JSON value with whole numbers as ``int`` and positions within their bounds.

    Raises:
        RecursionError: it is nested too deeply.
    """
    if isinstance(value, dict):
        found = {key: tidy(each) for key, each in value.items()}
        return _clamped(found) if found.keys() == {"line", "character"} else found
    if isinstance(value, list):
        return [tidy(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def coordinate(value: object) -> object:
    """A line or column as a ``uinteger``; what is no number stays as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        return value
    return int(max(0, min(value, UINTEGER_MAX)))


def as_object(value: object) -> object:
    """``{}`` for ``[]`` where an object belongs."""
    return {} if value == [] else value


def _clamped(position: Mapping[str, Json]) -> dict[str, Json]:
    return {key: coordinate(each) for key, each in position.items()}
