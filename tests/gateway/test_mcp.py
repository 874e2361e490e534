"""The MCP server as a process, asked by the SDK's own client over stdio."""

import os
import sys

import pytest
from mcp import StdioServerParameters
from mcp.client.client import Client
from mcp.client.stdio import stdio_client

from tests.fakes.client import ROOT
from tests.fakes.upstreams import KEY
from tests.gateway.running import write

SOURCE = "def add(a, b):\n    return a - b\n"


@pytest.fixture
def folder(tmp_path):
    """A folder with a file to work on, files that no tool may see, and one outside of it."""
    made = tmp_path / "project"
    made.mkdir()
    (made / "a.py").write_text(SOURCE)
    (made / ".env").write_text("TOKEN=canary\n")
    (made / "excluded.py").write_text("x = 1\n")
    (tmp_path / "outside.py").write_text("canary = 1\n")
    (made / "link.py").symlink_to(tmp_path / "outside.py")
    return made


@pytest.fixture
def server(folder, upstreams, tmp_path):
    config = write(upstreams, tmp_path / "config", "context: {exclude: [excluded.py]}\n")
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return stdio_client(StdioServerParameters(
        command=sys.executable,
        args=["-m", "moa_lsp", "mcp", "--config", str(config)],
        env={**kept, "LAB_KEY": KEY, "GROQ_API_KEY": "", "PYTHONPATH": str(ROOT)},
        cwd=folder,
    ))  # fmt: skip


def text_of(result) -> str:
    return "\n".join(each.text for each in result.content)


async def test_the_tools_are_the_three_and_read_only(server):
    async with Client(server) as client:
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == {"list_mixes", "ask_mix", "run_action"}
    assert all(tool.annotations.read_only_hint for tool in tools)


async def test_mixes_are_listed_with_what_they_lack(server):
    async with Client(server) as client:
        result = await client.call_tool("list_mixes", {})
    mixes = {each["name"]: each for each in result.structured_content["result"]}
    assert mixes["trio"]["ready"]
    assert not mixes["unready"]["ready"]
    assert "GROQ_API_KEY" in mixes["unready"]["missing"][0]


async def test_a_mix_is_asked(server, upstreams):
    async with Client(server) as client:
        result = await client.call_tool("ask_mix", {"mix": "trio", "prompt": "Why?"})
    assert text_of(result) == "from z"
    assert upstreams.prompt("a") == "Why?"


async def test_an_action_gives_a_diff_and_writes_nothing(server, folder, upstreams):
    upstreams.say(a=f"```python\n{SOURCE.replace('-', '+')}```\n", b="no idea")
    asked = {"action": "refactor", "file": "a.py", "lines": "1-2", "mix": "chosen"}
    async with Client(server) as client:
        result = await client.call_tool("run_action", asked)
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
"""Tool, arguments, and what the answer says: one session, since a start takes seconds."""


async def test_what_may_not_be_asked_is_told_and_nobody_is_asked(server, upstreams):
    async with Client(server) as client:
        for tool, asked, why in REFUSED:
            more = {"mix": "trio"} if tool == "run_action" else {}
            result = await client.call_tool(tool, {**more, **asked})
            assert result.is_error, asked
            assert why in text_of(result)
            assert "canary" not in text_of(result)
    assert upstreams.asked("a") == []
