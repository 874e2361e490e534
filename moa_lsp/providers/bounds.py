"""How long a provider is waited for, and how much is taken from it."""

from dataclasses import dataclass, replace

from moa_lsp import limits as shared_limits
from moa_lsp.providers import limits

CONNECT_S = 5.0
"""Name, TCP and TLS together; the Python SDKs of OpenAI and Anthropic wait as long."""

FIRST_EVENT_S = 30.0
"""From the request to the first data of an answer, when it has no timeout of its own; reasoning
counts, keep-alive comments do not."""

IDLE_S = 20.0
"""Between two data events of an answer, when it has no timeout of its own."""

TOTAL_S = 600.0
"""A whole request when nobody bounds it: DeepSeek closes a request that has waited as long."""

INLINE_CONNECT_S = 2.0
"""As ``CONNECT_S``, for inline completion: later than this the user has typed on."""

INLINE_FIRST_EVENT_S = 2.5
"""As ``FIRST_EVENT_S``, for inline completion."""

INLINE_IDLE_S = 1.5
"""As ``IDLE_S``, for inline completion."""

FINISH_GRACE_S = 2.0
"""From the model's last word to the end of its stream, where usage stands: the answer itself is
whole by then."""

DRAIN_S = 0.2
"""Read after the end marker, so that the connection can be used again: httpx closes one
whose body was not read to its end."""

MAX_ERROR_BYTES = 64 * 2**10
"""Read of an error's body: the cause stands at its start."""

ERROR_BODY_S = 5.0
"""For reading an error's body; the status alone says most."""


@dataclass(frozen=True, slots=True)
class RequestBounds:
    """Seconds, bytes and characters of one request; each default is explained in ``limits``.

    Attributes:
        total: the whole request with its retries, when it sets no bound itself.
    """

    connect: float = CONNECT_S
    first_event: float = FIRST_EVENT_S
    idle: float = IDLE_S
    total: float = TOTAL_S
    finish_grace: float = FINISH_GRACE_S
    drain: float = DRAIN_S
    error_body: float = ERROR_BODY_S
    body_bytes: int = limits.MAX_BODY_BYTES
    event_bytes: int = limits.MAX_EVENT_BYTES
    error_bytes: int = MAX_ERROR_BYTES
    answer_chars: int = shared_limits.MAX_ANSWER_CHARS

    def patient(self, silence: float | None) -> "RequestBounds":
        """The same, where so many seconds without a sign of life end a request."""
        return self if silence is None else replace(self, first_event=silence, idle=silence)


ACTION = RequestBounds()
"""For a run that the user waits for."""

INLINE = RequestBounds(
    connect=INLINE_CONNECT_S,
    first_event=INLINE_FIRST_EVENT_S,
    idle=INLINE_IDLE_S,
    total=shared_limits.INLINE_DEADLINE_S,
)
"""For an inline completion."""
