"""The index of the folder in which one works, for one command: what is kept, or a short wait.

The same index as an editor's server keeps; a first one is begun, and finished by a later command
or by the editor.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from moa_lsp.runs.preparation import PreparedRun
from moa_lsp.runs.runtime_config import RuntimeConfig
from moa_lsp.workspace.index.index import Index

COMMAND_INDEX_S = 2.0
"""That a command waits for the index of its folder: what changed since the last time takes 20 ms,
a first one of a thousand files longer."""


@asynccontextmanager
async def indexed(prepared: PreparedRun, runtime: RuntimeConfig) -> AsyncIterator[PreparedRun]:
    """A prepared run that may ask the index, where there is a folder to index."""
    root, settings = prepared.workspace.around.root, runtime.catalog.settings
    if root is None or not settings.index.enabled:
        yield prepared
        return
    index = Index()
    try:
        await index.start(root, settings.context.exclude, settings.context.allow)
        await index.ready(COMMAND_INDEX_S)
        workspace = prepared.workspace
        around = replace(workspace.around, index=index)
        yield replace(prepared, workspace=replace(workspace, around=around))
    finally:
        await index.close()
