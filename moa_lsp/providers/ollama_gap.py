"""Gaps over Ollama's ``/api/generate``: a suffix, or a raw prompt with the family's markers.

Pure. With ``raw`` the model's own template is left aside, so that it need not know suffixes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moa_lsp.errors import BadReply, UsageError
from moa_lsp.providers import faults, strict_json
from moa_lsp.providers.base import Request
from moa_lsp.providers.completions import SUFFIX
from moa_lsp.providers.fim_templates import FAMILIES, prompt
from moa_lsp.providers.limits import OLLAMA_MIN_CONTEXT
from moa_lsp.providers.ollama import FINISHES
from moa_lsp.providers.strict_json import mapping, string
from moa_lsp.providers.usage import account
from moa_lsp.providers.wire import StreamedAnswer, WireRequest


@dataclass(frozen=True, slots=True)
class OllamaGap:
    """The wire; ``who`` is the provider's name, ``how`` is ``suffix`` or a family."""

    who: str
    how: str = SUFFIX
    framing: str = "ndjson"
    headers: Mapping[str, str] = field(default_factory=dict)
    models_path: str = "/api/tags"

    def key_header(self, key: str) -> tuple[str, str]:
        """A bearer token, for servers behind a gateway."""
        return "authorization", f"Bearer {key}"

    def ask(self, request: Request, *, plain: bool = False) -> WireRequest:
        """Put a request; gaps are small, so that the smallest window that we ask for holds them.

        Raises:
            UsageError: there is no gap in the request.
        """
        gap = request.infill
        if gap is None:
            raise UsageError(f"{self.who} was asked to fill a gap, but given none")
        options: dict[str, Any] = {"num_ctx": OLLAMA_MIN_CONTEXT}
        stops = gap.stops
        body: dict[str, Any] = {"model": request.model, "stream": True}
        if self.how == SUFFIX:
            body |= {"prompt": gap.prefix, "suffix": gap.suffix}
        else:
            body |= {"prompt": prompt(self.how, gap), "raw": True}
            stops += FAMILIES[self.how].stops
        if stops:
            options["stop"] = list(stops)
        if request.temperature is not None:
            options["temperature"] = request.temperature
        if request.max_tokens is not None:
            options["num_predict"] = request.max_tokens
        return WireRequest("/api/generate", {**body, "options": options})

    def take(self, data: str, streamed: StreamedAnswer) -> str:
        """Fold one line into the draft; gives back the new text."""
        value = strict_json.load(data)
        error = faults.from_object_in(value, who=self.who)
        if error is not None:
            raise error
        line = mapping(value)
        if "response" not in line and "done" not in line:
            raise BadReply(f"{self.who} sent a line that is no completion, check base_url")
        streamed.reason(string(line.get("thinking")))
        on_delta = streamed.add(string(line.get("response")))
        if line.get("done") is True:
            account(line, streamed, inputs=("prompt_eval_count",), outputs=("eval_count",))
            streamed.close(FINISHES.get(string(line.get("done_reason")) or "stop", "unknown"))
            streamed.ended = True
        return on_delta

    def take_whole(self, text: str, streamed: StreamedAnswer) -> str:
        """An answer in one piece has the shape of a last line."""
        return self.take(text, streamed)
