"""A server without a process: messages in, messages out, on the test's own event loop."""

import asyncio
import json
from itertools import count
from typing import Any

from moa_lsp.handshake.framing import FrameDecoder
from moa_lsp.lsp.rpc.server import Server
from tests.fakes.client import PATIENCE_S


class Wire:
    """The client's end.

    Attributes:
        sent: every message of the server, in order.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.sent: list[dict[str, Any]] = []
        self._decoder = FrameDecoder()
        self._ids = count(1)
        self._news = asyncio.Event()
        server.protocol.writer = self

    def write(self, data: bytes) -> None:
        self._decoder.feed(data)
        while (body := self._decoder.next()) is not None:
            self.sent.append(json.loads(body))
        self._news.set()

    def close(self) -> None:
        """Part of what pygls calls a writer."""

    def tell(self, method: str, params: Any = None) -> bool:
        return self.give({"method": method, "params": params})

    def give(self, message: dict[str, Any]) -> bool:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        return self.server.protocol.receive(body)

    async def ask(
        self, method: str, params: Any = None, timeout: float = PATIENCE_S
    ) -> dict[str, Any]:
        """The response to a request."""
        msg_id = next(self._ids)
        self.give({"id": msg_id, "method": method, "params": params})
        return await self.response(msg_id, timeout)

    async def response(self, msg_id: Any, timeout: float = PATIENCE_S) -> dict[str, Any]:
        async with asyncio.timeout(timeout):
            while True:
                for message in self.sent:
                    if "method" not in message and message["id"] == msg_id:
                        return message
                self._news.clear()
                await self._news.wait()

    async def initialize(self, **params: Any) -> dict[str, Any]:
        """Shake hands; the result."""
        response = await self.ask("initialize", {"processId": None, "capabilities": {}, **params})
        self.tell("initialized", {})
        return response["result"]
