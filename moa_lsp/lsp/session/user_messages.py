"""What a run shows besides an edit: one sentence, or a text as a document beside the user's.

A document is a virtual one where the client reads those, else a private file, else a message.
"""

import asyncio
import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from moa_lsp import limits as shared_limits
from moa_lsp.lsp import limits
from moa_lsp.lsp.session.explanations import HoverExplanations
from moa_lsp.lsp.session.virtual_documents import VirtualDocuments
from moa_lsp.text.sanitize import escape

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server

log = logging.getLogger(__name__)


class UserMessages:
    """Shows things to the user of one server.

    Files lie in a folder that is the user's alone and goes with the server.

    Attributes:
        virtual: documents that the client reads from us.
        explained: what was explained, for hovering.
    """

    def __init__(self, server: "Server") -> None:
        self._server = server
        self.virtual = VirtualDocuments(server)
        self.explained = HoverExplanations(server)
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def sentence(self, text: str, *, failed: bool) -> None:
        """Tell the user one sentence, with everything foreign in it made visible."""
        kind = types.MessageType.Warning if failed else types.MessageType.Info
        self._message(kind, f"Moa: {escape(text, shared_limits.MAX_SHOWN_CHARS)}")

    async def document(self, name: str, text: str) -> None:
        """Open a text beside the document; as a message where that cannot be done.

        Args:
            name: of the document, with an extension that says what it is; each name once.
            text: shown as it is in a document; in a message made visible and cut.
        """
        if not await self._beside(name, text):
            shown = escape(text, limits.MAX_EXPLANATION_CHARS, keep_lines=True)
            self._message(types.MessageType.Info, shown)

    def close(self) -> None:
        """Remove the explanations."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    async def _beside(self, name: str, text: str) -> bool:
        window = self._server.client_capabilities.window
        if not (window and window.show_document and window.show_document.support):
            return False
        if self.virtual.ready and await self._opened(self.virtual.add(name, text)):
            return True
        try:
            path = self._place() / name
            await asyncio.to_thread(_write, path, text)
        except OSError as error:
            log.warning("a text to show cannot be written: %s", error.strerror)
            return False
        return await self._opened(path.as_uri())

    def _message(self, kind: types.MessageType, text: str) -> None:
        self._server.window_show_message(types.ShowMessageParams(type=kind, message=text))

    def _place(self) -> Path:
        """The folder; made on the event loop, where two runs cannot make two."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(
                prefix="moa-lsp-", ignore_cleanup_errors=True
            )
        return Path(self._folder.name)

    async def _opened(self, uri: str) -> bool:
        params = types.ShowDocumentParams(uri=uri, external=False, take_focus=False)
        try:
            async with asyncio.timeout(self._server.reply_s):
                answer = await self._server.window_show_document_async(params)
        except (TimeoutError, JsonRpcException) as error:
            log.warning("the client did not show a document: %s", type(error).__name__)
            return False
        return answer.success


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:  # noqa: PTH123  # a descriptor, for its mode
        file.write(text)
