"""Who may ask: programs of this user on this machine that have the token, and no web page.

A page of a browser can reach a port on loopback; it cannot read the token, but it could be made to
guess. So requests for another host (DNS rebinding) or of any foreign origin are refused before
anything else is looked at.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from moa_lsp.gateway.asgi import Receive, Scope, Send, headers_of, send_error
from moa_lsp.gateway.errors import RequestRefused, response_of

App = Callable[[Scope, Receive, Send], Awaitable[None]]

HEALTH = "/health"
"""The one path that needs no token; it says nothing but that a gateway is here."""

NAMES = ("127.0.0.1", "localhost")
"""What this machine calls itself in a request's ``Host``."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses what does not come from a client with the token.

    Attributes:
        app: what is guarded.
        token: that a client must send.
        port: on which we listen.
    """

    app: App
    token: str
    port: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        try:
            self._check(scope)
        except RequestRefused as refusal:
            await send_error(send, response_of(refusal))
            return
        await self.app(scope, receive, send)

    def _check(self, scope: Scope) -> None:
        headers = headers_of(scope)
        if headers.get("host") not in [[f"{name}:{self.port}"] for name in NAMES]:
            raise RequestRefused(
                403, "foreign_host", f"the gateway is 127.0.0.1:{self.port}, use that address"
            )
        ours = [[f"http://{name}:{self.port}"] for name in NAMES]
        if "origin" in headers and headers["origin"] not in ours:
            raise RequestRefused(
                403, "foreign_origin", "web pages may not use the gateway; use a program"
            )
        if scope["path"] == HEALTH:
            return
        given = headers.get("authorization", [""])
        scheme, _, token = given[0].partition(" ")
        right = hmac.compare_digest(token.strip().encode(), self.token.encode())
        if len(given) != 1 or scheme.lower() != "bearer" or not right:
            raise RequestRefused(
                401,
                "invalid_api_key",
                "the token is missing or wrong; `moa-lsp gateway` prints it when it starts",
                {"www-authenticate": "Bearer"},
            )
