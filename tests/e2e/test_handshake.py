"""``initialize`` is answered before the server is imported, and everything after it as ever."""

import os
import signal
import sys

import pytest

from tests.fakes.client import SERVER, framed
from tests.fakes.editors import EDITORS

pytestmark = pytest.mark.e2e

SOON_S = 15

HELD = """
import os
open(os.environ["GATE"]).close()  # until the test opens it
del __path__[:], os
import sys
from importlib import import_module
sys.path.remove(__file__.rpartition("/pygls/")[0])
del sys.modules["pygls"]
sys.modules["pygls"] = import_module("pygls")
"""
"""A pygls that waits for a gate before it becomes the real one."""

INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}
SHUTDOWN = {"jsonrpc": "2.0", "id": 2, "method": "shutdown"}
EXIT = {"jsonrpc": "2.0", "method": "exit"}


@pytest.fixture
def held(start, tmp_path):
    """A server that cannot import pygls until ``go()`` is called, and ``go``."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    (tmp_path / "pygls").mkdir()
    (tmp_path / "pygls" / "__init__.py").write_text(HELD)
    paths = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    client = start(SERVER, env={"PYTHONPATH": paths, "GATE": str(gate)})
    return client, lambda: gate.open("w").close()


def test_initialize_is_answered_while_pygls_cannot_be_imported(held):
    client, go = held
    result = client.call("initialize", {"processId": None, "capabilities": {}})
    assert result["serverInfo"]["name"] == "moa-lsp"
    client.notify("initialized", {})
    client.open("file:///a.py", "x = 1\n")
    mixes = client.request("workspace/executeCommand", {"command": "moa.mixes"})
    go()
    assert {each["name"] for each in client.result(mixes)} >= {"embedded"}
    assert client.quit() == 0
    assert client.stderr_text == ""


@pytest.mark.parametrize(
    ("behind", "code"), [((EXIT,), 1), ((SHUTDOWN, EXIT), 0), ((SHUTDOWN,), 0), ((), 1)]
)
def test_what_stands_in_one_piece_with_initialize_is_handled_behind_it(start, behind, code):
    client = start(SERVER)
    client.send_together(INITIALIZE, *behind)
    assert client.result(1)["serverInfo"]["name"] == "moa-lsp"
    client.process.stdin.close()
    assert client.wait(SOON_S) == code
    if SHUTDOWN in behind:
        assert client.result(2) is None
    assert client.stderr_text == ""


def test_a_second_initialize_is_refused(start):
    client = start(SERVER)
    client.send_together(INITIALIZE, {**INITIALIZE, "id": "again"})
    assert "capabilities" in client.result(1)
    assert client.response("again")["error"]["code"] == -32600


@pytest.mark.parametrize("first", [SHUTDOWN, {**SHUTDOWN, "method": "moa/nothing"}])
def test_another_message_first_is_refused_and_initialize_answered_afterwards(start, first):
    client = start(SERVER)
    client.send_together(first, INITIALIZE)
    assert client.response(2)["error"]["code"] == -32002
    assert "capabilities" in client.result(1)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"Content-Length: x\r\n\r\n", "cannot read"), (b"", ""), (framed(EXIT), "")],
    ids=["no header", "end of input", "exit"],
)
def test_what_is_no_beginning_ends_the_server_as_ever(start, data, said):
    client = start(SERVER)
    client.send_bytes(data)
    client.process.stdin.close()
    assert client.wait(SOON_S) == 1
    assert said in client.stderr_text
    assert client.stderr_text.count("\n") == (1 if said else 0)


@pytest.mark.parametrize("name", EDITORS)
def test_well_known_editors_get_the_answer_that_the_server_stands_by(start, name):
    """Had it answered otherwise, it would have said so on stderr."""
    params, encoding = EDITORS[name]
    client = start((*SERVER, "--no-parent-watch"))
    result = client.initialize({**params, "processId": None})
    assert result["capabilities"]["positionEncoding"] == encoding
    client.command("moa.mixes")
    assert client.stderr_text == ""


@pytest.mark.skipif(sys.platform == "win32", reason="no signals there")
def test_a_server_that_was_told_nothing_yet_leaves_on_a_signal(start):
    client = start((sys.executable, "-X", "importtime", *SERVER[1:]))
    client.wait_for_log("moa_lsp.lsp.rpc.watchdog")
    client.request("no/such")
    client.wait_for(lambda c: any("error" in m for way, m in c.transcript if way == "<-"))
    client.process.send_signal(signal.SIGTERM)
    assert client.wait(SOON_S) == 1
