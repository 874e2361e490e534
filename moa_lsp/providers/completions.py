"""Gaps over completions as OpenAI shaped them: a prompt and a suffix, or a prompt with markers.

Pure. DeepSeek's beta and many servers take ``suffix``; those that serve open models raw do not,
and get the markers of the model's family instead. Mistral's answers have the shape of chat.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moa_lsp.errors import BadReply, UsageError
from moa_lsp.providers import faults, strict_json
from moa_lsp.providers.base import Request
from moa_lsp.providers.fim_templates import FAMILIES, prompt
from moa_lsp.providers.openai_chat import account, close, first, text_of
from moa_lsp.providers.sse import DONE
from moa_lsp.providers.strict_json import items, mapping, string
from moa_lsp.providers.wire import StreamedAnswer, WireRequest

SUFFIX = "suffix"
MAX_STOPS = 4
"""Texts that end an answer; hosted endpoints refuse more."""


@dataclass(frozen=True, slots=True)
class Completions:
    """The wire of one provider, for one way to ask.

    Attributes:
        who: the provider's name, for messages.
        how: ``suffix``, or a family of templates.
        path: below the base URL.
        asks_usage: whether ``stream_options`` is known.
        models_path: where the names of the models are.
    """

    who: str
    how: str = SUFFIX
    path: str = "/completions"
    asks_usage: bool = True
    framing: str = "sse"
    headers: Mapping[str, str] = field(default_factory=dict)
    models_path: str = "/models"

    def key_header(self, key: str) -> tuple[str, str]:
        """A bearer token."""
        return "authorization", f"Bearer {key}"

    def ask(self, request: Request, *, plain: bool = False) -> WireRequest:
        """Put a request; ``plain`` leaves out ``stream_options``.

        Raises:
            UsageError: there is no gap in the request.
        """
        gap = request.infill
        if gap is None:
            raise UsageError(f"{self.who} was asked to fill a gap, but given none")
        body: dict[str, Any] = {"model": request.model, "stream": True}
        stops = gap.stops
        if self.how == SUFFIX:
            body |= {"prompt": gap.prefix, "suffix": gap.suffix}
        else:
            body["prompt"] = prompt(self.how, gap)
            stops += FAMILIES[self.how].stops
        if stops:
            body["stop"] = list(stops[:MAX_STOPS])
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_tokens is not None:
            body["max_tokens"] = request.max_tokens
        if self.asks_usage and not plain:
            body["stream_options"] = {"include_usage": True}
        return WireRequest(self.path, body)

    def take(self, data: str, streamed: StreamedAnswer) -> str:
        """Fold one chunk into the draft; gives back the new text."""
        if data.strip() == DONE:
            streamed.ended = True
            return ""
        return self._fold(strict_json.load(data), streamed)

    def take_whole(self, text: str, streamed: StreamedAnswer) -> str:
        """Fold a whole completion into the draft; gives back its text."""
        value = strict_json.load(text)
        on_delta = self._fold(value, streamed)
        if not items(mapping(value).get("choices")):
            raise BadReply(f"{self.who} sent no answer, check that base_url is a model API")
        streamed.close_unsaid()
        return on_delta

    def _fold(self, value: object, streamed: StreamedAnswer) -> str:
        error = faults.from_object_in(value, who=self.who)
        if error is not None:
            raise error
        chunk = mapping(value)
        if not chunk:
            raise BadReply(f"{self.who} sent an event that is no completion, check base_url")
        account(chunk, streamed)
        choice = first(items(chunk.get("choices")))
        message = mapping(choice.get("delta")) or mapping(choice.get("message"))
        on_delta = streamed.add(string(choice.get("text")) or text_of(message.get("content")))
        close(choice.get("finish_reason"), streamed)
        return on_delta
