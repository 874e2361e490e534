"""``moa/chat`` over stdio: a mix as an editor's chat model, whose models are scripted servers."""

import json
import os
import subprocess
import sys
import threading

import pytest

from moa_lsp.lsp.features.chat import MAX_CHATS
from tests.fakes.client import ROOT, SERVER, ServerError, until
from tests.fakes.desk import Desk, fenced
from tests.fakes.faulty_server import DONE, USAGE, Hang, Until, chunked, delta
from tests.fakes.ports import listening, needs_proc
from tests.fakes.upstreams import KEY, Upstreams

pytestmark = pytest.mark.e2e

MIXES = {
    "trio": "proposers: [{model: a/m}, {model: b/m}]\naggregator: {model: z/m}\n",
    "dear": "proposers: [{model: a/m}]\nbudget: {usd: 0.000001}\n",
}
TURNS = [{"role": "user", "content": "Why?"}]
TOOL = {"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}}
CALL = {"id": "c1", "type": "function", "index": 0,
        "function": {"name": "read", "arguments": "{}"}}  # fmt: skip


@pytest.fixture
def up():
    with Upstreams("a", "b", "z") as made:
        made.say(a="from a", b="from b", z="from z")
        yield made


@pytest.fixture
def environ(up, tmp_path):
    config = up.write(tmp_path / "config", MIXES)
    return {"MOA_LSP_CONFIG": str(config), "LAB_KEY": KEY}


@pytest.fixture
def client(environ, start):
    made = start(SERVER, env=environ, canaries=[KEY])
    Desk(made).initialize()
    return made


def ask(client, **params):
    return client.call("moa/chat", {"mix": "trio", "messages": TURNS, **params})


def parts(client, token):
    told = [each["params"] for each in client.notifications if each["method"] == "$/progress"]
    return [each["value"]["text"] for each in told if each["token"] == token]


def test_an_answer_comes_whole_with_what_it_took(client, up):
    answer = ask(client)
    assert answer["text"] == "from z"
    assert answer["finish"] == "stop"
    assert answer["usage"] == {"input": 33, "output": 9, "cached": 0}
    assert answer["cost_usd"] == pytest.approx(3 * (11 + 30) / 1e6)
    assert up.prompt("a") == "Why?"


@needs_proc
def test_a_server_listens_on_no_port(client):
    ask(client)
    client.open("file:///m.py", "x = 1\n")
    assert listening(client.process.pid) == set()


def test_a_partial_result_comes_as_it_is_written_and_is_not_repeated(client, up):
    rest = threading.Event()
    up.play("z", chunked(delta("one "), Until(rest), delta("two"), delta(None, "stop"), USAGE,
                         DONE))  # fmt: skip
    params = {"mix": "trio", "messages": TURNS, "partialResultToken": "t1"}
    request = client.request("moa/chat", params)
    client.wait_for(lambda client: parts(client, "t1"))
    assert parts(client, "t1") == ["one "]
    rest.set()
    assert client.result(request)["text"] == ""
    assert "".join(parts(client, "t1")) == "one two"


def test_calls_of_tools_come_with_the_answer_and_proposers_get_no_tools(client, up):
    up.play("z", chunked(delta(None, tool_calls=[CALL]), delta(None, "tool_calls"), USAGE, DONE))
    answer = ask(client, tools=[TOOL], partialResultToken=7)
    assert answer["finish"] == "tool_calls"
    assert answer["tool_calls"] == [{"id": "c1", "name": "read", "arguments": "{}"}]
    assert up.asked("z")[0].json["tools"] == [TOOL]
    assert "tools" not in up.asked("a")[0].json


def test_cancelling_the_request_frees_the_upstreams(client, up):
    for name in ("a", "b"):
        up.play(name, chunked(delta("begin"), Hang()))
    request = client.request("moa/chat", {"mix": "trio", "messages": TURNS})
    until(lambda: up.asked("a") and up.asked("b"))
    client.cancel(request)
    assert client.response(request)["error"]["code"] == -32800
    up.closed()


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ({"mix": "no-such-mix"}, "there is no mix"),
        ({"mix": None}, "`mix`"),
        ({"mix": "dear"}, "budget"),
        ({"messages": []}, "`messages`"),
        ({"partialResultToken": {}}, "`partialResultToken`"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input_audio"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(client, up, params, why):
    with pytest.raises(ServerError, match=why):
        ask(client, **params)
    assert up.asked("z") == []


def test_one_chat_too_many_is_told_to_wait(client, up):
    rest = threading.Event()
    for name in ("a", "b"):
        up.play(name, chunked(Until(rest), delta("x"), delta(None, "stop"), USAGE, DONE))
    work = [client.request("moa/chat", {"mix": "trio", "messages": TURNS})
            for _ in range(MAX_CHATS)]  # fmt: skip
    with pytest.raises(ServerError, match="busy"):
        ask(client)
    rest.set()
    assert {client.result(each)["text"] for each in work} == {"from z"}


def test_proposers_are_asked_as_by_the_command_line(client, up, environ, tmp_path):
    old = "def f(a):\n    b = a\n    return b\n"
    (tmp_path / "m.py").write_text(old)
    up.say(**dict.fromkeys("abz", fenced("def f(a):\n    return a")))
    ended = subprocess.run(
        [sys.executable, "-m", "moa_lsp", "run", "refactor", "m.py:1-3", "--mix", "trio"],
        cwd=tmp_path,
        env={**os.environ, **environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path),
             "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    by_command = {name: up.asked(name)[0].json for name in "ab"}
    for server in up.servers.values():
        server.seen.clear()
    ask(client, messages=by_command["a"]["messages"])
    assert {name: up.asked(name)[0].json for name in "ab"} == by_command
    assert json.dumps(by_command["a"]).count("return b") == 1
