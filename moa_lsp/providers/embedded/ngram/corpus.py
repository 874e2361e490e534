"""What ``embedded/ngram`` knows: the documents that are open, and the files of the workspace.

The caller says which files there are and which must not be read; it calls ``build`` again when
they have changed. Until then, and where that fails, the open documents are what is known. Nothing
is kept on disk: making it anew costs a second for 250,000 words, in a process of low priority.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from moa_lsp.files.uris import local_path
from moa_lsp.providers.base import AgentDeclines
from moa_lsp.providers.embedded.ngram.blend import IndexSource
from moa_lsp.providers.embedded.ngram.builder import build_workspace
from moa_lsp.providers.embedded.ngram.document import CursorWords, IndexedDocument, read
from moa_lsp.providers.embedded.ngram.index import NOWHERE, SequenceIndex
from moa_lsp.providers.embedded.ngram.line import Guess
from moa_lsp.providers.embedded.ngram.packed import PackedIndexes
from moa_lsp.providers.embedded.ngram.secret import looks_secret
from moa_lsp.providers.embedded.ngram.suggestion import NgramCursor, cursor, hopeless, suggest
from moa_lsp.syntax.languages import akin

MAX_NGRAM_DOCUMENTS = 32
"""Documents whose index is kept; one of a thousand lines takes 1 MB."""

MAX_NGRAM_CHARS = 512 * 2**10
"""Of a document that is read: as of a file of the workspace, a longer one is generated, and takes
a second to read."""

MAX_NGRAM_KEPT_CHARS = 2**20
"""Of all documents whose index is kept: 26 MB."""

NGRAM_OTHERS = 3
"""Other open documents that are asked at a keystroke, 0.1 ms each, where the workspace's index
does not have them."""

MAX_NGRAM_FILES = 20_000
"""Names of files given to one indexing; ``MAX_NGRAM_WORDS`` ends it long before."""


class Corpus:
    """The words of a project.

    Attributes:
        built: what is known of the workspace.
    """

    def __init__(
        self,
        *,
        denied: Callable[[str], bool] = lambda _path: False,
        secret: Callable[[str], bool] = looks_secret,
    ) -> None:
        """Begin with nothing.

        Args:
            denied: says of a path, or of the URI of what is no file, that it must not be read.
            secret: says of a word that it must neither be learnt nor written.
        """
        self.built = PackedIndexes({})
        self._denied = denied
        self._secret = secret
        self._documents: dict[str, IndexedDocument] = {}
        self._reading: dict[str, object] = {}
        self._building = asyncio.Lock()

    async def update(self, uri: str, text: str, language: str) -> None:
        """Read an open document whole, in a thread: when it is opened, and when it is saved."""
        if len(text) > MAX_NGRAM_CHARS:
            self.forget(uri)
        elif not self._denied(_path(uri)):
            await self._read(uri, text, language)

    def forget(self, uri: str) -> None:
        """Drop a document that was closed."""
        self._documents.pop(uri, None)
        self._reading.pop(uri, None)

    async def build(self, files: Iterable[tuple[str, str]]) -> PackedIndexes:
        """Index the files of a workspace in a process of its own; one build at a time.

        Args:
            files: path and language identifier of each. Of too many, those nearest to the open
                documents are read, the latest first.

        Raises:
            ProviderError: it did not work; what was known is kept.
        """
        allowed = [file for file in files if not self._denied(file[0])][:MAX_NGRAM_FILES]
        opened = (local_path(uri) for uri in reversed(self._documents))
        near = dict.fromkeys(str(path.parent) for path in opened if path)
        async with self._building:
            self.built = await build_workspace(allowed, near)
        return self.built

    async def suggest(
        self, uri: str, text: str, offset: int, language: str
    ) -> Guess | AgentDeclines:
        """Suggest the rest of the line at an offset of a document's text of now."""
        at = cursor(text, offset)
        if self._denied(_path(uri)):
            return AgentDeclines("this file is excluded")
        if len(text) > MAX_NGRAM_CHARS:
            return AgentDeclines("the document is too long")
        refused = hopeless(at, language)
        if refused is not None:
            return refused
        document, place = await self._place(uri, at, language)
        if place is None:
            return AgentDeclines("the line is too long")
        return suggest(self._sources(uri, language), document, place, at, secret=self._secret)

    async def _place(
        self, uri: str, at: NgramCursor, language: str
    ) -> tuple[IndexedDocument, CursorWords | None]:
        document = self._documents.get(uri)
        place = None
        if document is not None and document.language == language:
            place = document.place(at.text, at.offset)
        if document is None or place is None:
            document = await self._read(uri, at.others, language)
            place = document.place(at.text, at.offset)
        else:
            self._keep(uri, document)
        return document, place

    async def _read(self, uri: str, text: str, language: str) -> IndexedDocument:
        """Read a document and hold it, unless it is closed or read anew meanwhile."""
        turn = self._reading[uri] = object()
        try:
            document = await asyncio.to_thread(read, text, language, self._secret)
            if self._reading.get(uri) is turn:
                self._keep(uri, document)
        finally:
            if self._reading.get(uri) is turn:
                del self._reading[uri]
        return document

    def _sources(self, uri: str, language: str) -> list[IndexSource]:
        """Name what is known beside the document: other open ones, or else the workspace."""
        index = _of(self.built.indexes, language)
        files = index.files if index else {}
        others = [
            IndexSource(document.index)
            for name, document in self._documents.items()
            if name != uri and akin(document.language, language) and _path(name) not in files
        ]
        own = [IndexSource(index, files.get(_path(uri), NOWHERE))] if index else []
        return [*own, *others[-NGRAM_OTHERS:]]

    def _keep(self, uri: str, document: IndexedDocument) -> None:
        """Hold a document as the latest, and the oldest no longer."""
        self._documents.pop(uri, None)
        self._documents[uri] = document
        chars = sum(len(each.text) for each in self._documents.values())
        while len(self._documents) > MAX_NGRAM_DOCUMENTS or chars > MAX_NGRAM_KEPT_CHARS:
            chars -= len(self._documents.pop(next(iter(self._documents))).text)


def _of(indexes: Mapping[str, SequenceIndex], language: str) -> SequenceIndex | None:
    return next((index for name, index in indexes.items() if akin(name, language)), None)


def _path(uri: str) -> str:
    path = local_path(uri)
    return str(path) if path else uri
