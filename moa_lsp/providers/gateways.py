"""What a gateway did with a gap, as far as its answer tells: LiteLLM names the route it took.

Pure. LiteLLM takes a completion for any model. Where the route's API has chat alone it sends the
prompt as a user's message, and what stands behind the gap as a field that nobody reads: the answer
looks like any other, but its model saw no gap. That is said, rather than shown. The header comes
when the model is at work already, so whoever asks remembers what was said, and pays for it once.
"""

import re
from collections.abc import Mapping

from moa_lsp.errors import UsageError

ROUTE = "x-litellm-model-name"
"""Header of each answer of LiteLLM: ``route/model``."""

_CHAT_ROUTES = frozenset(
    {
        "anthropic", "azure", "azure_ai", "bedrock", "cerebras", "cohere_chat", "deepseek",
        "gemini", "github_copilot", "groq", "mistral", "ollama", "ollama_chat", "openrouter",
        "perplexity", "sambanova", "vertex_ai", "xai",
    }
)  # fmt: skip
"""Where it makes chat of a completion (tried with 1.108, or read in its sources)."""

_OPENAI_CHAT = re.compile(r"(?:gpt-(?!3\.5-turbo-instruct)|chatgpt-|o\d)", re.IGNORECASE)
"""Models that it knows to be OpenAI's; any other ``openai/…`` gets the completion as it is."""


def check(headers: Mapping[str, str], who: str) -> None:
    """Look whether a gap was put to the model as a gap.

    Args:
        headers: of the answer, names in lower case.
        who: ``provider/model``, for the message.

    Raises:
        UsageError: the gateway made chat of it, and a model is answering.
    """
    named = headers.get(ROUTE, "")
    route, _, model = named.partition("/")
    if route in _CHAT_ROUTES or (route == "openai" and _OPENAI_CHAT.match(model)):
        refusal = UsageError(
            f"{who} is reached by chat alone behind its gateway ({route}), set `fim: chat`"
        )
        refusal.answering = True
        raise refusal
