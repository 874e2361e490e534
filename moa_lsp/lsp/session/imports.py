"""What runs import, ahead of the first one: most of a second that its user would wait for."""

import asyncio
import importlib
from contextlib import suppress
from typing import TYPE_CHECKING

from moa_lsp.config.resolve import Catalog, Summary, choose, is_embedded, summaries
from moa_lsp.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from moa_lsp.runs.runtime_config import RuntimeConfig

IDLE_S = 0.5
"""From the first reading of the configuration to the imports. What a client asks as it opens its
first file is answered by then, and a person has not chosen an action yet."""

PIPELINE = (
    "moa_lsp.context.collect",
    "moa_lsp.answers.extract",
    "moa_lsp.mix.engine",
    "moa_lsp.runs.accounting",
    "moa_lsp.runs.run",
    "moa_lsp.runs.preparation",
    "moa_lsp.runs.workspace_edit",
    "moa_lsp.runs.proposals",
    "pyflakes.checker",
)
"""One after another, so that the event loop gets its turns between them; each brings the rest."""

TASK = "imports"
"""Name of the task that imports, for who looks at what the loop does."""

MODELS = ("httpx", "moa_lsp.providers.http", "moa_lsp.providers.build")
"""What talks to model servers, for who has a mix that does."""


class RunImports:
    """Imports what runs need, once, in a thread.

    Args:
        runtime: the configuration in use, if it was read.
        selected: the mix chosen for actions, if any.
    """

    def __init__(
        self, runtime: "Callable[[], RuntimeConfig | None]", selected: "Callable[[], str | None]"
    ) -> None:
        self._runtime = runtime
        self._selected = selected
        self._work: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None

    def begin_when_idle(self) -> None:
        """Begin in a moment, if nothing has begun them until then."""
        if self._idle is None and self._work is None:
            self._idle = asyncio.get_running_loop().call_later(IDLE_S, self.begin)

    def begin(self) -> None:
        """Begin now. Called when actions were offered, so that it is done when one is picked."""
        if self._work is None:
            runtime = self._runtime()
            catalog = None if runtime is None else runtime.catalog
            work = _import(catalog, self._selected())
            self._work = asyncio.create_task(work, name=TASK)

    async def done(self) -> None:
        """Wait until runs can be made without the loop's importing anything."""
        self.begin()
        assert self._work is not None  # noqa: S101  # begin() made it
        await asyncio.shield(self._work)

    def close(self) -> None:
        """Begin nothing any more."""
        if self._idle is not None:
            self._idle.cancel()


async def _import(catalog: "Catalog | None", selected: str | None) -> None:
    for name in PIPELINE:
        await asyncio.to_thread(importlib.import_module, name)
    if catalog is not None and await asyncio.to_thread(_asks_servers, catalog, selected):
        for name in MODELS:
            await asyncio.to_thread(importlib.import_module, name)


def _asks_servers(catalog: "Catalog", selected: str | None) -> bool:
    """Whether the selected mix asks model servers, or a ready one that the user wrote."""
    mixes = [catalog.mixes[each.name].mix for each in summaries(catalog) if _is_own(each)]
    with suppress(UsageError):  # the run will say so
        mixes.append(choose(catalog, action="", language="", path="", requested=selected).mix)
    return any(not is_embedded(mix, catalog.providers) for mix in mixes)


def _is_own(mix: Summary) -> bool:
    return mix.scope != "bundled" and not mix.missing
