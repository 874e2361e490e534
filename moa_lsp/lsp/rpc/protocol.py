"""JSON-RPC and the life of a connection, on pygls' tables but not on its dispatcher.

Every request gets exactly one response, whatever it holds and whatever its handler does; a
notification never does. A request runs in one task, so cancelling it reaches everything that it
awaits, commands included. Nothing is kept of a message once it is answered. (What pygls 2.1.1
does instead: H1 to H5 in docs/faults.md.)

With ``sender.py`` the only module that overrides private names of pygls, hence the narrow pin:
``_get_handler``, ``_handle_cancel_notification``, ``_request_futures``, ``_result_types``,
``_send_data``, ``_send_response``, ``_serialize_message``.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
    JsonRpcServerNotInitialized,
)
from pygls.protocol import lsp_method

from moa_lsp.errors import UsageError
from moa_lsp.lsp.rpc import calls
from moa_lsp.lsp.rpc.converter import Json, params_of
from moa_lsp.lsp.rpc.errors import is_bug, response_error
from moa_lsp.lsp.rpc.sender import MessageId, Sender
from moa_lsp.lsp.safe_text import shown
from moa_lsp.text.lines import Encoding

if TYPE_CHECKING:
    from moa_lsp.lsp.rpc.server import Server

_log = logging.getLogger(__name__)

Phase = Literal["new", "running", "shut down"]
"""Before ``initialize``, after it, and after ``shutdown``."""

_METHOD_CHARS = 80
"""Of a client's method name in a message; the protocol's longest has 48."""

_UNSUPPORTED = (
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
)
"""Built-ins of pygls that we do not announce; cells come as text documents as well."""


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class Protocol(Sender):
    """One connection.

    Attributes:
        phase: how far the connection's life is.
        exit_code: the process's, once ``exit`` came; ``None`` before.
    """

    _server: "Server"  # type: ignore[mutable-override]  # pygls declares it wider

    def __init__(self, server: "Server", converter: Converter) -> None:
        self.phase: Phase = "new"
        self.exit_code: int | None = None
        self._tasks: dict[MessageId, asyncio.Task[Any]] = {}
        self._shutting_down: asyncio.Task[Any] | None = None
        super().__init__(server, converter)  # looks at every attribute for built-ins
        self._decoder = json.JSONDecoder(parse_constant=_no_constant)
        for method in _UNSUPPORTED:
            self.fm.builtin_features.pop(method, None)
        documents = server.documents
        self._read_by_hand: dict[str, Callable[[Any], None]] = {
            types.CANCEL_REQUEST: self._handle_cancel_notification,
            types.TEXT_DOCUMENT_DID_OPEN: documents.did_open,
            types.TEXT_DOCUMENT_DID_CHANGE: documents.did_change,
            types.TEXT_DOCUMENT_DID_CLOSE: documents.did_close,
        }

    @property
    def in_flight(self) -> set[asyncio.Task[Any]]:
        """Requests of the client that have no answer yet."""
        return set(self._tasks.values())

    # --- from the client ---------------------------------------------------------------------

    def receive(self, body: bytes) -> bool:
        """Take in one message.

        Returns:
            Whether its handler waits for its first step: it must get it before the next message
            is taken in, or it would see a text that is newer than its request.
        """
        try:
            message = self._decoder.decode(body.decode())
        except (ValueError, RecursionError):
            _log.warning("got a message that is not JSON")
            self._send_failure(None, JsonRpcParseError("the message is not JSON"))
            return False
        return self.handle_message(message)

    def handle_message(self, message: Json) -> bool:
        """Take in one decoded message; returns what ``receive`` does."""
        if not isinstance(message, dict):
            self._refuse(None, "the message must be an object; batches are not part of LSP")
            return False
        method, msg_id = message.get("method"), message.get("id")
        known_id = msg_id is None or (
            isinstance(msg_id, str | int | float) and not isinstance(msg_id, bool)
        )
        if message.get("jsonrpc") != self.VERSION or not known_id:
            self._refuse(msg_id if known_id else None, "the message is not of JSON-RPC 2.0")
        elif isinstance(method, str):
            if "id" in message:
                return self._take_request(msg_id, method, message.get("params"))
            return self._take_notification(method, message.get("params"))
        elif method is None and ("result" in message or "error" in message):
            self._take_reply(msg_id, message)
        else:
            self._refuse(msg_id, "the message has no method")
        return False

    def _refuse(self, msg_id: MessageId, why: str) -> None:
        _log.warning("refused a message: %s", why)
        self._send_failure(msg_id, JsonRpcInvalidRequest(why))

    def _take_request(self, msg_id: MessageId, method: str, params: Json) -> bool:
        try:
            self._check_phase(method)
            handler = self._get_handler(method)
            outcome = calls.call(handler, params_of(self._converter, method, params))
        except BaseException as err:  # noqa: BLE001  # a handler's SystemExit must not end others' work
            self._fail(msg_id, method, err)
            return False
        if not calls.is_waiting(outcome):
            self._send_response(msg_id, outcome)
            return False
        task = asyncio.ensure_future(calls.contained(outcome))
        self._tasks[msg_id] = task
        task.add_done_callback(partial(self._answer, msg_id, method))
        return True

    def _check_phase(self, method: str) -> None:
        if self.phase == "shut down":
            raise JsonRpcInvalidRequest("the server is shutting down")
        if self.phase == "new" and method != types.INITIALIZE:
            raise JsonRpcServerNotInitialized("send initialize first")
        if self.phase == "running" and method == types.INITIALIZE:
            raise JsonRpcInvalidRequest("initialize was sent before")

    def _answer(self, msg_id: MessageId, method: str, task: asyncio.Task[Any]) -> None:
        if self._tasks.get(msg_id) is task:
            del self._tasks[msg_id]
        if task.cancelled():
            self._fail(msg_id, method, asyncio.CancelledError())
        elif (err := task.exception()) is not None:
            self._fail(msg_id, method, err)
        else:
            self._send_response(msg_id, task.result())

    def _take_notification(self, method: str, params: Json) -> bool:
        if self.phase != "running" and method != types.EXIT:
            _log.warning("ignored %s: the server is %s", _short(method), self.phase)
            return False
        try:
            by_hand = self._read_by_hand.get(method)
            if by_hand is not None:
                by_hand(params)
                handler = self.fm.features.get(method)
            else:
                handler = self._handler_of_notification(method)
            if handler is None:
                return False
            outcome = calls.call(handler, params_of(self._converter, method, params))
        except BaseException as err:  # noqa: BLE001  # as for requests
            self._note(method, err)
            return False
        if not calls.is_waiting(outcome):
            return False
        task = asyncio.ensure_future(calls.contained(outcome))
        self._server.keep(task)
        task.add_done_callback(partial(self._note_end, method))
        return True

    def _handler_of_notification(self, method: str) -> Callable[[Any], Any] | None:
        handler = self.fm.builtin_features.get(method) or self.fm.features.get(method)
        if handler is None:
            # "$/" marks what a server may ignore in silence
            level = logging.DEBUG if method.startswith("$/") else logging.INFO
            _log.log(level, "ignored %s: unknown", _short(method))
        return handler

    def _note_end(self, method: str, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and (err := task.exception()) is not None:
            self._note(method, err)

    def _note(self, method: str, err: BaseException) -> None:
        if isinstance(err, ValueError | JsonRpcException):
            _log.warning("ignored %s: %s", _short(method), err)
        else:
            _log.error("%s failed", _short(method), exc_info=err)

    def _get_handler(self, feature_name: str) -> Callable[[Any], Any]:
        try:
            return super()._get_handler(feature_name)
        except JsonRpcMethodNotFound as err:
            raise JsonRpcMethodNotFound(f"unknown method {_short(feature_name)}") from err

    def _handle_cancel_notification(self, msg_id: Json) -> None:
        target = msg_id.get("id") if isinstance(msg_id, dict) else None
        if not isinstance(target, str | int | float):
            raise ValueError("it names no request")  # noqa: TRY004  # read as a mistake of the client
        task = self._tasks.get(target)
        if task is None:
            _log.debug("nothing to cancel: the request is answered or unknown")
        else:
            task.cancel()

    def _fail(self, msg_id: MessageId, method: str, err: BaseException) -> None:
        if is_bug(err):
            _log.error("%s failed", _short(method), exc_info=err)
        self._send_failure(msg_id, err)

    def _send_failure(self, msg_id: MessageId, err: BaseException) -> None:
        self._send_response(msg_id, error=response_error(err))

    # --- the life of a connection ------------------------------------------------------------

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(
        self, params: types.InitializeParams
    ) -> Generator[Any, Any, types.InitializeResult]:
        """Agree on capabilities; the documents learn the units of the client's columns."""
        result = yield from super().lsp_initialize(params)
        _leave_out_refusals(result.capabilities)
        self._server.documents.encoding = _encoding(self.server_capabilities.position_encoding)
        if params.trace is not None:
            self.trace = params.trace
        self.phase = "running"
        self._server.watch(params.process_id)
        return result

    @lsp_method(types.INITIALIZED)
    def lsp_initialized(self, *args: object) -> Generator[Any, Any, None]:
        """The client is ready: features may ask it things."""
        yield from super().lsp_initialized(*args)  # type: ignore[no-untyped-call]  # pygls' gap
        self._server.ready()

    @lsp_method(types.SHUTDOWN)
    async def lsp_shutdown(self, *_args: object) -> None:  # type: ignore[override]  # pygls' is a generator
        """Cancel what runs, let features close what they opened, then answer."""
        self.phase = "shut down"
        self._shutting_down = asyncio.current_task()
        self.cancel_all()
        handler = self.fm.features.get(types.SHUTDOWN)
        if handler is not None:
            outcome = calls.call(handler, None)
            if calls.is_waiting(outcome):
                await outcome
        await self._server.close()

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_args: object) -> None:  # type: ignore[override]  # as above
        """Decide the exit code; the session sees it and leaves."""
        self.exit_code = self.code_now()

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    def lsp_workspace__execute_command(  # type: ignore[override]  # as above
        self, params: types.ExecuteCommandParams
    ) -> object:
        """Call a command; its arguments are plain JSON values, unpacked."""
        handler = self.fm.commands.get(params.command)
        if handler is None:
            raise UsageError(
                f"unknown command {_short(params.command)}; docs/editor-protocol.md lists them"
            )
        return calls.call_command(handler, list(params.arguments or ()), self._server)

    def code_now(self) -> int:
        """The exit code if the connection ended now: 0 only after ``shutdown``."""
        return 0 if self.phase == "shut down" else 1

    def cancel_all(self) -> None:
        """Cancel the client's requests, save ``shutdown``; wait for its answers no more."""
        for task in self._tasks.values():
            if task is not self._shutting_down:
                task.cancel()
        for future in list(self._request_futures.values()):
            future.cancel()


def _short(method: str) -> str:
    return shown(method, _METHOD_CHARS)


def _leave_out_refusals(capabilities: types.ServerCapabilities) -> None:
    """Say nothing of what is not offered, whatever the client could do with it.

    pygls 2.1.1 answers ``willSave: false`` to clients that have it, and nothing to others.
    """
    sync = capabilities.text_document_sync
    if isinstance(sync, types.TextDocumentSyncOptions):
        sync.will_save = sync.will_save or None
        sync.will_save_wait_until = sync.will_save_wait_until or None


def _encoding(announced: types.PositionEncodingKind | str | None) -> Encoding:
    value = types.PositionEncodingKind(announced or "utf-16").value
    return cast("Encoding", value)
