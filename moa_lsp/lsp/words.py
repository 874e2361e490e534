"""What the n-grams of inline completion learn from: open documents, and the files of the folder.

Documents are learnt when they are opened and when they are saved, never at a keystroke: a line
that is half typed teaches nothing. The folder is read by a process of the n-grams' own. What
models never see is not learnt either. A setup that is read anew learns anew.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moa_lsp.errors import MoaError
from moa_lsp.lsp.shown import shown

if TYPE_CHECKING:
    from moa_lsp.actions.setup import Setup
    from moa_lsp.lsp.gap_rules import GapRules
    from moa_lsp.lsp.server import Server
    from moa_lsp.lsp.setups import Setups
    from moa_lsp.providers.embedded.ngram.corpus import Corpus
    from moa_lsp.providers.embedded.provider import EmbeddedProvider

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Words:
    """Teaches the n-grams of the setup in use.

    Attributes:
        server: whose documents.
        setups: whose embedded provider.
        rules: which documents are not learnt.
        root: gives the opened folder.
    """

    server: "Server"
    setups: "Setups"
    rules: "GapRules"
    root: Callable[[], Path | None]
    _taught: "Setup | None" = None
    _warm: "EmbeddedProvider | None" = None
    _work: set["asyncio.Task[None]"] = field(default_factory=set)

    def begin(self, typed: str) -> None:
        """Teach the setup in use everything that is there, once.

        Args:
            typed: URI of the document that is typed in: the n-grams read it themselves, without
                the line at the cursor.
        """
        setup = self.setups.now
        if setup is None or self._corpus() is None:
            return
        if self._taught is not None and self._taught.providers is setup.providers:
            return
        self._taught = setup
        self._do(self._everything(setup, typed))

    def warm(self) -> None:
        """Start what of the embedded agents takes seconds to start, once for a setup."""
        provider = self._provider()
        if provider is not None and provider is not self._warm:
            self._warm = provider
            self._do(provider.warm())

    def learn(self, uri: str) -> None:
        """A document was opened or saved."""
        if self._taught is not None:
            self._do(self._document(uri))

    def forget(self, uri: str) -> None:
        """A document was closed."""
        corpus = self._corpus() if self._taught is not None else None
        if corpus is not None:
            corpus.forget(uri)

    async def close(self) -> None:
        """Leave what is not learnt yet."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    def _provider(self) -> "EmbeddedProvider | None":
        from moa_lsp.providers.embedded.provider import EmbeddedProvider

        setup = self.setups.now
        provider = setup.providers.get("embedded") if setup is not None else None
        return provider if isinstance(provider, EmbeddedProvider) else None

    def _corpus(self) -> "Corpus | None":
        provider = self._provider()
        return provider.corpus if provider is not None else None

    async def _everything(self, setup: "Setup", typed: str) -> None:
        for document in list(self.server.documents):
            if document.uri != typed:
                await self._document(document.uri)
        root, corpus = self.root(), self._corpus()
        if root is None or corpus is None:
            return
        from moa_lsp.index.folder import sources

        context = setup.catalog.settings.context
        files = await asyncio.to_thread(sources, root, context.exclude, context.allow)
        try:
            await corpus.build(files)
        except MoaError as error:
            log.info("the folder's words are not known: %s", shown(str(error)))

    async def _document(self, uri: str) -> None:
        setup = self.setups.now
        if setup is None or await self.rules.why_not(uri, setup.catalog.settings.context):
            return
        document, corpus = self.server.documents.get(uri), self._corpus()
        if document is not None and corpus is not None:
            await corpus.update(document.uri, document.text, document.language)
