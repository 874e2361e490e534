"""How far a run is, on stderr: a bar on a terminal, plain lines elsewhere."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from moa_lsp.cli import output
from moa_lsp.mix.progress import MixProgress, Watch

QUIET_S = 2.0
"""A run that is over by then needs no progress line in a log."""

STILL_S = 10.0
"""After which a line says that a run in which nothing happens still waits."""

_COUNT = re.compile(r", [\d,]+ tokens")


@asynccontextmanager
async def progress(title: str, note: Callable[[str], None]) -> AsyncIterator[Watch]:
    """Show how far a run is; gives what is to hear it.

    Args:
        title: of the run.
        note: says one line, where there is no terminal.
    """
    stderr = output.console(stderr=True)
    if not stderr.is_terminal or stderr.is_dumb_terminal:
        lines = ProgressLines(title, note)
        waiting = asyncio.create_task(lines.wait())
        try:
            yield lines
        finally:
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
        return
    columns = (TextColumn("{task.description}"), BarColumn(20), TimeElapsedColumn())
    with Bar(*columns, console=stderr, transient=True) as bar:
        shown = bar.add_task(title, total=1.0)

        def watch(progress: MixProgress) -> None:
            bar.update(shown, completed=progress.share, description=f"{title} · {progress.words}")

        yield watch


class ProgressLines:
    """Progress as plain lines: what is new once, and every ten seconds that it still waits."""

    def __init__(self, title: str, note: Callable[[str], None]) -> None:
        self._title = title
        self._note = note
        self._clock = asyncio.get_running_loop().time
        self._began = self._spoke = self._clock()
        self._said = ""
        self._words = "waiting"

    def __call__(self, progress: MixProgress) -> None:
        """Hear how far the run is."""
        self._words = progress.words.rpartition(" · ")[0] if progress.lines else progress.words
        news = _COUNT.sub("", self._words)  # a model that reasons counts up all the time
        if self._clock() - self._began >= QUIET_S and news != self._said:
            self._said = news
            self._say(self._words)

    async def wait(self) -> None:
        """Say that it goes on whenever nothing was said for a while; until cancelled."""
        while True:
            await asyncio.sleep(self._spoke + STILL_S - self._clock())
            if self._clock() - self._spoke >= STILL_S:
                self._say(f"{self._words} · {self._clock() - self._began:.0f} s")

    def _say(self, words: str) -> None:
        self._spoke = self._clock()
        self._note(f"{self._title} · {words}")
