"""What a client may do wrong: each row ends in an answer, a logged drop or a clean exit.

The rows that a server survives share one process, and after each the process must still answer;
the others have a process each, which must end with code 1 and one line on stderr; more of
those are in tests/unit/handshake/test_framing.py.
"""

import json
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from tests.fakes.client import framed

pytestmark = pytest.mark.e2e

PARSE, INVALID, UNKNOWN, PARAMS, INTERNAL = -32700, -32600, -32601, -32602, -32603
CANCELLED, MODIFIED, FAILED, NOT_READY = -32800, -32801, -32803, -32002

_IDS = count(5000)

RPC = {"jsonrpc": "2.0"}


@dataclass(frozen=True)
class Row:
    """One abuse.

    ``sent`` is bytes as they are, or a message. ``code`` is the error that answers it, 0 a
    result, ``None`` no answer at all; ``echoes`` is the id that the answer must carry.
    """

    name: str
    sent: Any
    code: int | None
    echoes: Any = None

    def __str__(self) -> str:
        return self.name


def raw(text: str | bytes) -> bytes:
    body = text if isinstance(text, bytes) else text.encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def ask(method: str, **more: Any) -> dict[str, Any]:
    return {**RPC, "id": next(_IDS), "method": method, **more}


def tell(method: str, **more: Any) -> dict[str, Any]:
    return {**RPC, "method": method, **more}


def run(command: str, *arguments: Any) -> dict[str, Any]:
    params = {"command": command, "arguments": list(arguments)}
    return ask("workspace/executeCommand", params=params)


def hover(line: Any = 1, **more: Any) -> dict[str, Any]:
    position = {"line": line, "character": 0}
    return (
        ask(
            "textDocument/hover",
            params={"textDocument": {"uri": "file:///a"}, "position": position},
        )
        | more
    )


