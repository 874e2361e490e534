"""How deep a model is to reason, said in each provider's own way: one table, with its sources.

Pure. A depth that a provider does not have becomes the nearest shallower one that it has, or its
shallowest; ``shortfall`` says so. What a model's server refuses all the same is learnt from its
words (``parameters``).
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import urlsplit

from moa_lsp.config.settings import ProviderEntry
from moa_lsp.config.values import Reasoning
from moa_lsp.providers.openai_chat import AZURE_HOST

SEEN = "2026-12-01"
"""When the sources were read."""

NONE: Reasoning = "none"
DEPTHS: tuple[Reasoning, ...] = get_args(Reasoning)
"""From none to the deepest."""

BUDGETS: Mapping[Reasoning, int] = {"low": 1024, "medium": 8192, "high": 24576}
"""Tokens where a provider takes a number: as many as Google gives for the same words
(ai.google.dev/gemini-api/docs/openai)."""

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReasoningWay:
    """How some models of a provider are told.

    Attributes:
        provider: name of a built-in provider, or of a wire.
        models: matches the start of their names, in any case.
        says: fields of the request's body, by each depth that they have.
        source: public documentation or code that shows the fields.
        without: fields that such a request may not have when the model reasons.
    """

    provider: str
    models: str
    says: Mapping[Reasoning, Fields]
    source: str
    without: frozenset[str] = frozenset()

    def nearest(self, depth: Reasoning) -> Reasoning | None:
        """The depth that is asked for in place of one, ``None`` when nothing can be said."""
        if depth in self.says:
            return depth
        reasons = [each for each in DEPTHS if each in self.says and each != NONE]
        wanted = DEPTHS.index(depth)
        shallower = [each for each in reasons if DEPTHS.index(each) < wanted]
        found = shallower[-1:] or reasons[:1]
        return found[0] if found else None

    def body(self, body: Mapping[str, Any], depth: Reasoning) -> Mapping[str, Any]:
        """A request's body that asks for a depth."""
        said = self.nearest(depth)
        if said is None:
            return body
        left = frozenset() if said == NONE else self.without
        made = {name: value for name, value in body.items() if name not in left}
        for name, value in self.says[said].items():
            below = made.get(name)
            both = isinstance(below, Mapping) and isinstance(value, Mapping)
            made[name] = {**below, **value} if both else value  # type: ignore[dict-item]
        return made


def _effort(*depths: Reasoning) -> dict[Reasoning, Fields]:
    return {depth: {"reasoning_effort": depth} for depth in depths}


def _switch(name: str, off: object, on: object) -> dict[Reasoning, Fields]:
    return {NONE: {name: off}, "high": {name: on}}


_OFF, _ON = {"type": "disabled"}, {"type": "enabled"}
_TEMPLATE = "chat_template_kwargs"

