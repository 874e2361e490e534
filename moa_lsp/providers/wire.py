"""What every wire has in common: how a request is put, and how the answer grows.

Pure: a wire turns a request into a path and a JSON body, and folds decoded JSON into a
``StreamedAnswer``. It never sees a socket, a key or a clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from moa_lsp import limits as shared_limits
from moa_lsp.errors import BadReply, TooLarge
from moa_lsp.providers import limits
from moa_lsp.providers.base import Finish, Reply, Request, Usage
from moa_lsp.providers.deltas import Deltas
from moa_lsp.task import ToolCall

MAX_REPEATED_DELTAS = 100
"""Equal pieces of an answer one after the other: a model in a loop never ends (LiteLLM uses the
same number)."""

MIN_REPEATED_CHARS = 3
"""Length of a piece that counts as repeated: indentation and rulers do repeat."""

MAX_TOOL_CALLS = 128
"""In one answer: OpenAI takes as many tools in a request, and agents call a few at once."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request as a wire puts it: ``path`` below the base URL, and a JSON body."""

    path: str
    body: Mapping[str, Any]


@dataclass(slots=True)
class StreamedAnswer:
    """What has come of one answer.

    Text behind a reason for its end belongs to the answer: there are gateways that write ``stop``
    into the first event, or into each. The stream's own end marker is the end.

    Attributes:
        finish: why it ended, by the last word on it; ``None`` until then.
        ended: the stream's end marker was seen, so that the rest is of no interest.
        early: text came behind a reason for the end, so that reasons say nothing here.
        stopped_at: characters of the answer that were enough, ``None`` while it is to go on.
    """

    max_chars: int = shared_limits.MAX_ANSWER_CHARS
    finish: Finish | None = None
    ended: bool = False
    early: bool = False
    stopped_at: int | None = None
    usage: Usage | None = None
    cost_usd: float | None = None
    reasoning_chars: int = 0
    _deltas: Deltas = field(default_factory=Deltas)
    _reasoning: Deltas = field(default_factory=Deltas)
    _calls: dict[int, list[str]] = field(default_factory=dict)
    _call_chars: int = 0
    _absurd: bool = False
    _last: str = ""
    _repeats: int = 0
    _news: bool = False

    @property
    def chars(self) -> int:
        """Length of the answer so far."""
        return self._deltas.chars

    @property
    def whole(self) -> bool:
        """Whether the model came to its end, as far as the stream says."""
        return self.finish is not None and (self.ended or not self.early)

    @property
    def said(self) -> tuple[str, str]:
        """The answer and the reasoning so far, for an estimate of what they cost."""
        calls = "".join(held[2] for held in self._calls.values())
        return self._deltas.text + calls, self._reasoning.text

    def add(self, text: str) -> str:
        """Take a piece of the answer; gives back what is new of it.

        Raises:
            TooLarge: the answer is over its bound.
            BadReply: the model repeats itself without end.
        """
        if not text:
            return ""
        self.early |= self.finish is not None
        self._news = True
        on_delta = self._deltas.add(text)
        if self.chars > self.max_chars:
            raise TooLarge(
                f"the answer is longer than {self.max_chars:,} characters, ask for less"
            )
        self._repeats = self._repeats + 1 if text == self._last else 1
        self._last = text
        if self._repeats >= MAX_REPEATED_DELTAS and len(text.strip()) >= MIN_REPEATED_CHARS:
            raise BadReply("the model repeats itself without end, try another model")
        return on_delta

    def add_whole(self, text: str) -> str:
        """Take the whole answer that an event repeats beside its piece: what is missing of it."""
        known = self._deltas.text
        return self.add(text[len(known) :]) if text.startswith(known) else ""

    def stop(self, chars: int) -> None:
        """So many characters of the answer are enough; what follows is not waited for."""
        self.stopped_at, self.finish, self.ended = chars, "stop", True

    def rest(self) -> str:
        """What was held back of the answer, at its end."""
        return self._deltas.end()

    def reason(self, text: str) -> None:
        """Count reasoning; it is no part of the answer.

        Raises:
            TooLarge: reasoning alone is over the bound of a body.
        """
        if not text:
            return
        self._reasoning.add(text)
        self.reasoning_chars = self._reasoning.chars
        if self.reasoning_chars > limits.MAX_BODY_BYTES:
            raise TooLarge("the model reasons without end, try another model")

    def call(self, index: int, identity: str, name: str, arguments: str) -> None:
        """Take a piece of a call of a tool: id and name once, arguments as they come.

        Raises:
            TooLarge: the calls are over the bound of an answer, or too many.
        """
        held = self._calls.setdefault(index, ["", "", ""])
        held[0], held[1] = held[0] or identity, held[1] or name
        held[2] += arguments
        self._call_chars += len(arguments)
        if self._call_chars > self.max_chars or len(self._calls) > MAX_TOOL_CALLS:
            raise TooLarge("the model calls tools without end, try another model")

    def count(
        self, fresh: int | None, written: int | None, kept: int = 0, stored: int = 0
    ) -> None:
        """Take counts of tokens, which are running totals: of each the largest.

        Args:
            fresh: of the prompt, those that the provider had kept included.
            written: of the answer, its reasoning included.
            kept: of the prompt, those that the provider had kept.
            stored: of the prompt, those that it stored.
        """
        known = self.usage or Usage()
        total = max(known.input, fresh or 0)
        self.usage = Usage(
            total,
            max(known.output, written or 0),
            min(total, max(known.cached, kept)),
            min(total, max(known.stored, stored)),
        )

    def distrust(self) -> None:
        """Take what the provider says of tokens and cost for unknown: some of it cannot be."""
        self._absurd = True

    def close(self, finish: Finish) -> None:
        """Note why the model ended: the last word counts, the worse of two for the same text."""
        if self.finish is None or self._news or _WORSE[finish] > _WORSE[self.finish]:
            self.finish = finish
        self._news = False

    def close_unsaid(self) -> None:
        """Note that a whole answer came, without a word on why it ended unless there was one."""
        if self.finish is None:
            self.finish = "unknown"

    def reply(self) -> Reply:
        """The answer.

        Raises:
            BadReply: it has half a character.
        """
        return Reply(
            text=_whole(self._deltas.text[: self.stopped_at]),
            finish=self.finish or "unknown",
            usage=self.usage if self._believed() else None,
            cost_usd=None if self._absurd else self.cost_usd,
            reasoning_chars=self.reasoning_chars,
            tool_calls=tuple(ToolCall(*self._calls[index]) for index in sorted(self._calls)),
        )

    def _believed(self) -> bool:
        """Whether the counts can be true: an answer has tokens, and so has every prompt."""
        if self._absurd or self.usage is None:
            return False
        written = self.chars + self.reasoning_chars + self._call_chars
        return self.usage.input > 0 and (self.usage.output > 0 or not written)


