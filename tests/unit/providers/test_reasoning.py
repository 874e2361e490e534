"""Each depth of reasoning, as each provider has it documented."""

from urllib.parse import urlsplit

import pytest

from moa_lsp.config.apis import APIS
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.config.values import Reasoning
from moa_lsp.providers.parameters import Habits, refused_field
from moa_lsp.providers.reasoning import cannot, way_of
from moa_lsp.providers.reasoning_ways import DEPTHS, WAYS
from tests.chaos.expectation import ask, provider, request
from tests.fakes.faulty_server import FaultyServer, healthy, whole

OFF, ON = {"type": "disabled"}, {"type": "enabled"}
ADAPTIVE = {"type": "adaptive"}


def effort(*depths):
    """The bodies of the seven depths, from those that stand in them."""
    return [{"reasoning_effort": depth} for depth in depths]


def template(on, depth=None):
    said = {"enable_thinking": on} | ({"reasoning_effort": depth} if depth else {})
    return {"chat_template_kwargs": said}


def vllm(on, depth=None):
    said = {"chat_template_kwargs": {"enable_thinking": on, "thinking": on}}
    return said | ({"reasoning_effort": depth} if depth else {})


ALL = effort(*DEPTHS)
SIX = ("none", "low", "low", "medium", "high", "high", "high")
ADAPTIVE_EFFORTS = [
    {"thinking": ADAPTIVE, "output_config": {"effort": depth}}
    for depth in ("low", "low", "low", "medium", "high", "xhigh", "max")
]
DOCUMENTED = {
    ("openai", "openai", "api.openai.com", "gpt-5.2"): ALL,
    ("azure-openai", "openai", "lab.openai.azure.com", "gpt-5.2"): ALL,
    ("openrouter", "openai", "openrouter.ai", "any/model"): [
        {"reasoning": {"effort": depth}} for depth in DEPTHS
    ],
    ("deepseek", "openai", "api.deepseek.com", "deepseek-v4-pro"): [
        {"thinking": OFF},
        *[{"thinking": ON, "reasoning_effort": "high"}] * 5,
        {"thinking": ON, "reasoning_effort": "max"},
    ],
    ("mistral", "mistral", "api.mistral.ai", "mistral-small-2603"): effort(*SIX),
    ("zai", "openai", "api.z.ai", "glm-5.3"): [
        {"thinking": ON, "reasoning_effort": depth}
        for depth in ("low", "low", "low", "low", "high", "high", "max")
    ],
    ("zai", "openai", "api.z.ai", "glm-5.2"): [
        {"thinking": OFF},
        *[{"thinking": ON, "reasoning_effort": "high"}] * 5,
        {"thinking": ON, "reasoning_effort": "max"},
    ],
    ("zai", "openai", "api.z.ai", "glm-4.6"): [{"thinking": OFF}, *[{"thinking": ON}] * 6],
    ("dashscope", "openai", "dashscope-intl.aliyuncs.com", "qwen3-coder"): [
        {"enable_thinking": False},
        *[{"enable_thinking": True, "thinking_budget": 1024}] * 2,
        {"enable_thinking": True, "thinking_budget": 8192},
        *[{"enable_thinking": True, "thinking_budget": 24576}] * 2,
        {"enable_thinking": True},
    ],
    ("moonshot", "openai", "api.moonshot.ai", "kimi-k2.6"): [
        {"thinking": OFF}, *[{"thinking": ON}] * 6,
    ],
    ("moonshot", "openai", "api.moonshot.ai", "kimi-k2.7-code"): [{"thinking": ON}] * 7,
    ("moonshot", "openai", "api.moonshot.ai", "kimi-k3"): effort(
        "low", "low", "low", "low", "high", "high", "max"
    ),
    ("anthropic", "anthropic", "api.anthropic.com", "claude-opus-4-7"): [
        {"thinking": OFF}, *ADAPTIVE_EFFORTS[1:],
    ],
    ("anthropic", "anthropic", "api.anthropic.com", "claude-sonnet-4-20250514"): [
        {"thinking": OFF}, *[{}] * 6,
    ],
    ("anthropic", "anthropic", "api.anthropic.com", "claude-sonnet-5-5"): [
        {"thinking": {"type": "between_tools"}}, *ADAPTIVE_EFFORTS[1:],
    ],
    ("anthropic", "anthropic", "api.anthropic.com", "claude-opus-5-5"): ADAPTIVE_EFFORTS,
    ("gemini", "openai", "generativelanguage.googleapis.com", "gemini-2.5-flash"): effort(
        "none", "minimal", "low", "medium", "high", "high", "high"
    ),
    ("gemini", "openai", "generativelanguage.googleapis.com", "gemini-3-flash"): effort(
        "minimal", "minimal", "low", "medium", "high", "high", "high"
    ),
    ("xai", "openai", "api.x.ai", "grok-4.3"): effort(*SIX),
    ("xai", "openai", "api.x.ai", "grok-4.5"): effort("low", *SIX[1:]),
    ("xai", "openai", "api.x.ai", "grok-4.6"): effort(
        "low", "low", "low", "medium", "high", "xhigh", "xhigh"
    ),
    ("xai", "openai", "api.x.ai", "grok-3-mini"): effort(*["low"] * 4, *["high"] * 3),
    ("xai", "openai", "api.x.ai", "grok-4-0709"): [{}] * 7,
    ("groq", "openai", "api.groq.com", "openai/gpt-oss-120b"): effort("low", *SIX[1:]),
    ("groq", "openai", "api.groq.com", "qwen/qwen3-32b"): effort("none", *["default"] * 6),
    ("groq", "openai", "api.groq.com", "llama-3.3-70b-versatile"): [{}] * 7,
    ("together", "openai", "api.together.xyz", "openai/gpt-oss-120b"): effort("low", *SIX[1:]),
    ("together", "openai", "api.together.xyz", "zai-org/GLM-5.3"): effort(
        "low", "low", "low", "medium", "high", "high", "max"
    ),
    ("together", "openai", "api.together.xyz", "moonshotai/Kimi-K2.5"): [
        {"reasoning": {"enabled": False}}, *[{"reasoning": {"enabled": True}}] * 6,
    ],
    ("together", "openai", "api.together.xyz", "Qwen/Qwen3.5-397B-A17B"): [
        template(False), *[template(True)] * 6,
    ],
    ("fireworks", "openai", "api.fireworks.ai", "accounts/fireworks/models/x"): effort(
        "none", "low", "low", "medium", "high", "xhigh", "max"
    ),
    ("cerebras", "openai", "api.cerebras.ai", "gpt-oss-120b"): effort("low", *SIX[1:]),
    ("cerebras", "openai", "api.cerebras.ai", "zai-glm-4.7"): [
        {"disable_reasoning": True}, *[{"disable_reasoning": False}] * 6,
    ],
    ("nvidia", "openai", "integrate.api.nvidia.com", "openai/gpt-oss-120b"): effort(
        "low", *SIX[1:]
    ),
    ("nvidia", "openai", "integrate.api.nvidia.com", "z-ai/glm5"): [
        vllm(False), *[vllm(True)] * 6,
    ],
    ("huggingface", "openai", "router.huggingface.co", "any/model"): effort(*SIX),
    ("sambanova", "openai", "api.sambanova.ai", "gpt-oss-120b"): effort(*SIX),
    ("github-models", "openai", "models.github.ai", "openai/gpt-5"): effort(*SIX),
    ("vllm", "openai", "127.0.0.1", "qwen3"): [
        vllm(False), *[vllm(True, depth) for depth in SIX[1:]],
    ],
    ("llamacpp", "llamacpp", "127.0.0.1", "qwen3"): [
        template(False), *[template(True, depth) for depth in SIX[1:]],
    ],
    ("ollama", "ollama", "127.0.0.1", "qwen3"): [{"think": False}, *[{"think": True}] * 6],
    ("ollama", "ollama", "127.0.0.1", "gpt-oss:20b"): [
        {"think": depth} for depth in ("low", *SIX[1:])
    ],
    ("lmstudio", "openai", "127.0.0.1", "any"): effort(*SIX),
}  # fmt: skip


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("who", DOCUMENTED, ids=lambda who: f"{who[0]}/{who[3]}")
def test_each_depth_is_said_as_documented(who, depth):
    assert way_of(*who).body({}, depth) == DOCUMENTED[who][DEPTHS.index(depth)]


