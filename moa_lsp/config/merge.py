"""How one raw mix is laid over another: maps merge, lists replace.

Pure; nothing is checked here.
"""

from collections.abc import Mapping
from typing import Any


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one raw map over another: maps merge, everything else (lists too) is replaced."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = merge(below, value) if both else value  # type: ignore[arg-type]  # both say so
    return merged


def extend(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a raw mix (or override) over the raw mix that it extends.

    ``proposers`` and ``layers`` are two spellings of one thing: the child's spelling replaces
    the parent's, whichever it is.
    """
    kept = dict(parent)
    if "proposers" in child or "layers" in child:
        kept.pop("proposers", None)
        kept.pop("layers", None)
    return merge(kept, child)
