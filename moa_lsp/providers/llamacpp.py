"""llama.cpp's own way to fill a gap: ``/infill``, which writes the model's markers itself.

Pure. Text of the user is never read as a marker: the server takes it piece by piece. What is over
its batch it cuts without a word: the prefix at its start, the suffix at its end, and the extra
pieces at their start. Its chat is OpenAI's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moa_lsp.errors import BadReply, UsageError
from moa_lsp.providers import faults, strict_json
from moa_lsp.providers.base import Finish, Request
from moa_lsp.providers.strict_json import mapping, string
from moa_lsp.providers.usage import account
from moa_lsp.providers.wire import StreamedAnswer, WireRequest

FINISHES: Mapping[str, Finish] = {"eos": "stop", "word": "stop", "limit": "length"}
"""Stop types by name; all others (``none``) are ``unknown``."""

LAST_FIELDS = ("content", "stop", "stop_type", "tokens_evaluated", "tokens_predicted", "timings")
"""What the last event is to hold: by default it brings the whole prompt back."""


@dataclass(frozen=True, slots=True)
class LlamaInfill:
    """The wire; ``who`` is the provider's name, for messages."""

    who: str
    framing: str = "sse"
    headers: Mapping[str, str] = field(default_factory=dict)
    models_path: str = "/v1/models"

    def key_header(self, key: str) -> tuple[str, str]:
        """A bearer token."""
        return "authorization", f"Bearer {key}"

    def ask(self, request: Request, *, plain: bool = False) -> WireRequest:
        """Put a request; unbounded, the server writes on to the end of its window.

        Raises:
            UsageError: there is no gap in the request.
        """
        gap = request.infill
        if gap is None:
            raise UsageError(f"{self.who} was asked to fill a gap, but given none")
        body: dict[str, Any] = {
            "model": request.model,
            "input_prefix": gap.prefix,
            "input_suffix": gap.suffix,
            "input_extra": [{"filename": name, "text": text} for name, text in gap.extra],
            "response_fields": list(LAST_FIELDS),
            "stream": True,
        }
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.max_tokens is not None:
            body["n_predict"] = request.max_tokens
        if gap.stops:
            body["stop"] = list(gap.stops)
        return WireRequest("/infill", body)

    def take(self, data: str, streamed: StreamedAnswer) -> str:
        """Fold one event into the draft; gives back the new text."""
        value = strict_json.load(data)
        error = faults.from_object_in(value, who=self.who)
        if error is not None:
            raise error
        event = mapping(value)
        if not isinstance(event.get("content"), str):
            raise BadReply(f"{self.who} sent an event that fills no gap, check base_url")
        on_delta = streamed.add(event["content"])
        if event.get("stop") is True:
            _account(event, streamed)
            streamed.close(FINISHES.get(string(event.get("stop_type")), "unknown"))
            streamed.ended = True
        return on_delta

    def take_whole(self, text: str, streamed: StreamedAnswer) -> str:
        """An answer in one piece has the shape of a last event."""
        return self.take(text, streamed)


def _account(event: Mapping[str, Any], streamed: StreamedAnswer) -> None:
    # not `tokens_cached`: that is all that the slot holds now, the answer's own tokens included
    account(
        {**event, "cached": mapping(event.get("timings")).get("cache_n")},
        streamed,
        inputs=("tokens_evaluated",),
        outputs=("tokens_predicted",),
        cached=("cached",),
    )
