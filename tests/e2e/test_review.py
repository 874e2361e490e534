"""Asking, and showing what is written, over a real process, with the abilities of real editors."""

import threading

import pytest

from tests.fakes.client import ServerError
from tests.fakes.desk import able, fenced
from tests.fakes.editors import EDITORS

pytestmark = pytest.mark.e2e

THIN = able(experimental={"moa": {"preview": True, "partial": True}})

WAYS = {
    "vscode": "preview",  # with our extension
    "neovim": "message",
    "eglot": "message",
    "helix": "by hand",
    "zed": "message",
}
"""How each editor's user is asked, by what the editor says of itself."""


@pytest.mark.parametrize("name", EDITORS)
def test_L12_every_editor_asks_in_its_own_way_and_its_user_gets_the_edit(runner, name):
    params, encoding = EDITORS[name]
    runner = runner(params["capabilities"], encoding, review="always")
    questions, previews = [], []
    runner.client.answers["moa/preview"] = lambda asked: previews.append(asked) or {"accept": True}
    runner.client.answers["window/showMessageRequest"] = lambda asked: (
        questions.append(asked) or {"title": "Apply"}
    )
    runner.script(a={"text": fenced("x = 1")})
    buffer = runner.open("file:///w/asked.py", "x=1\n")
    record = runner.result(runner.run(buffer.range(0, 3)))
    assert record["needs_confirmation"] is True
    assert len(questions) == (1 if WAYS[name] == "message" else 0)
    assert len(previews) == (1 if WAYS[name] == "preview" else 0)
    if WAYS[name] == "by hand":
        assert (record["applied"], runner.edits) == (False, [])
        assert "run moa.apply" in runner.told()[0]
        record = runner.client.command("moa.apply")
    assert "changeAnnotations" not in runner.edits[0]["edit"], "nobody is asked twice"
    assert record["applied"] is True
    assert buffer.text == "x = 1\n"
    assert len(runner.edits) == 1


def test_a_thin_client_sees_the_answer_grow_then_the_diff_then_the_edit(runner):
    runner = runner(THIN, review="always")
    order = []

    def preview(asked):
        order.append(asked["diff"])
        return {"accept": True}

    runner.client.answers["moa/preview"] = preview
    runner.script(a={"text": fenced("x = 1"), "seconds": 0.2})
    buffer = runner.open("file:///w/thin.py", "x=1\n")
    run = runner.run(buffer.range(0, 3))
    assert runner.result(run)["applied"] is True
    runner.client.wait_for(lambda _client: any(each["done"] for each in partials(runner)))
    assert [(each["text"], each["done"]) for each in partials(runner)] == [
        ("x = 1", False),
        ("x = 1", True),
    ]
    assert {(each["run"], each["uri"]) for each in partials(runner)} == {(run, buffer.uri)}
    assert order == ["--- a/thin.py\n+++ b/thin.py\n@@ -1 +1 @@\n-x=1\n+x = 1\n"]


def partials(runner):
    return [n["params"] for n in runner.client.notifications if n["method"] == "moa/partial"]


def test_L06_the_cancel_button_takes_the_question_back(runner):
    runner = runner(THIN, review="always")
    came, go_on = threading.Event(), threading.Event()

    def thinking(_asked):
        came.set()
        assert go_on.wait(20)
        return {"accept": True}

    runner.client.answers["moa/preview"] = thinking
    runner.script(a={"text": fenced("x = 1")})
    buffer = runner.open("file:///w/button.py", "x=1\n")
    run = runner.run(buffer.range(0, 3))
    assert came.wait(20)
    go_on.set()  # the answer crosses the cancellation on the wire, or comes before it
    stopped = runner.client.command("moa.cancel", {"run": run})["cancelled"]
    record = runner.result(run)
    assert record["state"] == ("cancelled" if stopped else "done")
    assert len(runner.edits) == (0 if stopped else 1)
    assert runner.state()["waiting"] == 0
    with pytest.raises(ServerError, match="no result waiting"):
        runner.client.command("moa.apply", {"run": run})


def test_L13_shutdown_while_asking(runner):
    runner = runner(THIN, review="always")
    runner.client.answers["moa/preview"] = None
    runner.script(a={"text": fenced("x = 1")})
    buffer = runner.open("file:///w/end.py", "x=1\n")
    runner.run(buffer.range(0, 3))
    runner.client.wait_for(
        lambda client: any(m.get("method") == "moa/preview" for _, m in client.transcript)
    )
    assert runner.client.quit() == 0
    assert runner.edits == []
    assert [each["done"] for each in partials(runner)].count(True) == 1
    assert "Traceback" not in runner.client.stderr_text


def test_a_diff_is_a_virtual_document_where_the_client_reads_those(runner):
    workspace = {"applyEdit": True, "textDocumentContent": {"dynamicRegistration": True}}
    window = {"showDocument": {"support": True}, "showMessage": {}}
    runner = runner(able(workspace=workspace, window=window), review="always")
    answers, shown = [{"title": "Discard"}, {"title": "Show diff"}], []
    runner.client.answers["window/showMessageRequest"] = lambda _asked: answers.pop()
    runner.client.answers["window/showDocument"] = lambda asked: (
        shown.append(asked["uri"]) or {"success": True}
    )
    runner.script(a={"text": fenced("x = 1")})
    buffer = runner.open("file:///w/diff.py", "x=1\n")
    record = runner.result(runner.run(buffer.range(0, 3)))
    assert (record["applied"], buffer.text) == (False, "x=1\n")
    assert shown == [f"moa:/diff-{record['run']}-1.diff"]
    text = runner.client.call("workspace/textDocumentContent", {"uri": shown[0]})["text"]
    assert "-x=1\n+x = 1\n" in text
