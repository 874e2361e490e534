"""Which way of ``reasoning_ways`` a model is told, and what it cannot be told.

Pure. A depth that a provider does not have becomes the nearest shallower one that it has, or its
shallowest; ``shortfall`` says so. What a model's server refuses all the same is learnt from its
words (``parameters``).
"""

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from moa_lsp.config.apis import APIS
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.config.values import Reasoning
from moa_lsp.providers.openai_chat import AZURE_HOST
from moa_lsp.providers.reasoning_ways import DEPTHS, WAYS, ReasoningWay

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
    "integrate.api.nvidia.com": "nvidia",
}
_WIRES = frozenset(APIS) - {"openai"}
"""Wires that tell the way whatever the host is: each has rows of its own in ``WAYS``."""


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
