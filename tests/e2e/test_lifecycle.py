"""Beginning, cancelling and ending: what only a process can show.

Time limits here are far from what is tested: work that must be ended would last half a minute.
"""

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.fakes.client import SERVER, TEST_SERVER, framed, until

pytestmark = pytest.mark.e2e

LONG_S = 30
SOON_S = 15

LAZY = ("httpx", "pydantic", "yaml", "tree_sitter", "rapidfuzz", "click", "rich", "jedi", "ruff")
"""Not to be loaded before the client has its answer to ``initialize``."""


def slow(client, command="test.sleep"):
    """A request that lasts; it is at work when this returns."""
    before = client.command("test.seen").count("started")
    params = {"command": command, "arguments": [LONG_S]}
    msg_id = client.request("workspace/executeCommand", params)
    until(lambda: client.command("test.seen").count("started") > before)
    return msg_id


def ready(start, *arguments, **how):
    client = start((*TEST_SERVER, *arguments), **how)
    client.initialize()
    return client


# --- before and after ---------------------------------------------------------------------------


def test_L04_before_initialize_and_L13_after_shutdown(start):
    client = start()
    early = client.request("test/custom", {})
    assert client.response(early)["error"]["code"] == -32002
    client.notify("textDocument/didOpen", {"textDocument": {}})
    early = client.request("shutdown")
    assert client.response(early)["error"]["code"] == -32002
    client.initialize()
    assert client.call("test/custom", {"a": 1}) == {"a": 1}
    assert client.call("shutdown") is None
    for method in ("test/custom", "initialize", "shutdown", "no/such"):
        late = client.request(method, {})
        assert client.response(late)["error"]["code"] == -32600
    client.notify("textDocument/didChange", {})
    client.notify("exit")
    assert client.wait() == 0
    assert client.unanswered() == []


def test_H04_exit_without_shutdown_is_1(start):
    client = ready(start)
    client.notify("exit")
    assert client.wait() == 1


def test_L13_exit_before_initialize_is_1(start):
    client = start()
    client.notify("exit")
    assert client.wait() == 1


def test_L13_exit_twice(start):
    client = ready(start)
    assert client.call("shutdown") is None
    exit_message = framed({"jsonrpc": "2.0", "method": "exit"})
    client.send_bytes(exit_message * 3)
    assert client.wait() == 0


def test_L13_exit_in_one_piece_with_shutdown(start):
    """A client that does not wait for the answer gets it all the same."""
    client = ready(start)
    shutdown = {"jsonrpc": "2.0", "id": 77, "method": "shutdown"}
    client.send_together(shutdown, {"jsonrpc": "2.0", "method": "exit"})
    assert client.wait() == 0
    assert client.response(77)["result"] is None


def test_end_of_input_after_shutdown_is_0(start):
    client = ready(start)
    assert client.call("shutdown") is None
    client.process.stdin.close()
    assert client.wait() == 0


def test_end_of_input_at_once_is_1(start):
    client = start()
    client.process.stdin.close()
    assert client.wait() == 1


# --- cancelling ---------------------------------------------------------------------------------


def new_in(client, seen):
    """What the test server saw since ``seen`` was asked for."""
    return client.command("test.seen")[len(seen) :]


def test_L05_H01_cancel_reaches_a_command(shared):
    seen = shared.command("test.seen")
    msg_id = slow(shared)
    shared.cancel(msg_id)
    assert shared.response(msg_id)["error"] == {"code": -32800, "message": "cancelled"}
    assert new_in(shared, seen) == ["started", "cancelled"]
    shared.cancel(msg_id)
    assert shared.command("test.state")["tasks"] == 0


def test_L05_H01_cancel_reaches_a_feature(shared):
    seen = shared.command("test.seen")
    msg_id = shared.request("codeAction/resolve", {"title": "x"})
    shared.cancel(msg_id)
    assert shared.response(msg_id)["error"]["code"] == -32800
    assert new_in(shared, seen) == ["started", "cancelled"]


def test_L05_request_and_cancel_in_one_piece(shared):
    seen = shared.command("test.seen")
    params = {"command": "test.sleep", "arguments": [LONG_S]}
    request = {"jsonrpc": "2.0", "id": "x", "method": "workspace/executeCommand", "params": params}
    cancel = {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": "x"}}
    shared.send_together(request, cancel, cancel)
    assert shared.response("x")["error"]["code"] == -32800
    assert "finished" not in new_in(shared, seen)


def test_L05_cancel_after_the_answer(shared):
    msg_id = shared.request("workspace/executeCommand", {"command": "test.echo"})
    shared.response(msg_id)
    shared.cancel(msg_id)
    assert shared.command("test.echo", 1) == [1]


def test_ordering_a_request_sees_the_text_of_its_time(shared):
    """Request, change, request, in one piece."""
    shared.open("file:///a", "one")

    def text(msg_id):
        params = {"command": "test.text", "arguments": ["file:///a"]}
        return {"jsonrpc": "2.0", "id": msg_id, "method": "workspace/executeCommand"} | {
            "params": params
        }

    shared.send_together(text("before"), changed(2, {"text": "two"}), text("after"))
    assert shared.result("before")[:2] == ["one", 1]
    assert shared.result("after")[:2] == ["two", 2]


def changed(version, *changes, uri="file:///a"):
    params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)}
    return {"jsonrpc": "2.0", "method": "textDocument/didChange", "params": params}


