"""Providers over HTTP: nothing is imported and no socket opened before the first request."""

import asyncio
import subprocess
import sys
from collections.abc import Callable

import pytest

from moa_lsp.config.mixes import MixFile, build
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.settings import ModelFacts, ProviderEntry
from moa_lsp.config.values import frozen
from moa_lsp.errors import AuthRejected
from moa_lsp.providers.base import Request
from moa_lsp.providers.lazy import ConnectionWarmup, LazyProvider, lazy_providers
from moa_lsp.task import Message
from tests.fakes.faulty_server import FaultyServer, Hang, whole
from tests.fakes.runs import task


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # no event says what a socket does
            await asyncio.sleep(0)


IMPORTS = """\
import sys
from moa_lsp.runs.runtime_config import load_runtime_config
setup = load_runtime_config(environ={"OPENAI_API_KEY": "k"})
assert {"openai", "ollama", "embedded", "anthropic"} <= setup.providers.keys()
loaded = {"httpx", "h11", "genai_prices", "sqlite3"} & sys.modules.keys()
assert not loaded, loaded
"""


def entry(server: FaultyServer, name: str = "lab", api: str = "openai") -> ProviderEntry:
    return ProviderEntry(name, api, f"{server.url}/v1", api_key_env="LAB_KEY")


def request(model: str = "m") -> Request:
    return Request(model, (), task())


def on_delta(_delta: str) -> None:
    """Nobody listens."""


def test_a_setup_imports_nothing_that_talks(tmp_path):
    where = {"XDG_CONFIG_HOME": str(tmp_path), "PATH": ""}
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTS], env=where, capture_output=True, check=False, text=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_who_is_made():
    broken = ProviderEntry("broken", "openai", "https://x.example", sound=False)
    strange = ProviderEntry("strange", "telegraph", "https://x.example")
    made = lazy_providers({**BUILTIN, "broken": broken, "strange": strange}, {})
    assert set(made) == set(BUILTIN) - {"embedded"}
    assert all(each.name == name for name, each in made.items())


async def test_made_once_and_closed():
    async with FaultyServer(text="hi") as server:
        made = lazy_providers({"lab": entry(server)}, {"LAB_KEY": "k"})["lab"]
        await made.close()
        replies = await asyncio.gather(*(made.answer(request(), on_delta) for _ in range(3)))
        assert [each.text for each in replies] == ["hi"] * 3
        assert isinstance(made, LazyProvider)
        first = made._made
        await made.answer(request(), on_delta)
        assert made._made is first
        await made.close()
        await made.close()
        await until(lambda: not server.open)


async def test_errors_are_those_of_the_provider():
    async with FaultyServer(always=whole("{}", 401)) as server:
        made = lazy_providers({"lab": entry(server)}, {"LAB_KEY": "k"})["lab"]
        with pytest.raises(AuthRejected):
            await made.answer(request(), on_delta)
        await made.close()


async def test_providers_of_one_origin_share_their_retries():
    async with FaultyServer() as one, FaultyServer() as other:
        entries = {
            name: entry(server, name) for name, server in (("a", one), ("b", one), ("c", other))
        }
        made = lazy_providers(entries, {"LAB_KEY": "k"})
        for each in made.values():
            await each.answer(request(), on_delta)
        a, b, c = (each._made.budget for each in made.values())
        assert a is b
        assert a is not c
        for each in made.values():
            await each.close()


PLAN = {
    "name": "m",
    "proposers": [{"model": "lab/m"}, {"model": "lab/n"}],
    "aggregator": [{"model": "nobody/x"}],
}


def plan(**more):
    return build(MixFile.model_validate(frozen({**PLAN, **more})))


async def warmed(made, mix):
    warming = ConnectionWarmup()
    warming.begin(made, mix)
    await asyncio.gather(*warming._work)
    await warming.end()


async def test_warming_opens_a_connection_that_the_request_uses_and_sends_no_key():
    async with FaultyServer() as server:
        made = lazy_providers({"lab": entry(server)}, {"LAB_KEY": "k"})
        await warmed(made, plan())
        await made["lab"].answer(request(), on_delta)
        await warmed(made, plan())
        await made["lab"].close()
        assert [each.method for each in server.seen] == ["HEAD", "POST"]
        assert server.connections == 1
        assert "authorization" not in server.seen[0].headers


async def test_the_aggregators_connection_is_there_when_it_is_needed():
    async with FaultyServer() as server, FaultyServer() as other:
        entries = {"lab": entry(server), "far": entry(other, "far")}
        made = lazy_providers(entries, {"LAB_KEY": "k"})
        for each in made.values():
            await each.answer(request(), on_delta)
        for each in made.values():
            each._used = -1000.0  # a while ago
        mix = plan(aggregator=[{"model": "far/m"}])
        await warmed(made, mix)
        await warmed(made, mix)
        assert [each.method for each in server.seen] == ["POST"]
        assert [each.method for each in other.seen] == ["POST", "HEAD"]
        for each in made.values():
            await each.close()


async def test_warming_ends_with_its_run():
    async with FaultyServer(accept=[Hang()]) as server:
        made = lazy_providers({"lab": entry(server)}, {"LAB_KEY": "k"})
        warming = ConnectionWarmup()
        warming.begin(made, plan())
        await until(lambda: server.connections)
        await warming.end()
        await until(lambda: not server.open)
        await made["lab"].close()


def asked(model: str) -> Request:
    messages = (Message("system", "Be brief."), Message("user", "Say hello."))
    return Request(model, messages, task(), max_tokens=9)


async def test_what_the_user_states_of_a_model_is_sent_so_from_the_first_request():
    stated = {
        "lab/m": ModelFacts(system_role=False, max_tokens_field="max_completion_tokens"),
        "lab/other": ModelFacts(context=9),
    }
    async with FaultyServer() as server:
        made = lazy_providers({"lab": entry(server)}, {"LAB_KEY": "k"}, stated)["lab"]
        for model in ("m", "other"):
            await made.answer(asked(model), lambda _: None)
        first, second = (each.json for each in server.seen)
        assert first["max_completion_tokens"] == 9
        assert "max_tokens" not in first
        assert [each["role"] for each in first["messages"]] == ["user"]
        assert second["max_tokens"] == 9
        assert [each["role"] for each in second["messages"]] == ["system", "user"]
        await made.close()