WAYS: tuple[ReasoningWay, ...] = (
    ReasoningWay(
        "openai",
        "",
        _effort(*DEPTHS),
        "platform.openai.com/docs/guides/reasoning; learn.microsoft.com "
        "azure.ai.projects.models.ReasoningEffort",
    ),
    ReasoningWay(
        "openrouter",
        "",
        {depth: {"reasoning": {"effort": depth}} for depth in DEPTHS},
        "openrouter.ai/docs/client-sdks/typescript/models/reasoningeffort",
    ),
    ReasoningWay(
        "deepseek",
        "",
        {
            NONE: {"thinking": _OFF},
            "high": {"thinking": _ON, "reasoning_effort": "high"},
            "max": {"thinking": _ON, "reasoning_effort": "max"},
        },
        "api-docs.deepseek.com/guides/thinking_mode",
    ),
    ReasoningWay(
        "mistral",
        "",
        _effort("none", "low", "medium", "high"),
        "docs.mistral.ai/inference/conversations/reasoning",
    ),
    ReasoningWay(
        "zai",
        "glm-5.3",
        {
            depth: {"thinking": _ON, "reasoning_effort": depth}
            for depth in DEPTHS
            if depth in ("low", "high", "max")
        },
        "docs.z.ai/guides/capabilities/thinking-mode; docs.together.ai/docs/glm-5.3-quickstart: "
        "it always reasons",
    ),
    ReasoningWay(
        "zai",
        "",
        _switch("thinking", _OFF, _ON),
        "docs.z.ai/guides/capabilities/thinking-mode",
    ),
    ReasoningWay(
        "dashscope",
        "",
        {
            NONE: {"enable_thinking": False},
            **{
                depth: {"enable_thinking": True, "thinking_budget": budget}
                for depth, budget in BUDGETS.items()
            },
            "max": {"enable_thinking": True},
        },
        "docs.agno.com/concepts/models/dashscope; alibabacloud.com/help/en/model-studio/"
        "deep-thinking",
    ),
    ReasoningWay(
        "moonshot",
        "kimi-k3",
        _effort("low", "high", "max"),
        "platform.moonshot.ai/docs: it always reasons",
    ),
    ReasoningWay(
        "moonshot",
        "",
        _switch("thinking", _OFF, _ON),
        "platform.moonshot.ai/docs; promptfoo.dev/docs/providers/moonshot",
    ),
    ReasoningWay(
        "anthropic",
        r"claude-(?:3|(?:opus|sonnet|haiku)-4-(?:[015]\b|2025))",
        {NONE: {"thinking": _OFF}},
        "anthropics/anthropic-sdk-python src/anthropic/types/thinking_config_disabled_param.py; "
        "they take a budget of tokens alone",
    ),
    ReasoningWay(
        "anthropic",
        "",
        {
            NONE: {"thinking": _OFF},
            **{
                depth: {"thinking": {"type": "adaptive"}, "output_config": {"effort": depth}}
                for depth in DEPTHS
                if depth not in (NONE, "minimal")
            },
        },
        "anthropics/anthropic-sdk-python src/anthropic/types/output_config_param.py",
        frozenset({"temperature"}),
    ),
    ReasoningWay(
        "gemini",
        "",
        _effort("none", "minimal", "low", "medium", "high"),
        "ai.google.dev/gemini-api/docs/openai",
    ),
    ReasoningWay(
        "xai",
        r"grok-4\.6",
        _effort("low", "medium", "high", "xhigh"),
        "docs.x.ai/guides/reasoning; chenyme/grok2api pull 901",
    ),
    ReasoningWay(
        "xai",
        r"grok-4\.5",
        _effort("low", "medium", "high"),
        "docs.x.ai/guides/reasoning; anomalyco/opencode issue 39448: it always reasons",
    ),
    ReasoningWay(
        "xai",
        "grok-3-mini",
        _effort("low", "high"),
        "docs.x.ai/docs/guides/reasoning",
    ),
    ReasoningWay(
        "xai",
        r"grok-(?:3|4(?:-|$)|4\.[01]|4\.20|code)",
        {},
        "docs.x.ai/docs/guides/reasoning: an error",
    ),
    ReasoningWay(
        "xai",
        "",
        _effort("none", "low", "medium", "high"),
        "newreleases.io/project/github/vercel/ai/release/@ai-sdk%2Fxai@4.0.0-canary.61",
    ),
    ReasoningWay(
        "groq",
        "openai/gpt-oss",
        _effort("low", "medium", "high"),
        "console.groq.com/docs/reasoning",
    ),
    ReasoningWay(
        "groq",
        "qwen/",
        _switch("reasoning_effort", "none", "default"),
        "console.groq.com/docs/reasoning",
    ),
    ReasoningWay("groq", "", {}, "console.groq.com/docs/reasoning: others do not reason"),
    ReasoningWay(
        "together",
        "openai/gpt-oss",
        _effort("low", "medium", "high"),
        "docs.rs/crate/harn-vm/0.8.82 capability_sources/20-providers/60-together.toml",
    ),
    ReasoningWay(
        "together",
        r"zai-org/glm-5\.3",
        _effort("low", "medium", "high", "max"),
        "docs.together.ai/docs/glm-5.3-quickstart: it always reasons",
    ),
    ReasoningWay(
        "together",
        "qwen/",
        _switch(_TEMPLATE, {"enable_thinking": False}, {"enable_thinking": True}),
        "docs.rs/crate/harn-vm/0.8.82 capability_sources/20-providers/60-together.toml",
    ),
    ReasoningWay(
        "together",
        "",
        _switch("reasoning", {"enabled": False}, {"enabled": True}),
        "docs.rs/crate/harn-vm/0.8.82 capability_sources/20-providers/60-together.toml",
    ),
    ReasoningWay(
        "fireworks",
        "",
        _effort("none", "low", "medium", "high", "xhigh", "max"),
        "docs.fireworks.ai/guides/reasoning",
    ),
    ReasoningWay(
        "cerebras",
        "zai-glm",
        _switch("disable_reasoning", True, False),  # noqa: FBT003  # values of a field
        "inference-docs.cerebras.ai/capabilities/reasoning",
    ),
    ReasoningWay(
        "cerebras",
        "",
        _effort("low", "medium", "high"),
        "inference-docs.cerebras.ai/capabilities/reasoning",
    ),
    ReasoningWay(
        "vllm",
        "",
        {
            NONE: {_TEMPLATE: {"enable_thinking": False, "thinking": False}},
            **{
                depth: {
                    "reasoning_effort": depth,
                    _TEMPLATE: {"enable_thinking": True, "thinking": True},
                }
                for depth in BUDGETS
            },
        },
        "docs.vllm.ai/en/v0.26.0/features/reasoning_outputs",
    ),
    ReasoningWay(
        "llamacpp",
        "",
        {
            NONE: {_TEMPLATE: {"enable_thinking": False}},
            **{
                depth: {_TEMPLATE: {"enable_thinking": True, "reasoning_effort": depth}}
                for depth in BUDGETS
            },
        },
        "ggml-org/llama.cpp, the documentation of its server: chat_template_kwargs",
    ),
    ReasoningWay(
        "ollama",
        "gpt-oss",
        {depth: {"think": depth} for depth in BUDGETS},
        "docs.ollama.com/capabilities/thinking",
    ),
    ReasoningWay(
        "ollama",
        "",
        _switch("think", False, True),  # noqa: FBT003  # values of a field
        "docs.ollama.com/capabilities/thinking",
    ),
    ReasoningWay(
        "others",
        "",
        _effort("none", "low", "medium", "high"),
        "platform.openai.com/docs/guides/reasoning: as most servers of that API take it",
    ),
)
"""By provider; of the rows of one the first whose ``models`` match."""

