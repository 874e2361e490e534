"""Talks HTTP: one client an origin, a key that goes nowhere else, bodies that end at their bound.

The only module that imports httpx. Redirects are not followed, the environment is read for proxies
only (``proxy``), certificates are always verified against the system's and httpx's authorities.
Direct connections go through ``connection``, which takes half of the processor time, proxied ones
through httpx's own stack.
"""

import asyncio
import contextlib
import functools
import ssl
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from pathlib import Path
from typing import Literal

import httpx  # noqa: TID251  # this is the module that talks HTTP

from moa_lsp import __version__
from moa_lsp.errors import BadReply, ProviderError, Unreachable, Unsafe, UsageError
from moa_lsp.providers.bounds import RequestBounds
from moa_lsp.providers.connection import Connection, ConnectionLost, Headers, Pool, unreachable
from moa_lsp.providers.inflate import ResponseBody
from moa_lsp.providers.keys import Secret
from moa_lsp.providers.origin import BaseUrl, Origin
from moa_lsp.providers.proxy import place_of, proxy_for

MAX_KEPT_URLS = 64
"""Parsed for one provider: it has some four paths, and one for each model where that is in it."""

MAX_CONTEXTS = 16
"""TLS contexts that are kept, one for each pair of certificate files: loading the authorities
costs 40 ms."""

_HEADERS = {
    "accept": "text/event-stream, application/x-ndjson, application/json",
    "accept-encoding": "identity",
    "connection": "keep-alive",
    "user-agent": f"moa-lsp/{__version__}",
}


@functools.lru_cache(maxsize=MAX_CONTEXTS)
def _context_with(ca_file: str | None, cert_file: str | None) -> ssl.SSLContext:
    """The system's authorities and httpx's, with those of two files.

    Raises:
        UsageError: a file has no certificates.
    """
    made = httpx.create_ssl_context(trust_env=False)
    made.load_default_certs()
    for name, path in (("ca_file", ca_file), ("SSL_CERT_FILE", cert_file)):
        if path:
            try:
                made.load_verify_locations(Path(path).expanduser())
            except (OSError, ValueError) as err:  # SSLError is an OSError
                raise UsageError(
                    f"the certificates of {path} cannot be read, check {name}"
                ) from err
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


class _KeyAuth(httpx.Auth):
    """Adds the key and other secret headers, after a look at where the request really goes."""

    def __init__(
        self,
        secret: Secret | None,
        header: Callable[[str], tuple[str, str]] | None,
        others: Sequence[tuple[str, Secret]] = (),
    ) -> None:
        self._secret = secret
        self._header = header
        self._others = others

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Set the headers.

        Raises:
            Unsafe: the request goes to another origin than a secret's.
        """
        for name, value in self.headers(request.url):
            request.headers[name] = value
        yield request

    def headers(self, url: httpx.URL) -> Iterator[tuple[str, str]]:
        """The headers of a request to ``url``.

        Raises:
            Unsafe: it is another origin than a secret's.
        """
        port = url.port or (443 if url.scheme == "https" else 80)
        place = Origin(url.scheme, url.host.lower(), port)
        own = [self._secret] if self._secret is not None else []
        for secret in (*own, *(secret for _, secret in self._others)):
            if place != secret.origin:
                raise Unsafe(
                    f"the key of {secret.origin} may not go to {url.host}, check base_url"
                )
        for name, secret in self._others:
            yield name, secret.reveal()
        if self._secret is not None and self._header is not None:
            yield self._header(self._secret.reveal())


class StreamingResponse:
    """A response whose body has not been read yet.

    Attributes:
        status: HTTP status.
        headers: names in lower case; of a repeated one all values, joined by commas.
        on_read: called whenever bytes of the body came.
    """

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str],
        read: Callable[[], Awaitable[bytes]],
        max_bytes: int,
    ) -> None:
        self.status = status
        self.headers = headers
        self._read = read
        self._body = ResponseBody(self.headers.get("content-encoding", ""), max_bytes)
        self._ready: list[bytes] = []
        self.on_read: Callable[[], None] = lambda: None

    @property
    def content_type(self) -> str:
        """Without parameters, in lower case; ``""`` when the server gives none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def read(self) -> bytes:
        """The next plain piece of the body, ``b""`` at its end.

        Raises:
            Unreachable: the connection broke.
            BadReply: the body is damaged.
            TooLarge: the body is over its bound.
        """
        while not self._ready:
            data = await self._read()
            if not data:
                if not self._body.whole:
                    raise BadReply("the answer's compression is cut off, try again")
                return b""
            self.on_read()
            self._ready = [piece for piece in self._body.feed(data) if piece][::-1]
        return self._ready.pop()

    async def start(self, seconds: float, max_bytes: int) -> bytes:
        """What comes of the body within a time and a size; never fails."""
        held = b""
        with contextlib.suppress(TimeoutError, ProviderError):
            async with asyncio.timeout(seconds):
                while len(held) < max_bytes and (piece := await self.read()):
                    held += piece
        return held[:max_bytes]


