"""Wall-clock time as the ledger uses it: instants in UTC, and the user's own calendar days.

A run belongs to the local day on which it ended, written down with it: neither a change of the
time zone nor daylight saving moves it later. Durations never come from here.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

Clock = Callable[[], datetime]
"""Gives the present instant, with a time zone."""


def wall_clock() -> datetime:
    """The present instant in UTC."""
    return datetime.now(UTC)


def local_day(now: datetime) -> date:
    """The calendar day that an instant is in, where the user is."""
    return now.astimezone().date()


def days_around(now: datetime, before: int, after: int = 0) -> tuple[str, str]:
    """The first and last local day, as ``YYYY-MM-DD``, of a stretch around an instant."""
    today = local_day(now)
    first, last = today - timedelta(days=before), today + timedelta(days=after)
    return first.isoformat(), last.isoformat()
