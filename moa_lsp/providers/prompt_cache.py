"""Marks of what a provider is to keep of a prompt, for those that want to be told. Pure.

Anthropic keeps what stands before a block with ``cache_control``, for five minutes, at 1.25 times
the price of input, and reads it at a tenth; what is shorter than 1,024 to 4,096 tokens, by model,
is not kept and costs nothing more (platform.claude.com/docs/en/build-with-claude/prompt-caching).
OpenRouter passes the same marks on for ``anthropic/`` models (openrouter.ai/docs, "prompt
caching"). OpenAI, Gemini, DeepSeek, Mistral, Moonshot, Z.ai, DashScope, xAI, Groq, Together,
Fireworks, vLLM and llama.cpp keep beginnings by themselves, so that nothing is sent.
"""

from collections.abc import Sequence
from typing import Any

from moa_lsp.task import Message

_KEEP = {"type": "ephemeral"}


def marked(text: str, shared: int) -> list[dict[str, Any]]:
    """A text as blocks, of which the first, ``shared`` characters long, is to be kept."""
    first: dict[str, Any] = {"type": "text", "text": text[:shared], "cache_control": _KEEP}
    rest = text[shared:]
    return [first, {"type": "text", "text": rest}] if rest else [first]


def content(message: Message) -> str | Sequence[dict[str, Any]]:
    """A message's content, in marked blocks where its beginning is to be kept."""
    whole = message.role == "system" and message.content.strip()
    shared = len(message.content) if whole else message.shared
    return marked(message.content, shared) if shared else message.content
