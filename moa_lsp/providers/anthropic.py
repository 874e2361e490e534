"""Anthropic's Messages: named events, and token counts in two places.

Pure. Input tokens come with the first event, output tokens as a running total with the last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moa_lsp.errors import BadReply
from moa_lsp.providers import faults, prompt_cache, strict_json
from moa_lsp.providers.base import Finish, Request
from moa_lsp.providers.strict_json import items, mapping, string
from moa_lsp.providers.usage import account
from moa_lsp.providers.wire import StreamedAnswer, WireRequest

ANTHROPIC_MAX_TOKENS = 8192
"""Sent where an agent sets none: this wire requires the field, and every current model grants as
much."""


FINISHES: Mapping[str, Finish] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refused",
}
"""Stop reasons by name; all others (``tool_use``, ``pause_turn``) are ``unknown``."""


@dataclass(frozen=True, slots=True)
class Anthropic:
    """The wire; ``who`` is the provider's name, for messages."""

    who: str
    framing: str = "sse"
    headers: Mapping[str, str] = field(default_factory=lambda: {"anthropic-version": "2023-06-01"})
    models_path: str = "/models"

    def key_header(self, key: str) -> tuple[str, str]:
        """Its own header."""
        return "x-api-key", key

    def ask(self, request: Request, *, plain: bool = False) -> WireRequest:
        """Put a request: system text stands apart from the turns."""
        system = "\n\n".join(m.content for m in request.messages if m.role == "system")
        body: dict[str, Any] = {
            "model": request.model,
            "max_tokens": request.max_tokens or ANTHROPIC_MAX_TOKENS,
            "messages": [
                {"role": message.role, "content": prompt_cache.content(message)}
                for message in request.messages
                if message.role != "system"
            ],
            "stream": True,
        }
        if system:
            body["system"] = prompt_cache.marked(system, len(system))
        if request.temperature is not None:
            body["temperature"] = request.temperature
        return WireRequest("/messages", body)

    def take(self, data: str, streamed: StreamedAnswer) -> str:
        """Fold one event into the draft; gives back the new text."""
        event = mapping(strict_json.load(data))
        error = faults.from_object_in(event, who=self.who)
        if error is not None:
            raise error
        match event.get("type"):
            case "message_start":
                _account(mapping(mapping(event.get("message")).get("usage")), streamed)
            case "content_block_start":
                return streamed.add(string(mapping(event.get("content_block")).get("text")))
            case "content_block_delta":
                delta = mapping(event.get("delta"))
                streamed.reason(string(delta.get("thinking")))
                return streamed.add(string(delta.get("text")))
            case "message_delta":
                _account(mapping(event.get("usage")), streamed)
                _close(mapping(event.get("delta")), streamed)
            case "message_stop":
                streamed.ended = True
            case "error" | None:
                raise BadReply(f"{self.who} sent an event that is no message, check base_url")
        return ""

    def take_whole(self, text: str, streamed: StreamedAnswer) -> str:
        """Fold a whole message into the draft; gives back its text."""
        value = strict_json.load(text)
        error = faults.from_object_in(value, who=self.who)
        if error is not None:
            raise error
        message = mapping(value)
        if not isinstance(message.get("content"), list):
            raise BadReply(f"{self.who} sent no answer, check that base_url is a model API")
        blocks = [mapping(block) for block in items(message.get("content"))]
        on_delta = streamed.add("".join(string(block.get("text")) for block in blocks))
        _account(mapping(message.get("usage")), streamed)
        _close(message, streamed)
        streamed.close_unsaid()
        return on_delta


def _close(held: Mapping[str, Any], streamed: StreamedAnswer) -> None:
    reason = held.get("stop_reason")
    if isinstance(reason, str):
        streamed.close(FINISHES.get(reason, "unknown"))


def _account(usage: Mapping[str, Any], streamed: StreamedAnswer) -> None:
    """Later counts replace earlier ones: they are totals. Ours of input include the cached."""
    parts = [usage.get(name) for name in _INPUTS]
    numbers = [each for each in parts if isinstance(each, int) and not isinstance(each, bool)]
    odd = [each for each in parts if each is not None and each not in numbers]
    negative = any(each < 0 for each in numbers)
    account(
        {
            "input": odd[0] if odd else -1 if negative else sum(numbers) if numbers else None,
            "output": usage.get("output_tokens"),
            "cached": usage.get("cache_read_input_tokens"),
            "stored": usage.get("cache_creation_input_tokens"),
        },
        streamed,
        inputs=("input",),
        outputs=("output",),
        cached=("cached",),
        stored=("stored",),
    )


_INPUTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