def test_every_way_is_tested_and_has_a_source():
    tested = {way_of(*who).source + way_of(*who).models for who in DOCUMENTED}
    assert {way.source + way.models for way in WAYS} == tested
    assert all(way.source for way in WAYS)


def test_every_provider_that_needs_no_entry_is_in_the_table():
    known = {
        (entry.name, entry.api, urlsplit(entry.base_url).hostname)
        for entry in BUILTIN.values()
        if entry.base_url
    }
    assert known <= {who[:3] for who in DOCUMENTED}


@pytest.mark.parametrize("api", APIS)
def test_every_wire_has_a_way_for_any_model(api):
    way = way_of("lab", api, "lab.example", "any-model")
    assert way.provider == ("others" if api == "openai" else api)


def test_a_model_that_reasons_takes_no_temperature_where_that_is_refused():
    way = way_of("anthropic", "anthropic", "api.anthropic.com", "claude-opus-4-7")
    assert "temperature" not in way.body({"temperature": 0.2}, "low")
    assert way.body({"temperature": 0.2}, "none")["temperature"] == 0.2


LACKS = [
    ("openai/gpt-5.2", "max", None),
    ("deepseek/deepseek-v4-pro", "low", "only none, high and max: it is asked for `high`"),
    ("together/zai-org/GLM-5.3", "none", "it is asked for `low`"),
    ("groq/llama-3.3-70b-versatile", "high", "cannot be said"),
    ("embedded/ruff", "high", "does not reason"),
]


