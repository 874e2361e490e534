"""Ollama's own chat API: one JSON object a line, counts in the last.

Pure. The window is asked for with every request: Ollama cuts longer prompts without a word.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moa_lsp.errors import BadReply
from moa_lsp.providers import faults, strict_json
from moa_lsp.providers.base import Finish, Request
from moa_lsp.providers.limits import OLLAMA_MIN_CONTEXT
from moa_lsp.providers.strict_json import mapping, string
from moa_lsp.providers.usage import account
from moa_lsp.providers.wire import StreamedAnswer, WireRequest

OLLAMA_MAX_CONTEXT = 2**17
"""The largest window asked of Ollama: memory grows with it."""


FINISHES: Mapping[str, Finish] = {"stop": "stop", "length": "length"}
"""Done reasons by name; all others (``load``, ``unload``) are ``unknown``."""

_CHARS_PER_TOKEN = 3
"""Fewer than code has (3.5 to 4): the window is to hold the prompt for certain."""

_ANSWER_TOKENS = 2048
"""Room for an answer that has no bound."""


@dataclass(frozen=True, slots=True)
class Ollama:
    """The wire; ``who`` is the provider's name, for messages."""

    who: str
    framing: str = "ndjson"
    headers: Mapping[str, str] = field(default_factory=dict)
    models_path: str = "/api/tags"

    def key_header(self, key: str) -> tuple[str, str]:
        """A bearer token, for servers behind a gateway."""
        return "authorization", f"Bearer {key}"

    def ask(self, request: Request, *, plain: bool = False) -> WireRequest:
        """Put a request with a window that holds prompt and answer."""
        options: dict[str, Any] = {"num_ctx": window(request)}
        if request.temperature is not None:
            options["temperature"] = request.temperature
        if request.max_tokens is not None:
            options["num_predict"] = request.max_tokens
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        body = {"model": request.model, "messages": messages, "stream": True, "options": options}
        return WireRequest("/api/chat", body)

    def take(self, data: str, streamed: StreamedAnswer) -> str:
        """Fold one line into the draft; gives back the new text."""
        value = strict_json.load(data)
        error = faults.from_object_in(value, who=self.who)
        if error is not None:
            raise error
        line = mapping(value)
        if "message" not in line and "done" not in line:
            raise BadReply(f"{self.who} sent a line that is no message, check base_url")
        message = mapping(line.get("message"))
        streamed.reason(string(message.get("thinking")))
        on_delta = streamed.add(string(message.get("content")))
        if line.get("done") is True:
            account(line, streamed, inputs=("prompt_eval_count",), outputs=("eval_count",))
            streamed.close(FINISHES.get(string(line.get("done_reason")) or "stop", "unknown"))
            streamed.ended = True
        return on_delta

    def take_whole(self, text: str, streamed: StreamedAnswer) -> str:
        """An answer in one piece has the shape of a last line."""
        return self.take(text, streamed)


def window(request: Request) -> int:
    """Tokens of prompt and answer, up to a power of two: each new size reloads the model."""
    prompt = sum(len(message.content) for message in request.messages) // _CHARS_PER_TOKEN
    needed = prompt + (request.max_tokens or _ANSWER_TOKENS)
    size = OLLAMA_MIN_CONTEXT
    while size < min(needed, OLLAMA_MAX_CONTEXT):
        size *= 2
    return size
