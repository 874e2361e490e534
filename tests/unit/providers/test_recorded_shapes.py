"""A stream and an error of each built-in provider, in the shape that its source shows.

Each is made after the source that stands beside it; the texts are ours.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from moa_lsp.config.registry import BUILTIN
from moa_lsp.errors import (
    AuthRejected,
    BadReply,
    MoaError,
    ProviderOverloaded,
    RateLimited,
    TooLarge,
)
from moa_lsp.providers.base import Usage
from tests.chaos.expectation import ask, baseline, provider, request, settled
from tests.fakes.faulty_server import FaultyServer, chunked, whole


def _chunk(delta: Any, finish: Any = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {
        "id": "c1",
        "object": "chat.completion.chunk",
        "model": "m",
        "choices": [choice],
    } | more


def _usage(prompt: int = 11, answer: int = 3, **more: Any) -> dict[str, Any]:
    total = prompt + answer
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": total} | more


def _sse(*events: Any, done: bool = True) -> str:
    texts = [each if isinstance(each, str) else f"data: {json.dumps(each)}" for each in events]
    return "".join(f"{each}\n\n" for each in (*texts, *(["data: [DONE]"] if done else [])))


def _named(*events: dict[str, Any]) -> str:
    return "".join(f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in events)


@dataclass
class Shape:
    """What one provider sends.

    Attributes:
        source: of the stream, then of the error.
        error: status and body.
        kind: the error that it means; ``words`` are part of it.
    """

    source: tuple[str, str]
    stream: str
    error: tuple[int, Any]
    kind: type[MoaError]
    words: str
    usage: Usage = field(default_factory=lambda: Usage(11, 3))
    cost: float | None = None
    api: str = "openai"
    content_type: str = "text/event-stream"
    reasoning: int = 0


SHAPES = {
    "openai": Shape(
        (
            "openai/openai-python src/openai/types/chat/chat_completion_chunk.py",
            "community.openai.com/t/938077: max_completion_tokens",
        ),
        _sse(
            _chunk({"role": "assistant", "content": "", "refusal": None}, usage=None),
            _chunk({"content": "hel"}, usage=None),
            _chunk({"content": "lo"}, usage=None),
            _chunk({}, "stop", usage=None),
            {
                "id": "c1",
                "choices": [],
                "usage": _usage(
                    prompt_tokens_details={"cached_tokens": 4, "audio_tokens": 0},
                    completion_tokens_details={"reasoning_tokens": 0},
                ),
            },
        ),
        (
            429,
            {
                "error": {
                    "message": "You exceeded your current quota, check your plan and details",
                    "type": "insufficient_quota",
                    "param": None,
                    "code": "insufficient_quota",
                }
            },
        ),
        AuthRejected,
        "exceeded your current quota",
        Usage(11, 3, 4),
    ),
    "openrouter": Shape(
        (
            "openrouter.ai/docs/api-reference/streaming",
            "openrouter.ai/docs/errors: ErrorResponse, metadata.raw",
        ),
        _sse(
            ": OPENROUTER PROCESSING",
            _chunk({"role": "assistant", "content": "", "reasoning": "hmm"}, provider="X"),
            _chunk({"role": "assistant", "content": "hello"}, provider="X"),
            _chunk({"role": "assistant", "content": ""}, "stop", native_finish_reason="stop"),
            _chunk(
                {"role": "assistant", "content": ""},
                usage=_usage(cost=0.00012, prompt_tokens_details={"cached_tokens": 2}),
            ),
        ),
        (
            502,
            {
                "error": {
                    "message": "Provider returned error",
                    "code": 502,
                    "metadata": {
                        "raw": '{"error":{"message":"the upstream is out of memory"}}',
                        "provider_name": "X",
                    },
                },
                "user_id": "u",
            },
        ),
        ProviderOverloaded,
        "the upstream is out of memory",
        Usage(11, 3, 2),
        0.00012,
        reasoning=3,
    ),
    "together": Shape(
        (
            "togethercomputer/together-python src/together/types/chat_completions.py",
            "mozilla-ai/any-llm issue 714; SWE-agent/SWE-agent issue 135",
        ),
        _sse(
            _chunk({"role": "assistant", "content": "hel", "token_id": 7}),
            _chunk({"content": "lo", "reasoning": "hmm", "reasoning_content": "hmm"}),
            _chunk({"content": "", "token_id": 9}, "eos", usage=_usage()),
        ),
        (
            422,
            {
                "id": "c1",
                "error": {
                    "message": "Input validation error: `inputs` tokens + `max_new_tokens` must "
                    "be <= 2048. Given: 2019 `inputs` tokens and 30 `max_new_tokens`",
                    "type_": "invalid_request_error",
                    "param": None,
                    "code": None,
                },
            },
        ),
        BadReply,
        "must be <= 2048",
        reasoning=3,
    ),
    "deepseek": Shape(
        (
            "api-docs.deepseek.com/api/create-chat-completion, quick_start/rate_limit",
            "Aider-AI/aider issue 4851",
        ),
        _sse(
            ": keep-alive",
            _chunk({"role": "assistant", "content": None, "reasoning_content": "hmm"}),
            _chunk({"content": "hello", "reasoning_content": None}),
            _chunk(
                {"content": "", "reasoning_content": None},
                "stop",
                usage=_usage(prompt_cache_hit_tokens=8, prompt_cache_miss_tokens=3),
            ),
        ),
        (
            402,
            {
                "error": {
                    "message": "Insufficient Balance",
                    "type": "unknown_error",
                    "param": None,
                    "code": "invalid_request_error",
                }
            },
        ),
        AuthRejected,
        "Insufficient Balance",
        Usage(11, 3, 8),
        reasoning=3,
    ),
    "mistral": Shape(
        (
            "mistralai/client-python docs/models/completionchunk.md, contentchunk.md",
            "editor-code-assistant/eca issue 231",
        ),
        _sse(
            _chunk({"role": "assistant", "content": ""}),
            _chunk(
                {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "h"}]}]}
            ),
            _chunk({"content": [{"type": "text", "text": "hel"}]}),
            _chunk({"content": "lo"}),
            _chunk({"content": ""}, "stop", usage=_usage()),
        ),
        (
            422,
            {
                "object": "error",
                "message": {
                    "detail": [
                        {
                            "type": "extra_forbidden",
                            "loc": ["body", "odd_field"],
                            "msg": "Extra inputs are not permitted",
                            "input": 32000,
                        }
                    ]
                },
                "type": "invalid_request_error",
                "param": None,
                "code": None,
            },
        ),
        BadReply,
        "odd_field: Extra inputs are not permitted",
        api="mistral",
        reasoning=1,
    ),
    "fireworks": Shape(
        (
            "docs.fireworks.ai/api-reference/post-chatcompletions: usage in the last chunk",
            "warpdotdev/warp issue 15107",
        ),
        _sse(
            _chunk({"role": "assistant"}),
            _chunk({"content": "hello"}),
            _chunk({}, "stop", usage=_usage(), perf_metrics={"x": 1}),
        ),
        (
            404,
            {
                "error": {
                    "message": "Model not found, inaccessible, and/or not deployed",
                    "param": "model",
                    "code": "NOT_FOUND",
                    "type": "error",
                }
            },
        ),
        BadReply,
        "inaccessible, and/or not deployed",
    ),
    "groq": Shape(
        (
            "groq/groq-python src/groq/types/chat/chat_completion_chunk.py: x_groq",
            "elizaOS/eliza issue 4040; danielmiessler/Fabric issue 364",
        ),
        _sse(
            _chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_1"}),
            _chunk({"reasoning": "hmm"}),
            _chunk({"content": "hello"}),
            _chunk({}, "stop", x_groq={"id": "req_1", "usage": _usage(queue_time=0.1)}),
        ),
        (
            429,
            {
                "error": {
                    "message": "Rate limit reached for model `m` in organization `org_1` service "
                    "tier `on_demand` on tokens per minute (TPM): Limit 6000, Used 5034, "
                    "Requested 1443. Please try again in 4.77s. Need more tokens? Upgrade to Dev "
                    "Tier today at https://console.groq.com/settings/billing",
                    "type": "tokens",
                    "code": "rate_limit_exceeded",
                }
            },
        ),
        RateLimited,
        "Please try again in 4.77s",
        reasoning=3,
    ),
    "anthropic": Shape(
        (
            "docs.anthropic.com/en/api/messages-streaming",
            "docs.anthropic.com/en/api/errors: overloaded_error in a stream",
        ),
        _named(
            {
                "type": "message_start",
                "message": {
                    "type": "message",
                    "content": [],
                    "usage": {
                        "input_tokens": 5,
                        "cache_creation_input_tokens": 2,
                        "cache_read_input_tokens": 4,
                        "output_tokens": 1,
                    },
                },
            },
            {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking"}},
            {"type": "ping"},
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "thinking_delta", "thinking": "hmm"},
            },
            {
                "type": "content_block_delta",
                "index": 1,
                "delta": {"type": "text_delta", "text": "hello"},
            },
            {
                "type": "message_delta",
                "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                "usage": {"output_tokens": 3},
            },
            {"type": "message_stop"},
        ),
        (
            529,
            {
                "type": "error",
                "error": {"type": "overloaded_error", "message": "ProviderOverloaded"},
                "request_id": "req_1",
            },
        ),
        ProviderOverloaded,
        "Overloaded",
        Usage(11, 3, 4, 2),
        api="anthropic",
        reasoning=3,
    ),
    "ollama": Shape(
        ("ollama/ollama docs/api.md, Chat request (Streaming)", "ollama/ollama docs/api/errors"),
        "".join(
            json.dumps({"model": "m", "created_at": "2026-01-01T00:00:00Z"} | each) + "\n"
            for each in (
                {
                    "message": {"role": "assistant", "content": "", "thinking": "hmm"},
                    "done": False,
                },
                {"message": {"role": "assistant", "content": "hello"}, "done": False},
                {
                    "message": {"role": "assistant", "content": ""},
                    "done": True,
                    "done_reason": "stop",
                    "total_duration": 1,
                    "prompt_eval_count": 11,
                    "eval_count": 3,
                },
            )
        ),
        (404, {"error": "model 'm' not found"}),
        BadReply,
        "model 'm' not found",
        api="ollama",
        content_type="application/x-ndjson",
        reasoning=3,
    ),
    "lmstudio": Shape(
        (
            "lmstudio.ai/docs/app/api/endpoints/openai",
            "lmstudio-ai/lmstudio-bug-tracker issue 618: at status 200",
        ),
        _sse(
            _chunk({"role": "assistant", "content": "hel"}),
            _chunk({"role": "assistant", "content": "lo"}),
            _chunk({}, "stop"),
            {"id": "c1", "choices": [], "usage": _usage()},
        ),
        (200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"}),
        BadReply,
        "correct its base_url",
    ),
    "llamacpp": Shape(
        (
            "ggml-org/llama.cpp tools/server/README.md: timings, usage",
            "ggml-org/llama.cpp tools/server: exceed_context_size_error",
        ),
        _sse(
            _chunk({"role": "assistant", "content": None}),
            _chunk({"content": "hello"}),
            _chunk({}, "stop"),
            {"id": "c1", "choices": [], "usage": _usage(), "timings": {"predicted_n": 3}},
        ),
        (
            400,
            {
                "error": {
                    "code": 400,
                    "message": "the request exceeds the available context size, try increasing it",
                    "type": "exceed_context_size_error",
                    "n_prompt_tokens": 9000,
                    "n_ctx": 4096,
                }
            },
        ),
        TooLarge,
        "exceeds the available context size",
        api="llamacpp",
    ),
    "vllm": Shape(
        (
            "vllm-project/vllm docs: OpenAI-compatible server, continuous_usage_stats",
            "modelscope/ms-agent issue 489: vllm's BadRequestError",
        ),
        _sse(
            _chunk({"role": "assistant", "content": ""}, usage=_usage(11, 0)),
            _chunk({"content": "hel"}, usage=_usage(11, 1)),
            _chunk({"content": "lo"}, usage=_usage(11, 2)),
            _chunk({"content": ""}, "stop", stop_reason=None, usage=_usage(11, 3)),
            {"id": "c1", "choices": [], "usage": _usage(11, 3)},
        ),
        (
            400,
            {
                "object": "error",
                "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'odd'), 'msg': 'Extra "
                "inputs are not permitted', 'input': {}}]",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            },
        ),
        BadReply,
        "'loc': ('body', 'odd')",
    ),
    "gemini": Shape(
        (
            "ai.google.dev/gemini-api/docs/openai",
            "n4ze3m/page-assist issue 406: an array",
        ),
        _sse(
            _chunk({"role": "assistant", "content": "hel"}),
            _chunk({"role": "assistant", "content": "lo"}, "stop", usage=_usage()),
        ),
        (
            429,
            [
                {
                    "error": {
                        "code": 429,
                        "message": "Resource has been exhausted (e.g. check quota)",
                        "status": "RESOURCE_EXHAUSTED",
                    }
                }
            ],
        ),
        RateLimited,
        "Resource has been exhausted",
    ),
    "xai": Shape(
        ("docs.x.ai/docs/guides/reasoning: reasoning_content", "openai/codex issue 1352"),
        _sse(
            _chunk({"role": "assistant", "reasoning_content": "hmm"}),
            _chunk({"content": "hello"}),
            _chunk({}, "stop"),
            {"id": "c1", "choices": [], "usage": _usage()},
        ),
        (
            400,
            {
                "code": "Client specified an invalid argument",
                "error": "Incorrect API key provided: sk***gA. You can obtain an API key from "
                "https://console.x.ai.",
            },
        ),
        AuthRejected,
        "Incorrect API key provided",
        reasoning=3,
    ),
    "cerebras": Shape(
        (
            "inference-docs.cerebras.ai/capabilities/reasoning: reasoning",
            "explyt/explyt issue 35: no `error` around it",
        ),
        _sse(
            _chunk({"role": "assistant", "reasoning": "hmm"}),
            _chunk({"content": "hello"}),
            _chunk({}, "stop", usage=_usage(), time_info={"queue_time": 0.1}),
        ),
        (
            429,
            {
                "message": "Requests per minute limit exceeded - too many requests sent.",
                "type": "too_many_requests_error",
                "param": "quota",
                "code": "request_quota_exceeded",
            },
        ),
        RateLimited,
        "Requests per minute limit exceeded",
        reasoning=3,
    ),
    "huggingface": Shape(
        (
            "huggingface.co/docs/inference-providers: OpenAI-compatible chat completions",
            "cline/cline issue 5098; github/copilot-cli issue 639",
        ),
        _sse(
            _chunk({"role": "assistant", "content": "hel"}),
            _chunk({"content": "lo"}),
            _chunk({}, "stop"),
            {"id": "c1", "choices": [], "usage": _usage()},
        ),
        (
            400,
            {
                "error": {
                    "message": "The requested model 'm' is not supported by any provider you have "
                    "enabled.",
                    "type": "invalid_request_error",
                    "param": "model",
                    "code": "model_not_supported",
                }
            },
        ),
        BadReply,
        "not supported by any provider",
    ),
    "nvidia": Shape(
        (
            "farion1231/cc-switch issue 1617: reasoning_content is null",
            "Alishahryar1/free-claude-code issue 1021",
        ),
        _sse(
            _chunk({"role": "assistant", "content": None, "reasoning_content": None}),
            _chunk({"content": "hello", "reasoning_content": None}),
            _chunk({"content": ""}, "stop"),
            {"id": "c1", "choices": [], "usage": _usage()},
        ),
        (
            404,
            {
                "status": 404,
                "title": "Not Found",
                "detail": "Function '23d4': Not found for account 'a'",
            },
        ),
        BadReply,
        "Not found for account",
    ),
    "moonshot": Shape(
        (
            "earendil-works/pi issue 2017: usage inside the choice",
            "MoonshotAI/Kimi-K2 issue 5",
        ),
        _sse(
            _chunk({"role": "assistant", "content": "", "reasoning_content": "hmm"}),
            _chunk({"content": "hello"}),
            {
                "id": "c1",
                "choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": _usage()}],
            },
        ),
        (
            403,
            {
                "error": {
                    "message": "Your account is not active, organization exceeded current quota, "
                    "please check your plan and billing details",
                    "type": "exceeded_current_quota_error",
                }
            },
        ),
        AuthRejected,
        "exceeded current quota",
        reasoning=3,
    ),
    "zai": Shape(
        ("docs.z.ai/guides/capabilities/thinking-mode", "zai-org/GLM-5 issue 148"),
        _sse(
            _chunk({"role": "assistant", "reasoning_content": "hmm"}),
            _chunk({"role": "assistant", "content": "hello"}),
            _chunk({"role": "assistant", "content": ""}, "stop", usage=_usage()),
        ),
        (
            429,
            {
                "error": {
                    "code": "1113",
                    "message": "Insufficient balance or no resource package. Please recharge.",
                }
            },
        ),
        AuthRejected,
        "Insufficient balance",
        reasoning=3,
    ),
    "dashscope": Shape(
        (
            "alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope",
            "QwenLM/Qwen issue 938",
        ),
        _sse(
            _chunk({"role": "assistant", "content": None, "reasoning_content": "hmm"}),
            _chunk({"content": "hello", "reasoning_content": None}),
            _chunk({"content": ""}, "stop"),
            {"id": "c1", "choices": [], "usage": _usage()},
        ),
        (
            400,
            {
                "error": {
                    "code": "data_inspection_failed",
                    "param": None,
                    "message": "Input data may contain inappropriate content.",
                    "type": "data_inspection_failed",
                },
                "id": "c1",
                "request_id": "r1",
            },
        ),
        BadReply,
        "may contain inappropriate content",
        reasoning=3,
    ),
    "sambanova": Shape(
        (
            "docs.sambanova.ai: OpenAI-compatible chat completions",
            "docs.sambanova.ai/docs/en/api-reference/using-the-api/api-error-codes.md",
        ),
        _sse(
            _chunk({"role": "assistant", "content": "hel"}),
            _chunk({"content": "lo"}),
            _chunk({"content": ""}, "stop"),
            {"id": "c1", "choices": [], "usage": _usage(is_last_response=True)},
        ),
        (
            400,
            {
                "error": {
                    "message": "Decimal above maximum value. Expected a value between 0 and 1, "
                    "but got 100 instead.",
                    "type": "invalid_request_error",
                    "param": "top_p",
                    "code": "decimal_above_max_value",
                },
                "request_id": "r1",
            },
        ),
        BadReply,
        "Decimal above maximum value",
    ),
    "github-models": Shape(
        (
            "docs.github.com/en/rest/models/inference",
            "docs.github.com/en/github-models/use-github-models/prototyping-with-ai-models",
        ),
        _sse(
            _chunk({"role": "assistant", "content": ""}),
            _chunk({"content": "hello"}),
            _chunk({}, "stop"),
            {"id": "c1", "choices": [], "usage": _usage()},
        ),
        (
            429,
            {
                "error": {
                    "code": "RateLimitReached",
                    "message": "Rate limit of 15 per 60s exceeded for UserByModelByMinute.",
                    "details": "Please wait 40 seconds before retrying.",
                }
            },
        ),
        RateLimited,
        "Rate limit of 15 per 60s exceeded",
    ),
}


def test_every_built_in_provider_has_its_shapes():
    assert set(SHAPES) == {entry.name for entry in BUILTIN.values() if entry.base_url}
    assert all(all(shape.source) for shape in SHAPES.values())


@pytest.mark.parametrize("name", SHAPES)
async def test_the_stream_of_a_provider_is_read(name):
    shape = SHAPES[name]
    script = whole(shape.stream, kind=shape.content_type)
    async with baseline(), FaultyServer.of(script) as server:
        lab = provider(server.url, shape.api)
        outcome = await ask(lab, request(max_tokens=9))
        assert outcome.text == "hello"
        assert outcome.reply.finish == "stop"
        assert outcome.reply.usage == shape.usage
        assert outcome.reply.cost_usd == shape.cost
        assert outcome.reply.reasoning_chars == shape.reasoning
        await lab.close()
        assert await settled(lambda: server.open == 0)


@pytest.mark.parametrize("way", ["refusal", "inside the stream"])
@pytest.mark.parametrize("name", SHAPES)
async def test_the_error_of_a_provider_is_told_in_its_own_words(name, way):
    shape = SHAPES[name]
    status, body = shape.error
    text = json.dumps(body)
    script = whole(text, status)
    if way == "inside the stream":
        event = f"{text}\n" if shape.api == "ollama" else f"data: {text}\n\n"
        script = chunked(event.encode(), kind=shape.content_type)
    async with baseline(), FaultyServer.of(*[script] * 3) as server:
        lab = provider(server.url, shape.api)
        outcome = await ask(lab, request(max_tokens=9))
        assert shape.words in str(outcome.error)
        if way == "refusal":
            assert isinstance(outcome.error, shape.kind), outcome.error
        await lab.close()
