"""How far a bench is: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from moa_bench.run import BenchProgress
from moa_lsp.cli import output

QUIET_S = 30.0
"""Between two lines in a log."""


class ProgressReporter(Protocol):
    """Hears how far it is."""

    def __call__(self, standing: BenchProgress) -> None:
        """Of questions."""

    def count(self, ended: int, total: int) -> None:
        """Of anything."""


@contextmanager
def progress(title: str = "") -> Iterator[ProgressReporter]:
    """Show how far something is, as long as it is at work."""
    stderr = output.console(stderr=True)
    if not stderr.is_terminal or stderr.is_dumb_terminal:
        yield _ProgressLines(stderr, title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn())
    with Progress(*columns, console=stderr, transient=True) as bar:
        yield _ProgressBar(bar, bar.add_task(title), title)


def words(standing: BenchProgress) -> str:
    """One line: what is asked, and the time and money that are left."""
    parts = [f"{standing.set} · {standing.mix}"]
    left = standing.seconds_left
    if left is not None:
        parts.append(f"{_duration(left)} left")
    spent = f"${standing.spent:.2f}"
    parts.append(spent if standing.budget is None else f"{spent} of ${standing.budget:.2f}")
    if standing.missing:
        parts.append(f"{standing.missing} missing")
    return " · ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


@dataclass(slots=True)
class _ProgressBar:
    bar: Progress
    shown: TaskID
    title: str

    def __call__(self, standing: BenchProgress) -> None:
        self.bar.update(
            self.shown,
            description=words(standing),
            completed=standing.done,
            total=standing.asked,
        )

    def count(self, ended: int, total: int) -> None:
        self.bar.update(self.shown, completed=ended, total=total)


@dataclass(slots=True)
class _ProgressLines:
    where: Console
    title: str
    mix: str = ""
    said_at: float = float("-inf")

    def __call__(self, standing: BenchProgress) -> None:
        mix = f"{standing.set} · {standing.mix}"
        if mix != self.mix or self._due():
            self.mix = mix
            self._say(f"{standing.done} of {standing.asked} · {words(standing)}")

    def count(self, ended: int, total: int) -> None:
        if ended < total and self._due():
            self._say(f"{self.title} · {ended} of {total}")

    def _due(self) -> bool:
        return time.monotonic() - self.said_at >= QUIET_S

    def _say(self, line: str) -> None:
        self.said_at = time.monotonic()
        output.say(self.where, f"moa-lsp: {line}")
