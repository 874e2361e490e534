"""How long a provider is waited for, and how much is taken from it."""

from dataclasses import dataclass

from moa_lsp import limits


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds, bytes and characters of one request; each default is explained in ``limits``.

    Attributes:
        total: the whole request with its retries, when it sets no timeout itself.
    """

    connect: float = limits.CONNECT_S
    first_event: float = limits.FIRST_EVENT_S
    idle: float = limits.IDLE_S
    total: float = limits.AGENT_TIMEOUT_S
    finish_grace: float = limits.FINISH_GRACE_S
    drain: float = limits.DRAIN_S
    error_body: float = limits.ERROR_BODY_S
    body_bytes: int = limits.MAX_BODY_BYTES
    event_bytes: int = limits.MAX_EVENT_BYTES
    error_bytes: int = limits.MAX_ERROR_BYTES
    answer_chars: int = limits.MAX_ANSWER_CHARS


ACTION = Bounds()
"""For a run that the user waits for."""

INLINE = Bounds(
    connect=limits.INLINE_CONNECT_S,
    first_event=limits.INLINE_FIRST_EVENT_S,
    idle=limits.INLINE_IDLE_S,
)
"""For an inline completion."""
