"""How long an automatic offer waits, and when offers nobody wants stop. Pure, over given times.

The first keystroke after a rest asks at once, and so does the first one on another line, where
something new begins; within a burst the pause follows the typist, up to what the user set. Times
are seconds of a monotonic clock.
"""

from collections import deque
from dataclasses import dataclass, field
from statistics import mean

from moa_lsp import limits


@dataclass(slots=True)
class Rhythm:
    """One typist's keystrokes, as far as they ask for offers."""

    _last: float | None = None
    _line: int = -1
    _intervals: deque[float] = field(default_factory=lambda: deque(maxlen=limits.INLINE_INTERVALS))

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
        if since is None or since >= limits.INLINE_REST_S:
            self._intervals.clear()
            return 0.0
        self._intervals.append(since)
        if moved:
            return 0.0
        usual = limits.INLINE_PATIENCE * mean(self._intervals)
        return min(longest, max(longest / 3, usual))


@dataclass(slots=True)
class Welcome:
    """Whether automatic offers are wanted: after a row of them that nobody took they rest."""

    _unwanted: int = 0
    _rests_until: float = 0.0

    def rests(self, now: float) -> bool:
        """Whether automatic offers are to be left out now."""
        return now < self._rests_until

    def passed_over(self, now: float) -> None:
        """Note an offer that was shown and not taken."""
        self._unwanted += 1
        if self._unwanted >= limits.INLINE_STREAK:
            self._unwanted = 0
            self._rests_until = now + limits.INLINE_STREAK_REST_S

    def taken(self) -> None:
        """Note an offer that was taken, typed out, or asked for."""
        self._unwanted = 0
        self._rests_until = 0.0
