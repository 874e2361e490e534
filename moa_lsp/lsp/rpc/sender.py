"""What goes to the client: responses, notifications, requests of ours and the answers to those.

Whatever cannot be written, a request of the client is answered; whatever the client answers, who
waits for it hears of it, and nothing is kept of it afterwards (pygls 2.1.1 keeps a
future for every notification).
"""

import enum
import json
import logging
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from itertools import count
from typing import Any, TypeVar

from cattrs import Converter
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol

from moa_lsp.lsp.rpc.converter import Json, result_of
from moa_lsp.lsp.rpc.errors import response_error

Shape = TypeVar("Shape")

_log = logging.getLogger(__name__)

MessageId = str | int | float | None
"""As the client sent it: it gets the same one back."""


class Sender(LanguageServerProtocol):
    """The writing half of a connection."""

    def __init__(self, server: LanguageServer, converter: Converter) -> None:
        self._ids = count(1)
        self._answered: dict[str, Any] | None = None
        self._encoder = json.JSONEncoder(
            default=self._serialize_message, allow_nan=False, separators=(",", ":")
        )
        super().__init__(server, converter)

    def client_has(self, answer: bytes) -> None:
        """Do not send the response with the id of ``answer``, a framed message that was sent."""
        self._answered = json.loads(answer.partition(b"\r\n\r\n")[2])

    def structure(self, value: object, shape: type[Shape]) -> Shape:
        """A JSON value as one of the protocol's types."""
        return self._converter.structure(value, shape)

    def send_request(
        self,
        method: str,
        params: Json = None,
        callback: Callable[[Any], None] | None = None,
        msg_id: str | int | None = None,
    ) -> Future[Any]:
        """Ask the client something.

        Args:
            method: of the protocol, or of our own.
            params: the protocol's types or plain JSON values.
            callback: called with the result, if there is one.
            msg_id: made up when not given.

        Returns:
            The answer to come; it raises ``JsonRpcException`` when the client answers with an
            error or with what the method does not promise. Forgotten when it ends, however it
            ends.
        """
        key = next(self._ids) if msg_id is None else msg_id
        message = {"jsonrpc": self.VERSION, "id": key, "method": method}
        self._send_data(message if params is None else {**message, "params": params})
        future: Future[Any] = Future()
        self._request_futures[key] = future
        self._result_types[key] = self.get_result_type(method)
        future.add_done_callback(partial(self._forget, key))
        if callback is not None:
            future.add_done_callback(partial(_pass_on, callback))
        return future

    def notify(self, method: str, params: Json = None) -> None:
        """Tell the client something; ``params`` as in ``send_request``."""
        message = {"jsonrpc": self.VERSION, "method": method}
        self._send_data(message if params is None else {**message, "params": params})

    def _forget(self, msg_id: str | int, _future: Future[Any]) -> None:
        self._request_futures.pop(msg_id, None)
        self._result_types.pop(msg_id, None)

    def _take_reply(self, msg_id: MessageId, message: dict[str, Any]) -> None:
        future = self._request_futures.pop(msg_id, None)  # type: ignore[arg-type]  # unknown ids miss
        shape = self._result_types.pop(msg_id, None)  # type: ignore[arg-type]  # as above
        if future is None or future.done():
            _log.debug("dropped an answer that nobody waits for")
            return
        error = message.get("error")
        if error is not None:
            future.set_exception(_client_error(error))
            return
        try:
            future.set_result(result_of(self._converter, shape, message.get("result")))
        except JsonRpcInvalidParams as err:
            future.set_exception(err)

    def _send_response(
        self, msg_id: Json, result: Json = None, error: types.ResponseError | None = None
    ) -> None:
        message: dict[str, Any] = {"jsonrpc": self.VERSION, "id": msg_id}
        if error is None:
            message["result"] = result
        else:
            message["error"] = {"code": error.code, "message": error.message}
            if error.data is not None:
                message["error"]["data"] = error.data
        if self._answered is not None and self._answered["id"] == msg_id:
            self._compare(message)
            return
        try:
            self._send_data(message)
        except Exception as err:  # noqa: BLE001  # whatever cannot be written, the client is answered
            _log.error("a result cannot be sent", exc_info=err)
            failure = response_error(err)
            body = {"code": failure.code, "message": failure.message}
            self._send_data({"jsonrpc": self.VERSION, "id": msg_id, "error": body})

    def _compare(self, message: dict[str, Any]) -> None:
        """Note when the client was promised something else than ``message``."""
        promise, self._answered = self._answered, None
        if json.loads(self._encoder.encode(message)) != promise:
            _log.error("initialize was answered otherwise than the server would: make docs")

    def _send_data(self, data: object) -> None:
        if self.writer is None:
            _log.debug("dropped a message: there is no client")
            return
        body = self._encoder.encode(data).encode("ascii")
        self.writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def _serialize_message(self, data: object) -> Json:
        if hasattr(data, "__attrs_attrs__"):
            return self._converter.unstructure(data)
        if isinstance(data, enum.Enum):
            return data.value
        raise TypeError(f"{type(data).__name__} is not a JSON value")


def _pass_on(callback: Callable[[Any], None], future: Future[Any]) -> None:
    if not future.cancelled() and future.exception() is None:
        callback(future.result())


def _client_error(error: object) -> JsonRpcException:
    """An error response of the client as an exception."""
    content = error if isinstance(error, dict) else {}
    code, message = content.get("code"), content.get("message")
    return JsonRpcException(
        message if isinstance(message, str) else "the client gave no reason",
        code if isinstance(code, int) else None,
    )
