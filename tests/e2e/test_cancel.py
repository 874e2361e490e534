"""Cancelling, and clients that answer badly: the run stops, no edit follows, nothing is lost."""

import pytest

from tests.fakes.client import ServerError
from tests.fakes.desk import able, fenced

pytestmark = pytest.mark.e2e

DONE = "x = 1"


@pytest.fixture
def page(one, request):
    """A fresh document with one line to tidy."""
    yield from _fresh(one, request)


@pytest.fixture
def silent_page(hasty, request):
    """As ``page``, at a server that waits 0.3 s for an answer."""
    yield from _fresh(hasty, request)


def _fresh(one, request):
    one.forget()
    name = request.node.name
    before = one.state()
    buffer = one.open(f"file:///cancel/{abs(hash(name))}.py", "x=1\n")
    answers = dict(one.client.answers)
    yield one, buffer
    one.client.answers.update(answers)
    one.gate(name)
    one.until(open=0, tokens=0)
    one.client.notify("textDocument/didClose", {"textDocument": {"uri": buffer.uri}})
    assert one.state()["tasks"] <= before["tasks"]


def sent_edits(runner):
    messages = [message for direction, message in runner.client.transcript if direction == "<-"]
    return [each for each in messages if each.get("method") == "workspace/applyEdit"]


def token(runner):
    """The token of the one progress, once it began."""

    def begun(client):
        return [
            each["params"]["token"]
            for each in client.notifications
            if each["method"] == "$/progress" and each["params"]["value"]["kind"] == "begin"
        ]

    return runner.client.wait_for(begun)[-1]


def by_button(runner, _run):
    runner.client.notify("window/workDoneProgress/cancel", {"token": token(runner)})


def by_name(runner, run):
    assert runner.client.command("moa.cancel", {"run": run}) == {"cancelled": 1}


def by_all(runner, _run):
    assert runner.client.command("moa.cancel", {}) == {"cancelled": 1}


def by_no_argument(runner, _run):
    assert runner.client.command("moa.cancel") == {"cancelled": 1}


@pytest.mark.parametrize("cancel", [by_button, by_name, by_all, by_no_argument])
def test_L05_L06_every_agent_is_cancelled_and_no_edit_follows(page, cancel):
    runner, buffer = page
    runner.script(a={"hangs": True}, b={"hangs": True}, c={"text": fenced(DONE)})
    cancelled = runner.state()["cancelled"]
    run = runner.run(buffer.range(0, 3), mix="trio")
    runner.until(open=2)
    cancel(runner, run)
    record = runner.result(run)
    assert (record["state"], record["applied"]) == ("cancelled", False)
    assert [each["state"] for each in record["proposals"]] == ["cancelled", "cancelled", "ok"]
    state = runner.state()
    assert (state["open"], state["cancelled"]) == (0, cancelled + 2)
    assert runner.client.command("moa.cancel", {"run": run}) == {"cancelled": 0}
    assert runner.client.command("moa.cancel", {}) == {"cancelled": 0}
    assert runner.progress()[-1] == {"kind": "end", "message": "cancelled"}
    assert runner.edits == []
    assert runner.told() == []
    assert buffer.text == "x=1\n"


def test_L05_cancelled_during_the_aggregation(page):
    runner, buffer = page
    said = {"text": fenced(DONE)}
    runner.script(a=said, b={"text": fenced("x = 2")}, c={"error": "no"}, z={"hangs": True})
    cancelled = runner.state()["cancelled"]
    run = runner.run(buffer.range(0, 3), mix="trio")
    runner.client.wait_for(
        lambda _c: any("aggregating" in each.get("message", "") for each in runner.progress())
    )
    runner.until(open=1)
    assert runner.client.command("moa.cancel", {"run": run}) == {"cancelled": 1}
    assert runner.result(run)["state"] == "cancelled"
    assert runner.state()["cancelled"] == cancelled + 1
    assert runner.edits == []


