"""P01-P06 and P39: the way to a provider, real sockets and real certificates."""

import asyncio
import socket
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from moa_lsp.errors import BadReply, ProviderOverloaded, Unreachable, UsageError
from moa_lsp.providers.policy import Backoff
from tests.chaos.expectation import (
    CANARY,
    QUICK,
    ask,
    baseline,
    check,
    provider,
    request,
    sentence,
    settled,
)
from tests.fakes.faulty_server import (
    Close,
    FaultyServer,
    Hang,
    chunked,
    head,
    healthy,
    openai_events,
)


async def test_P01_unknown_host_is_named_and_not_asked_again(monkeypatch):
    looked_up = []

    def getaddrinfo(host, *args, **kwargs):
        looked_up.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    async with baseline():
        lab = provider("https://nx.invalid")
        outcome = await ask(lab)
        assert type(outcome.error) is Unreachable
        assert "nx.invalid" in sentence(outcome.error)
        assert len(looked_up) == 1
        for _ in range(2):
            await ask(lab)
        # the breaker counts it
        assert type((await ask(lab)).error) is ProviderOverloaded
        assert len(looked_up) == 3
        await lab.close()


async def test_P02_refused_connection_is_tried_three_times():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    async with baseline():
        lab = provider(f"http://127.0.0.1:{port}")
        outcome = await ask(lab)
        assert type(outcome.error) is Unreachable
        assert f"127.0.0.1:{port}" in sentence(outcome.error)
        assert lab.budget.tokens == 1  # two retries
        async with FaultyServer(port=port) as server:
            assert (await ask(lab, request("well"))).text == "hello"
            await lab.close()
            assert await settled(lambda: server.open == 0)


@pytest.mark.parametrize("secure", [False, True])
async def test_P03_connecting_ends_at_its_own_bound(secure):
    bounds = replace(QUICK, connect=0.2)
    once = Backoff(retries=0)
    async with baseline():
        if secure:  # TCP connects, the handshake never ends
            async with FaultyServer(accept=[Hang()]) as server:
                url = server.url.replace("http:", "https:")
                lab = provider(
                    url, bounds=bounds, backoff=once, trust=ssl.create_default_context()
                )
                outcome = await ask(lab)
                assert await settled(lambda: server.open == 0)
        else:
            listener = socket.create_server(("127.0.0.1", 0), backlog=0)
            port = listener.getsockname()[1]
            fillers = []
            for _ in range(4):  # more than the backlog takes: further SYNs are dropped
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
                fillers.append(filler)
            lab = provider(f"http://127.0.0.1:{port}", bounds=bounds, backoff=once)
            outcome = await ask(lab)
            for held in (listener, *fillers):
                held.close()
        assert type(outcome.error) is Unreachable
        assert "within 0.2 s" in sentence(outcome.error)
        assert outcome.seconds < 1
        await lab.close()


def _server_context(authority: trustme.CA, *names: str, **more) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, **more).configure_cert(context)
    return context


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("stranger", "certificate"),
        ("expired", "expired"),
        ("wrong host", "mismatch"),
        ("old protocol", "no secure connection"),
        ("no tls", "no secure connection"),
    ],
)
async def test_P04_a_certificate_that_cannot_be_trusted_ends_it(fault, says):
    ours, theirs = trustme.CA(), trustme.CA()
    trust = ssl.create_default_context()
    ours.configure_trust(trust)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    match fault:
        case "stranger":
            tls = _server_context(theirs, "127.0.0.1")
        case "expired":
            tls = _server_context(ours, "127.0.0.1", not_after=yesterday)
        case "wrong host":
            tls = _server_context(ours, "other.example")
        case _:
            tls = _server_context(ours, "127.0.0.1")
    spoken = {
        # the alert of a server that is older than our oldest protocol (RFC 8446, B.2)
        "old protocol": [b"\x15\x03\x01\x00\x02\x02\x46", Close()],
        "no tls": [head(400, "Content-Length: 0"), Close()],
    }.get(fault)
    async with (
        baseline(),
        FaultyServer(tls=None if spoken else tls, accept=spoken or ()) as server,
    ):
        lab = provider(server.url.replace("http:", "https:"), trust=trust)
        outcome = await ask(lab)
        assert type(outcome.error) is Unreachable
        message = sentence(outcome.error).lower()
        assert says in message
        assert "insecure" not in message
        assert lab.budget.tokens == 3  # no retry
        assert not server.seen
        await lab.close()
        assert await settled(lambda: server.open == 0)


async def test_P04_a_trusted_certificate_is_fine_and_the_connection_is_kept():
    ours = trustme.CA()
    trust = ssl.create_default_context()
    ours.configure_trust(trust)
    async with baseline(), FaultyServer(tls=_server_context(ours, "127.0.0.1")) as server:
        lab = provider(server.url, trust=trust)
        for _ in range(3):
            assert (await ask(lab)).text == "hello"
        assert server.connections == 1
        await lab.close()
        assert await settled(lambda: server.open == 0)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/v1",
        "http://127.0.0.1.example.com/v1",
        "http://169.254.169.254/v1",
        "http://0.0.0.0:1/v1",
        "https://user:pass@example.com/v1",
        "http://localhost@example.com/v1",
        "https://example.com/v1?key=1",
        "ftp://example.com",
        "https://",
        "example.com/v1",
        "https://exa mple.com",
        "https://example.com:99999/v1",
    ],
)
def test_P05_an_address_that_would_show_the_key_is_refused(url):
    with pytest.raises(UsageError) as caught:
        provider(url)
    assert "pass" not in sentence(caught.value).replace("pass ", "")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"])
def test_P05_this_machine_needs_no_tls(url):
    assert provider(url).transport.base.origin.loopback


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["other", "same", "plain"])
async def test_P06_redirects_are_not_followed(status, place):
    async with FaultyServer() as canary:
        target = {"other": f"{canary.url}/v1/chat/completions", "same": "/v2"}.get(
            place, "http://example.com/v1"
        )
        script = [head(status, f"Location: {target}", "Content-Length: 0")]
        outcome = await check(script, error=BadReply, says="not followed", asked=1)
        assert canary.connections == 0
        assert CANARY not in str(outcome.error)


@pytest.mark.parametrize("way", ["closed", "reset while idle", "closed on use"])
async def test_P39_a_kept_connection_that_ended_costs_nothing(way):
    events = openai_events("hello")
    scripts = {
        # FIN after a whole answer that promised to stay
        "closed": [[*chunked(*events), Close()]],
        "reset while idle": [[*chunked(*events), Close()], [*chunked(*events), Close()]],
        # the server gives up the connection at the moment of the next request
        "closed on use": [healthy(), [Close()]],
    }[way]
    async with baseline(), FaultyServer.of(*scripts) as server:
        lab = provider(server.url, backoff=Backoff(retries=0))
        for _ in range(4):
            assert (await ask(lab)).text == "hello"
            if way != "closed on use":
                await asyncio.sleep(0.02)
        assert lab.budget.tokens == 3
        await lab.close()
        assert await settled(lambda: server.open == 0)


async def test_P39_a_fresh_connection_that_ends_is_an_error():
    async with baseline(), FaultyServer.of([Close()]) as server:
        lab = provider(server.url, backoff=Backoff(retries=0))
        assert type((await ask(lab)).error).__mro__[1] is Unreachable
        assert (await ask(lab)).text == "hello"
        await lab.close()
        assert await settled(lambda: server.open == 0)