def test_L14_slow_client_gets_everything_in_order(shared):
    """Small answers, written at once, do not overtake large ones, written by a thread."""
    ids = [
        shared.request("workspace/executeCommand", {"command": "test.blob", "arguments": [size]})
        for size in (10, 3_000_000, 5, 100_000, 4096, 7)
    ]
    sizes = [len(shared.result(each)) for each in ids]
    assert sizes == [10, 3_000_000, 5, 100_000, 4096, 7]
    order = [message.get("id") for way, message in shared.transcript if way == "<-"]
    assert [each for each in order if each in ids] == ids


# --- leaving while work is in flight ------------------------------------------------------------


def test_L13_H5_shutdown_with_work_in_flight(start):
    """Every request is answered, features close first, nothing is logged."""
    client = ready(start)
    ids = [slow(client) for _ in range(3)]
    client.notify("test/slowNote")
    assert client.call("shutdown") is None
    assert [client.response(each)["error"]["code"] for each in ids] == [-32800] * 3
    client.notify("exit")
    assert client.wait(SOON_S) == 0
    assert client.unanswered() == []
    assert client.stderr_text == ""


def test_L13_H5_exit_with_work_in_flight(start):
    client = ready(start)
    msg_id = slow(client)
    client.notify("exit")
    assert client.wait(SOON_S) == 1
    assert client.response(msg_id)["error"]["code"] == -32800
    assert len(client.stderr) < 1000


@pytest.mark.parametrize("command", ["test.stubborn", "test.thread"])
def test_H06_leaves_though_work_does_not(start, command):
    """A coroutine that ignores its cancellation, a thread that cannot be cancelled."""
    client = ready(start)
    slow(client, command)
    assert client.call("shutdown", timeout=SOON_S) is None
    client.notify("exit")
    assert client.wait(SOON_S) == 0


def test_H13_end_of_input_with_work_in_flight(start):
    client = ready(start)
    slow(client)
    client.process.stdin.close()
    assert client.wait(SOON_S) == 1
    assert len(client.stderr) < 1000


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("SIGINT", "test.sleep"),
        ("SIGTERM", "test.sleep"),
        ("SIGTERM", "test.block"),
        ("SIGHUP", "test.sleep"),
    ],
)
def test_S16_signals(start, name, command):
    """Also while a handler blocks the event loop."""
    client = ready(start)
    params = {"command": command, "arguments": [LONG_S]}
    client.request("workspace/executeCommand", params)
    if command == "test.sleep":
        client.command("test.echo")
    os.kill(client.process.pid, getattr(signal, name))
    assert client.wait(SOON_S) == 1
    assert "Traceback" not in client.stderr_text


def test_S16_signal_after_shutdown_is_0(start):
    client = ready(start)
    assert client.call("shutdown") is None
    client.process.send_signal(signal.SIGTERM)
    assert client.wait(SOON_S) == 0


# --- the client goes ----------------------------------------------------------------------------


def write(process, method, **more):
    process.stdin.write(framed({"jsonrpc": "2.0", "method": method, **more}))
    process.stdin.flush()


def test_H14_L14_stdout_closed(spawn):
    """A client that reads no more is dead; one line says so, without a traceback."""
    process = spawn()
    process.stdout.close()
    write(process, "initialize", id=1, params={"capabilities": {}})
    assert process.wait(SOON_S) == 1
    errors = process.stderr.read().decode()
    assert errors.count("\n") == 1, errors
    assert "lost the client" in errors


def test_L14_client_that_does_not_read(spawn):
    """The loop goes on while the pipe is full; past the bound the client is given up."""
    process = spawn()
    write(process, "initialize", id=1, params={"capabilities": {}})
    params = {"command": "test.blob", "arguments": [8 * 2**20]}
    for number in range(10):
        write(process, "workspace/executeCommand", id=number + 2, params=params)
    assert process.wait(SOON_S) == 1
    assert "bytes unread" in process.stderr.read().decode()


