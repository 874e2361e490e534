"""The main job against the real process: open, offer, run, progress, edit, record."""

import pytest

from moa_lsp.cli.demo_client import DemoEditor
from moa_lsp.errors import RunError
from moa_lsp.text.span import Span
from tests.fakes.desk import fenced, write_config

pytestmark = [pytest.mark.e2e, pytest.mark.main_job]

URI = "file:///project/geometry.py"

REGION = 'def area(w, h):\r\n    name = "🦀\u2028x"\r\n    return w*h'
TIDIED = REGION.replace("w*h", "w * h")
BEFORE = 'HEAD = "\U0001d4b3 \u2028 é"\r\n\x0c\r\n'
AFTER = '\r\n\r\n\r\nTAIL = "end\x0c𝄞"\r\n'
"""Astral characters, CR LF, form feeds, and a line separator inside strings."""


def events(runner, since):
    """What the server began to say after a point of the transcript, in order."""
    names = []
    for direction, message in runner.client.transcript[since:]:
        method = message.get("method")
        if direction == "<-" and method is not None:
            value = message["params"]["value"] if method == "$/progress" else {}
            names.append(value.get("kind", method))
    return names


def check_progress(runner, since):
    shown = runner.progress()
    assert shown[0] == {
        "kind": "begin",
        "title": "Moa: refactor",
        "cancellable": True,
        "percentage": 0,
    }
    assert shown[-1] == {"kind": "end", "message": "done · a"}
    percentages = [each["percentage"] for each in shown[:-1]]
    assert percentages == sorted(percentages)
    names = [name for name in events(runner, since) if name not in ("report", "moa/status")]
    assert names == ["window/workDoneProgress/create", "begin", "workspace/applyEdit", "end"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_the_walk(runner, encoding):
    runner = runner(encoding=encoding)
    runner.script(a={"text": fenced(TIDIED.replace("\r\n", "\n")), "gate": "walk"})
    for mix, author in (("solo", "a"), ("embedded", "ruff")):
        buffer = runner.open(f"{URI}?{mix}", BEFORE + REGION + AFTER)
        start = len(BEFORE)
        where = buffer.range(start, start + len(REGION))
        offer = next(
            o for o in runner.offers(where) if o["kind"] == "refactor.rewrite.moa.refactor"
        )
        assert offer["title"] == "Moa: Refactor · solo"
        (action_request,) = offer["command"]["arguments"]
        assert offer["command"]["command"] == "moa.run"
        assert action_request == {
            "action": "refactor",
            "uri": buffer.uri,
            "range": where,
            "version": buffer.version,
        }
        seen = len(runner.client.transcript)
        run = runner.client.command("moa.run", {**action_request, "mix": mix})["run"]
        if mix == "solo":
            runner.client.wait_for(lambda _client: runner.progress())
            runner.gate("walk")
        record = runner.result(run)
        assert buffer.text == BEFORE + TIDIED + AFTER, mix
        assert record["state"] == "done", record
        assert record["applied"] is True
        assert record["mix"] == mix
        assert record["reason"] is None
        (sent,) = runner.edits
        assert sent["label"] == f"Moa: Refactor · {author}"
        (changes,) = sent["edit"]["documentChanges"]
        assert changes["textDocument"] == {"uri": buffer.uri, "version": 1}
        assert record["edit"] == sent["edit"]
        assert all("\n" not in each["newText"] for each in changes["edits"]), "not minimal"
        if mix == "solo":  # an embedded run may be over before the client agrees to progress
            check_progress(runner, seen)
        runner.forget()
    assert runner.told() == []
    state = runner.state()
    assert state["logs"] == 1, "only the last offer may be remembered"
    assert state["tokens"] == state["waiting"] == state["open"] == 0
    assert runner.client.quit() == 0


def test_the_record_has_every_documented_key(one):
    one.forget()
    one.script(
        a={"text": fenced("x = 1")},
        b={"error": "busy"},
        c={"declines": "not mine"},
        z={"text": fenced("x = 12")},
    )
    buffer = one.open("file:///record.py", "x=1\n")
    record = one.result(one.run(buffer.range(0, 3), mix="trio"))
    assert set(record) == {
        *("run", "action", "mix", "mix_hash", "state", "applied", "needs_confirmation", "edit"),
        *("text", "reason", "seconds", "aggregation", "proposals", "usage", "cost_usd"),
        *("cost_known", "warnings", "rejected", "author", "first_visible_seconds", "remedies"),
    }
    assert [each["state"] for each in record["proposals"]] == ["ok", "failed", "declined"]
    for each in record["proposals"]:
        assert {"agent", "model", "state", "seconds", "first_token_seconds", "usage"} <= set(each)
    assert "busy" in record["proposals"][1]["reason"]
    assert buffer.text == "x = 12\n" if record["aggregation"]["by"] == "model" else "x = 1\n"
    assert record["text"] + "\n" == buffer.text


def test_a_record_can_be_asked_for_while_the_run_goes_on(one):
    one.forget()
    one.script(a={"text": fenced("x = 1")}, b={"text": fenced("x = 1"), "gate": "record"})
    buffer = one.open("file:///running.py", "x=1\n")
    before = len(one.state()["asked"])
    run = one.run(buffer.range(0, 3), mix="duo")
    one.client.wait_for(lambda _client: any("1/2" in p.get("message", "") for p in one.progress()))
    record = one.result(run, wait=0)
    assert record["state"] == "running"
    assert [each["state"] for each in record["proposals"]] == ["ok"]
    assert len(one.state()["asked"]) == before + 2
    one.gate("record")
    assert one.result(run)["state"] == "done"


async def test_the_walk_of_a_client_made_with_pygls(tmp_path, monkeypatch):
    """The demo's editor against the server as users start it."""
    config = write_config(tmp_path / "config", config="mix: embedded\n", mixes={})
    monkeypatch.setenv("MOA_LSP_CONFIG", str(config))
    path = tmp_path / "geometry.py"
    path.write_bytes((BEFORE + REGION + AFTER).encode())
    editor = DemoEditor(path, "python")
    try:
        assert (await editor.start()).startswith("moa-lsp ")
        where = Span(len(BEFORE), len(BEFORE) + len(REGION))
        offers = {each.kind: each for each in await editor.offers(where)}
        record = await editor.run(offers["refactor.rewrite.moa.refactor"])
        assert record["applied"] is True
        assert editor.document.text == BEFORE + TIDIED + AFTER
        assert path.read_bytes().decode() == BEFORE + REGION + AFTER, "the file is the user's"
        with pytest.raises(RunError, match="select again"):
            await editor.run(offers["source.moa.explain"])
        offers = {
            each.kind: each for each in await editor.offers(Span(where.start, where.end + 2))
        }
        record = await editor.run(offers["source.moa.explain"])
        assert record["state"] == "done"
        assert len(editor.seen.documents) == 1
        assert editor.seen.messages == []
    finally:
        await editor.stop()
