"""The index of the opened folder: begun when the client is ready, told what changes, ended last.

Of several folders the first is indexed. Files count as they were saved; an open document that was
changed and then left alone for ``INDEX_TYPED_S`` counts as it stands, so that nothing is done at
a keystroke. When the folder or a setting changes, another index is begun.
"""

import asyncio
import importlib
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from moa_lsp.errors import ConfigError
from moa_lsp.files.uris import local_path
from moa_lsp.lsp.session.registrations import watch
from moa_lsp.syntax.languages import parsed_extensions

if TYPE_CHECKING:
    from moa_lsp.lsp.session.session import Session
    from moa_lsp.runs.runtime_config import RuntimeConfig
    from moa_lsp.workspace.index.index import Index

INDEX_TYPED_S = 2.0
"""Between two looks for documents whose unsaved text has come to rest."""


log = logging.getLogger(__name__)

Text = tuple[int, int | None]
"""Which text of a document: of which opening, and its version."""

Wish = tuple[Path, tuple[str, ...], tuple[str, ...]]
"""What is to be indexed: a folder, what not of it, and what of that after all."""


class SessionIndex:
    """The index of one session, if it has a folder; ``session.index`` once it is there."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self._server = session.server
        self._watched = False
        self._seen: dict[str, Text] = {}
        self._told: dict[str, Text] = {}

    def start(self) -> None:
        """Begin, in the background."""
        self._server.keep(asyncio.create_task(self._keep()))

    async def close(self) -> None:
        """End the index's process."""
        index, self._session.index = self._session.index, None
        if index is not None:
            await index.close()

    def saved(self, params: types.DidSaveTextDocumentParams) -> None:
        """A document was saved."""
        self._changed([params.text_document.uri])

    def changed(self, changes: Sequence[types.FileEvent]) -> None:
        """Files changed on the disk."""
        self._changed(change.uri for change in changes)

    def _changed(self, uris: Iterable[str]) -> None:
        index = self._session.index
        if index is not None:
            index.changed(path for uri in uris if (path := local_path(uri)) is not None)

    async def _keep(self) -> None:
        try:
            runtime = await self._session.runtimes.wait()
        except ConfigError:  # the user has been told
            return
        begun: Wish | None = None
        told = ""
        while True:
            action_request, why = self._wish(runtime)
            if action_request is None and why != told:
                log.info("nothing is indexed: %s", why)
            told = why
            if action_request != begun:
                await self._begin(action_request)
                begun = action_request
            await asyncio.sleep(INDEX_TYPED_S)
            self._look()
            runtime = self._session.runtimes.now or runtime

    def _wish(self, runtime: "RuntimeConfig") -> tuple[Wish | None, str]:
        """What is to be indexed, or why nothing is."""
        root, settings = self._session.root, runtime.catalog.settings
        if root is None:
            return None, "no folder is open"
        if not settings.index.enabled:
            return None, "switched off"
        return (root, tuple(settings.context.exclude), tuple(settings.context.allow)), ""

    async def _begin(self, action_request: Wish | None) -> None:
        """Put an index in the place of the one before."""
        await self.close()
        self._seen, self._told = {}, {}
        if action_request is None:
            return
        module = await asyncio.to_thread(importlib.import_module, "moa_lsp.workspace.index.index")
        index: Index = module.Index()
        self._session.index = index  # before anything that needs to be closed
        await index.start(*action_request)
        if not self._watched:
            endings = ",".join(each.lstrip(".") for each in parsed_extensions())
            watch(self._server, [f"**/*.{{{endings}}}", "**/{.gitignore,.moaignore}"])
            self._watched = True

    def _look(self) -> None:
        """Tell the index the texts that have come to rest, and which are closed."""
        index = self._session.index
        if index is None:
            return
        now = {each.uri: (each.opened, each.version) for each in self._server.documents}
        for uri in [uri for uri in self._told if uri not in now]:
            del self._told[uri]
            if (path := local_path(uri)) is not None:
                index.typed(path, None)
        for document in self._server.documents:
            text = now[document.uri]
            at_rest = self._seen.get(document.uri) == text
            if at_rest and self._told.get(document.uri) != text:
                self._told[document.uri] = text
                if (path := local_path(document.uri)) is not None:
                    index.typed(path, document.text)
        self._seen = now
