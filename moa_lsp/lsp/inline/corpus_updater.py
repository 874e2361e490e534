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
from moa_lsp.lsp.safe_text import shown

if TYPE_CHECKING:
    from moa_lsp.lsp.inline.completion_policy import CompletionPolicy
    from moa_lsp.lsp.rpc.server import Server
    from moa_lsp.lsp.runtime_configs import RuntimeConfigs
    from moa_lsp.providers.embedded.ngram.corpus import Corpus
    from moa_lsp.providers.embedded.provider import EmbeddedProvider
    from moa_lsp.runs.runtime_config import RuntimeConfig

log = logging.getLogger(__name__)


@dataclass(slots=True)
class CorpusUpdater:
    """Teaches the n-grams of the setup in use.

    Attributes:
        server: whose documents.
        runtimes: whose embedded provider.
        rules: which documents are not learnt.
        root: gives the opened folder.
    """

    server: "Server"
    runtimes: "RuntimeConfigs"
    rules: "CompletionPolicy"
    root: Callable[[], Path | None]
    _taught: "RuntimeConfig | None" = None
    _warm: "EmbeddedProvider | None" = None
    _work: set["asyncio.Task[None]"] = field(default_factory=set)

    def begin(self, typed: str) -> None:
        """Teach the setup in use everything that is there, once.

        Args:
            typed: URI of the document that is typed in: the n-grams read it themselves, without
                the line at the cursor.
        """
        runtime = self.runtimes.now
        if runtime is None or self._corpus() is None:
            return
        if self._taught is not None and self._taught.providers is runtime.providers:
            return
        self._taught = runtime
        self._do(self._everything(runtime, typed))

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

        runtime = self.runtimes.now
        provider = runtime.providers.get("embedded") if runtime is not None else None
        return provider if isinstance(provider, EmbeddedProvider) else None

    def _corpus(self) -> "Corpus | None":
        provider = self._provider()
        return provider.corpus if provider is not None else None

    async def _everything(self, runtime: "RuntimeConfig", typed: str) -> None:
        for document in list(self.server.documents):
            if document.uri != typed:
                await self._document(document.uri)
        root, corpus = self.root(), self._corpus()
        if root is None or corpus is None:
            return
        from moa_lsp.workspace.index.folder import sources

        context = runtime.catalog.settings.context
        files = await asyncio.to_thread(sources, root, context.exclude, context.allow)
        try:
            await corpus.build(files)
        except MoaError as error:
            log.info("the folder's words are not known: %s", shown(str(error)))

    async def _document(self, uri: str) -> None:
        runtime = self.runtimes.now
        if runtime is None or await self.rules.why_not(uri, runtime.catalog.settings.context):
            return
        document, corpus = self.server.documents.get(uri), self._corpus()
        if document is not None and corpus is not None:
            await corpus.update(document.uri, document.text, document.language)