SURVIVED = [
    Row("test_L01_malformed_json", raw("{"), PARSE),
    Row("test_L01_empty_body", raw(""), PARSE),
    Row("test_L01_bad_utf8", raw(b'{"jsonrpc":"2.0","id":1,"method":"\xff"}'), PARSE),
    Row("test_L01_utf16_body", raw('{"jsonrpc":"2.0"}'.encode("utf-16")), PARSE),
    Row("test_L01_byte_order_mark", raw("\ufeff" + json.dumps(RPC)), PARSE),
    Row("test_L01_nan", raw('{"jsonrpc":"2.0","id":1,"method":"x","params":NaN}'), PARSE),
    Row("test_L01_deep_nesting", raw("[" * 200_000), PARSE),
    Row("test_L01_integer_of_a_million_digits", raw("1" * 10**6), PARSE),
    Row("test_L01_trailing_garbage", raw('{"jsonrpc":"2.0"} x'), PARSE),
    Row("test_L01_empty_object", {}, INVALID),
    Row("test_L01_number", 5, INVALID),
    Row("test_L01_string", "hello", INVALID),
    Row("test_L01_null", None, INVALID),
    Row("test_L01_batch", [ask("test/custom"), ask("test/custom")], INVALID),
    Row("test_L01_empty_batch", [], INVALID),
    Row("test_L01_jsonrpc_missing", {"id": 7001, "method": "test/custom"}, INVALID, 7001),
    Row("test_L01_jsonrpc_1", {"jsonrpc": "1.0", "id": 7002, "method": "x"}, INVALID, 7002),
    Row("test_L01_jsonrpc_number", {"jsonrpc": 2.0, "id": 7003, "method": "x"}, INVALID, 7003),
    Row("test_L01_no_id_no_method", RPC, INVALID),
    Row("test_L01_id_alone", {**RPC, "id": 7004}, INVALID, 7004),
    Row("test_L01_method_is_a_number", {**RPC, "id": 7005, "method": 5}, INVALID, 7005),
    Row("test_L01_id_is_a_list", {**RPC, "id": [1], "method": "test/custom"}, INVALID),
    Row("test_L01_id_is_an_object", {**RPC, "id": {}, "method": "test/custom"}, INVALID),
    Row("test_L01_id_is_a_boolean", {**RPC, "id": True, "method": "test/custom"}, INVALID),
    Row("test_L01_id_is_null", {**RPC, "id": None, "method": "test/custom"}, 0, None),
    Row("test_L01_id_is_a_float", {**RPC, "id": 1.5, "method": "test/custom"}, 0, 1.5),
    Row("test_L01_id_is_a_string", {**RPC, "id": "\u2028", "method": "test/custom"}, 0, "\u2028"),
    Row("test_L01_id_is_huge", {**RPC, "id": 10**30, "method": "test/custom"}, 0, 10**30),
    Row("test_L01_id_is_negative", {**RPC, "id": -1, "method": "test/custom"}, 0, -1),
    Row("test_L01_extra_members", ask("test/custom", extra=[1], result=5), 0),
    Row("test_L04_unknown_method_with_params", ask("no/such", params={}), UNKNOWN),
    Row("test_L04_unknown_method_without_params", ask("no/such"), UNKNOWN),
    Row("test_L04_unknown_method_extra_member", ask("no/such", more=1), UNKNOWN),
    Row("test_L04_unknown_dollar_request", ask("$/no/such"), UNKNOWN),
    Row("test_L04_unknown_dollar_notification", tell("$/no/such"), None),
    Row("test_L04_unknown_notification", tell("no/such", params=[1]), None),
    Row("test_L04_method_of_the_server_side", ask("workspace/applyEdit", params={}), UNKNOWN),
    Row("test_L04_second_initialize", ask("initialize", params={"capabilities": {}}), INVALID),
    Row("test_L03_params_missing", ask("textDocument/hover"), PARAMS),
    Row("test_L03_params_null", hover(params=None), PARAMS),
    Row("test_L03_params_list", hover(params=[1, 2]), PARAMS),
    Row("test_L03_params_string", hover(params="x"), PARAMS),
    Row("test_L03_params_mistyped", hover(params={"textDocument": 5, "position": "x"}), PARAMS),
    Row("test_L03_line_is_text", hover("first"), PARAMS),
    Row("test_L03_line_is_null", hover(None), PARAMS),
    Row("test_L03_line_is_a_list", hover([]), PARAMS),
    Row("test_L03_line_is_infinite", raw(
        json.dumps(hover(7)).replace(": 7,", ": 1e999,")), 0),  # clamped
    Row("test_L03_line_is_numeric_text", hover("11"), 0),
    Row("test_L03_line_is_a_float", hover(11.0), 0),
    Row("test_L03_command_missing", ask("workspace/executeCommand", params={}), PARAMS),
    Row("test_L03_command_unknown", run("no.such"), PARAMS),
    Row("test_L03_command_arguments_too_few", run("test.one"), PARAMS),
    Row("test_L03_command_arguments_too_many", run("test.one", 1, 2), PARAMS),
    Row("test_L03_command_server_argument_too_many", run("test.with_server", 1, 2), PARAMS),
    Row("test_L03_arguments_not_a_list", ask(
        "workspace/executeCommand", params={"command": "test.echo", "arguments": 5}), PARAMS),
    Row("test_nested_jsonrpc_stays_data", run("test.echo", {"jsonrpc": "2.0", "id": 1}), 0),
    Row("test_nested_jsonrpc_in_custom", ask("test/custom", params={"jsonrpc": "1.0"}), 0),
    Row("test_type_name_stays_data", ask("test/custom", params={"type_name": "x", "a b": 1}), 0),
    Row("test_L01_response_to_nothing", {**RPC, "id": 999, "result": None}, None),
    Row("test_L01_error_response_to_nothing", {
        **RPC, "id": None, "error": {"code": 1, "message": "x"}}, None),
    Row("test_L05_cancel_unknown_id", tell("$/cancelRequest", params={"id": 123456}), None),
    Row("test_L05_cancel_without_params", tell("$/cancelRequest"), None),
    Row("test_L05_cancel_unhashable", tell("$/cancelRequest", params={"id": {}}), None),
    Row("test_L06_progress_cancel_unknown", tell(
        "window/workDoneProgress/cancel", params={"token": "x"}), None),
    Row("test_L04_initialized_again", tell("initialized"), None),
    Row("test_L20_notification_handler_fails", tell("test/badNote"), None),
    Row("test_L20_set_trace_of_tomorrow", tell("$/setTrace", params={"value": "loud"}), None),
    Row("test_notebooks_are_ignored", tell("notebookDocument/didClose", params={}), None),
    Row("test_L22_folder_unknown", tell("workspace/didChangeWorkspaceFolders", params={
        "event": {"added": [], "removed": [{"uri": "file:///x", "name": "x"}]}}), None),
    Row("test_L02_lower_case_header", framed(ask("test/custom")).replace(
        b"Content-Length", b"content-length"), 0),
    Row("test_L02_lf_only_header", framed(ask("test/custom")).replace(b"\r\n", b"\n"), 0),
    Row("test_L02_more_headers", b"Content-Type: application/vscode-jsonrpc; charset=utf8\r\n"
        + framed(ask("test/custom")), 0),
    Row("test_L02_empty_lines_before", b"\r\n\n" + framed(ask("test/custom")), 0),
    Row("test_L02_no_space_after_colon", framed(ask("test/custom")).replace(b": ", b":", 1), 0),
]  # fmt: skip


