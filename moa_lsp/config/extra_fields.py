"""Further fields of a request's body (``extra``): which are refused, and how they are laid in.

Pure. What this program says itself, or another key of a mix says, has one place only.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from moa_lsp.config.problems import Fault
from moa_lsp.config.strict_yaml import Keys

_OURS = "is written by moa-lsp itself: leave it out"

REFUSED: Mapping[str, str] = {
    **dict.fromkeys(
        ("model", "messages", "prompt", "suffix", "system", "stream", "stream_options"), _OURS
    ),
    "n": "is said by `samples`",
    "temperature": "is said by `temperature`",
    "max_tokens": "is said by `max_tokens`",
    "max_completion_tokens": "is said by `max_tokens`",
    **dict.fromkeys(
        ("reasoning", "reasoning_effort", "thinking", "think", "enable_thinking", "effort"),
        "is said by `reasoning`",
    ),
}
"""Fields that ``extra`` may not hold, with what to do instead."""

REFUSED_OPTIONS: Mapping[str, str] = {
    "temperature": "is said by `temperature`",
    "num_predict": "is said by `max_tokens`",
}
"""The same within ``options``, where Ollama has its parameters."""

OPTIONS = "options"


def extra_faults(at: Keys, extra: Mapping[str, Any]) -> Iterator[Fault]:
    """Say what ``extra`` at a place may not hold."""
    for name in extra:
        if why := REFUSED.get(name):
            yield Fault((*at, "extra", name), f"`{name}` {why}", at_key=True)
    options = extra.get(OPTIONS)
    for name in options if isinstance(options, Mapping) else ():
        if why := REFUSED_OPTIONS.get(name):
            yield Fault((*at, "extra", OPTIONS, name), f"`{name}` {why}", at_key=True)


def laid_in(body: Mapping[str, Any], extra: Mapping[str, Any]) -> Mapping[str, Any]:
    """A body with further fields; maps that both have are merged, and what is refused is not."""
    if not extra:
        return body
    made = dict(body)
    for name, value in extra.items():
        if name in REFUSED:
            continue
        below = made.get(name)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            kept = {key: one for key, one in value.items() if key not in REFUSED_OPTIONS}
            made[name] = {**below, **kept}
        else:
            made[name] = value
    return made