class Transport:
    """The way to one provider."""

    def __init__(
        self,
        base: BaseUrl,
        *,
        environ: Mapping[str, str],
        trust: ssl.SSLContext | None = None,
        ca_file: str | None = None,
    ) -> None:
        """No socket is opened here.

        Args:
            base: where the provider is.
            environ: where a proxy may be named.
            trust: a TLS context in place of the usual one, for tests with their own authority.
            ca_file: certificates that count besides the system's.
        """
        self.base = base
        self._environ = environ
        self._trust = trust
        self._ca_file = ca_file
        self._way: httpx.AsyncClient | Pool | None = None
        self._urls: dict[str, httpx.URL] = {}

    @contextlib.asynccontextmanager
    async def send(
        self,
        method: Literal["POST", "GET", "HEAD"],
        path: str,
        *,
        bounds: RequestBounds,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        secret: Secret | None = None,
        key_header: Callable[[str], tuple[str, str]] | None = None,
        others: Sequence[tuple[str, Secret]] = (),
    ) -> AsyncIterator[StreamingResponse]:
        """Send a request; the body of the response is read inside the ``async with``.

        Raises:
            ProviderError: there is no response.
            Unsafe: the key does not belong to this origin.
        """
        auth = _KeyAuth(secret, key_header, others)
        way = await self._opened()
        if isinstance(way, httpx.AsyncClient):
            sent = self._proxied(way, method, path, bounds, body, headers, auth)
        else:
            sent = self._direct(way, method, path, bounds, body, headers, auth)
        async with sent as incoming:
            yield incoming

    @contextlib.asynccontextmanager
    async def _direct(
        self,
        pool: Pool,
        method: str,
        path: str,
        bounds: RequestBounds,
        body: bytes,
        headers: Mapping[str, str] | None,
        auth: _KeyAuth,
    ) -> AsyncIterator[StreamingResponse]:
        """Send a request over a connection of our own."""
        url = self._url(path)
        sent = {name: (name, value) for name, value in _HEADERS.items()}
        for name, value in (*(headers or {}).items(), *auth.headers(url)):
            sent[name.lower()] = (name, value)
        length = [("content-length", str(len(body)))] if body or method == "POST" else []
        raw = [(b"host", url.netloc)]
        raw += [
            (name.encode(), value.encode("ascii")) for name, value in (*length, *sent.values())
        ]
        connection, (status, came) = await _exchanged(
            pool, bounds.connect, (method.encode(), url.raw_path, raw, body)
        )
        try:
            yield StreamingResponse(status, _told(came), connection.read, bounds.body_bytes)
        except BaseException:  # a cancelled request closes its socket too
            connection.drop()
            raise
        pool.give_back(connection)

    @contextlib.asynccontextmanager
    async def _proxied(
        self,
        client: httpx.AsyncClient,
        method: str,
        path: str,
        bounds: RequestBounds,
        body: bytes,
        headers: Mapping[str, str] | None,
        auth: _KeyAuth,
    ) -> AsyncIterator[StreamingResponse]:
        """Send a request through a proxy."""
        timeout = httpx.Timeout(None, connect=bounds.connect)
        request = client.build_request(
            method, self._url(path), content=body, headers=headers, timeout=timeout
        )
        try:
            response = await client.send(request, stream=True, auth=auth)
        except httpx.HTTPError as err:
            raise self._proxied_error(err, bounds) from err
        async with contextlib.aclosing(response):
            told, read = dict(response.headers), self._proxied_read(response)
            yield StreamingResponse(response.status_code, told, read, bounds.body_bytes)

    async def close(self) -> None:
        """Close every connection; safe to call twice, and another request opens them again."""
        way, self._way = self._way, None
        if isinstance(way, httpx.AsyncClient):
            await way.aclose()
        elif way is not None:
            way.close()

    async def _opened(self) -> httpx.AsyncClient | Pool:
        """Where requests go: a client by way of a proxy, or connections of our own."""
        if self._way is None:
            proxy = proxy_for(self.base.origin, self._environ)
            context = await self._tls() if proxy else None
            if self._way is None:  # another request may have opened it meanwhile
                self._way = self._direct_pool() if context is None else _client(proxy, context)
        return self._way

    def _direct_pool(self) -> Pool:
        secure = self.base.origin.scheme == "https"
        return Pool(self.base.origin, self._tls if secure else None)

    def _url(self, path: str) -> httpx.URL:
        """Where a path of the provider is; its parsing takes a third of a request's time."""
        if path not in self._urls:
            if len(self._urls) >= MAX_KEPT_URLS:
                self._urls.clear()
            self._urls[path] = httpx.URL(f"{self.base.origin}{self.base.path}{path}")
        return self._urls[path]

    async def _tls(self) -> ssl.SSLContext:
        if self._trust is not None:
            return self._trust
        further = (self._ca_file, self._environ.get("SSL_CERT_FILE"))
        return await asyncio.to_thread(_context_with, *further)

    def _proxied_read(self, response: httpx.Response) -> Callable[[], Awaitable[bytes]]:
        pieces = response.aiter_raw()

        async def read() -> bytes:
            try:
                return await anext(pieces, b"")
            except httpx.HTTPError as err:
                raise self._proxied_error(err, None) from err

        return read

    def _proxied_error(self, err: httpx.HTTPError, bounds: RequestBounds | None) -> ProviderError:
        """What httpx's own stack raised, for the connections through a proxy."""
        host = self.base.origin.host
        if isinstance(err, httpx.ProxyError):
            error = Unreachable(f"the proxy does not let requests through to {host}, check it")
            error.retryable = False
            return error
        if isinstance(err, httpx.ConnectError | httpx.ConnectTimeout):
            cause: BaseException | None = err
            while cause is not None and not isinstance(cause, ssl.SSLError | TimeoutError):
                cause = cause.__cause__ or cause.__context__
            seconds = bounds.connect if bounds else 0.0
            if not isinstance(cause, ssl.SSLError):  # TCP goes to the proxy alone
                proxy = place_of(proxy_for(self.base.origin, self._environ) or "")
                return Unreachable(
                    f"no connection to the proxy {proxy} on the way to {host}, check HTTPS_PROXY"
                )
            return unreachable(cause, host, self.base.origin.port, seconds)
        # httpcore and h11 tell a cut connection from broken HTTP by their words alone
        cut = "peer closed" in str(err) or "disconnected" in str(err)
        if cut or isinstance(err, httpx.NetworkError):
            return Unreachable(
                f"{host} closed the connection before its answer was whole, try again"
            )
        return BadReply(f"{host} does not answer as HTTP servers do, check base_url")


