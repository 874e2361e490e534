"""What runs import, ahead of the first one: most of a second that its user would wait for."""

import asyncio
import importlib
from contextlib import suppress
from typing import TYPE_CHECKING

from moa_lsp.config.resolve import Catalog, Summary, choose, is_embedded, summaries
from moa_lsp.errors import UsageError

if TYPE_CHECKING:
    from moa_lsp.runs.runtime_config import RuntimeConfig

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

MODELS = ("httpx", "moa_lsp.providers.http", "moa_lsp.providers.build")
"""What talks to model servers, for who has a mix that does."""


async def import_runs(runtime: "RuntimeConfig | None", selected: str | None) -> None:
    """Import what runs need, in a thread.

    Args:
        runtime: the configuration in use, if it was read.
        selected: the mix chosen for actions, if any.
    """
    for name in PIPELINE:
        await asyncio.to_thread(importlib.import_module, name)
    if runtime is not None and await asyncio.to_thread(_asks_servers, runtime.catalog, selected):
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
