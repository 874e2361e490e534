"""One line a request on stderr: method, path, status, seconds and run; never a text.

A path that is not ours is not written: it may hold anything.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from moa_lsp.gateway.asgi import ClientLeft, Message, Receive, Scope, Send
from moa_lsp.gateway.guard import App

_METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"})


@dataclass(frozen=True, slots=True)
class AccessLog:
    """Writes the lines for an application.

    Attributes:
        paths: that may be written.
    """

    app: App
    paths: Sequence[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, and note how it ended."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        clock = asyncio.get_running_loop().time
        started = clock()
        told = {"status": "499", "run": ""}

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                told["status"] = str(message["status"])
                runs = [value for name, value in message["headers"] if name == b"x-moa-run"]
                told["run"] = f" run={runs[0].decode()}" if runs else ""
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except ClientLeft:
            told["status"] = "499"
        finally:
            path = scope["path"] if scope["path"] in self.paths else "(another path)"
            method = scope["method"] if scope["method"] in _METHODS else "?"
            took = clock() - started
            sys.stderr.write(
                f"moa-lsp: {method} {path} {told['status']} {took:.2f} s{told['run']}\n"
            )
            sys.stderr.flush()
