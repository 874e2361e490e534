"""Debouncing of automatic requests, and backoff after ignored offers. Pure, over given times.

The first keystroke after a rest asks at once, and so does the first one on another line, where
something new begins; within a burst the pause follows the typist, up to what the user set. Times
are seconds of a monotonic clock.
"""

from collections import deque
from dataclasses import dataclass, field
from statistics import mean

INLINE_INTERVALS = 8
"""Keystrokes that a typist's pace is taken from."""

INLINE_REST_S = 0.6
"""Without a request, after which the next one begins a burst: it does not wait."""

INLINE_PATIENCE = 1.5
"""Of a typist's usual interval, waited for the next keystroke before anybody is asked."""

INLINE_STREAK = 10
"""Offers in a row that nobody took, after which automatic ones rest."""

INLINE_STREAK_REST_S = 60.0
"""See ``INLINE_STREAK``; one that is asked for or taken ends it."""


@dataclass(slots=True)
class TypingDebouncer:
    """One typist's keystrokes, as far as they ask for offers."""

    _last: float | None = None
    _line: int = -1
    _intervals: deque[float] = field(default_factory=lambda: deque(maxlen=INLINE_INTERVALS))

    def pause(self, now: float, longest: float, line: int) -> float:
        """How long the request that comes now is to wait for the next one.

        Args:
            now: when it came; it is noted.
            longest: what the user set, in seconds.
            line: the number of the cursor's line; it is noted.
        """
        since = None if self._last is None else now - self._last
        moved = line != self._line
        self._last, self._line = now, line
        if since is None or since >= INLINE_REST_S:
            self._intervals.clear()
            return 0.0
        self._intervals.append(since)
        if moved:
            return 0.0
        usual = INLINE_PATIENCE * mean(self._intervals)
        return min(longest, max(longest / 3, usual))


@dataclass(slots=True)
class SuggestionBackoff:
    """Whether automatic offers are wanted: after a row of them that nobody took they rest."""

    _unwanted: int = 0
    _rests_until: float = 0.0

    def rests(self, now: float) -> bool:
        """Whether automatic offers are suppressed now."""
        return now < self._rests_until

    def passed_over(self, now: float) -> None:
        """Record an offer that was shown and ignored."""
        self._unwanted += 1
        if self._unwanted >= INLINE_STREAK:
            self._unwanted = 0
            self._rests_until = now + INLINE_STREAK_REST_S

    def taken(self) -> None:
        """Record an offer that was accepted, typed out, or invoked."""
        self._unwanted = 0
        self._rests_until = 0.0
