"""The status line, and what happens when more is asked for than can be done at once."""

from itertools import pairwise

import pytest

from moa_lsp import limits
from tests.fakes.desk import fenced

pytestmark = pytest.mark.e2e

KEYS = {"state", "message", "mix", "inlineMix", "runs", "session"}


def last(desk, **wanted):
    """The last status, once it has these values."""
    return desk.client.wait_for(
        lambda _client: [each for each in desk.statuses()[-1:] if wanted.items() <= each.items()]
    )[0]


def test_the_status_of_a_run_from_beginning_to_end(desk):
    desk = desk()
    first = last(desk, state="idle")
    assert set(first) == KEYS
    assert (first["mix"], first["inlineMix"], first["runs"]) == ("solo", "embedded-inline", 0)
    assert first["session"] == {"usd": 0.0, "input": 0, "output": 0}
    kinds = [m.get("method") for way, m in desk.client.transcript if way == "<-"]
    sent = [("initialized" if m.get("method") == "initialized" else m.get("method"))
            for _, m in desk.client.transcript]  # fmt: skip
    assert kinds.count("moa/status") == 1
    assert sent.index("moa/status") > sent.index("initialized")
    desk.forget()
    desk.script(a={"text": fenced("x = 1"), "gate": "a"})
    buffer = desk.open("file:///a.py", "x=1\n")
    run = desk.run(buffer.range(0, 3))
    assert last(desk, state="busy", runs=1)["message"] == "1 run at work"
    desk.gate("a")
    assert desk.result(run)["applied"] is True
    last(desk, state="idle", runs=0)
    assert [each["state"] for each in desk.statuses()] == ["busy", "idle"]


def test_no_model_answered_until_one_does(desk):
    desk = desk()
    buffer = desk.open("file:///a.py", "x=1\n")
    desk.script(a={"error": "overloaded"})
    record = desk.result(desk.run(buffer.range(0, 3)))
    assert record["state"] == "failed"
    assert last(desk, state="error")["message"] == record["reason"]
    desk.script(a={"hangs": True})
    run = desk.run(buffer.range(0, 3))
    last(desk, state="busy")
    desk.client.command("moa.cancel", {"run": run})
    last(desk, state="error")
    desk.script(a={"text": fenced("x = 1")})
    desk.result(desk.run(buffer.range(0, 3)))
    last(desk, state="idle", message="")


def test_choosing_a_mix_shows_and_nothing_is_said_twice(desk):
    desk = desk()
    last(desk, state="idle")
    desk.client.command("moa.selectMix", {"name": "duo"})
    last(desk, mix="duo")
    desk.client.command("moa.selectMix", {"name": "trio", "for": "inline"})
    last(desk, mix="duo", inlineMix="trio")
    desk.client.command("moa.selectMix", {"name": "auto"})
    desk.client.command("moa.selectMix", {"name": "embedded"})
    last(desk, mix="embedded")
    desk.client.command("moa.selectMix", {"name": "auto-inline", "for": "inline"})
    last(desk, inlineMix="embedded-inline")
    for before, after in pairwise(desk.statuses()):
        assert before != after


def test_L15_fifty_actions_at_once_two_work_four_wait_the_rest_are_told(desk):
    """On one document and on many; typing and offers go on, and the queue is worked off."""
    desk = desk()
    buffers = [desk.open(f"file:///{name}.py", "x=1\n") for name in "ab"]
    desk.client.answers["workspace/applyEdit"] = lambda _params: {"applied": True}
    desk.script(a={"text": fenced("x = 1"), "gate": "a"})
    asked = len(desk.state()["asked"])
    arguments = [
        {"action": "refactor", "uri": buffers[n % 2].uri, "range": buffers[0].range(0, 3)}
        for n in range(50)
    ]
    ids = [
        desk.client.request(
            "workspace/executeCommand", {"command": "moa.run", "arguments": [argument]}
        )
        for argument in arguments
    ]
    answers = [desk.client.response(msg_id) for msg_id in ids]
    runs = [each["result"]["run"] for each in answers if "result" in each]
    refused = [each["error"]["message"] for each in answers if "error" in each]
    assert len(runs) == limits.MAX_RUNS + limits.MAX_QUEUED_RUNS
    assert len(refused) == 50 - len(runs)
    assert all("busy" in each for each in refused)
    desk.until(open=limits.MAX_RUNS)
    assert last(desk, runs=6)["message"] == "2 runs at work, 4 queued"
    assert desk.offers(buffers[1].range(0, 3))
    desk.client.wait_for(
        lambda _client: sum(each["kind"] == "begin" for each in desk.progress()) == 6
    )
    begun = [each.get("message") for each in desk.progress() if each["kind"] == "begin"]
    assert begun.count("queued") == 4
    assert desk.client.command("moa.cancel", {"run": runs.pop()}) == {"cancelled": 1}
    desk.gate("a")
    for run in runs:
        assert desk.result(run)["state"] == "done"
    assert len(desk.state()["asked"]) == asked + 5
    last(desk, state="idle", runs=0)


def test_a_burst_is_told_by_how_it_ended(desk):
    desk = desk()
    last(desk, state="idle")
    before = len(desk.statuses())
    for _ in range(20):
        desk.client.command("moa.selectMix", {"name": "duo"})
        desk.client.command("moa.selectMix", {"name": "trio"})
    last(desk, mix="trio")
    assert len(desk.statuses()) - before < 20
