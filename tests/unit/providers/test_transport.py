"""The key goes to one origin; proxies are used only where they are wanted, and learn nothing."""

import asyncio
import contextlib
import socket
import ssl

import httpx
import pytest
import trustme

from moa_lsp import __version__
from moa_lsp.config.headers import HeaderValue
from moa_lsp.errors import Unreachable, Unsafe
from moa_lsp.providers.keys import Secret, redacted
from moa_lsp.providers.origin import Origin, base_of
from moa_lsp.providers.proxy import proxy_for
from moa_lsp.providers.transport import _KeyAuth
from tests.chaos.expectation import (
    CANARY,
    PATIENT,
    ask,
    baseline,
    provider,
    sentence,
    settled,
)
from tests.fakes.faulty_server import FaultyServer

HERE = Origin("https", "api.example.org", 443)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.org/v1",
        "https://api.example.org:8443/v1",
        "https://api.example.org.evil.net/v1",
        "https://example.org/v1",
        "https://evil.net/https://api.example.org/",
        "https://api.example.org@evil.net/",
    ],
)
def test_key_never_leaves_origin(url):
    attach = _KeyAuth(Secret(CANARY, HERE), lambda key: ("authorization", key))
    request = httpx.Request("POST", url)
    with pytest.raises(Unsafe) as caught:
        next(attach.auth_flow(request))
    assert CANARY not in str(caught.value) + str(request.headers)


@pytest.mark.parametrize("url", ["https://api.example.org/v1/x", "https://API.example.org:443/"])
def test_key_goes_to_its_origin(url):
    attach = _KeyAuth(Secret(CANARY, HERE), lambda key: ("x-api-key", key))
    request = next(attach.auth_flow(httpx.Request("POST", url)))
    assert request.headers["x-api-key"] == CANARY


async def test_a_key_of_another_origin_is_not_sent():
    async with baseline(), FaultyServer() as server, FaultyServer() as other:
        lab = provider(server.url)
        lab.transport = provider(other.url).transport
        outcome = await ask(lab)
        assert type(outcome.error) is Unsafe
        assert CANARY not in sentence(outcome.error)
        assert other.connections == 0
        await lab.close()


async def test_each_wire_sends_its_header():
    for api, name, value in (
        ("openai", "authorization", f"Bearer {CANARY}"),
        ("anthropic", "x-api-key", CANARY),
        ("ollama", "authorization", f"Bearer {CANARY}"),
    ):
        async with baseline(), FaultyServer() as server:
            lab = provider(server.url, api)
            await ask(lab)
            headers = server.seen[0].headers
            assert headers[name] == value
            assert headers["accept-encoding"] == "identity"
            assert headers["content-type"] == "application/json"
            assert headers["host"] == server.url.removeprefix("http://")
            assert headers["user-agent"] == f"moa-lsp/{__version__}"
            assert [other for other, held in headers.items() if CANARY in held] == [name]
            await lab.close()
            assert await settled(lambda s=server: s.open == 0)