@pytest.mark.parametrize("row", SURVIVED, ids=str)
def test_survived(shared, row):
    """The server answers as the row says, and answers the next request as well."""
    seen = len(shared.transcript)
    sent = row.sent
    if isinstance(sent, bytes):
        shared.transcript.append(("->", sent))
        shared.send_bytes(sent)
    else:
        shared.transcript.append(("->", sent))
        shared.send_bytes(framed(sent))
    if row.code is not None:
        shared.wait_for(lambda _: answers_since(shared, seen))
    assert shared.command("test.echo", row.name) == [row.name]
    got = [each for each in answers_since(shared, seen) if each.get("result") != [row.name]]
    if row.code is None:
        assert got == []
        return
    (answer,) = got
    shared.refusals.remove(answer)
    assert answer.get("error", {"code": 0})["code"] == row.code, answer
    assert "data" not in answer.get("error", {})
    assert len(answer.get("error", {"message": ""})["message"]) < 200
    assert answer["id"] == expected_id(row), answer


def answers_since(client: Any, seen: int) -> list[dict[str, Any]]:
    return [
        message
        for way, message in client.transcript[seen:]
        if way == "<-" and "method" not in message
    ]


def expected_id(row: Row) -> Any:
    sent = row.sent
    if isinstance(sent, bytes):
        if row.code == PARSE:
            return None
        sent = json.loads(sent[sent.index(b"{") :])
    if row.echoes is not None or not isinstance(sent, dict):
        return row.echoes
    return sent["id"] if isinstance(sent.get("id"), int) and sent["id"] is not True else None


FATAL = {
    "test_H9_length_10_gigabytes": b"Content-Length: 10000000000\r\n\r\n{}",
    "test_H9_length_of_5000_digits": b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
    "test_L02_length_negative": b"Content-Length: -1\r\n\r\n{}",
    "test_L02_length_missing": b"Content-Type: x\r\n\r\n{}",
    "test_L02_no_header_at_all": b'{"jsonrpc":"2.0","id":1,"method":"initialize"}\n\n',
    "test_L02_header_never_ends": b"A" * 20_000,
    "test_H10_length_too_small": b'Content-Length: 10\r\n\r\n{"jsonrpc":"2.0","id":1}\r\n\r\n',
}


@pytest.mark.parametrize("name", FATAL)
def test_fatal(start, name):
    """No later byte can be understood: one line, exit 1, at once though input stays open."""
    client = start()
    client.expect_null_id(2)
    client.send_bytes(FATAL[name])
    assert client.wait() == 1
    lines = [line for line in client.stderr_text.split("\n") if "ERROR" in line]
    assert len(lines) == 1, client.stderr_text
    assert "Traceback" not in client.stderr_text


CUT = {
    "test_L02_end_of_input_in_header": b"Content-Len",
    "test_L02_end_of_input_in_body": b'Content-Length: 100\r\n\r\n{"jsonrpc"',
    "test_H10_length_too_large": b'Content-Length: 60\r\n\r\n{"jsonrpc":"2.0","id":1}',
}


@pytest.mark.parametrize("name", CUT)
def test_cut(start, name):
    """Input ends inside a message."""
    client = start()
    client.initialize()
    client.send_bytes(CUT[name])
    client.process.stdin.close()
    assert client.wait() == 1
    assert "input ended" in client.stderr_text


ANSWERS = {
    "test_L20_usage": ("usage", PARAMS, "no mix \\x1b[31m called x"),
    "test_L20_stale": ("stale", MODIFIED, "the text changed"),
    "test_L20_run": ("run", FAILED, "no agent answered"),
    "test_L20_provider": ("provider", FAILED, "no route to the model"),
    "test_L20_bug": ("bug", INTERNAL, "internal error, see the server's log"),
    "test_L20_system_exit": ("exit", INTERNAL, "internal error, see the server's log"),
    "test_L20_keyboard_interrupt": ("interrupt", INTERNAL, "internal error, see the server's log"),
    "test_L20_base_exception": ("base", INTERNAL, "internal error, see the server's log"),
    "test_L20_timeout": ("timeout", INTERNAL, "internal error, see the server's log"),
    "test_L20_cancels_itself": ("cancelled", CANCELLED, "cancelled"),
}


@pytest.mark.parametrize("command", ["test.fail", "test.fail_later"])
@pytest.mark.parametrize("name", ANSWERS)
def test_failures(shared, name, command):
    """What a handler raises becomes one code and one sentence, without a traceback."""
    kind, code, sentence = ANSWERS[name]
    msg_id = shared.request("workspace/executeCommand", {"command": command, "arguments": [kind]})
    assert shared.response(msg_id)["error"] == {"code": code, "message": sentence}


