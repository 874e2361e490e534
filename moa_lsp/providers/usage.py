"""What a provider says of tokens and cost, believed only as far as it can be true.

Pure. Counts stand in any event, also in all, also inside the choice; they are running totals, so
the largest counts. A count that no request can have (negative, a string, beyond any window) makes
the usage unknown: the request is then charged by its bound, neither what it claims nor nothing.
"""

import math
from collections.abc import Mapping
from typing import Any

from moa_lsp.providers.strict_json import mapping
from moa_lsp.providers.wire import StreamedAnswer

MAX_REQUEST_TOKENS = 20_000_000
"""Of one prompt or one answer: twice the largest window that any model is sold with (10 million,
Llama 4 Scout)."""

MAX_REQUEST_USD = 1000.0
"""Of one request: the largest window at the dearest list price comes to less."""

Names = tuple[str, ...]


def account(
    usage: Mapping[str, Any],
    streamed: StreamedAnswer,
    *,
    inputs: Names,
    outputs: Names,
    cached: Names = (),
    stored: Names = (),
) -> None:
    """Fold what an event says of usage into the draft.

    Args:
        usage: the object that holds the counts; empty when there is none.
        streamed: of the answer.
        inputs: names of the count of the prompt, the first that is there is taken.
        outputs: the same of the answer.
        cached: the same of that part of the prompt that the provider had kept.
        stored: the same of that part that it stored, at a price of its own.
    """
    counts = [_first(usage, names) for names in (inputs, outputs, cached, stored)]
    if any(count is not None and not _plausible(count) for count in counts[:2]):
        streamed.distrust()
    fresh, written, kept, new = map(_taken, counts)
    if fresh is not None or written is not None:
        streamed.count(fresh, written, kept or 0, new or 0)
    cost = usage.get("cost")
    if isinstance(cost, int | float) and not isinstance(cost, bool):
        if 0 <= cost <= MAX_REQUEST_USD:
            streamed.cost_usd = max(streamed.cost_usd or 0.0, float(cost))
        else:
            streamed.distrust()


def usage_in(chunk: Mapping[str, Any], choice: Mapping[str, Any]) -> Mapping[str, Any]:
    """The usage of a chunk of chat: its own, Groq's, or the choice's (Moonshot)."""
    places = (
        chunk.get("usage"),
        mapping(chunk.get("x_groq")).get("usage"),
        choice.get("usage"),
        mapping(choice.get("message")).get("usage"),
        mapping(choice.get("delta")).get("usage"),
    )
    return next((held for place in places if (held := mapping(place))), {})


def flat(usage: Mapping[str, Any]) -> Mapping[str, Any]:
    """A usage with the details of its prompt beside its counts."""
    details = mapping(usage.get("prompt_tokens_details"))
    details = details or mapping(usage.get("input_tokens_details"))
    return {**usage, "details.cached_tokens": details.get("cached_tokens")}


def _first(usage: Mapping[str, Any], names: Names) -> object:
    return next((usage[name] for name in names if usage.get(name) is not None), None)


def _taken(count: object) -> int | None:
    return int(count) if isinstance(count, int | float) and _plausible(count) else None


def _plausible(count: object) -> bool:
    if isinstance(count, bool) or not isinstance(count, int | float):
        return False
    return math.isfinite(count) and count == int(count) and 0 <= count <= MAX_REQUEST_TOKENS