async def _exchanged(
    pool: Pool, connect: float, request: tuple[bytes, bytes, Headers, bytes]
) -> tuple[Connection, tuple[int, Headers]]:
    """A request and the head of its response, asked again where a kept connection had ended."""
    connection = await pool.take(connect)
    for again in (True, False):
        try:
            return connection, await connection.exchange(*request)
        except BaseException as error:  # a cancelled request closes its socket too
            connection.drop()
            if not (again and isinstance(error, ConnectionLost) and error.stale):
                raise
        connection = await pool.connect(connect)
    raise AssertionError  # the second try returned or raised


def _told(headers: Headers) -> dict[str, str]:
    """Headers by name in lower case, of a repeated one all values; cookies are not kept."""
    told: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("ascii").lower(), raw_value.decode("latin-1")
        if name != "set-cookie":
            told[name] = f"{told[name]}, {value}" if name in told else value
    return told


def _client(proxy: str | None, context: ssl.SSLContext) -> httpx.AsyncClient:
    """The stack of httpx, by way of a proxy."""
    return httpx.AsyncClient(
        transport=_through(proxy or "", context),
        headers=_HEADERS,
        trust_env=False,
        follow_redirects=False,
    )


def _through(proxy: str, context: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
    """The stack of httpx, by way of a proxy.

    Raises:
        Unreachable: the proxy is of a kind that is not spoken here.
    """
    if not proxy.lower().startswith(("http://", "https://")):
        error = Unreachable("the proxy of the environment is not an http proxy, use one that is")
        error.retryable = False
        raise error
    return httpx.AsyncHTTPTransport(verify=context, proxy=proxy, trust_env=False)
