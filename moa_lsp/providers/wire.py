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

MAX_REPEATED_DELTAS = 100
"""Equal pieces of an answer one after the other: a model in a loop never ends (LiteLLM uses the
same number)."""

MIN_REPEATED_CHARS = 3
"""Length of a piece that counts as repeated: indentation and rulers do repeat."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request as a wire puts it: ``path`` below the base URL, and a JSON body."""

    path: str
    body: Mapping[str, Any]


@dataclass(slots=True)
class StreamedAnswer:
    """What has come of one answer.

    Attributes:
        finish: the model's first word on why it ended; ``None`` until then.
        ended: the stream's end marker was seen, so that the rest is of no interest.
    """

    max_chars: int = shared_limits.MAX_ANSWER_CHARS
    finish: Finish | None = None
    ended: bool = False
    usage: Usage | None = None
    cost_usd: float | None = None
    chars: int = 0
    reasoning_chars: int = 0
    _pieces: list[str] = field(default_factory=list)
    _last: str = ""
    _repeats: int = 0

    def add(self, text: str) -> str:
        """Take a piece of the answer; gives back what is new of it, ``""`` after the finish.

        Raises:
            TooLarge: the answer is over its bound.
            BadReply: the model repeats itself without end.
        """
        if not text or self.finish is not None:
            return ""
        self.chars += len(text)
        if self.chars > self.max_chars:
            raise TooLarge(
                f"the answer is longer than {self.max_chars:,} characters, ask for less"
            )
        self._repeats = self._repeats + 1 if text == self._last else 1
        self._last = text
        if self._repeats >= MAX_REPEATED_DELTAS and len(text.strip()) >= MIN_REPEATED_CHARS:
            raise BadReply("the model repeats itself without end, try another model")
        self._pieces.append(text)
        return text

    def reason(self, text: str) -> None:
        """Count reasoning, and drop it.

        Raises:
            TooLarge: reasoning alone is over the bound of a body.
        """
        self.reasoning_chars += len(text)
        if self.reasoning_chars > limits.MAX_BODY_BYTES:
            raise TooLarge("the model reasons without end, try another model")

    def close(self, finish: Finish) -> None:
        """Note why the model ended; the first word on it counts."""
        if self.finish is None:
            self.finish = finish

    def reply(self) -> Reply:
        """The answer.

        Raises:
            BadReply: it has half a character.
        """
        return Reply(
            text=_whole("".join(self._pieces)),
            finish=self.finish or "unknown",
            usage=self.usage,
            cost_usd=self.cost_usd,
            reasoning_chars=self.reasoning_chars,
        )


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
