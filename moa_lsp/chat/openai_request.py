"""The body of a Chat Completions request as values. Pure.

Shapes: https://platform.openai.com/docs/api-reference/chat/create. Parameters of sampling
(``temperature``, ``top_p``, ``seed``, …) are the mix's own and are not read. ``stop`` and
``max_tokens`` bound the answer; what would change its shape is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moa_lsp.chat.answer_bounds import NO_BOUNDS, AnswerBounds
from moa_lsp.errors import UsageError
from moa_lsp.task import Conversation, Image, Message, Role, ToolCall, Tools

MAX_MESSAGES = 4096
"""Of one conversation; an agent's longest sessions have hundreds."""

MAX_TOOLS = 128
"""As OpenAI's own bound."""

MAX_IMAGES = 64
"""Of one conversation; providers take fewer."""

MAX_STOPS = 32
"""OpenAI's own bound is 4; clients of compatible servers send more (Zed's edit predictions 14)."""

_IMAGE_URLS = ("https://", "data:image/")
"""What an image's address begins with: a provider fetches the first, the second is the image."""

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
        bounds: of the answer.
    """

    model: str
    conversation: Conversation
    stream: bool = False
    include_usage: bool = False
    bounds: AnswerBounds = NO_BOUNDS


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
    if sum(len(each.images) for each in messages) > MAX_IMAGES:
        raise UsageError(f"a conversation has at most {MAX_IMAGES} images; leave out older ones")
    options = body.get("stream_options")
    return ChatRequest(
        _model(body),
        Conversation(messages, _tools(body)),
        body.get("stream") is True,
        isinstance(options, dict) and options.get("include_usage") is True,
        AnswerBounds(stops(body), max_tokens(body, "max_completion_tokens", "max_tokens")),
    )


def stops(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Texts that end an answer and are no part of it.

    Raises:
        UsageError: ``stop`` is no text and no short list of texts.
    """
    held = body.get("stop")
    listed = [held] if isinstance(held, str) else held if held is not None else []
    if (
        not isinstance(listed, list)
        or len(listed) > MAX_STOPS
        or not all(isinstance(each, str) and each for each in listed)
    ):
        raise UsageError(f"`stop` is to be a text or a list of at most {MAX_STOPS} texts")
    return tuple(listed)


def max_tokens(body: Mapping[str, Any], *names: str) -> int | None:
    """The client's bound of an answer, by the first of ``names`` that is there.

    Raises:
        UsageError: it is no whole number above 0.
    """
    for name in names:
        held = body.get(name)
        if held is None:
            continue
        if isinstance(held, bool) or not isinstance(held, int) or held < 1:
            raise UsageError(f"`{name}` is to be a whole number, 1 or more")
        return held
    return None


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
    content = held.get("content")
    images = tuple(_images(content, where))
    if images and role != "user":
        raise UsageError(f"`{where}` holds an image, which only messages of the user may have")
    return Message(
        role,
        _content(content, where),
        tuple(_call(each, where) for each in calls),
        identity if role == "tool" else None,
        images=images,
    )


def _images(content: object, where: str) -> Iterator[Image]:
    for part in content if isinstance(content, list) else ():
        if not isinstance(part, dict) or part.get("type") != "image_url":
            continue
        held = part.get("image_url")
        named = held if isinstance(held, dict) else {"url": held}
        url, detail = named.get("url"), named.get("detail")
        if not isinstance(url, str) or not url.startswith(_IMAGE_URLS):
            raise UsageError(f"`{where}` holds an image_url that is neither https nor an image")
        yield Image(url, detail if isinstance(detail, str) else None)


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
        if kind == "image_url":
            continue
        if kind in ("input_image", "input_audio", "file"):
            raise UsageError(f"`{where}` holds a part of type {kind}; send text or image_url")
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
