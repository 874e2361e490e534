"""A request and its response as ASGI has them: bounded bodies, JSON, a client that leaves.

Shapes: https://asgi.readthedocs.io/en/latest/specs/www.html.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from typing import Any, TypeVar

from moa_lsp.gateway import limits
from moa_lsp.gateway.errors import ErrorResponse, RequestRefused

T = TypeVar("T")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Mapping[str, str]


class ClientLeft(Exception):
    """The client closed its connection, or reads no more; there is nobody to answer."""


def headers_of(scope: Scope) -> dict[str, list[str]]:
    """Every value of each header, by name in lower case."""
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


async def read_json(scope: Scope, receive: Receive) -> dict[str, Any]:
    """The JSON object that a request carries.

    Raises:
        RequestRefused: there is none, it is too large, or it takes too long to come.
        ClientLeft: the client left first.
    """
    told = headers_of(scope).get("content-length", ["0"])[0]
    if told.isdecimal() and int(told) > limits.MAX_BODY_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(limits.BODY_S):
            body = await _body(receive)
    except TimeoutError as err:
        raise RequestRefused(
            408, "slow_body", f"the body did not come within {limits.BODY_S:g} s, send it again"
        ) from err
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as err:
        raise RequestRefused(400, "invalid_json", "the body is not JSON, check it") from err
    if not isinstance(value, dict):
        raise RequestRefused(400, "invalid_json", "the body is to be a JSON object")
    return value


async def _body(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limits.MAX_BODY_BYTES:
            raise _too_large()
        if not message.get("more_body", False):
            return b"".join(pieces)


def _too_large() -> RequestRefused:
    mib = limits.MAX_BODY_BYTES >> 20
    # What is left of the body is not read: the connection ends.
    return RequestRefused(
        413, "body_too_large", f"the body is larger than {mib} MiB", {"connection": "close"}
    )


async def unless_left(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Do something for a client, as long as it is there.

    Raises:
        ClientLeft: it left, and the work was cancelled.
    """
    task = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait((task, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientLeft
        return task.result()
    finally:
        for each in (task, leaving):
            each.cancel()
        await asyncio.gather(task, leaving, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_json(
    send: Send, status: int, value: object, headers: Headers | None = None
) -> None:
    """Send a whole response."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    length = {"content-type": "application/json", "content-length": str(len(body))}
    await start(send, status, {**length, **(headers or {})})
    await send_body(send, body, last=True)


async def send_error(send: Send, error: ErrorResponse) -> None:
    """Send an error as a whole response."""
    await send_json(send, error.status, error.as_json(), error.headers)


async def start(send: Send, status: int, headers: Headers) -> None:
    """Send the head of a response."""
    raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def send_body(send: Send, data: bytes, *, last: bool = False) -> None:
    """Send a piece of a body.

    Raises:
        ClientLeft: the client does not take it.
    """
    try:
        async with asyncio.timeout(limits.SEND_S):
            await send({"type": "http.response.body", "body": data, "more_body": not last})
    except (TimeoutError, OSError) as err:
        raise ClientLeft from err