_HOSTS: Mapping[str, str] = {
    "api.openai.com": "openai",
    "openrouter.ai": "openrouter",
    "api.deepseek.com": "deepseek",
    "api.z.ai": "zai",
    "open.bigmodel.cn": "zai",
    "dashscope.aliyuncs.com": "dashscope",
    "dashscope-intl.aliyuncs.com": "dashscope",
    "api.moonshot.ai": "moonshot",
    "api.moonshot.cn": "moonshot",
    "generativelanguage.googleapis.com": "gemini",
    "api.x.ai": "xai",
    "api.groq.com": "groq",
    "api.together.xyz": "together",
    "api.fireworks.ai": "fireworks",
    "api.cerebras.ai": "cerebras",
}
_WIRES = frozenset({"anthropic", "ollama", "llamacpp", "mistral"})
"""Wires that tell the way whatever the host is."""


def way_of(provider: str, api: str, host: str, model: str) -> ReasoningWay:
    """How a model is told how deep to reason.

    Args:
        provider: what stands before the slash in ``provider/model``.
        api: its wire.
        host: of its base URL.
        model: the bare name.
    """
    named = _HOSTS.get(host) or ("openai" if host.endswith(AZURE_HOST) else "")
    known = api if api in _WIRES else named or ("vllm" if provider == "vllm" else "others")
    rows = [way for way in WAYS if way.provider == known]
    return next(way for way in rows if re.match(way.models, model, re.IGNORECASE))


def shortfall(way: ReasoningWay, model: str, depth: Reasoning) -> str | None:
    """Say what a model cannot do of a depth, ``None`` when it can."""
    said = way.nearest(depth)
    if said == depth:
        return None
    if said is None:
        return f"{model} takes no `{depth}`: how deep it reasons cannot be said"
    return f"{model} takes no `{depth}`, only {listed(way.says)}: it is asked for `{said}`"


def cannot(entry: ProviderEntry, model: str, depth: Reasoning) -> str | None:
    """Say what a provider's model, by its bare name, cannot do of a depth."""
    if entry.api == "embedded":
        return f"{entry.name}/{model} is a tool and does not reason: leave `reasoning` out"
    host = urlsplit(entry.base_url).hostname or ""
    way = way_of(entry.name, entry.api, host, model)
    return shortfall(way, f"{entry.name}/{model}", depth)


def listed(depths: Iterable[str]) -> str:
    """As in ``none, low and high``."""
    *first, last = depths
    return f"{', '.join(first)} and {last}" if first else last


def shown(way: ReasoningWay) -> list[tuple[str, str]]:
    """Of each depth the fields as JSON, for the documentation."""
    return [(depth, json.dumps(way.says[depth])) for depth in DEPTHS if depth in way.says]
