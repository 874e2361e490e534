"""Requests that come before the configuration is read wait for it, and are never empty for it."""

import pytest

from tests.fakes.buffer import Buffer
from tests.fakes.desk import ABLE, fenced

pytestmark = pytest.mark.e2e

URI = "file:///w/early.py"
OTHER = "file:///w/typed.py"
"""Where the user types: no run changes it under the request."""
TEXT = "def f(items):\n    return \n"
START, END = {"line": 0, "character": 0}, {"line": 1, "character": 11}

INLINE = {
    "solo": "proposers: [{model: scripted/a}]\n",
    "gap": "proposers: [{model: scripted/b}]\n",
}
CONFIG = "mix: solo\nmix_dirs: [mixes]\ninline: {mix: gap, debounce_ms: 0}\n"


def request(msg_id, method, params):
    return {"jsonrpc": "2.0", "id": msg_id, "method": method, "params": params}


def opened(uri):
    item = {"uri": uri, "languageId": "python", "version": 1, "text": TEXT}
    return {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}}


def command(msg_id, name, *arguments):
    params = {"command": name, "arguments": list(arguments)}
    return request(msg_id, "workspace/executeCommand", params)


def test_requests_in_the_packet_of_the_opening_wait_for_the_configuration(start_desk):
    runner = start_desk(config=CONFIG, mixes=INLINE, flags=("--hold-config",))
    client, runner.buffer = runner.client, Buffer(URI, TEXT)
    client.call("initialize", {"processId": None, "rootUri": None, "capabilities": ABLE})
    where = {"start": START, "end": END}
    code = "def f(items):\n    return sum(items)"
    said = {"a": {"text": fenced(code)}, "b": {"text": "sum(items)"}}
    manual = {"diagnostics": [], "triggerKind": 1}
    client.send_together(
        {"jsonrpc": "2.0", "method": "initialized", "params": {}},
        opened(URI),
        opened(OTHER),
        command("script", "test.script", said),
        request(
            "offers",
            "textDocument/codeAction",
            {"textDocument": {"uri": URI}, "range": where, "context": manual},
        ),
        request(
            "inline",
            "textDocument/inlineCompletion",
            {"textDocument": {"uri": OTHER}, "position": END, "context": {"triggerKind": 1}},
        ),
        command("run", "moa.run", {"action": "refactor", "uri": URI, "range": where}),
        command("mixes", "moa.mixes", {}),
        command("load", "test.load"),
    )
    assert client.result("load") is None
    titles = [offer["title"] for offer in client.result("offers")]
    assert "Moa: Refactor · solo" in titles
    assert [item["insertText"] for item in client.result("inline")["items"]] == ["sum(items)"]
    assert {"solo", "gap"} <= {mix["name"] for mix in client.result("mixes")}
    record = client.command("moa.result", {"run": client.result("run")["run"], "wait": 20})
    assert (record["state"], record["mix"], record["applied"]) == ("done", "solo", True)
    assert runner.buffer.text == code + "\n"
    assert client.quit() == 0
