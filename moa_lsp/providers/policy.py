"""When to try again, and when to leave a provider alone: pure state over given times and chances.

One retry loop in the whole program uses this (``http``), so that retries do not multiply. The
numbers and their sources are in ``limits``.
"""

from dataclasses import dataclass
from typing import Literal

from moa_lsp.errors import AuthRejected, ProviderError, ProviderOverloaded, Unreachable

RETRIES = 2
"""Attempts after the first, while nothing of an answer was used; the Python SDKs of OpenAI
and Anthropic make as many."""

BACKOFF_S = 0.5
"""Upper bound of the first pause between attempts; it doubles with each."""

MAX_BACKOFF_S = 8.0
"""Upper bound of any pause that the provider did not ask for."""

RETRY_BUDGET = 3.0
"""Retries that all agents of one origin may have in hand: an outage must not triple the load."""

RETRY_EARNED = 0.2
"""Retries regained by an answered request."""

BREAKER_FAULTS = 3
"""Faults of the provider in a row that stop requests to a model."""

BREAKER_WINDOW_S = 60.0
"""They count when they fall in this time."""

BREAKER_OPEN_S = 15.0
"""How long requests then stop; doubled when the next one fails too."""

MAX_BREAKER_OPEN_S = 120.0
"""See ``BREAKER_OPEN_S``."""


AUTH_PROBE_S = 60.0
"""Between two inline completions that try a rejected key again: one comes with each pause in
typing, and providers lock out who tries too often."""

State = Literal["closed", "open", "barred"]


@dataclass(frozen=True, slots=True)
class Backoff:
    """The pause between two attempts: as the provider asks, else exponential with full jitter."""

    retries: int = RETRIES
    first: float = BACKOFF_S
    longest: float = MAX_BACKOFF_S

    def pause(
        self, error: ProviderError, attempt: int, left: float, chance: float
    ) -> float | None:
        """Seconds until the next attempt, ``None`` when there should be none.

        Args:
            error: what the attempt failed with.
            attempt: how many attempts there were, at least 1.
            left: seconds until the request's deadline.
            chance: a random number in [0, 1).
        """
        if not error.retryable or attempt > self.retries:
            return None
        spread = min(self.longest, self.first * 2 ** (attempt - 1)) * chance
        # asked-for pauses are jittered too: all agents of an origin are told the same moment
        asked = error.retry_after
        pause = spread if asked is None else asked + self.first * chance
        return pause if pause < left else None


@dataclass(slots=True)
class RetryBudget:
    """Retries in hand for one origin: earned slowly by answers, spent one by one."""

    tokens: float = RETRY_BUDGET

    def spend(self) -> bool:
        """Take one, if there is one."""
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def earn(self) -> None:
        """A request was answered."""
        self.tokens = min(RETRY_BUDGET, self.tokens + RETRY_EARNED)


@dataclass(slots=True)
class Breaker:
    """Keeps requests from one model of one origin while it fails.

    Faults of the provider open it for a while; then one request probes. A rejected key or missing
    credit bars it for the rest of the run; the first request of another run probes, since the
    user may have mended it.

    Attributes:
        until: loop time until which it is open, or barred for requests of no run.
        cause: the error that opened it.
    """

    state: State = "closed"
    until: float = 0.0
    cause: ProviderError | None = None
    _faults: tuple[float, ...] = ()
    _opened: int = 0
    _probing: bool = False
    _barred_in: object = None

    def admit(self, now: float, model: str, run: object = None) -> None:
        """Let a request pass, or raise what it would meet.

        Args:
            now: loop time.
            model: as messages name it.
            run: what all requests of one run share; ``None`` for an inline completion.

        Raises:
            AuthRejected: the key was rejected before, in this run or just now.
            Overloaded: the model failed too often just now.
        """
        if self.state == "closed":
            return
        if self.state == "barred":
            if (now < self.until) if run is None else (run is self._barred_in):
                raise type(self.cause or AuthRejected(""))(str(self.cause))
            self._bar(now, run)
            self._probing = True
            return
        if now >= self.until:
            # this request is the probe; another one may come when its outcome stays unknown
            self.until, self._probing = now + self._open_for(), True
            return
        error = ProviderOverloaded(
            f"{model} failed {BREAKER_FAULTS} times in a row, it is asked again in"
            f" {self.until - now:.0f} s ({self.cause})"
        )
        error.retryable = False
        raise error

    def succeeded(self) -> None:
        """A request was answered, if only with an error that is the request's own fault."""
        if self.state != "barred" or self._probing:
            self.state, self.cause, self._barred_in = "closed", None, None
            self._faults, self._opened, self._probing = (), 0, False

    def failed(self, error: ProviderError, now: float, run: object = None) -> None:
        """Take note of an error; only the provider's faults and rejected keys count."""
        if isinstance(error, AuthRejected):
            self.state, self.cause, self._probing = "barred", error, False
            self._bar(now, run)
        elif isinstance(error, Unreachable | ProviderOverloaded):
            self._count(error, now)
        else:
            self.succeeded()

    def _bar(self, now: float, run: object) -> None:
        self.until, self._barred_in = now + AUTH_PROBE_S, run or self._barred_in

    def _count(self, error: ProviderError, now: float) -> None:
        since = now - BREAKER_WINDOW_S
        self._faults = (*(at for at in self._faults if at > since), now)
        if self.state == "open" and not self._probing:
            return  # it was under way when others opened the breaker
        if self._probing or len(self._faults) >= BREAKER_FAULTS:
            self._opened += 1
            self.state, self.cause, self._probing = "open", error, False
            self.until = now + self._open_for()

    def _open_for(self) -> float:
        doublings = max(0, self._opened - 1)
        return min(MAX_BREAKER_OPEN_S, BREAKER_OPEN_S * 2.0**doublings)