def test_L14_nobody_reads_stderr(spawn):
    """A full pipe on stderr must not stop the server."""
    process = spawn(env={**os.environ, "MOA_LSP_LOG": "debug"})
    write(process, "initialize", id=1, params={"capabilities": {}})
    params = {"command": "test.fail", "arguments": ["bug"]}
    for number in range(300):
        write(process, "workspace/executeCommand", id=number + 2, params=params)
        for kind in range(10):
            write(process, f"unknown/{kind}{'x' * 60}")
    write(process, "shutdown", id=1000)
    write(process, "exit")
    assert b'"id":1000,"result":null' in process.stdout.read()
    assert process.wait(SOON_S) == 0


@pytest.fixture
def parent():
    """A process that may die: the editor's, as far as the server knows."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_H15_parent_watchdog(start, parent):
    """Input stays open, as when another process has inherited it.

    Not watched: when told so, and a process id that is not of our namespace.
    """
    watching, told, foreign = start(), start((*TEST_SERVER, "--no-parent-watch")), start()
    watching.initialize({"processId": parent.pid})
    told.initialize({"processId": parent.pid})
    foreign.initialize({"processId": 2**22 + 4711})
    parent.kill()
    parent.wait()
    assert watching.wait(SOON_S) == 1
    assert "is gone" in watching.stderr_text
    for client in (told, foreign):
        assert client.command("test.echo", 1) == [1]
        assert client.quit() == 0


# --- leaks --------------------------------------------------------------------------------------


def test_no_futures_are_left(start):
    """Changes, requests, cancelled ones, our own requests to the client: nothing is kept."""
    client = ready(start)
    client.open("file:///a", "x" * 100)
    place = {"start": {"line": 0, "character": 1}, "end": {"line": 0, "character": 2}}
    change = framed(changed(2, {"range": place, "text": "y"}))
    for _ in range(20):
        client.send_bytes(change * 1000)
    for msg_id in [slow(client) for _ in range(5)]:
        client.cancel(msg_id)
        client.response(msg_id)
    assert client.command("test.ask", "workspace/configuration", {"items": [{}]}) == [None]
    client.answers["workspace/configuration"] = None
    silent = client.request(
        "workspace/executeCommand",
        {"command": "test.ask", "arguments": ["workspace/configuration", {"items": [{}]}]},
    )
    client.wait_for(lambda c: [m for w, m in c.transcript if w == "<-" and "method" in m][1:])
    client.cancel(silent)
    client.response(silent)
    assert client.command("test.text", "file:///a")[0] == "xy" + "x" * 98
    state = client.command("test.state")
    assert (state["tasks"], state["futures"], state["kept"]) == (0, 0, 0)
    assert client.quit() == 0


# --- start-up and stdio -------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("serve",), ("--stdio",), ("serve", "--stdio")])
def test_command_lines_of_editors(start, arguments):
    client = start((*SERVER[:3], *arguments, f"--clientProcessId={os.getpid()}"))
    assert client.initialize()["serverInfo"]["name"] == "moa-lsp"
    assert client.quit() == 0
    assert client.stderr_text == ""


@pytest.mark.parametrize("command", [SERVER, TEST_SERVER], ids=["whole", "without features"])
def test_start_up_imports_nothing_heavy(start, command):
    """What features need is imported after the answer to ``initialize``."""
    client = start((sys.executable, "-X", "importtime", *command[1:]))
    client.call("initialize", {"processId": None, "capabilities": {}})
    until(lambda: re.search(r"\| +moa_lsp\.lsp\.app\n", client.stderr_text))
    loaded = {
        name.split(".")[0]
        for name in re.findall(r"import time:[^|]*\|[^|]*\| +(\S+)", client.stderr_text)
    }
    assert "pygls" in loaded
    assert loaded.isdisjoint(LAZY), loaded & set(LAZY)


def test_stdout_is_the_protocol_s_alone(start):
    """What else is printed lands on stderr; ``close`` checks stdout for anything else."""
    client = ready(start)
    client.command("test.print", "stray words")
    client.wait_for_log("stray words")
    assert client.quit() == 0


def test_stdin_from_a_file(tmp_path):
    """A file cannot be watched by the event loop: a thread reads it."""
    messages = [
        {"id": 1, "method": "initialize", "params": {"capabilities": {}}},
        {"id": 2, "method": "workspace/executeCommand", "params": {"command": "test.echo"}},
        {"id": 3, "method": "shutdown"},
        {"method": "exit"},
    ]
    script = tmp_path / "script"
    script.write_bytes(b"".join(framed({"jsonrpc": "2.0", **each}) for each in messages))
    with script.open("rb") as stdin:
        done = subprocess.run(
            TEST_SERVER, stdin=stdin, capture_output=True, timeout=SOON_S, check=False
        )
    assert done.returncode == 0, done.stderr
    assert b'"id":2,"result":[]' in done.stdout
    assert b'"id":3,"result":null' in done.stdout
