"""Reads a provider's JSON without trust: one way to fail, whatever is wrong with it.

Refused are NaN and infinities, a key given twice, numbers too long to convert, and nesting deeper
than ``limits.MAX_JSON_DEPTH``: each reads differently from one parser to the next, or breaks ours.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from moa_lsp.errors import BadReply

MAX_JSON_DEPTH = 64
"""Nesting of a provider's JSON; real answers use 6."""

MAX_COUNT = 2**53
"""A number of tokens above this is no number of tokens."""


_NOT_NESTING = re.compile(r'"(?:[^"\\]|\\.)*"?|[^"\[\]{}]+', re.DOTALL)


def load(text: str) -> Any:  # noqa: ANN401  # JSON may be anything; the wires look before they take
    """The value of a JSON text.

    Raises:
        BadReply: it is not JSON, or not JSON that is safe to read.
    """
    if _depth_bound(text) > MAX_JSON_DEPTH:
        raise BadReply(f"the answer's JSON is nested deeper than {MAX_JSON_DEPTH}, check base_url")
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as err:
        raise BadReply("the answer is not valid JSON, check that base_url is a model API") from err


def mapping(value: object) -> Mapping[str, Any]:
    """``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """``value`` if it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def string(value: object) -> str:
    """``value`` if it is a string, else ``""``."""
    return value if isinstance(value, str) else ""


def count(value: object) -> int:
    """``value`` if it can be a number of tokens, else 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 <= value < MAX_COUNT else 0


def amount(value: object) -> float | None:
    """``value`` if it can be an amount of money, else ``None``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < MAX_COUNT else None


def _depth_bound(text: str) -> int:
    """The depth, exactly only when there are brackets enough for the answer to matter."""
    if text.count("{") + text.count("[") <= MAX_JSON_DEPTH:
        return 0
    depth = deepest = 0
    for bracket in _NOT_NESTING.sub("", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is given twice")
    return made


def _constant(name: str) -> None:
    raise ValueError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
"""Made once: ``json.loads`` makes one for every event of a stream."""
