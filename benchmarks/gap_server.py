"""A server that fills gaps of one text that it knows, after a fixed time: OpenAI's completions.

On the event loop of whoever starts it. What it answers is the rest of the line, at some places a
wrong one: a real model does not know either.
"""

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

WRONG = "unknown_name(0)"


@dataclass
class GapServer:
    """The server.

    Attributes:
        text: what it knows.
        latency: seconds to each answer.
        wrong: share of lines of which it knows a wrong rest.
        asked: questions that came.
        left: questions whose asker left before the answer.
    """

    text: str
    latency: float
    wrong: float = 0.3
    asked: int = 0
    left: int = 0
    _server: Any = field(default=None, init=False)

    async def start(self) -> str:
        """Listen; the base URL."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def stop(self) -> None:
        """Stop listening."""
        self._server.close()

    def rest(self, prefix: str) -> str:
        """What goes on behind a prefix, which may lack its beginning."""
        at = self.text.find(prefix)
        if at < 0 or not prefix:
            return ""
        end = at + len(prefix)
        start = self.text.rfind("\n", 0, end) + 1
        line_end = self.text.find("\n", end)
        rest = self.text[end : line_end if line_end >= 0 else None]
        return WRONG if random.Random(start).random() < self.wrong else rest

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.decode("latin-1").lower().split("\r\n"):
                if line.startswith("content-length:"):
                    length = int(line.partition(":")[2])
            body = await reader.readexactly(length)
            if not head.startswith(b"POST"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            self.asked += 1
            gone = asyncio.ensure_future(reader.read(1))
            done, _ = await asyncio.wait({gone}, timeout=self.latency)
            gone.cancel()
            if done:
                self.left += 1
                return
            writer.write(self._answer(json.loads(body)))
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def _answer(self, asked: dict[str, Any]) -> bytes:
        text = self.rest(asked["prompt"])
        choice = {"text": text, "finish_reason": "stop"}
        usage = {"prompt_tokens": len(asked["prompt"]) // 4, "completion_tokens": len(text) // 4}
        body = json.dumps({"choices": [choice], "usage": usage}).encode()
        kind = "Content-Type: application/json\r\nConnection: close"
        return f"HTTP/1.1 200 OK\r\n{kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
