"""The same mix by three ways: the command line, the gateway, and an editor's ``moa/chat``.

`moa-lsp run` has a document and chats have a conversation, so that its prompt is an action's. What
it made of the document is given to the other two as a conversation; then all that proposers get,
headers too, is the same, but for the word that marks data, which is new for each run. The
aggregator's request is not compared: a chat asks it for text, an action for code.
"""

import json
import re

import pytest

from tests.fakes.client import SERVER, Client
from tests.fakes.desk import Desk
from tests.fakes.upstreams import KEY
from tests.gateway.running import command_line

SOURCE = "def f(a):\n    b = a\n    return b\n"
TOOL = {
    "type": "function",
    "function": {
        "name": "read_file",
        "description": "Reads a file.",
        "parameters": {"type": "object", "properties": {"path": {"type": "string"}}},
    },
}
CALL = {"id": "call_1", "type": "function",
        "function": {"name": "read_file", "arguments": '{"path": "a.py"}'}}  # fmt: skip
SECRET = "ghp_" + "Zx81k2Lm93Qp47Rt65Uv" * 2

CONVERSATIONS = {
    "a turn": {"messages": [{"role": "user", "content": "Why?"}]},
    "several turns": {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Why?"},
            {"role": "assistant", "content": "Because."},
            {"role": "user", "content": [{"type": "text", "text": "Why not?"}]},
        ]
    },
    "tools and a result": {
        "messages": [
            {"role": "user", "content": "Read a.py."},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": "x = 1"},
        ],
        "tools": [TOOL],
        "tool_choice": "auto",
    },
    "a secret": {"messages": [{"role": "user", "content": f'TOKEN = "{SECRET}"'}]},
    "bounds of the answer": {
        "messages": [{"role": "user", "content": "Count."}],
        "stop": ["END"],
        "max_tokens": 7,
    },
}


@pytest.fixture(scope="module")
def editor(running, tmp_path_factory):
    """A server that speaks to an editor, with the gateway's configuration."""
    home = tmp_path_factory.mktemp("home")
    homes = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("STATE", "CACHE")}
    environ = {"MOA_LSP_CONFIG": str(running.config), "LAB_KEY": KEY, **homes}
    client = Client(SERVER, env=environ, canaries=[KEY])
    Desk(client).initialize()
    yield client
    client.close()


MARK = re.compile(r"\b(tools|tool-result)-[0-9a-f]{8}\b")
"""The word of a run that marks where data starts and ends."""


def asked(upstreams):
    """What the proposers were asked since the last time: path, headers and body by name."""
    found = {}
    for name in ("a", "b"):
        (seen,) = upstreams.asked(name)
        body = MARK.sub(r"\1-WORD", seen.body.decode())
        found[name] = (seen.path, seen.headers, json.loads(body))
    for server in upstreams.servers.values():
        server.seen.clear()
    return found


def by_gateway(running, upstreams, body, *, stream=False):
    answer = running.ask("/v1/chat/completions", {"model": "trio", "stream": stream, **body})
    assert answer.status == 200, answer.text
    return asked(upstreams)


def by_editor(editor, upstreams, body, **more):
    assert editor.call("moa/chat", {"mix": "trio", **body, **more})["finish"] == "stop"
    return asked(upstreams)


def test_a_run_a_gateway_and_an_editor_send_proposers_the_same(
    running, upstreams, editor, tmp_path
):
    upstreams.say(**dict.fromkeys("abz", "```python\ndef f(a):\n    return a\n```"))
    (tmp_path / "m.py").write_text(SOURCE)
    command_line(running, tmp_path, "run", "refactor", "m.py:1-3", "--mix", "trio")
    by_command = asked(upstreams)
    assert "return b" in str(by_command["a"])
    body = {"messages": by_command["a"][2]["messages"]}
    assert by_gateway(running, upstreams, body) == by_command
    assert by_editor(editor, upstreams, body) == by_command


@pytest.mark.parametrize("body", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_a_gateway_and_an_editor_send_proposers_the_same(running, upstreams, editor, body):
    expected = by_gateway(running, upstreams, body)
    assert SECRET not in str(expected)
    assert by_editor(editor, upstreams, body) == expected


def test_a_stream_asks_proposers_as_a_whole_answer_does(running, upstreams, editor):
    whole, streamed = ({"messages": [{"role": "user", "content": f"Again {n}."}]} for n in "ab")
    expected = str(by_gateway(running, upstreams, whole)).replace("Again a.", "Again b.")
    assert str(by_gateway(running, upstreams, streamed, stream=True)) == expected
    assert str(by_editor(editor, upstreams, streamed, partialResultToken="t1")) == expected
