"""Chat completions as OpenAI shaped them, and as a dozen providers speak them with an accent.

Pure. What differs from one to the next is in ``QUIRKS``; what they send is taken generously
(sources: the Python SDK of OpenAI and the API references of the providers): content as text, parts
or null, reasoning under two names, usage in any chunk, a missing finish reason until the last.
Only the first choice counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moa_lsp.errors import BadReply
from moa_lsp.providers import faults, prompt_cache, strict_json, usage
from moa_lsp.providers.base import Finish, Request
from moa_lsp.providers.sse import DONE
from moa_lsp.providers.strict_json import items, mapping, string
from moa_lsp.providers.wire import StreamedAnswer, WireRequest
from moa_lsp.task import Image, Message

FINISHES: Mapping[str, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "refused",
    "refusal": "refused",
    "safety": "refused",
}
"""Reasons by name; all others (``tool_calls``, ``error``) are ``unknown`` and never applied."""

NO_REASONS = frozenset({
    "", "null", "none", "nil", "undefined", "not_finished", "in_progress", "unfinished",
    "continue", "finish_reason_unspecified", "unspecified",
})  # fmt: skip
"""What gateways write into each event in place of null, which says nothing."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """How one provider differs.

    Attributes:
        limit_key: the field that bounds an answer.
        asks_usage: whether ``stream_options`` is known; Mistral rejects it and sends usage anyway.
        key_header: the header of the key, ``""`` for a bearer token.
        marks: with what the names of models begin that are told what to keep of a prompt.
    """

    limit_key: str = "max_tokens"
    asks_usage: bool = True
    key_header: str = ""
    marks: str | None = None


QUIRKS: Mapping[str, Quirks] = {
    "api.openai.com": Quirks(limit_key="max_completion_tokens"),
    "api.mistral.ai": Quirks(asks_usage=False),
    "codestral.mistral.ai": Quirks(asks_usage=False),
    "openrouter.ai": Quirks(marks="anthropic/"),
}
"""By host name."""

AZURE = Quirks(limit_key="max_completion_tokens", key_header="api-key")
"""Of Azure OpenAI's v1 API, where each resource has a host of its own
(learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle)."""

AZURE_HOST = ".openai.azure.com"


def quirks_of(host: str) -> Quirks:
    """How the provider of a host differs."""
    return AZURE if host.endswith(AZURE_HOST) else QUIRKS.get(host, Quirks())


@dataclass(frozen=True, slots=True)
class OpenAiChat:
    """The wire of one provider.

    Attributes:
        who: the provider's name, for messages.
        prefix: what stands between the base URL and ``/chat/completions``.
    """

    who: str
    quirks: Quirks = Quirks()
    prefix: str = ""
    framing: str = "sse"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def models_path(self) -> str:
        """Where the names of the models are."""
        return f"{self.prefix}/models"

    def key_header(self, key: str) -> tuple[str, str]:
        """A bearer token, unless the provider has a header of its own."""
        own = self.quirks.key_header
        return (own, key) if own else ("authorization", f"Bearer {key}")

    def ask(self, request: Request, *, plain: bool = False) -> WireRequest:
        """Put a request; ``plain`` leaves out ``stream_options``."""
        marks = self.quirks.marks is not None and request.model.startswith(self.quirks.marks)
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [_message(each, marks=marks) for each in request.messages],
            "stream": True,
        }
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_tokens is not None:
            body[self.quirks.limit_key] = request.max_tokens
        if request.tools is not None:
            body |= {"tools": list(request.tools.definitions), **request.tools.fields}
        if self.quirks.asks_usage and not plain:
            body["stream_options"] = {"include_usage": True}
        return WireRequest(f"{self.prefix}/chat/completions", body)

    def take(self, data: str, streamed: StreamedAnswer) -> str:
        """Fold one chunk into the draft; gives back the new text."""
        if data.strip() == DONE:
            streamed.ended = True
            return ""
        return self._fold(strict_json.load(data), "delta", streamed)

    def take_whole(self, text: str, streamed: StreamedAnswer) -> str:
        """Fold a whole completion into the draft; gives back its text."""
        value = strict_json.load(text)
        on_delta = self._fold(value, "message", streamed)
        if not items(mapping(value).get("choices")):
            raise BadReply(f"{self.who} sent no answer, check that base_url is a model API")
        streamed.close_unsaid()
        return on_delta

    def _fold(self, value: object, part: str, streamed: StreamedAnswer) -> str:
        error = faults.from_object_in(value, who=self.who)
        if error is not None:
            raise error
        chunk = mapping(value)
        if not chunk:
            raise BadReply(f"{self.who} sent an event that is no completion, check base_url")
        choice = first(items(chunk.get("choices")))
        account(chunk, streamed)
        on_delta = self._text(choice, part, streamed)
        message = mapping(choice.get(part)) or mapping(choice.get("message"))
        if message.get("refusal"):
            streamed.close("refused")
        else:
            close(choice.get("finish_reason"), streamed)
        return on_delta

    def _text(self, choice: Mapping[str, Any], part: str, streamed: StreamedAnswer) -> str:
        """The new text of a choice; a message beside a delta repeats all of it (Perplexity)."""
        piece = choice.get(part)
        message = mapping(choice.get("message"))
        said = mapping(piece) if piece is not None else message
        streamed.reason(
            text_of(said.get("reasoning_content"))
            or text_of(said.get("reasoning"))
            or reasoning_of(said.get("content"))
        )
        for number, each in enumerate(items(said.get("tool_calls"))):
            call = mapping(each)
            function = mapping(call.get("function"))
            index = call.get("index")
            streamed.call(
                index if isinstance(index, int) else number,
                string(call.get("id")),
                string(function.get("name")),
                string(function.get("arguments")),
            )
        on_delta = streamed.add(text_of(said.get("content")) or string(choice.get("text")))
        if said is not message and message and stopped(choice.get("finish_reason")):
            on_delta += streamed.add_whole(text_of(message.get("content")))
        return on_delta


def _message(message: Message, *, marks: bool = False) -> dict[str, Any]:
    """A turn in the shape of Chat Completions, with its calls of tools and their results."""
    text = prompt_cache.content(message) if marks else message.content
    said: dict[str, Any] = {"role": message.role, "content": text}
    if message.tool_calls:
        said["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        said["tool_call_id"] = message.tool_call_id
    if message.images:
        text = [{"type": "text", "text": message.content}] if message.content else []
        said["content"] = [*text, *map(_image, message.images)]
    return said


def _image(image: Image) -> dict[str, Any]:
    detail = {} if image.detail is None else {"detail": image.detail}
    return {"type": "image_url", "image_url": {"url": image.url, **detail}}


def stopped(reason: object) -> bool:
    """Whether a finish reason says anything."""
    return isinstance(reason, str) and reason.strip().lower() not in NO_REASONS


def close(reason: object, streamed: StreamedAnswer) -> None:
    """Note a finish reason, if it is one."""
    if isinstance(reason, str) and stopped(reason):
        streamed.close(FINISHES.get(reason.strip().lower(), "unknown"))


def account(chunk: Mapping[str, Any], streamed: StreamedAnswer) -> None:
    """Take what a chunk says of tokens and cost."""
    told = usage.usage_in(chunk, first(items(chunk.get("choices"))))
    if not told:  # most events say nothing of it
        return
    usage.account(
        usage.flat(told),
        streamed,
        inputs=("prompt_tokens", "input_tokens"),
        outputs=("completion_tokens", "output_tokens"),
        cached=("details.cached_tokens", "prompt_cache_hit_tokens", "cached_tokens"),
    )


def reasoning_of(content: object) -> str:
    """Reasoning among the parts of a ``content`` (Mistral's Magistral)."""
    parts = [mapping(part) for part in items(content)]
    return "".join(
        text_of(part.get("thinking")) or string(part.get("reasoning"))
        for part in parts
        if part.get("type") in _REASONING_PARTS
    )


_REASONING_PARTS = ("thinking", "reasoning")


def text_of(content: object) -> str:
    """Text of a ``content``: a string, or its text parts joined; reasoning parts are no answer."""
    if isinstance(content, str):
        return content
    parts = (mapping(part) for part in items(content))
    return "".join(
        string(part.get("text")) for part in parts if part.get("type", "text") in _TEXT_PARTS
    )


_TEXT_PARTS = ("text", "output_text")


def first(choices: list[Any]) -> Mapping[str, Any]:
    """The choice of index 0: others answer a question that was not asked."""
    for choice in choices:
        held = mapping(choice)
        if held.get("index", 0) in (0, None):
            return held
    return {}