def test_L20_long_message_is_cut(shared):
    msg_id = shared.request(
        "workspace/executeCommand", {"command": "test.fail", "arguments": ["long"]}
    )
    message = shared.response(msg_id)["error"]["message"]
    assert 100 < len(message) <= 300
    assert message.endswith("…")


@pytest.mark.parametrize("kind", ["set", "object", "nan", "bytes", "wrong", "deep"])
def test_L20_result_that_cannot_be_sent(shared, kind):
    msg_id = shared.request(
        "workspace/executeCommand", {"command": "test.result", "arguments": [kind]}
    )
    assert shared.response(msg_id)["error"]["code"] == INTERNAL


def test_results_of_the_protocol_are_sent(shared):
    assert shared.command("test.result", "position") == {"line": 1, "character": 2}
    assert shared.command("test.result", "type") == 1
    assert shared.command("test.result", "surrogate") == "\ud83d"
    assert shared.command("test.with_server", {"a": [1, None]}) == ["moa-lsp", {"a": [1, None]}]


def test_L20_a_bug_is_logged_with_its_traceback_only_there(start):
    client = start()  # its own: a shared one may have logged too much of this already
    client.initialize()
    msg_id = client.request(
        "workspace/executeCommand", {"command": "test.fail", "arguments": ["bug"]}
    )
    assert client.response(msg_id)["error"]["code"] == INTERNAL
    client.wait_for_log("ZeroDivisionError")
    assert not any("secret.py" in json.dumps(each) for _, each in client.transcript if _ == "<-")


def test_H12_lone_surrogates_come_back_as_they_were(shared):
    shared.open("file:///s", 'x = "\ud83d"')
    assert shared.command("test.text", "file:///s")[0] == 'x = "\ud83d"'


def test_L01_duplicate_ids_are_both_answered(shared):
    first, second = run("test.sleep", 0.05), run("test.echo", 1)
    second["id"] = first["id"]
    shared.send(first)
    shared.send(second)
    shared.wait_for(lambda client: len(client._responses.get(first["id"], ())) == 2)
    results = [each["result"] for each in shared._responses[first["id"]]]
    assert sorted(results, key=str) == ["slept", [1]] or sorted(results, key=str) == [[1], "slept"]


def test_answers_of_the_client_that_do_not_fit(shared):
    """The waiting code gets an error, never a hang."""
    cases = {
        "wrong type": lambda _params: {"applied": {"no": 1}, "failedChange": "x"},
        "no object": lambda _params: 5,
    }
    for name, answer in cases.items():
        shared.answers["workspace/applyEdit"] = answer
        msg_id = shared.request(
            "workspace/executeCommand",
            {"command": "test.ask", "arguments": ["workspace/applyEdit", {"edit": {}}]},
        )
        response = shared.response(msg_id)
        assert "error" in response or response["result"] is not None, name
    assert shared.command("test.state")["futures"] == 0


def test_canaries_are_not_logged(start):
    """The user's text and what a client puts into broken messages stay out of the log."""
    client = start(env={"MOA_LSP_LOG": "debug"}, canaries=["canary-4711", "/home/canary"])
    client.initialize({"rootPath": "/home/canary", "initializationOptions": {"k": "canary-4711"}})
    client.open("file:///home/canary/a.py", "canary-4711")
    client.change("file:///home/canary/a.py", 0, {"text": "canary-4711"})
    client.change("file:///home/canary/b.py", 0, {"text": "canary-4711"})
    client.change("file:///home/canary/a.py", 2, {"text": ["canary-4711"]})
    for broken in ({"textDocument": "canary-4711"}, {"position": {"line": "canary-4711"}}):
        with pytest.raises(AssertionError, match="-32602"):
            client.call("textDocument/hover", broken)
    client.expect_null_id()
    client.send_bytes(raw("{canary-4711"))
    assert client.command("test.echo", "canary-4711") == ["canary-4711"]
    assert client.quit() == 0


def test_L01_flood_of_mistakes_is_not_a_flood_of_logs(start):
    """20,000 messages that deserve a warning each; ``close`` checks the size of stderr."""
    client = start()
    client.initialize()
    note = framed(tell("textDocument/didChange", params={"textDocument": {"uri": "x"}}))
    for _ in range(20):
        client.send_bytes(note * 1000)
    assert client.command("test.echo") == []
    assert client.quit() == 0
    assert "left out" in client.stderr_text
    assert len(client.stderr) < 50_000
