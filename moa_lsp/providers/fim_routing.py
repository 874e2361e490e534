"""How a provider's models are asked to fill a gap: by an endpoint, by markers, or in words.

Pure. What the user says of a model (``fim:``) decides; else what is known of the provider, and of
the family that the model's name tells. Who can do neither is asked in words, like any chat model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from moa_lsp.errors import UsageError
from moa_lsp.providers.completions import SUFFIX, Completions
from moa_lsp.providers.fim_templates import FAMILIES, family_of
from moa_lsp.providers.llamacpp import LlamaInfill
from moa_lsp.providers.ollama_gap import OllamaGap
from moa_lsp.providers.wire import Wire

INFILL, CHAT = "infill", "chat"
WAYS = frozenset({SUFFIX, INFILL, CHAT, *FAMILIES})
"""What ``fim:`` may say."""

_SUFFIX_PATHS = {"api.deepseek.com": "/beta/completions"}
"""Where a host takes a prompt and a suffix, if not at ``/completions``."""

_GAP_APIS = frozenset({"openai", "ollama", "llamacpp", "mistral"})
"""Wires that have an endpoint for gaps, or for a prompt without a chat."""

_CHAT_ONLY = frozenset({"api.openai.com", "api.groq.com", "openrouter.ai"})
"""Hosts whose models are reached by chat alone."""


@dataclass(frozen=True, slots=True)
class FimRouting:
    """The ways of one provider.

    Attributes:
        who: its name.
        api: its wire.
        host: of its base URL.
        said: what the user says of its models, by bare name.
    """

    who: str
    api: str
    host: str
    said: Mapping[str, str] = field(default_factory=dict)

    def way(self, model: str) -> str:
        """How a model is asked: one of ``WAYS``."""
        if model in self.said:
            return self.said[model]
        family = family_of(model)
        if self.api == "llamacpp":
            return INFILL
        if self.api == "mistral":
            return SUFFIX if family == "codestral" else CHAT
        if self.host in _SUFFIX_PATHS:
            return SUFFIX
        if self.api not in _GAP_APIS or self.host in _CHAT_ONLY:
            return CHAT
        return family or CHAT

    def template(self, model: str) -> str | None:
        """The family whose tokens a model's prompt holds; see ``fim_templates.tokens_of``."""
        way = self.way(model)
        return family_of(model) if way in (SUFFIX, INFILL) else way

    def wire(self, model: str) -> Wire | None:
        """The shapes of a model's way, ``None`` for asking in words.

        Raises:
            UsageError: the user names a way that this provider's wire does not have.
        """
        way = self.way(model)
        if way == CHAT:
            return None
        if way not in WAYS:
            names = ", ".join(sorted(WAYS))
            raise UsageError(f"`fim: {way}` of {self.who}/{model} is unknown, use one of: {names}")
        if way == INFILL:
            if self.api == "llamacpp":
                return LlamaInfill(self.who)
            raise UsageError(f"`fim: infill` of {self.who}/{model} is for api llamacpp alone")
        if self.api == "ollama":
            return OllamaGap(self.who, way)
        if self.api not in _GAP_APIS:
            raise UsageError(f"{self.who}/{model} fills gaps by chat alone, set `fim: chat`")
        if self.api == "mistral" and way == SUFFIX:
            return Completions(self.who, way, "/fim/completions", asks_usage=False)
        if self.api == "llamacpp":
            return Completions(self.who, way, "/v1/completions", models_path="/v1/models")
        path = _SUFFIX_PATHS.get(self.host, "/completions") if way == SUFFIX else "/completions"
        return Completions(self.who, way, path)
