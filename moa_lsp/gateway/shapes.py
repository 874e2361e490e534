"""Responses in the shapes of OpenAI's API. Pure.

Shapes: https://platform.openai.com/docs/api-reference/chat and ``/completions``. ``usage`` is the
sum of all agents; ``usage.cost`` in USD is an addition, as OpenRouter has it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from moa_lsp.chat.run import ChatAnswer
from moa_lsp.mix.record import RunRecord
from moa_lsp.task import ToolCall

Json = dict[str, Any]

DONE = b"data: [DONE]\n\n"
"""The end of a stream."""

FINGERPRINT_CHARS = 12
"""Of a mix's hash, as many as OpenAI's own fingerprints have and fewer than a line."""

COMMENT = b": working\n\n"
"""Keeps a connection alive; clients of server-sent events leave it out."""


def model_list(names: Sequence[tuple[str, str]], created: int) -> Json:
    """The list of models: names of mixes and their descriptions."""
    return {
        "object": "list",
        "data": [
            {
                "id": name,
                "object": "model",
                "created": created,
                "owned_by": "moa-lsp",
                "description": description,
            }
            for name, description in names
        ],
    }


def usage(record: RunRecord) -> Json:
    """What a run took: of all its agents together."""
    spent = record.usage
    return {
        "prompt_tokens": spent.input,
        "completion_tokens": spent.output,
        "total_tokens": spent.input + spent.output,
        "prompt_tokens_details": {"cached_tokens": spent.cached},
        "cost": record.cost_usd if record.cost_known else None,
    }


def headers(record: RunRecord) -> dict[str, str]:
    """Headers that name a run and what it cost; no cost where that is not known."""
    cost = {"x-moa-cost-usd": f"{record.cost_usd:.9f}"} if record.cost_known else {}
    return {"x-moa-run": record.run, **cost}


def chat_completion(answer: ChatAnswer, created: int) -> Json:
    """A whole answer."""
    message: Json = {"role": "assistant", "content": answer.text or None, "refusal": None}
    if answer.tool_calls:
        message["tool_calls"] = [tool_call(each) for each in answer.tool_calls]
    else:
        message["content"] = answer.text
    return {
        "id": f"chatcmpl-{answer.record.run}",
        "object": "chat.completion",
        "created": created,
        "model": answer.record.mix,
        "system_fingerprint": fingerprint(answer.record.mix_hash),
        "choices": [
            {
                "index": 0,
                "message": message,
                "finish_reason": finish_reason(answer),
                "logprobs": None,
            }
        ],
        "usage": usage(answer.record),
    }


def fingerprint(mix_hash: str) -> str:
    """What changes when a mix does: the beginning of its hash."""
    return f"fp_{mix_hash[:FINGERPRINT_CHARS]}"


def chat_chunk(
    run: str, mix: str, mix_hash: str, created: int, delta: Json, finish: str | None = None
) -> Json:
    """A piece of a streamed answer."""
    return {
        "id": f"chatcmpl-{run}",
        "object": "chat.completion.chunk",
        "created": created,
        "model": mix,
        "system_fingerprint": fingerprint(mix_hash),
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}],
    }


def usage_chunk(record: RunRecord, created: int) -> Json:
    """The last chunk of a stream whose client asked for usage."""
    made = chat_chunk(record.run, record.mix, record.mix_hash, created, {})
    return {**made, "choices": [], "usage": usage(record)}


def finish_reason(answer: ChatAnswer) -> str:
    """Why an answer ended."""
    if answer.tool_calls:
        return "tool_calls"
    return "length" if answer.cut_off else "stop"


def tool_call(call: ToolCall) -> Json:
    """A call of a tool, as its model made it."""
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def text_completion(record: RunRecord, text: str, created: int) -> Json:
    """A whole completion, which is also the one chunk of a streamed one."""
    return {
        "id": f"cmpl-{record.run}",
        "object": "text_completion",
        "created": created,
        "model": record.mix,
        "system_fingerprint": fingerprint(record.mix_hash),
        "choices": [{"index": 0, "text": text, "finish_reason": "stop", "logprobs": None}],
        "usage": usage(record),
    }


def event(value: Mapping[str, Any]) -> bytes:
    """A server-sent event."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n\n"