@pytest.mark.parametrize(
    ("url", "environ", "proxy"),
    [
        ("https://a.org", {}, None),
        ("https://a.org", {"HTTPS_PROXY": "http://p:1"}, "http://p:1"),
        ("https://a.org", {"https_proxy": "p:1"}, "http://p:1"),
        ("https://a.org", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("https://a.org", {"HTTP_PROXY": "http://p:1"}, None),
        ("https://a.org", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ("https://a.org", {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "b.org, a.org"}, None),
        ("https://x.a.org", {"HTTPS_PROXY": "http://p:1", "no_proxy": ".a.org"}, None),
        ("https://x.a.org", {"HTTPS_PROXY": "http://p:1", "no_proxy": "*.a.org"}, None),
        ("https://a.org", {"HTTPS_PROXY": "http://p:1", "no_proxy": "a.org:443"}, None),
        ("https://ba.org", {"HTTPS_PROXY": "http://p:1", "no_proxy": "a.org,,"}, "http://p:1"),
        ("https://a.org", {"HTTPS_PROXY": " "}, None),
        ("http://127.0.0.1:9", {"HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:1"}, None),
        ("http://[::1]:9", {"HTTP_PROXY": "http://p:1"}, None),
        ("https://localhost:9", {"HTTPS_PROXY": "http://p:1"}, None),
    ],
)
def test_S14_proxies(url, environ, proxy):
    assert proxy_for(base_of(url).origin, environ) == proxy


@contextlib.asynccontextmanager
async def _proxy(target, answer=b"HTTP/1.1 200 OK\r\n\r\n"):
    """A proxy that leads every CONNECT to ``target``; gives its URL and what it was asked."""
    asked, tasks = [], set()

    async def pump(reader, writer):
        try:
            while data := await reader.read(2**16):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        if b" 200 " in answer:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", target)
            await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_S14_a_request_through_a_proxy_is_closed_to_it():
    authority = trustme.CA()
    tls, trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("models.example").configure_cert(tls)
    authority.configure_trust(trust)
    async with FaultyServer(tls=tls) as server, _proxy(server.port) as (proxy, asked):
        lab = provider(
            "https://models.example", trust=trust, environ={"HTTPS_PROXY": proxy}, bounds=PATIENT
        )
        for _ in range(2):
            assert (await ask(lab)).text == "hello"
        assert asked[0].startswith(b"CONNECT models.example:443 HTTP/1.1")
        assert CANARY.encode() not in b"".join(asked)
        assert len(asked) == 1
        await lab.close()


@pytest.mark.parametrize(
    ("answer", "says"),
    [(b"HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n", "proxy"), (b"", "")],
)
async def test_S14_a_proxy_that_refuses_is_named(answer, says):
    async with _proxy(1, answer) as (proxy, asked):
        lab = provider(
            "https://models.example",
            environ={"HTTPS_PROXY": proxy},
            trust=ssl.create_default_context(),
        )
        outcome = await ask(lab)
        assert type(outcome.error) is Unreachable
        assert says in sentence(outcome.error)
        assert CANARY.encode() not in b"".join(asked)
        await lab.close()


async def test_S14_a_dead_proxy_is_named_and_not_the_host_behind_it():
    with contextlib.closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    lab = provider(
        "https://models.example", environ={"HTTPS_PROXY": f"http://me:{CANARY}@127.0.0.1:{port}"}
    )
    outcome = await ask(lab)
    assert type(outcome.error) is Unreachable
    assert f"the proxy 127.0.0.1:{port}" in sentence(outcome.error)
    assert CANARY not in sentence(outcome.error)
    await lab.close()


async def test_S14_another_kind_of_proxy_is_refused():
    lab = provider("https://models.example", environ={"ALL_PROXY": "socks5://127.0.0.1:1"})
    outcome = await ask(lab)
    assert type(outcome.error) is Unreachable
    assert "http proxy" in sentence(outcome.error)
    await lab.close()


async def test_the_usual_authorities_are_trusted_and_no_other():
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with FaultyServer(tls=tls) as server:
        lab = provider(server.url)
        assert "certificate" in sentence((await ask(lab)).error)
        context = await lab.transport._tls()
        assert context is await provider(server.url).transport._tls()
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.check_hostname
        assert context.cert_store_stats()["x509_ca"] > 20
        await lab.close()


async def test_S14_a_further_certificate_of_the_user_counts(tmp_path):
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    file = tmp_path / "lab.pem"
    authority.cert_pem.write_to_path(file)
    async with FaultyServer(tls=tls) as server:
        for more in ({"ca_file": str(file)}, {"environ": {"SSL_CERT_FILE": str(file)}}):
            lab = provider(server.url, bounds=PATIENT, **more)
            assert (await ask(lab)).text == "hello"
            await lab.close()


async def test_S14_a_file_without_certificates_is_named(tmp_path):
    file = tmp_path / "lab.pem"
    for text in (None, "no certificate"):
        if text:
            file.write_text(text)
        lab = provider("https://127.0.0.1:1", ca_file=str(file), bounds=PATIENT)
        assert "cannot be read, check ca_file" in sentence((await ask(lab)).error)
        await lab.close()


async def test_further_headers_go_with_every_request_and_their_secrets_are_redacted():
    headers = {"X-Team": HeaderValue(value="editors"), "X-Token": HeaderValue(env="LAB_TOKEN")}
    async with baseline(), FaultyServer() as server:
        lab = provider(server.url, headers=headers, environ={"LAB_TOKEN": "token-of-the-lab"})
        assert (await ask(lab)).text == "hello"
        sent = server.seen[0].headers
        assert (sent["x-team"], sent["x-token"]) == ("editors", "token-of-the-lab")
        assert sent["authorization"] == f"Bearer {CANARY}"
        assert "token-of-the-lab" not in redacted("a log line with token-of-the-lab")
        await lab.close()


async def test_a_further_header_whose_value_is_missing_is_asked_for():
    lab = provider("http://127.0.0.1:1", headers={"X-Token": HeaderValue(env="LAB_TOKEN")})
    assert "set LAB_TOKEN" in sentence((await ask(lab)).error)
    await lab.close()


def test_a_secret_header_never_leaves_its_origin():
    attach = _KeyAuth(None, None, [("x-token", Secret(CANARY, HERE))])
    request = httpx.Request("POST", "https://evil.example/v1")
    with pytest.raises(Unsafe):
        next(attach.auth_flow(request))
    assert CANARY not in str(request.headers)
