"""The status line, and what happens when more is asked for than can be done at once."""

from itertools import pairwise

import pytest

from moa_lsp.lsp.session.jobs import MAX_QUEUED_RUNS, MAX_RUNS
from tests.fakes.desk import fenced

pytestmark = pytest.mark.e2e

KEYS = {"state", "message", "mix", "inlineMix", "runs", "session"}


def last(runner, **wanted):
    """The last status, once it has these values."""
    return runner.client.wait_for(
        lambda _client: [each for each in runner.statuses()[-1:] if wanted.items() <= each.items()]
    )[0]


def test_the_status_of_a_run_from_beginning_to_end(runner):
    runner = runner()
    first = last(runner, state="idle")
    assert set(first) == KEYS
    assert (first["mix"], first["inlineMix"], first["runs"]) == ("solo", "embedded-inline", 0)
    assert first["session"] == {"usd": 0.0, "input": 0, "output": 0}
    kinds = [m.get("method") for way, m in runner.client.transcript if way == "<-"]
    sent = [("initialized" if m.get("method") == "initialized" else m.get("method"))
            for _, m in runner.client.transcript]  # fmt: skip
    assert kinds.count("moa/status") == 1
    assert sent.index("moa/status") > sent.index("initialized")
    runner.forget()
    runner.script(a={"text": fenced("x = 1"), "gate": "a"})
    buffer = runner.open("file:///a.py", "x=1\n")
    run = runner.run(buffer.range(0, 3))
    assert last(runner, state="busy", runs=1)["message"] == "1 run at work"
    runner.gate("a")
    assert runner.result(run)["applied"] is True
    last(runner, state="idle", runs=0)
    assert [each["state"] for each in runner.statuses()] == ["busy", "idle"]


def test_no_model_answered_until_one_does(runner):
    runner = runner()
    buffer = runner.open("file:///a.py", "x=1\n")
    runner.script(a={"error": "overloaded"})
    record = runner.result(runner.run(buffer.range(0, 3)))
    assert record["state"] == "failed"
    assert last(runner, state="error")["message"] == record["reason"]
    runner.script(a={"hangs": True})
    run = runner.run(buffer.range(0, 3))
    last(runner, state="busy")
    runner.client.command("moa.cancel", {"run": run})
    last(runner, state="error")
    runner.script(a={"text": fenced("x = 1")})
    runner.result(runner.run(buffer.range(0, 3)))
    assert "solo: a proposed; a wrote" in last(runner, state="idle")["message"]


def test_choosing_a_mix_shows_and_nothing_is_said_twice(runner):
    runner = runner()
    last(runner, state="idle")
    runner.client.command("moa.selectMix", {"name": "duo"})
    last(runner, mix="duo")
    runner.client.command("moa.selectMix", {"name": "trio", "for": "inline"})
    last(runner, mix="duo", inlineMix="trio")
    runner.client.command("moa.selectMix", {"name": "auto"})
    runner.client.command("moa.selectMix", {"name": "embedded"})
    last(runner, mix="embedded")
    runner.client.command("moa.selectMix", {"name": "auto-inline", "for": "inline"})
    last(runner, inlineMix="embedded-inline")
    for before, after in pairwise(runner.statuses()):
        assert before != after


def test_L15_fifty_actions_at_once_two_work_four_wait_the_rest_are_told(runner):
    """On one document and on many; typing and offers go on, and the queue is worked off."""
    runner = runner()
    buffers = [runner.open(f"file:///{name}.py", "x=1\n") for name in "ab"]
    runner.client.answers["workspace/applyEdit"] = lambda _params: {"applied": True}
    runner.script(a={"text": fenced("x = 1"), "gate": "a"})
    asked = len(runner.state()["asked"])
    arguments = [
        {"action": "refactor", "uri": buffers[n % 2].uri, "range": buffers[0].range(0, 3)}
        for n in range(50)
    ]
    ids = [
        runner.client.request(
            "workspace/executeCommand", {"command": "moa.run", "arguments": [argument]}
        )
        for argument in arguments
    ]
    answers = [runner.client.response(msg_id) for msg_id in ids]
    runs = [each["result"]["run"] for each in answers if "result" in each]
    refused = [each["error"]["message"] for each in answers if "error" in each]
    assert len(runs) == MAX_RUNS + MAX_QUEUED_RUNS
    assert len(refused) == 50 - len(runs)
    assert all("busy" in each for each in refused)
    runner.until(open=MAX_RUNS)
    assert last(runner, runs=6)["message"] == "2 runs at work, 4 queued"
    assert runner.offers(buffers[1].range(0, 3))
    runner.client.wait_for(
        lambda _client: sum(each["kind"] == "begin" for each in runner.progress()) == 6
    )
    begun = [each.get("message") for each in runner.progress() if each["kind"] == "begin"]
    assert begun.count("queued") == 4
    assert runner.client.command("moa.cancel", {"run": runs.pop()}) == {"cancelled": 1}
    runner.gate("a")
    for run in runs:
        assert runner.result(run)["state"] == "done"
    assert len(runner.state()["asked"]) == asked + 5
    last(runner, state="idle", runs=0)


def test_a_burst_is_told_by_how_it_ended(runner):
    runner = runner()
    last(runner, state="idle")
    before = len(runner.statuses())
    for _ in range(20):
        runner.client.command("moa.selectMix", {"name": "duo"})
        runner.client.command("moa.selectMix", {"name": "trio"})
    last(runner, mix="trio")
    assert len(runner.statuses()) - before < 20
