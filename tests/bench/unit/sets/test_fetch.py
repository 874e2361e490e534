"""Downloads against a server on loopback that speaks TLS and misbehaves as told."""

import asyncio
import gzip
import hashlib
import os
import ssl
from dataclasses import replace

import pytest
import trustme

from moa_bench import limits
from moa_bench.sets.fetch import DownloadPolicy, fetch
from moa_bench.sets.registry import cache_folder
from moa_bench.sets.sources import SOURCES, Source
from moa_lsp.errors import MoaError, ProviderError, RunError, Unreachable, UsageError
from tests.fakes.faulty_server import Close, FaultyServer, Hang, Reset, head, whole
from tests.fakes.task_sets import HUMANEVAL, lines

PLAIN = lines(HUMANEVAL)
PACKED = gzip.compress(PLAIN)
KNOWN = Source("HumanEval.jsonl.gz", hashlib.sha256(PLAIN).hexdigest(), "MIT")


@pytest.fixture(scope="module")
def tls():
    """Contexts of a server and of a client that trusts it."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


def way(server, trust):
    return DownloadPolicy({}, replace(KNOWN, url=f"{server.url}/a/b.gz"), trust)


async def test_a_set_is_downloaded_once_and_private(tls, tmp_path):
    async with FaultyServer(models=whole(PACKED), tls=tls[0]) as server:
        first = await fetch("humaneval", tmp_path / "new", way(server, tls[1]))
        second = await fetch("humaneval", tmp_path / "new", way(server, tls[1]))
    assert (first.fresh, second.fresh, first.licence) == (True, False, "MIT")
    assert first.path.read_bytes() == PACKED
    assert [request.path for request in server.seen] == ["/a/b.gz"]
    assert "authorization" not in server.seen[0].headers
    assert first.path.stat().st_mode & 0o077 == 0
    assert os.listdir(tmp_path / "new") == ["HumanEval.jsonl.gz"]


async def test_a_file_that_is_not_the_known_one_is_replaced(tls, tmp_path):
    (tmp_path / KNOWN.file).write_bytes(b"old")
    async with FaultyServer(models=whole(PACKED), tls=tls[0]) as server:
        assert (await fetch("humaneval", tmp_path, way(server, tls[1]))).fresh
    assert (tmp_path / KNOWN.file).read_bytes() == PACKED


LARGE = limits.MAX_TASK_FILE_BYTES + 1


@pytest.mark.parametrize(
    ("script", "error", "said"),
    [
        pytest.param(whole(gzip.compress(b"{}")), RunError, "gave something else", id="others"),
        pytest.param(whole(PACKED[:-9]), RunError, "nothing was kept", id="damaged"),
        pytest.param(whole(b"", 404), ProviderError, "HTTP status 404", id="not found"),
        pytest.param(
            [head(302, "Location: http://127.0.0.1:1/", "Content-Length: 0")],
            ProviderError,
            "HTTP status 302",
            id="sent elsewhere",
        ),
        pytest.param(
            [head(200, "Content-Length: 99"), b"{", Close()], Unreachable, "closed", id="cut off"
        ),
        pytest.param([Reset()], Unreachable, "", id="reset"),
        pytest.param(
            [head(200, f"Content-Length: {LARGE}"), *[bytes(2**20)] * 65],
            ProviderError,
            "",
            id="too large",
        ),
    ],
)
async def test_whatever_else_comes_nothing_is_kept(script, error, said, tls, tmp_path):
    async with FaultyServer(models=script, tls=tls[0]) as server:
        with pytest.raises(error) as refused:
            await fetch("humaneval", tmp_path, way(server, tls[1]))
    assert said in str(refused.value)
    assert isinstance(refused.value, MoaError)
    assert os.listdir(tmp_path) == []


async def test_a_cancelled_download_closes_its_socket_and_keeps_nothing(tls, tmp_path):
    script = [head(200, "Content-Length: 99"), b"{", Hang()]
    async with FaultyServer(models=script, tls=tls[0]) as server:
        task = asyncio.create_task(fetch("humaneval", tmp_path, way(server, tls[1])))
        while not server.seen:  # noqa: ASYNC110  # the server is a fake of all tests
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while server.open:  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.001)
    assert os.listdir(tmp_path) == []


async def test_who_cannot_prove_to_be_the_server_gives_nothing(tls, tmp_path):
    async with FaultyServer(models=whole(PACKED), tls=tls[0]) as server:
        with pytest.raises(Unreachable, match="certificate"):
            await fetch("humaneval", tmp_path, way(server, ssl.create_default_context()))
    assert server.seen == []


async def test_plain_http_is_not_spoken(tmp_path):
    async with FaultyServer(models=whole(PACKED)) as server:
        with pytest.raises(UsageError, match="over https only"):
            await fetch("humaneval", tmp_path, way(server, None))
    assert server.connections == 0


async def test_a_folder_that_is_a_link_is_refused(tls, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    async with FaultyServer(models=whole(PACKED), tls=tls[0]) as server:
        with pytest.raises(RunError, match="cannot be written: its folder is a link"):
            await fetch("humaneval", tmp_path / "link", way(server, tls[1]))
    assert os.listdir(tmp_path / "real") == []


async def test_the_users_cache_is_the_usual_folder(tls):
    async with FaultyServer(models=whole(PACKED), tls=tls[0]) as server:
        had = await fetch("humaneval", way=way(server, tls[1]))
    assert had.path == cache_folder() / KNOWN.file
    had.path.unlink()


@pytest.mark.parametrize("name", [name for name, each in SOURCES.items() if not each.url])
async def test_what_cannot_be_downloaded_says_how_to_get_it(name, tmp_path):
    with pytest.raises(UsageError, match="cannot be downloaded as it is: export"):
        await fetch(name, tmp_path)


def test_every_address_is_https_and_names_a_commit():
    for source in SOURCES.values():
        assert len(source.sha256) == 64
        assert bool(source.url) != bool(source.obtain)
        if source.url:
            assert source.url.startswith("https://")
            assert any(len(part) == 40 for part in source.url.split("/"))
