"""What ``embedded/ngram`` knows: the documents that are open, and the files of the workspace.

The caller says which files there are and which must not be read; it calls ``build`` again when
they have changed. Until then, and where that fails, the open documents are what is known. Nothing
is kept on disk: making it anew costs a second for 250,000 words, in a process of low priority.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping

from moa_lsp.limits import MAX_NGRAM_DOCUMENTS, MAX_NGRAM_FILES, NGRAM_OTHERS
from moa_lsp.providers.base import Declined
from moa_lsp.providers.embedded.ngram.blend import Source
from moa_lsp.providers.embedded.ngram.builder import build_workspace
from moa_lsp.providers.embedded.ngram.document import Document, Place, read
from moa_lsp.providers.embedded.ngram.index import NOWHERE, Index
from moa_lsp.providers.embedded.ngram.line import Guess
from moa_lsp.providers.embedded.ngram.packed import Built
from moa_lsp.providers.embedded.ngram.secret import looks_secret
from moa_lsp.providers.embedded.ngram.suggestion import Cursor, cursor, hopeless, suggest
from moa_lsp.providers.embedded.ruff_program import document_path
from moa_lsp.syntax.languages import akin


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
        self.built = Built({})
        self._denied = denied
        self._secret = secret
        self._documents: dict[str, Document] = {}
        self._building = asyncio.Lock()

    async def update(self, uri: str, text: str, language: str) -> None:
        """Read an open document whole, in a thread: when it is opened, and when it is saved."""
        if not self._denied(_path(uri)):
            self._keep(uri, await asyncio.to_thread(read, text, language, self._secret))

    def forget(self, uri: str) -> None:
        """Drop a document that was closed."""
        self._documents.pop(uri, None)

    async def build(self, files: Iterable[tuple[str, str]]) -> Built:
        """Index the files of a workspace in a process of its own; one build at a time.

        Args:
            files: path and language identifier of each. Of too many, those nearest to the open
                documents are read, the latest first.

        Raises:
            ProviderError: it did not work; what was known is kept.
        """
        allowed = [file for file in files if not self._denied(file[0])][:MAX_NGRAM_FILES]
        opened = (document_path(uri) for uri in reversed(self._documents))
        near = dict.fromkeys(str(path.parent) for path in opened if path)
        async with self._building:
            self.built = await build_workspace(allowed, near)
        return self.built

    async def suggest(self, uri: str, text: str, offset: int, language: str) -> Guess | Declined:
        """Suggest the rest of the line at an offset of a document's text of now."""
        at = cursor(text, offset)
        if self._denied(_path(uri)):
            return Declined("this file is excluded")
        refused = hopeless(at, language)
        if refused is not None:
            return refused
        document, place = await self._place(uri, at, language)
        if place is None:
            return Declined("the line is too long")
        return suggest(self._sources(uri, language), document, place, at, secret=self._secret)

    async def _place(self, uri: str, at: Cursor, language: str) -> tuple[Document, Place | None]:
        document = self._documents.get(uri)
        place = None
        if document is not None and document.language == language:
            place = document.place(at.text, at.offset)
        if document is None or place is None:
            document = await asyncio.to_thread(read, at.others, language, self._secret)
            place = document.place(at.text, at.offset)
        self._keep(uri, document)
        return document, place

    def _sources(self, uri: str, language: str) -> list[Source]:
        """Name what is known beside the document: other open ones, or else the workspace."""
        index = _of(self.built.indexes, language)
        files = index.files if index else {}
        others = [
            Source(document.index)
            for name, document in self._documents.items()
            if name != uri and akin(document.language, language) and _path(name) not in files
        ]
        own = [Source(index, files.get(_path(uri), NOWHERE))] if index else []
        return [*own, *others[-NGRAM_OTHERS:]]

    def _keep(self, uri: str, document: Document) -> None:
        """Hold a document as the latest, and the oldest no longer."""
        self._documents.pop(uri, None)
        self._documents[uri] = document
        while len(self._documents) > MAX_NGRAM_DOCUMENTS:
            del self._documents[next(iter(self._documents))]


def _of(indexes: Mapping[str, Index], language: str) -> Index | None:
    return next((index for name, index in indexes.items() if akin(name, language)), None)


def _path(uri: str) -> str:
    path = document_path(uri)
    return str(path) if path else uri
