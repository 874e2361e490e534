"""How deep a model is to reason, as each provider says it: one table with its sources. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from moa_lsp.config.values import Reasoning

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
_TEMPLATE_OFF = {"enable_thinking": False, "thinking": False}
_TEMPLATE_ON = {"enable_thinking": True, "thinking": True}
"""Templates of Qwen and GLM read the first, those of DeepSeek the second."""

_HIGH_AND_MAX: tuple[Reasoning, ...] = ("high", "max")
_LOW_HIGH_AND_MAX: tuple[Reasoning, ...] = ("low", "high", "max")
_ADAPTIVE: Mapping[Reasoning, Fields] = {
    depth: {"thinking": {"type": "adaptive"}, "output_config": {"effort": depth}}
    for depth in DEPTHS
    if depth not in (NONE, "minimal")
}
_SAMPLING = frozenset({"temperature"})

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
            **{depth: {"thinking": _ON, "reasoning_effort": depth} for depth in _HIGH_AND_MAX},
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
        {depth: {"thinking": _ON, "reasoning_effort": depth} for depth in _LOW_HIGH_AND_MAX},
        "docs.z.ai/guides/capabilities/thinking-mode; docs.together.ai/docs/glm-5.3-quickstart: "
        "it always reasons",
    ),
    ReasoningWay(
        "zai",
        r"glm-5\.2",
        {
            NONE: {"thinking": _OFF},
            **{depth: {"thinking": _ON, "reasoning_effort": depth} for depth in _HIGH_AND_MAX},
        },
        "docs.z.ai/guides/capabilities/thinking-mode; openrouter.ai/z-ai/glm-5.2: high and max",
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
        _effort(*_LOW_HIGH_AND_MAX),
        "platform.kimi.ai/docs/guide/use-thinking-effort: it always reasons",
    ),
    ReasoningWay(
        "moonshot",
        r"kimi-k2\.7",
        {"high": {"thinking": _ON}},
        "platform.kimi.ai/docs/guide/use-kimi-k2-thinking-model: `disabled` is an error",
    ),
    ReasoningWay(
        "moonshot",
        "",
        _switch("thinking", _OFF, _ON),
        "platform.kimi.ai/docs/guide/use-kimi-k2-thinking-model; "
        "promptfoo.dev/docs/providers/moonshot",
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
        "claude-sonnet-5-5",
        {NONE: {"thinking": {"type": "between_tools"}}, **_ADAPTIVE},
        "platform.claude.com/docs/en/models/sonnet-5-5/migration-guide: `disabled` is an error",
        _SAMPLING,
    ),
    ReasoningWay(
        "anthropic",
        "claude-(?:opus-5-5|fable|mythos)",
        _ADAPTIVE,
        "platform.claude.com/docs/en/models/opus-5-5/migration-guide: they always reason",
        _SAMPLING,
    ),
    ReasoningWay(
        "anthropic",
        "",
        {NONE: {"thinking": _OFF}, **_ADAPTIVE},
        "anthropics/anthropic-sdk-python src/anthropic/types/output_config_param.py",
        _SAMPLING,
    ),
    ReasoningWay(
        "gemini",
        r"(?:models/)?gemini-(?:2\.5-pro|3)",
        _effort("minimal", "low", "medium", "high"),
        "ai.google.dev/gemini-api/docs/openai; .../docs/thinking: they always reason",
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
        "docs.together.ai/docs/inference/chat/reasoning",
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
        "docs.together.ai/docs/inference/chat/reasoning",
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
        "nvidia",
        "openai/gpt-oss",
        _effort("low", "medium", "high"),
        "docs.rs/crate/harn-vm/0.9.21 capability_sources/20-providers/38-nvidia.toml",
    ),
    ReasoningWay(
        "nvidia",
        "",
        _switch(_TEMPLATE, _TEMPLATE_OFF, _TEMPLATE_ON),
        "build.nvidia.com/nvidia/nemotron-3-ultra-550b-a55b; anomalyco/opencode issue 13584",
    ),
    ReasoningWay(
        "vllm",
        "",
        {
            NONE: {_TEMPLATE: _TEMPLATE_OFF},
            **{
                depth: {
                    "reasoning_effort": depth,
                    _TEMPLATE: _TEMPLATE_ON,
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
