"""The index of the folder in which one works, for one command: what is kept, or a short wait.

The same index as an editor's server keeps; a first one is begun, and finished by a later command
or by the editor.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from moa_lsp import limits
from moa_lsp.actions.run import Prepared
from moa_lsp.actions.setup import Setup
from moa_lsp.index.index import Index


@asynccontextmanager
async def indexed(prepared: Prepared, setup: Setup) -> AsyncIterator[Prepared]:
    """A prepared run that may ask the index, where there is a folder to index."""
    root, settings = prepared.around.root, setup.catalog.settings
    if root is None or not settings.index.enabled:
        yield prepared
        return
    index = Index()
    try:
        await index.start(root, settings.context.exclude, settings.context.allow)
        await index.ready(limits.COMMAND_INDEX_S)
        yield replace(prepared, around=replace(prepared.around, index=index))
    finally:
        await index.close()