def test_L05_cancelled_while_queued_nobody_is_asked(page):
    runner, buffer = page
    runner.script(a={"hangs": True})
    asked = len(runner.state()["asked"])
    runs = [runner.run(buffer.range(0, 3)) for _ in range(4)]
    runner.until(open=2)
    for run in runs[2:]:
        assert runner.client.command("moa.cancel", {"run": run}) == {"cancelled": 1}
        assert runner.result(run)["state"] == "cancelled"
    assert runner.client.command("moa.cancel", {}) == {"cancelled": 2}
    for run in runs:
        assert runner.result(run)["state"] == "cancelled"
    assert len(runner.state()["asked"]) == asked + 2
    assert runner.edits == []


def test_L05_cancelled_in_the_same_breath(page):
    """The cancellation is read with the command's answer still warm."""
    runner, buffer = page
    runner.script(a={"text": fenced(DONE)})
    params = {"action": "refactor", "uri": buffer.uri, "range": buffer.range(0, 3)}
    messages = [
        {"id": "r", "params": {"command": "moa.run", "arguments": [params]}},
        {"id": "c", "params": {"command": "moa.cancel", "arguments": [{}]}},
    ]
    head = {"jsonrpc": "2.0", "method": "workspace/executeCommand"}
    runner.client.send_together(*({**head, **message} for message in messages))
    run = runner.client.result("r")["run"]
    stopped = runner.client.result("c")["cancelled"]
    record = runner.result(run)
    assert record["state"] == ("cancelled" if stopped else "done")
    assert len(runner.edits) == (0 if stopped else 1)
    assert buffer.text == ("x=1\n" if stopped else "x = 1\n")


def test_cancelling_the_request_that_waits_leaves_the_run_alone(page):
    runner, buffer = page
    name = "waits"
    runner.script(a={"text": fenced(DONE), "gate": name})
    run = runner.run(buffer.range(0, 3))
    asked = {"command": "moa.result", "arguments": [{"run": run, "wait": 60}]}
    waiting = runner.client.request("workspace/executeCommand", asked)
    runner.client.cancel(waiting)
    assert runner.client.response(waiting)["error"]["code"] == -32800
    runner.gate(name)
    assert runner.result(run)["applied"] is True


def test_L06_a_token_that_is_never_acknowledged_blocks_nothing(silent_page):
    runner, buffer = silent_page
    runner.client.answers["window/workDoneProgress/create"] = None
    runner.script(a={"text": fenced(DONE)})
    record = runner.result(runner.run(buffer.range(0, 3)))
    assert record["applied"] is True
    assert runner.progress() == []


def refuses(_params):
    return {"applied": False, "failureReason": "no"}


def fails(_params):
    raise ServerError({"code": -32603, "message": "broken"})


def nonsense(_params):
    return "yes"


@pytest.mark.parametrize("answer", [refuses, fails, nonsense])
def test_L11_one_more_try_then_kept(page, answer):
    asked = []

    def counted(params):
        asked.append(params)
        return answer(params)

    _tries_once_more_and_keeps(page, counted, lambda: len(asked) == 2)


def test_L11_after_silence_one_more_try_then_kept(silent_page):
    _tries_once_more_and_keeps(silent_page, None, lambda: True)


def _tries_once_more_and_keeps(page, answer, twice):
    runner, buffer = page
    normal = runner.client.answers["workspace/applyEdit"]
    runner.client.answers["workspace/applyEdit"] = answer
    runner.script(a={"text": fenced(DONE)})
    run = runner.run(buffer.range(0, 3))
    record = runner.result(run)
    assert (record["state"], record["applied"]) == ("done", False)
    assert "kept for moa.apply" in record["reason"]
    label = f"Moa: Refactor · {record['author']}"
    wanted = {"label": label, "edit": record["edit"]}
    assert [each["params"] for each in sent_edits(runner)[-2:]] == [wanted, wanted]
    assert twice()
    assert runner.told() == [f"Moa: {record['reason']}"]
    with pytest.raises(ServerError, match="did not apply"):
        runner.client.command("moa.apply", {"run": run})
    runner.client.answers["workspace/applyEdit"] = normal
    assert runner.client.command("moa.apply", {"run": run})["applied"] is True
    assert buffer.text == "x = 1\n"
    with pytest.raises(ServerError, match="no result waiting"):
        runner.client.command("moa.apply", {"run": run})


