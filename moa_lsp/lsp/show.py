"""What a run shows besides an edit: one sentence, or an explanation as a Markdown document."""

import asyncio
import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from moa_lsp import limits
from moa_lsp.text.sanitize import escape

if TYPE_CHECKING:
    from moa_lsp.lsp.server import Server

log = logging.getLogger(__name__)


class Shower:
    """Shows things to the user of one server.

    Explanations are files in a folder that is the user's alone and goes with the server.
    """

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def sentence(self, text: str, *, failed: bool) -> None:
        """Tell the user one sentence, with everything foreign in it made visible."""
        kind = types.MessageType.Warning if failed else types.MessageType.Info
        self._message(kind, f"Moa: {escape(text, limits.MAX_SHOWN_CHARS)}")

    async def markdown(self, run: str, text: str) -> None:
        """Open an explanation beside the document; as a message where that cannot be done."""
        window = self._server.client_capabilities.window
        if window and window.show_document and window.show_document.support:
            try:
                path = self._place() / f"explanation-{run}.md"
                await asyncio.to_thread(_write, path, text)
            except OSError as error:
                log.warning("an explanation cannot be written: %s", error.strerror)
            else:
                if await self._opened(path):
                    return
        shown = escape(text, limits.MAX_EXPLANATION_CHARS, keep_lines=True)
        self._message(types.MessageType.Info, shown)

    def close(self) -> None:
        """Remove the explanations."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _message(self, kind: types.MessageType, text: str) -> None:
        self._server.window_show_message(types.ShowMessageParams(type=kind, message=text))

    def _place(self) -> Path:
        """The folder; made on the event loop, where two runs cannot make two."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(
                prefix="moa-lsp-", ignore_cleanup_errors=True
            )
        return Path(self._folder.name)

    async def _opened(self, path: Path) -> bool:
        params = types.ShowDocumentParams(uri=path.as_uri(), external=False, take_focus=False)
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
