"""A model server on loopback that misbehaves exactly as told, and remembers what it saw.

It writes bytes to a socket, so that whatever HTTP allows or forbids can be scripted: a reply is a
sequence of steps. In a test: ``async with FaultyServer.of(reply, …) as server``; for benchmarks
and end-to-end tests ``python -m tests.fakes.faulty_server --port 0`` prints its URL and answers
every wire.
"""

import argparse
import asyncio
import contextlib
import json
import socket
import ssl
import struct
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Wait:
    """Seconds of silence."""

    seconds: float


@dataclass(frozen=True)
class Until:
    """Silence until a test says so."""

    event: threading.Event


@dataclass(frozen=True)
class Reset:
    """The connection ends with a RST."""


@dataclass(frozen=True)
class Close:
    """The connection ends in order (FIN), wherever the response is."""


@dataclass(frozen=True)
class Hang:
    """Nothing more, until the client leaves."""


@dataclass(frozen=True)
class Forever:
    """The same bytes until the client leaves."""

    piece: bytes
    every: float = 0.0


Step = bytes | Wait | Until | Reset | Close | Hang | Forever
Script = Sequence[Step]


@dataclass
class Seen:
    """A request that arrived.

    Attributes:
        connection: number of its connection, from 0.
        at: loop time of its arrival.
        left_at: loop time at which the client left before the response ended, if it did.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int
    at: float
    left_at: float | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.body)


# --- replies ----------------------------------------------------------------------------------


def head(status: int = 200, *lines: str, version: str = "1.1") -> bytes:
    """Status line and headers."""
    return "\r\n".join((f"HTTP/{version} {status} X", *lines, "", "")).encode("latin-1")


def whole(body: bytes | str, status: int = 200, *lines: str, kind: str = "application/json"):
    """A response with a length."""
    data = body.encode() if isinstance(body, str) else body
    return [
        head(status, f"Content-Type: {kind}", f"Content-Length: {len(data)}", *lines) + data,
    ]


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


END = b"0\r\n\r\n"


def chunked(*steps: Step, kind: str = "text/event-stream", lines: Iterable[str] = (), end=True):
    """A response in chunks: bytes become a chunk each, other steps stay."""
    start = head(200, f"Content-Type: {kind}", "Transfer-Encoding: chunked", *lines)
    framed = [chunk(step) if isinstance(step, bytes) else step for step in steps]
    return [start, *framed, *([END] if end else [])]


def sse(value: Any, name: str | None = None) -> bytes:
    """One server-sent event."""
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return (f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode()


DONE = sse("[DONE]")


def delta(text: str | None, finish: str | None = None, **more: Any) -> bytes:
    """One chunk of a chat completion."""
    choice = {"index": 0, "delta": {"content": text, **more}, "finish_reason": finish}
    return sse({"choices": [choice]})


USAGE = sse({"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 3}})


def openai_events(text: str) -> list[bytes]:
    half = len(text) // 2
    return [
        sse({"choices": [{"index": 0, "delta": {"role": "assistant", "content": None}}]}),
        delta(text[:half]),
        delta(text[half:]),
        delta(None, "stop"),
        USAGE,
        DONE,
    ]


def anthropic_events(text: str) -> list[bytes]:
    half = len(text) // 2

    def piece(part: str) -> bytes:
        body = {"type": "content_block_delta", "index": 0}
        return sse({**body, "delta": {"type": "text_delta", "text": part}}, "content_block_delta")

    usage = {"input_tokens": 11, "output_tokens": 1}
    ended = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
    return [
        sse({"type": "message_start", "message": {"usage": usage}}, "message_start"),
        sse({"type": "ping"}, "ping"),
        piece(text[:half]),
        piece(text[half:]),
        sse({**ended, "usage": {"output_tokens": 3}}, "message_delta"),
        sse({"type": "message_stop"}, "message_stop"),
    ]


def ollama_events(text: str) -> list[bytes]:
    half = len(text) // 2

    def line(value: dict[str, Any]) -> bytes:
        return json.dumps(value, ensure_ascii=False).encode() + b"\n"

    ended = {"done": True, "done_reason": "stop", "prompt_eval_count": 11, "eval_count": 3}
    return [
        line({"message": {"role": "assistant", "content": text[:half]}, "done": False}),
        line({"message": {"role": "assistant", "content": text[half:]}, "done": False}),
        line({"message": {"role": "assistant", "content": ""}, **ended}),
    ]


EVENTS = {"openai": openai_events, "anthropic": anthropic_events, "ollama": ollama_events}
"""The events of a good answer, by wire."""

EVENTS_TO_TEXT = {"openai": 2, "anthropic": 3, "ollama": 1}
"""How many of these there are up to the first text; the next one has the rest of it."""

NDJSON = "application/x-ndjson"
KINDS = {"openai": "text/event-stream", "anthropic": "text/event-stream", "ollama": NDJSON}
"""The content type of a stream, by wire."""

WHOLE_ANSWERS: dict[str, dict[str, Any]] = {
    "openai": {
        "choices": [
            {"message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 11, "completion_tokens": 3},
    },
    "anthropic": {
        "type": "message",
        "content": [{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 11, "output_tokens": 3},
    },
    "ollama": {
        "message": {"content": "hello"},
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 11,
        "eval_count": 3,
    },
}
"""The same answer of 11 and 3 tokens in one piece, by wire."""


def healthy(api: str = "openai", text: str = "hello") -> Script:
    """A good answer of 11 and 3 tokens."""
    return chunked(*EVENTS[api](text), kind=KINDS[api])


def api_of(path: str) -> str:
    """The wire that a path belongs to."""
    if path.endswith("/messages"):
        return "anthropic"
    return "ollama" if "/api/" in path else "openai"


# --- the server -------------------------------------------------------------------------------


@dataclass
class FaultyServer:
    """Plays one script a request; when none is left it answers well.

    Attributes:
        scripts: by order of arrival.
        accept: steps played on each new connection before any request is read.
        always: played for every request when ``scripts`` is empty, instead of a good answer.
        models: played for every question for models, instead of a list of two.
        tls: makes it speak TLS.
        seen: every request, in order of arrival.
        connections: how many there were; ``open`` counts those that still are.
    """

    scripts: list[Script] = field(default_factory=list)
    accept: Script = ()
    always: Script | None = None
    models: Script | None = None
    tls: ssl.SSLContext | None = None
    text: str = "hello"
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    def of(cls, *scripts: Script, **more: Any) -> Self:
        return cls(scripts=list(scripts), **more)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=self.tls, limit=2**22
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def forever(self) -> None:
        assert self._server is not None
        await self._server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        number = self.connections
        self.connections += 1
        self.open += 1
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                going = await self._play(self.accept, None, reader, writer)
                while going:
                    seen = await self._request(reader, number)
                    self.seen.append(seen)
                    going = await self._play(self._script(seen), seen, reader, writer)
        except asyncio.CancelledError:  # the server ends; asyncio.streams would log it
            pass
        finally:
            self.open -= 1
            writer.transport.abort()

    def _script(self, seen: Seen) -> Script:
        if seen.method != "POST":
            if seen.method == "GET":
                return self.models or whole('{"data": [{"id": "m-1"}, {"id": "m-2"}]}')
            return whole("")
        if self.scripts:
            return self.scripts.pop(0)
        return self.always or healthy(api_of(seen.path), self.text)

    async def _request(self, reader: asyncio.StreamReader, number: int) -> Seen:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ")
        pairs = (line.partition(":") for line in lines[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        now = asyncio.get_running_loop().time()
        return Seen(method, path, headers, body, number, now)

    async def _play(
        self,
        script: Script,
        seen: Seen | None,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Play a script; true when the connection goes on."""
        if not script:
            return True
        playing = asyncio.ensure_future(self._steps(script, writer))
        leaving = asyncio.ensure_future(_end_of(reader))
        try:
            await asyncio.wait((playing, leaving), return_when=asyncio.FIRST_COMPLETED)
            # A client that left while something was written shows as an error of the writing.
            cut = playing.done() and isinstance(playing.exception(), ConnectionError)
            if cut or not playing.done():
                if seen is not None:
                    seen.left_at = asyncio.get_running_loop().time()
                return False
            return playing.result()
        finally:
            for task in (playing, leaving):
                task.cancel()
            await asyncio.gather(playing, leaving, return_exceptions=True)

    async def _steps(self, script: Script, writer: asyncio.StreamWriter) -> bool:
        for step in script:
            match step:
                case Wait(seconds):
                    await asyncio.sleep(seconds)
                case Until(event):
                    while not event.is_set():  # noqa: ASYNC110  # set in another thread
                        await asyncio.sleep(0.01)
                case Hang():
                    await asyncio.Event().wait()
                case Forever(piece, every):
                    while True:
                        writer.write(piece)
                        await writer.drain()
                        await asyncio.sleep(every)
                case Close():
                    writer.close()
                    return False
                case Reset():
                    raw = writer.get_extra_info("socket")
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    writer.transport.abort()
                    return False
                case _:
                    writer.write(step)
                    await writer.drain()
        return True


async def _end_of(reader: asyncio.StreamReader) -> None:
    """Return when the client leaves; what it sends out of turn is dropped."""
    with contextlib.suppress(ConnectionError):
        while await reader.read(2**16):
            pass


async def _main(port: int, text: str) -> None:
    async with FaultyServer(port=port, text=text) as server:
        print(server.url, flush=True)
        await server.forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--text", default="hello")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(given.port, given.text))