@pytest.mark.parametrize(("model", "depth", "words"), LACKS)
def test_what_a_provider_cannot_do_is_said(model, depth: Reasoning, words):
    name, _, bare = model.partition("/")
    told = cannot(BUILTIN[name], bare, depth)
    assert told is None if words is None else words in told


async def test_the_request_holds_the_depth_and_what_else_the_user_wants():
    async with FaultyServer() as server:
        lab = provider(server.url)
        await ask(lab, request(reasoning="low", extra={"top_p": 0.5, "model": "other"}))
        body = server.seen[0].json
        assert (body["reasoning_effort"], body["top_p"], body["model"]) == ("low", 0.5, "m")
        await lab.close()


async def test_inline_completion_asks_for_none():
    async with FaultyServer() as server:
        lab = provider(server.url)
        await ask(lab, request(inline=True, reasoning="high"))
        assert server.seen[0].json["reasoning_effort"] == "none"
        await lab.close()


async def test_a_refused_depth_is_left_out_from_then_on():
    refusal = '{"error": {"message": "Unrecognized request argument: reasoning_effort"}}'
    async with FaultyServer.of(whole(refusal, 400), healthy(), healthy()) as server:
        lab = provider(server.url)
        for _ in range(2):
            assert (await ask(lab, request(reasoning="none"))).text == "hello"
        assert ["reasoning_effort" in each.json for each in server.seen] == [True, False, False]
        await lab.close()


REFUSED = [
    ('"qwen2.5-coder" does not support thinking', {"think": True}, "think"),
    ("Unsupported parameter: 'reasoning'", {"reasoning": {}}, "reasoning"),
    ("thinking is not supported by this model", {"thinking": {}}, "thinking"),
    ("Unsupported value: 'reasoning_effort' does not support 'none'", {"reasoning_effort": 1},
     "reasoning_effort"),
    ("unknown field: enable_thinking", {"enable_thinking": True}, "enable_thinking"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "body", "field"), REFUSED)
def test_a_refusal_of_reasoning_names_its_field(words, body, field):
    assert refused_field(words, None, body.__contains__) == field
    assert Habits().learnt(field, body).adapted(body) == {}


def test_a_users_own_server_is_told_as_most_are():
    lab = ProviderEntry("lab", "openai", "https://llm.example.org/v1")
    assert "it is asked for `high`" in cannot(lab, "m", "max")
