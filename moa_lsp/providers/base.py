"""The provider seam: what the mix engine asks of anything that answers, model or embedded tool.

A provider turns a request into a reply, or declines it, or raises a ``ProviderError``. It is
cancelled like any coroutine: when
its task is cancelled it closes what it opened and lets ``CancelledError`` pass.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from moa_lsp.config.values import Reasoning
from moa_lsp.task import Message, Task, ToolCall, Tools

Finish = Literal["stop", "length", "refused", "unknown"]
"""Why an answer ended. Only ``stop`` may become an edit."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request.

    Attributes:
        cached: those of ``input`` that the provider had kept.
        stored: those of ``input`` that it stored to keep, where that has a price of its own.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    stored: int = 0

    def as_json(self) -> dict[str, int]:
        """As records tell it."""
        return {"input": self.input, "output": self.output, "cached": self.cached}

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.stored + other.stored,
        )


@dataclass(frozen=True, slots=True)
class Infill:
    """A gap to be filled: the answer is what stands between ``prefix`` and ``suffix``.

    Attributes:
        prefix: text before the gap.
        suffix: text after it.
        extra: name and text of other pieces of code, the most telling last: what does not fit is
            cut from the front.
        stops: texts that end the answer and are no part of it, as a line's ending.
        name: of the file, without its folders.
        language: LSP language identifier.
    """

    prefix: str
    suffix: str
    extra: tuple[tuple[str, str], ...] = ()
    stops: tuple[str, ...] = ()
    name: str = ""
    language: str = ""


@dataclass(slots=True)
class Attempt:
    """One attempt at a request that a model was at work on.

    Attributes:
        said: gives the answer and the reasoning that came of it so far.
        told: whether it ended with a reply, which says what it cost or that nobody knows.
    """

    said: Callable[[], tuple[str, str]]
    told: bool = False


@dataclass(slots=True)
class Meter:
    """What a request's attempts came to, for whoever pays for those that broke off or waits.

    Attributes:
        alive: hears every sign of life, with the characters of reasoning so far.
        stopped: whether the request was closed as soon as its answer was enough; what it took is
            an estimate then.
    """

    attempts: list[Attempt] = field(default_factory=list)
    alive: Callable[[int], None] = lambda _reasoned: None
    stopped: bool = False

    def begin(self, said: Callable[[], tuple[str, str]]) -> Attempt:
        """Note that a model is at work on a new attempt."""
        attempt = Attempt(said)
        self.attempts.append(attempt)
        return attempt


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one model.

    Attributes:
        model: the model's name as the provider knows it, without the provider's name.
        messages: rendered prompt, for providers that talk to models.
        task: the structured task, for embedded agents.
        temperature: sampling temperature, ``None`` for the provider's default.
        max_tokens: bound on the answer, ``None`` for the provider's default.
        timeout: seconds without a sign of life; of an inline completion, for the whole request.
        deadline: seconds for the whole request, retries included.
        inline: an inline completion waits: short patience, one attempt.
        infill: a gap to fill. Providers that have a way for gaps take it, and ``messages``, which
            ask for the same in words, are for those that have none.
        reasoning: how deep the model reasons, ``None`` for the provider's default; an inline
            completion is asked for without.
        extra: further fields of the request's body.
        enough: says of an answer so far, up to the end of a line, that all that will be taken of
            it is there: the request is closed then. ``None`` hears every answer to its end.
        meter: hears of every attempt.
        tools: what the model may call; given only to wires that have a way for tools.
        once: whether a broken answer is not asked for again once some of it was heard: what was
            heard has been passed on to a client.
    """

    model: str
    messages: tuple[Message, ...]
    task: Task
    temperature: float | None = None
    max_tokens: int | None = None
    timeout: float | None = None
    deadline: float | None = field(default=None, kw_only=True)
    inline: bool = False
    infill: Infill | None = None
    tools: Tools | None = None
    once: bool = False
    reasoning: Reasoning | None = None
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    enough: Callable[[str], bool] | None = field(default=None, compare=False, repr=False)
    meter: Meter = field(default_factory=Meter, compare=False, repr=False)


MAX_IMAGE_TOKENS = 10_000
"""That one image can come to: providers scale larger ones down to less
(platform.openai.com/docs/guides/images-vision)."""


def prompt_bytes(request: Request) -> int:
    """Bytes of a request's prompt in UTF-8, which are at least as many as its tokens."""
    gap = request.infill
    texts = [each.content for each in request.messages]
    texts += [call.arguments for each in request.messages for call in each.tool_calls]
    if request.tools is not None:
        texts += [json.dumps(each) for each in request.tools.definitions]
    if gap is not None:
        texts += [gap.prefix, gap.suffix, *(text for _, text in gap.extra)]
    images = sum(len(each.images) for each in request.messages)
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    return size + images * MAX_IMAGE_TOKENS


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        text: what the model wrote, or, when ``exact``, the new text of the target itself.
        exact: true for embedded agents: nothing is to be extracted.
        finish: why it ended.
        usage: tokens; ``None`` when the provider did not say.
        cost_usd: what the provider itself says it charged, if it does. Embedded agents say 0.
        reasoning_chars: length of the reasoning that came beside the answer and was dropped.
        template: of an answer to a gap, the family whose tokens its prompt held, ``chat`` where it
            was asked in words, ``None`` where that is not known.
        tool_calls: the calls of tools that the answer makes.
    """

    text: str
    exact: bool = False
    finish: Finish = "stop"
    usage: Usage | None = None
    cost_usd: float | None = None
    reasoning_chars: int = 0
    template: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentDeclines:
    """The agent does not do this; not a failure.

    Attributes:
        reason: completes "embedded/ruff declined: …".
        unchanged: whether the agent looked and found that nothing needs to be done.
    """

    reason: str
    unchanged: bool = False


class Listener(Protocol):
    """Hears an answer as it grows; used for progress and first-token times only."""

    def __call__(self, delta: str) -> None:
        """Take the next piece of the answer's text."""


class Provider(Protocol):
    """An endpoint with its credentials, or the embedded tools."""

    @property
    def name(self) -> str:
        """What stands before the slash in ``provider/model``."""

    async def answer(self, request: Request, on_delta: Listener) -> Reply | AgentDeclines:
        """Answer one request.

        Raises:
            ProviderError: the request failed.
        """

    async def close(self) -> None:
        """Give back connections and processes; safe to call twice."""
