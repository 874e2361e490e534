"""The body of a Chat Completions request as values. Pure.

Shapes: https://platform.openai.com/docs/api-reference/chat/create. Parameters of sampling
(``temperature``, ``top_p``, ``seed``, ``stop``, ``max_tokens``, …) are the mix's own and are not
read; what would change the shape of the answer is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moa_lsp.errors import UsageError
from moa_lsp.task import Conversation, Message, Role, ToolCall, Tools

MAX_MESSAGES = 4096
"""Of one conversation; an agent's longest sessions have hundreds."""

MAX_TOOLS = 128
"""As OpenAI's own bound."""

_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a client asks for.

    Attributes:
        model: the name of a mix.
        stream: whether the answer is to come as it is written.
        include_usage: whether a stream ends with a chunk of usage.
    """

    model: str
    conversation: Conversation
    stream: bool = False
    include_usage: bool = False


def read_chat_request(body: Mapping[str, Any]) -> ChatRequest:
    """Read a request.

    Raises:
        UsageError: it is malformed, or asks for what a mix cannot do.
    """
    _refuse_shapes(body)
    held = body.get("messages")
    if not isinstance(held, list) or not held or len(held) > MAX_MESSAGES:
        raise UsageError(f"`messages` is to be a list of 1 to {MAX_MESSAGES} messages")
    messages = tuple(_message(each, number) for number, each in enumerate(held))
    options = body.get("stream_options")
    return ChatRequest(
        _model(body),
        Conversation(messages, _tools(body)),
        body.get("stream") is True,
        isinstance(options, dict) and options.get("include_usage") is True,
    )


def _model(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise UsageError("`model` is to be the name of a mix; GET /v1/models lists those")
    return model


def _refuse_shapes(body: Mapping[str, Any]) -> None:
    if body.get("n") not in (None, 1):
        raise UsageError("a mix gives one answer; leave out `n`")
    if body.get("logprobs"):
        raise UsageError("the answer of a mix has no log probabilities; leave out `logprobs`")
    form = body.get("response_format")
    if isinstance(form, dict) and form.get("type") != "text":
        raise UsageError("a mix answers in text alone; leave out `response_format`")
    if body.get("modalities") not in (None, ["text"]) or body.get("audio"):
        raise UsageError("a mix answers in text alone; leave out `modalities` and `audio`")
    if body.get("functions"):
        raise UsageError("`functions` is the older shape; send `tools`")


def _message(value: object, number: int) -> Message:
    where = f"messages[{number}]"
    held = value if isinstance(value, dict) else {}
    role = _ROLES.get(str(held.get("role")))
    if role is None:
        raise UsageError(f"`{where}.role` is to be one of {', '.join(_ROLES)}")
    calls = held.get("tool_calls") or []
    if not isinstance(calls, list) or (calls and role != "assistant"):
        raise UsageError(f"`{where}.tool_calls` is to be a list, of an assistant's message")
    identity = held.get("tool_call_id")
    if role == "tool" and not isinstance(identity, str):
        raise UsageError(f"`{where}.tool_call_id` is to name the call that it answers")
    return Message(
        role,
        _content(held.get("content"), where),
        tuple(_call(each, where) for each in calls),
        identity if role == "tool" else None,
    )


def _content(content: object, where: str) -> str:
    """Text of a content, which may come in parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise UsageError(f"`{where}.content` is to be text or a list of parts")
    texts: list[str] = []
    for part in content:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("image_url", "input_image", "input_audio", "file"):
            raise UsageError(
                f"`{where}` holds a part of type {kind}, which the agents of a mix do not all "
                "take; send text"
            )
        text = part.get("text") if kind in ("text", "refusal") else None
        if not isinstance(text, str):
            raise UsageError(f"`{where}.content` holds a part that is no text")
        texts.append(text)
    return "\n".join(texts)


def _call(value: object, where: str) -> ToolCall:
    held = value if isinstance(value, dict) else {}
    function = held.get("function")
    named = function if isinstance(function, dict) else {}
    found = (held.get("id"), named.get("name"), named.get("arguments"))
    if not all(isinstance(each, str) for each in found):
        raise UsageError(f"`{where}.tool_calls` is to hold an id, and a function's name and "
                         "arguments as text")  # fmt: skip
    return ToolCall(*map(str, found))


def _tools(body: Mapping[str, Any]) -> Tools | None:
    held = body.get("tools")
    if not held or body.get("tool_choice") == "none":
        return None
    if not isinstance(held, list) or len(held) > MAX_TOOLS or not _functions(held):
        raise UsageError(f"`tools` is to be a list of at most {MAX_TOOLS} functions with names")
    names = ("tool_choice", "parallel_tool_calls")
    return Tools(tuple(held), {name: body[name] for name in names if name in body})


def _functions(tools: Sequence[object]) -> bool:
    return all(
        isinstance(each, dict)
        and isinstance(each.get("function"), dict)
        and isinstance(each["function"].get("name"), str)
        for each in tools
    )
