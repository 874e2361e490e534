"""The language server as features see it: documents, the client, and when to begin and end."""

import asyncio
import logging
import uuid
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from moa_lsp import __version__
from moa_lsp.handshake.answer import NAME
from moa_lsp.lsp.documents import Documents
from moa_lsp.lsp.rpc.converter import create_converter
from moa_lsp.lsp.rpc.protocol import Protocol
from moa_lsp.text.lines import Encoding

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pygls.server import ServerErrors

    from moa_lsp.lsp.client_extensions import Extension

CLIENT_REPLY_S = 10.0
"""How long an answer of the editor (applyEdit, configuration) is waited for before we go on
without it."""

CONFIRM_REPLY_S = 600.0
"""As ``CLIENT_REPLY_S``, for an edit that the user is asked to confirm: people read before they
agree, and asking twice would be worse."""


APPLIED_CHANGE_S = 1.0
"""For the ``didChange`` of an edit that the client says it applied: clients collect changes before
they send them, Eglot for half a second."""


Shape = TypeVar("Shape")

_log = logging.getLogger(__name__)


class Server(LanguageServer):
    """A server without features; a feature plugs itself in with ``register(server)``.

    Handlers are registered with ``server.feature(method, options)`` and ``server.command(name)``.
    A handler whose first parameter is called ``ls`` gets the server; the rest are the method's
    lsprotocol parameters, or plain JSON values for commands and for methods of our own. A plain
    handler is answered at once, an ``async`` one when it ends, and ``$/cancelRequest`` cancels
    its task. What a handler raises becomes the error that ``failures.py`` says.

    Attributes:
        documents: the open documents.
        reply_s: seconds for which an answer of the client is waited for.
        confirm_s: as ``reply_s``, where the user has to read before the client can answer.
        change_s: seconds for which the change of an edit is waited for that the client says it
            applied.
        extensions: what the client can do beyond the protocol.
        on_ready: called, in order, when the client has sent ``initialized``.
        on_close: awaited, together, before the connection ends; each once, for under a second.
        watch: told the client's process id; a session replaces it.
    """

    protocol: Protocol  # type: ignore[mutable-override]  # made by protocol_cls

    def __init__(self) -> None:
        self.documents = Documents()
        self.reply_s = CLIENT_REPLY_S
        self.confirm_s = CONFIRM_REPLY_S
        self.change_s = APPLIED_CHANGE_S
        self.extensions: frozenset[Extension] = frozenset()
        self.on_ready: list[Callable[[], None]] = []
        self.on_close: list[Callable[[], Awaitable[None]]] = []
        self.watch: Callable[[int | None], None] = _unwatched
        self._kept: set[asyncio.Task[Any]] = set()
        self._closing: asyncio.Task[None] | None = None
        super().__init__(
            NAME,
            __version__,
            protocol_cls=Protocol,
            converter_factory=create_converter,
        )

    @property
    def encoding(self) -> Encoding:
        """The units of the client's columns, as agreed on."""
        return self.documents.encoding

    def structure(self, value: object, shape: type[Shape]) -> Shape:
        """A JSON value as one of the protocol's types."""
        return self.protocol.structure(value, shape)

    async def asked(self, method: str, params: object) -> object:
        """The client's answer to a request; when it is waited for no more, the client is told so.

        Raises:
            JsonRpcException: it answered with an error, or with what the method does not promise.
        """
        msg_id = str(uuid.uuid4())
        try:
            return await asyncio.wrap_future(
                self.protocol.send_request(method, params, msg_id=msg_id)
            )
        except asyncio.CancelledError:
            self.protocol.notify(types.CANCEL_REQUEST, types.CancelParams(id=msg_id))
            raise

    def ready(self) -> None:
        """Tell features that the client may be asked things."""
        for call in self.on_ready:
            call()

    def keep(self, task: asyncio.Task[Any]) -> None:
        """Hold ``task`` until it ends, cancel it when the connection ends.

        The event loop alone would let it be collected.
        """
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)

    async def close(self) -> None:
        """Have features close what they opened; calling it again waits for the same end."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        for task in self._kept:
            task.cancel()
        ends = await asyncio.gather(*(call() for call in self.on_close), return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                _log.error("closing a feature failed", exc_info=end)

    def thread(self) -> NoReturn:
        """Refuse pygls' thread handlers: they cannot be cancelled and starve the reader.

        Raises:
            TypeError: always.
        """
        raise TypeError("handlers are coroutines: use asyncio.to_thread for what blocks")

    def report_server_error(self, error: Exception, source: "ServerErrors") -> None:
        """Log; pygls would show a pop-up, which fails on a broken pipe (H5 in docs/faults.md)."""
        _log.error("%s: %s", getattr(source, "__name__", source), error)


def _unwatched(_pid: int | None) -> None:
    """Where there is no process to watch: a server in a test."""
