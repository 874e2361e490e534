"""Documents that exist in no file: ``workspace/textDocumentContent`` (LSP 3.18).

For clients that let it be registered: the server's own capabilities have no place for it in
lsprotocol 2025.0.0 as pygls fills them in.
"""

import asyncio
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from moa_lsp.errors import UsageError
from moa_lsp.lsp import limits

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server

log = logging.getLogger(__name__)

SCHEME = "moa"


class VirtualDocuments:
    """The texts of one server, the last ``KEPT_RESULTS`` of them.

    Attributes:
        ready: whether the client said that it will read them.
    """

    def __init__(self, server: "Server") -> None:
        self.ready = False
        self._server = server
        self._texts: OrderedDict[str, str] = OrderedDict()

    def start(self) -> None:
        """Offer the documents to a client that can read them."""
        workspace = self._server.client_capabilities.workspace
        able = workspace.text_document_content if workspace else None
        if able and able.dynamic_registration:
            self._server.keep(asyncio.create_task(self._register()))

    def add(self, name: str, text: str) -> str:
        """Keep a text; the URI that the client can read it by."""
        self._texts[name] = text
        while len(self._texts) > limits.KEPT_RESULTS:
            self._texts.popitem(last=False)
        return f"{SCHEME}:/{name}"

    def content(self, asked: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
        """Serve ``workspace/textDocumentContent``.

        Raises:
            UsageError: there is no such text, or none any more.
        """
        scheme, _, path = asked.uri.partition(":")
        text = self._texts.get(path.rpartition("/")[2])  # clients differ in the slashes before
        if scheme != SCHEME or text is None:
            raise UsageError("this text is kept no more; run the action again")
        return types.TextDocumentContentResult(text)

    async def _register(self) -> None:
        method = types.WORKSPACE_TEXT_DOCUMENT_CONTENT
        options = types.TextDocumentContentRegistrationOptions(schemes=[SCHEME])
        asked = types.RegistrationParams([types.Registration(method, method, options)])
        try:
            async with asyncio.timeout(self._server.reply_s):
                await self._server.client_register_capability_async(asked)
        except (TimeoutError, JsonRpcException) as error:
            log.info("the client reads no virtual documents: %s", type(error).__name__)
            return
        self.ready = True
