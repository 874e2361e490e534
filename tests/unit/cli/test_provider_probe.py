"""`doctor` asks providers for their models: who answers, who refuses, who is not there."""

import json

import pytest

from moa_lsp.cli.provider_probe import probed, rows
from moa_lsp.config.resolve import Catalog
from moa_lsp.config.settings import ProviderEntry
from tests.fakes.faulty_server import FaultyServer, whole

KEY = "sk-canary-0123456789"
LISTED = json.dumps({"data": [{"id": name} for name in ("a", "b", "c", "d")]})

CASES = [
    (whole(LISTED), "ok", "a, b, c and 1 more"),
    (whole(json.dumps({"data": []})), "ok", "names no models"),
    (whole('{"error": {"message": "wrong key"}}', 401), "refused", "wrong key"),
    (whole("<html>", 200, kind="text/html"), "fails", ""),
]


async def row(base_url, *, lacks=None, key="LAB_KEY"):
    entry = ProviderEntry("lab", "openai", base_url, api_key_env=key)
    catalog = Catalog(providers={"lab": entry}, lacks=lacks or {})
    (what, state, detail), *rest = rows(await probed(catalog, {"LAB_KEY": KEY}))
    assert (what, rest) == ("provider lab", [])
    assert KEY not in detail
    return str(state), detail


@pytest.mark.parametrize(("reply", "state", "said"), CASES)
async def test_a_provider_that_answers(reply, state, said):
    async with FaultyServer.of(models=reply) as server:
        found, detail = await row(f"{server.url}/v1")
    assert found == state
    assert said in detail
    assert [seen.path for seen in server.seen] == ["/v1/models"]
    assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"


async def test_a_server_of_this_machine_that_is_not_there():
    async with FaultyServer.of() as server:
        url = server.url
    told = f"nothing answers at {url}; start it to use it"
    assert await row(url, key=None) == ("not running", told)
    found, detail = await row(url)
    assert found == "no answer"
    assert "127.0.0.1" in detail


async def test_without_a_key_nobody_is_asked():
    async with FaultyServer.of(models=whole(LISTED)) as server:
        assert await row(server.url, lacks={"lab": "LAB_KEY is not set"}) == (
            "no key",
            "LAB_KEY is not set",
        )
        assert server.seen == []
