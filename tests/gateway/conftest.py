"""One gateway for all tests that leave it as they found it."""

import importlib.util

import pytest

from tests.fakes.upstreams import Upstreams
from tests.gateway.running import gateway, write

collect_ignore_glob = []
if importlib.util.find_spec("starlette") is None or importlib.util.find_spec("uvicorn") is None:
    collect_ignore_glob += [
        "test_gateway*.py",
        "clients/*.py",
    ]  # the extra `gateway`: make test-gateway
if importlib.util.find_spec("openai") is None:
    collect_ignore_glob.append("test_gateway_sdk.py")  # make test-gateway
if importlib.util.find_spec("mcp") is None:
    collect_ignore_glob.append("test_mcp*.py")  # the extra `mcp`: make test-gateway


@pytest.fixture(scope="module")
def upstreams():
    with Upstreams("a", "b", "z") as servers:
        servers.say(a="from a", b="from b", z="from z")
        yield servers


@pytest.fixture(scope="module")
def running(upstreams, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    with gateway(folder, write(upstreams, folder / "config")) as made:
        yield made


@pytest.fixture(autouse=True)
def afresh(request):
    """Upstreams forget what the test before asked and was told."""
    if "upstreams" in request.fixturenames:
        servers = request.getfixturevalue("upstreams")
        for server in servers.servers.values():
            server.seen.clear()
        servers.say(a="from a", b="from b", z="from z")
