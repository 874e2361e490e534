"""The dispatcher in one process: pairs of requests and answers, nothing kept, nothing lost.

What the wire may bring is in tests/e2e/test_abuse.py; here is what only the inside shows, one
test at least for each private name of pygls that is overridden.
"""

import asyncio

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from moa_lsp.errors import UsageError
from moa_lsp.lsp.app import create_server
from tests.fakes.wire import Wire


@pytest.fixture
async def wire():
    made = Wire(create_server(()))
    await made.initialize()
    return made


def kept(wire):
    protocol = wire.server.protocol
    return len(protocol._request_futures) + len(protocol._result_types) + len(protocol.in_flight)


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_answers_of_the_client_become_its_types(wire):
    future = wire.server.workspace_apply_edit(
        types.ApplyWorkspaceEditParams(edit=types.WorkspaceEdit(), label="x")
    )
    request = wire.sent[-1]
    assert request["method"] == "workspace/applyEdit"
    assert request["params"] == {"edit": {}, "label": "x"}
    wire.give({"id": request["id"], "result": {"applied": True}})
    assert future.result(0) == types.ApplyWorkspaceEditResult(applied=True)
    assert kept(wire) == 0


@pytest.mark.parametrize(
    "answer",
    [
        {"error": {"code": -32601, "message": "no"}},
        {"error": {"code": "x"}},
        {"error": 5},
        {"result": {}},
        {"result": 5},
    ],
    ids=str,
)
async def test_answers_that_are_errors_or_do_not_fit(wire, answer):
    params = types.ApplyWorkspaceEditParams(edit=types.WorkspaceEdit())
    task = asyncio.ensure_future(wire.server.workspace_apply_edit_async(params))
    await settle()
    wire.give({"id": wire.sent[-1]["id"], **answer})
    with pytest.raises(JsonRpcException):
        await task
    assert kept(wire) == 0


async def test_H1_late_answer_to_a_cancelled_question(wire):
    """pygls raises InvalidStateError for it (621) and keeps the token (607, 608)."""
    question = wire.server.workspace_configuration_async(types.ConfigurationParams(items=[]))
    asked = asyncio.ensure_future(question)
    await settle()
    asked.cancel()
    await settle()
    assert kept(wire) == 0
    wire.give({"id": wire.sent[-1]["id"], "result": [1]})
    assert kept(wire) == 0


async def test_questions_with_plain_values_and_callbacks(wire):
    on_delta = []
    for _ in range(2):
        wire.server.protocol.send_request("moa/preview", {"run": "x"}, on_delta.append)
    first, second = wire.sent[-2:]
    assert first["params"] == {"run": "x"}
    wire.give({"id": first["id"], "result": {"accept": True}})
    wire.give({"id": second["id"], "error": {"code": 1, "message": "x"}})
    assert on_delta == [{"accept": True}]


async def test_question_that_cannot_be_sent_is_not_kept(wire):
    with pytest.raises(TypeError, match="not a JSON value"):
        wire.server.protocol.send_request("moa/preview", {"run": object()})
    assert kept(wire) == 0


async def test_progress_of_pygls_works_on_it(wire):
    progress = wire.server.work_done_progress
    task = asyncio.ensure_future(progress.create_async("t"))
    await settle()
    wire.give({"id": wire.sent[-1]["id"], "result": None})
    await task
    wire.tell("window/workDoneProgress/cancel", {"token": "t"})
    assert progress.tokens["t"].cancelled()


async def test_L06_progress_that_is_never_acknowledged(wire):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await wire.server.work_done_progress.create_async("t")
    assert kept(wire) == 0


async def test_features_hear_of_documents_after_the_store_did(wire):
    server, on_delta = wire.server, []

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def on_open(params: types.DidOpenTextDocumentParams):
        on_delta.append((params.text_document.uri, server.documents.snapshot("file:///a").text))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def on_change(params: types.DidChangeTextDocumentParams):
        on_delta.append(params.content_changes[0].text)

    item = {"uri": "file:///a", "languageId": "x", "version": 1, "text": "t"}
    wire.tell("textDocument/didOpen", {"textDocument": item})
    changes = [{"text": "u"}]
    wire.tell("textDocument/didChange", {"textDocument": item, "contentChanges": changes})
    await settle()
    assert on_delta == [("file:///a", "t"), "u"]


async def test_built_ins_wait_for_asynchronous_features(wire):
    """pygls' built-ins call the feature in their midst; cancelling reaches it."""
    server = create_server(())
    wire = Wire(server)
    reached = []

    @server.feature(types.INITIALIZE)
    async def on_initialize(_params: types.InitializeParams):
        await asyncio.sleep(0)
        reached.append(server.client_capabilities is not None)

    @server.feature(types.SHUTDOWN)
    async def on_shutdown(_params):
        await asyncio.sleep(0)
        reached.append("shutdown")

    assert (await wire.initialize())["serverInfo"]["name"] == "moa-lsp"
    assert (await wire.ask("shutdown"))["result"] is None
    assert reached == [True, "shutdown"]


async def test_failing_initialize_feature_is_answered_and_may_be_tried_again():
    server = create_server(())
    wire = Wire(server)
    failures = [UsageError("not yet")]

    @server.feature(types.INITIALIZE)
    async def on_initialize(_params: types.InitializeParams):
        await asyncio.sleep(0)
        if failures:
            raise failures.pop()

    assert (await wire.ask("initialize", {}))["error"]["message"] == "not yet"
    assert "result" in await wire.ask("initialize", {})


async def test_callable_objects_are_handlers_too(wire):
    class Handler:
        async def __call__(self, params):
            await asyncio.sleep(0)
            return params

    wire.server.feature("test/object")(Handler())
    assert (await wire.ask("test/object", [1]))["result"] == [1]


async def test_ready_and_close_are_heard_once_each(caplog):
    server = create_server(())
    wire = Wire(server)
    on_delta = []
    server.on_ready.append(lambda: on_delta.append("ready"))

    async def close():
        await asyncio.sleep(0)
        on_delta.append("closed")

    async def broken():
        raise OSError("disk")

    server.on_close += [broken, close]
    await wire.initialize()
    assert (await wire.ask("shutdown"))["result"] is None
    await server.close()
    assert on_delta == ["ready", "closed"]
    assert "closing a feature failed" in caplog.text


async def test_kept_tasks_end_with_the_connection(wire):
    task = asyncio.ensure_future(asyncio.sleep(60))
    wire.server.keep(task)
    await wire.ask("shutdown")
    await settle()
    assert task.cancelled()


def test_H6_thread_handlers_are_refused():
    with pytest.raises(TypeError, match="to_thread"):
        create_server(()).thread()


async def test_H5_a_server_error_is_logged_not_shown(wire, caplog):
    wire.server.report_server_error(ValueError("x"), JsonRpcException)
    assert "x" in caplog.text
    assert [each for each in wire.sent if "method" in each] == []


async def test_without_a_client_nothing_is_sent():
    server = create_server(())
    server.window_show_message(types.ShowMessageParams(types.MessageType.Info, "x"))