_WORSE: Mapping[Finish, int] = {"stop": 0, "unknown": 1, "length": 2, "refused": 3}
"""Which of two reasons for the same end is believed."""


class Wire(Protocol):
    """One API's shapes."""

    @property
    def who(self) -> str:
        """The provider's name, for messages."""

    @property
    def framing(self) -> str:
        """How a stream is cut into events: ``sse`` or ``ndjson``."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Sent with every request."""

    def key_header(self, key: str) -> tuple[str, str]:
        """Name and value of the header that carries a key."""

    def ask(self, request: Request, *, plain: bool = False) -> WireRequest:
        """Put a request that streams; ``plain`` leaves out what not every server knows."""

    def take(self, data: str, streamed: StreamedAnswer) -> str:
        """Fold one event of a stream into the draft; gives back the new text.

        Raises:
            ProviderError: the event is an error, or not what the wire promises.
        """

    def take_whole(self, text: str, streamed: StreamedAnswer) -> str:
        """The same for an answer that came in one piece instead of a stream."""

    @property
    def models_path(self) -> str:
        """Where the names of the models are."""


def _whole(text: str) -> str:
    """Join the halves of characters that a server cut in two between two events."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        joined = text.encode("utf-16-le", "surrogatepass")
        try:
            return joined.decode("utf-16-le")
        except UnicodeDecodeError as err:
            raise BadReply("the answer has half a character, try again") from err
    return text