def test_L11_the_text_moves_just_before_the_edit_arrives(page):
    """The first edit finds a newer text; the second one is made for it."""
    runner, buffer = page
    normal = runner.client.answers["workspace/applyEdit"]

    def typing(params):
        runner.client.answers["workspace/applyEdit"] = normal
        runner.type("# head", "# a longer head")
        return normal(params)

    runner.client.answers["workspace/applyEdit"] = typing
    runner.script(a={"text": fenced(DONE)})
    buffer = runner.open(buffer.uri + "x", "# head\nx=1\n")
    record = runner.result(runner.run(buffer.range_of("x=1")))
    assert record["applied"] is True
    assert buffer.text == "# a longer head\nx = 1\n"
    assert len(runner.edits) == 2
    assert runner.told() == []


def test_L11_an_edit_that_went_in_before_the_answer_got_lost_is_not_sent_again(page):
    runner, buffer = page
    normal = runner.client.answers["workspace/applyEdit"]

    def forgetful(params):
        normal(params)
        raise ServerError({"code": -32603, "message": "lost"})

    runner.client.answers["workspace/applyEdit"] = forgetful
    runner.script(a={"text": fenced(DONE)})
    runner.result(runner.run(buffer.range(0, 3)))
    assert len(runner.edits) == 1
    assert buffer.text == "x = 1\n"


def test_L05_cancelled_once_the_edit_is_out_it_is_not_sent_again(page):
    runner, buffer = page

    def cancelling(params):
        runner.edits.append(params)
        runner.client.request(
            "workspace/executeCommand", {"command": "moa.cancel", "arguments": [{}]}
        )
        return {"applied": False}

    runner.client.answers["workspace/applyEdit"] = cancelling
    runner.script(a={"text": fenced(DONE)})
    record = runner.result(runner.run(buffer.range(0, 3)))
    assert (record["state"], record["applied"]) == ("done", False)
    assert len(runner.edits) == 1


def test_a_client_without_versions_is_not_asked_again_after_silence(runner):
    """An unversioned edit that arrives late twice would change the text twice."""
    able_to = able(workspace={"applyEdit": True})
    runner = runner(able_to, flags=("--reply-s", "0.2"))
    runner.client.answers["workspace/applyEdit"] = None
    runner.script(a={"text": fenced(DONE)})
    buffer = runner.open("file:///silent.py", "x=1\n")
    record = runner.result(runner.run(buffer.range(0, 3)))
    assert record["applied"] is False
    assert len(sent_edits(runner)) == 1


@pytest.mark.parametrize("end", ["shutdown", "eof"])
def test_L13_the_end_cancels_what_is_at_work(runner, end):
    runner = runner()
    runner.client.notify("$/setTrace", {"value": "off"})
    runner.script(a={"hangs": True})
    buffer = runner.open("file:///end.py", "x=1\n")
    runs = [runner.run(buffer.range(0, 3)) for _ in range(3)]
    runner.until(open=2)
    assert len(runs) == 3
    runner.client.wait_for(  # an end is only for what began
        lambda _c: [each["kind"] for each in runner.progress()].count("begin") == 3
    )
    if end == "shutdown":
        shutdown = runner.client.request("shutdown")
        assert runner.client.result(shutdown) is None
        names = [
            (m.get("id"), m.get("params", {}).get("value", {}).get("kind"))
            for d, m in runner.client.transcript
            if d == "<-"
        ]
        ends = [place for place, (_, kind) in enumerate(names) if kind == "end"]
        assert len(ends) == 3
        assert max(ends) < names.index((shutdown, None)), "shutdown was answered before the end"
        runner.client.notify("exit")
        assert runner.client.wait() == 0
    else:
        runner.client.process.stdin.close()
        assert runner.client.wait() == 1
        assert [each["kind"] for each in runner.progress()].count("end") == 3
    assert runner.edits == []
    assert runner.told() == []
    assert "Traceback" not in runner.client.stderr_text
