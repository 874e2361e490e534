"""The MCP server as a process, asked by the SDK's own client over stdio."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import Future

import pytest
from mcp import StdioServerParameters
from mcp.client.client import Client
from mcp.client.stdio import stdio_client

from tests.fakes.client import ROOT
from tests.fakes.ports import listening, needs_proc
from tests.fakes.upstreams import KEY
from tests.gateway.running import PATIENCE_S, write

SOURCE = "def add(a, b):\n    return a - b\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a file to work on, files that no tool may see, and one outside of it."""
    outer = tmp_path_factory.mktemp("mcp")
    made = outer / "project"
    made.mkdir()
    (made / "a.py").write_text(SOURCE)
    (made / ".env").write_text("TOKEN=canary\n")
    (made / "excluded.py").write_text("x = 1\n")
    (outer / "outside.py").write_text("canary = 1\n")
    (made / "link.py").symlink_to(outer / "outside.py")
    return made


class McpSession:
    """One session with one server, in a loop of its own: a start takes seconds."""

    def __init__(self, server):
        self.client: Future = Future()
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._live(),))

    async def _live(self):
        self._over = asyncio.Event()
        try:
            async with Client(self._server) as client:
                self.client.set_result(client)
                await self._over.wait()
        except BaseException as error:
            if self.client.done():
                raise
            self.client.set_exception(error)

    def __enter__(self):
        self._thread.start()
        self.client.result(4 * PATIENCE_S)
        return self

    def __exit__(self, *error):
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(4 * PATIENCE_S)

    def tools(self):
        return self._do(self.client.result().list_tools()).tools

    def call(self, tool, **asked):
        return self._do(self.client.result().call_tool(tool, asked))


@pytest.fixture(scope="module")
def session(folder, upstreams):
    config = write(upstreams, folder.parent / "config", "context: {exclude: [excluded.py]}\n")
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    server = stdio_client(StdioServerParameters(
        command=sys.executable,
        args=["-m", "moa_lsp", "mcp", "--config", str(config)],
        env={**kept, "LAB_KEY": KEY, "GROQ_API_KEY": "", "PYTHONPATH": str(ROOT),
             "XDG_STATE_HOME": str(folder.parent / "state"),
             "XDG_CACHE_HOME": str(folder.parent / "cache")},
        cwd=folder,
    ))  # fmt: skip
    with McpSession(server) as made:
        yield made


def text_of(result) -> str:
    return "\n".join(each.text for each in result.content)


def test_the_tools_are_the_three_and_read_only(session):
    tools = session.tools()
    assert {tool.name for tool in tools} == {"list_mixes", "ask_mix", "run_action"}
    assert all(tool.annotations.read_only_hint for tool in tools)


@needs_proc
def test_it_listens_on_no_port(folder):
    hello = {"protocolVersion": "2025-06-18", "capabilities": {},
             "clientInfo": {"name": "test", "version": "1"}}  # fmt: skip
    asked = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
    command = (sys.executable, "-m", "moa_lsp", "mcp")
    with subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # fmt: skip
        try:
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["result"]
            assert listening(process.pid) == set()
        finally:
            process.kill()


def test_mixes_are_listed_with_what_they_lack(session):
    result = session.call("list_mixes")
    mixes = {each["name"]: each for each in result.structured_content["result"]}
    assert mixes["trio"]["ready"]
    assert not mixes["unready"]["ready"]
    assert "GROQ_API_KEY" in mixes["unready"]["missing"][0]


def test_a_mix_is_asked(session, upstreams):
    result = session.call("ask_mix", mix="trio", prompt="Why?")
    assert text_of(result) == "from z"
    assert upstreams.prompt("a") == "Why?"


def test_an_action_gives_a_diff_and_writes_nothing(session, folder, upstreams):
    upstreams.say(a=f"```python\n{SOURCE.replace('-', '+')}```\n", b="no idea")
    asked = {"action": "refactor", "file": "a.py", "lines": "1-2", "mix": "chosen"}
    result = session.call("run_action", **asked)
    assert not result.is_error, text_of(result)
    assert "--- a/a.py\n+++ b/a.py\n" in text_of(result)
    assert "-    return a - b\n+    return a + b\n" in text_of(result)
    assert (folder / "a.py").read_text() == SOURCE
    assert sorted(path.name for path in folder.iterdir()) == [
        ".env", "a.py", "excluded.py", "link.py"
    ]  # fmt: skip


REFUSED = [
    ("ask_mix", {"mix": "no-such-mix", "prompt": "Why?"}, "there is no mix"),
    ("ask_mix", {"mix": "dear", "prompt": "Why?"}, "budget"),
    ("run_action", {"action": "refactor", "file": "../outside.py"}, "outside the folder"),
    ("run_action", {"action": "refactor", "file": "link.py"}, "outside the folder"),
    ("run_action", {"action": "refactor", "file": "/etc/hostname"}, "below the folder"),
    ("run_action", {"action": "refactor", "file": "excluded.py"}, "never shown to a model"),
    ("run_action", {"action": "refactor", "file": ".env"}, "never shown to a model"),
    ("run_action", {"action": "refactor", "file": "a.py", "lines": "9"}, "lines 1 to"),
    ("run_action", {"action": "no-such-action", "file": "a.py"}, "there is no action"),
]
"""Tool, arguments, and what the answer says."""


@pytest.mark.parametrize(("tool", "asked", "why"), REFUSED)
def test_what_may_not_be_asked_is_told_and_nobody_is_asked(session, upstreams, tool, asked, why):
    more = {"mix": "trio"} if tool == "run_action" else {}
    result = session.call(tool, **{**more, **asked})
    assert result.is_error, asked
    assert why in text_of(result)
    assert "canary" not in text_of(result)
    assert upstreams.asked("a") == []
