"""A model server whose latency stands in the model's name, in a process of its own.

    python -m benchmarks.model_server

Prints its URL. The model ``a-100`` answers after 100 ms, streamed or whole as it was asked, and
``drip-20`` streams a word every 20 ms until the client leaves; of a prompt nothing is read but the
model's name. ``GET /seen`` tells what came since the last time: for
every question when its first byte came and, if the client left before its answer, when. Times are
those of the monotonic clock, which all processes of a machine share.
"""

import asyncio
import json
import time
from contextlib import suppress
from typing import Any

REGION = "def size(path):\n    total = os.stat(path)\n    return total.st_size"
"""What the answers rewrite, each model in its own way."""

_USAGE = {"prompt_tokens": 400, "completion_tokens": 30, "total_tokens": 430}


def answer(model: str) -> str:
    """What a model says: no two say the same."""
    return (
        f'```python\ndef size(path):\n    """{model}"""\n    return os.stat(path).st_size\n```\n'
    )


def whole(model: str) -> bytes:
    """A response with a length."""
    message = {"role": "assistant", "content": answer(model)}
    body = json.dumps(
        {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": _USAGE,
        }
    ).encode()
    return _head("application/json", f"Content-Length: {len(body)}") + body


def streamed(model: str) -> bytes:
    """The same as server-sent events: ten pieces, the end, the usage."""
    text = answer(model)
    step = len(text) // 10 + 1
    pieces = [text[start : start + step] for start in range(0, len(text), step)]
    choices: list[dict[str, Any]] = [
        {"index": 0, "delta": {"content": piece}, "finish_reason": None} for piece in pieces
    ]
    choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    events = [json.dumps({"choices": [choice]}) for choice in choices]
    events += [json.dumps({"choices": [], "usage": _USAGE}), "[DONE]"]
    chunks = (f"data: {event}\n\n".encode() for event in events)
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return _head("text/event-stream", "Transfer-Encoding: chunked") + framed + b"0\r\n\r\n"


def _head(kind: str, *lines: str) -> bytes:
    return "\r\n".join(("HTTP/1.1 200 OK", f"Content-Type: {kind}", *lines, "", "")).encode()


class ModelServer(asyncio.Protocol):
    """One connection.

    Attributes:
        seen: what came to all connections, for ``/seen``.
    """

    seen: list[dict[str, Any]] = []  # noqa: RUF012  # shared by all connections on purpose

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing asked."""
        self._transport = transport
        self._buffer = bytearray()
        self._first = 0.0
        self._asked: dict[str, Any] | None = None
        self._timer: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Answer each request once it is whole."""
        if not self._buffer:
            self._first = time.monotonic()
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).decode("latin-1").lower()
        length = 0
        for line in head.split("\r\n")[1:]:
            if line.startswith("content-length:"):
                length = int(line.partition(":")[2])
        if len(self._buffer) < end + 4 + length:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        del self._buffer[: end + 4 + length]
        self._request(head, body)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note when the client left an answer behind."""
        if self._timer is not None and self._asked is not None:
            self._timer.cancel()
            self._asked["left"] = time.monotonic()

    def _request(self, head: str, body: bytes) -> None:
        if head.startswith("head "):
            self._write(_head("text/plain", "Content-Length: 0"))
        elif head.startswith("get "):
            told = json.dumps(self.seen).encode()
            if "keep" not in head.partition("\r\n")[0]:
                self.seen.clear()
            self._write(_head("application/json", f"Content-Length: {len(told)}") + told)
        else:
            asked = json.loads(body)
            self._asked = {"model": asked["model"], "first": self._first, "left": None}
            self.seen.append(self._asked)
            if asked["model"].startswith("drip-"):
                self._write(_head("text/event-stream", "Transfer-Encoding: chunked"))
                self._drip(float(asked["model"].rpartition("-")[2]) / 1000, 0)
                return
            reply = (streamed if asked.get("stream") else whole)(asked["model"])
            wait = float(asked["model"].rpartition("-")[2]) / 1000
            self._timer = asyncio.get_running_loop().call_later(wait, self._reply, reply)

    def _drip(self, wait: float, number: int) -> None:
        text = f"word{number} " if number else "```python\n"
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        event = f"data: {json.dumps({'choices': [choice]})}\n\n".encode()
        self._write(b"%x\r\n%b\r\n" % (len(event), event))
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(wait, self._drip, wait, number + 1)

    def _reply(self, reply: bytes) -> None:
        self._timer = None
        self._write(reply)

    def _write(self, data: bytes) -> None:
        self._transport.write(data)  # type: ignore[attr-defined]  # a TCP transport writes


async def _main() -> None:
    server = await asyncio.get_running_loop().create_server(ModelServer, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main())
