"""Asking before an edit goes in: who is asked how, and what becomes of each answer (A15, L11)."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from moa_lsp.lsp.edits import preview
from tests.fakes.desk import ABLE, CONFIG, able, fenced, write_config
from tests.fakes.inner_desk import InnerDesk

TEXT = "# head \u202e\nx=1\ny = 2\n"
EDIT_CAPABLE = {
    "applyEdit": True,
    "workspaceEdit": {
        "documentChanges": True,
        "changeAnnotationSupport": {},
        "resourceOperations": ["create"],
    },
}
ANNOTATION = able(workspace=EDIT_CAPABLE)
PREVIEW = able(workspace=EDIT_CAPABLE, experimental={"moa": {"preview": True}})
MESSAGE = able(window={**ABLE["window"], "showMessage": {}})
ASKED = {"moa/preview", "window/showMessageRequest"}


@pytest.fixture
async def runner(tmp_path):
    """``await desk(capabilities, **options)`` gives a client with an open document."""
    desks = []

    async def begin(capabilities, review="always", **options):
        desks.append(InnerDesk(write_config(tmp_path / f"config{len(desks)}", CONFIG)))
        await desks[-1].initialize(capabilities, review=review, **options)
        desks[-1].script(a={"text": fenced("x = 1")})
        desks[-1].open("file:///w/asked.py", TEXT)
        return desks[-1]

    yield begin
    for each in desks:
        each.wire.tell("textDocument/didClose", {"textDocument": {"uri": each.buffer.uri}})
        await each.call("shutdown", None)
        state = each.fake.state()
        assert (state["open"], state["waiting"], state["tokens"]) == (0, 0, 0)


async def started(runner, action="refactor"):
    where = runner.buffer.range_of("x=1")
    action_request = {"action": action, "uri": runner.buffer.uri, "range": where}
    return (await runner.command("moa.run", action_request))["run"]


async def ended(runner, run):
    return await runner.command("moa.result", {"run": run, "wait": 10})


def answers(runner, method, *given):
    """Answer a method with these values in turn; the asked parameters, and when the first came."""
    asked, came, left = [], asyncio.Event(), list(given)

    def answer(params):
        asked.append(params)
        came.set()
        return left.pop(0)

    runner.wire.answers[method] = answer
    return asked, came


def questions(runner):
    return [each["method"] for each in runner.wire.sent if each.get("method") in ASKED]


WAYS = {
    "preview": (PREVIEW, {}, "moa/preview"),
    "preview by options": (ABLE, {"experimental": {"moa": {"preview": True}}}, "moa/preview"),
    "annotation": (ANNOTATION, {}, None),
    "message": (MESSAGE, {}, "window/showMessageRequest"),
    "nothing": (ABLE, {}, None),
    "a preview that is no flag": (
        able(experimental={"moa": {"preview": "yes"}}, window=MESSAGE["window"]),
        {},
        "window/showMessageRequest",
    ),
}


@pytest.mark.parametrize("name", WAYS)
async def test_the_first_way_that_the_client_can_do(runner, name):
    capabilities, options, method = WAYS[name]
    runner = await runner(capabilities, **options)
    answers(runner, "moa/preview", {"accept": True})
    answers(runner, "window/showMessageRequest", {"title": "Apply"})
    record = await ended(runner, await started(runner))
    assert questions(runner) == ([method] if method else [])
    assert record["needs_confirmation"] is True
    assert record["applied"] is (name != "nothing")
    annotated = [each for each in runner.edits if "changeAnnotations" in each["edit"]]
    assert bool(annotated) is (name == "annotation"), "nobody is asked twice"


@pytest.mark.parametrize("capabilities", [PREVIEW, MESSAGE, ABLE])
@pytest.mark.parametrize("review", ["auto", "never"])
async def test_what_is_harmless_is_not_asked_about(runner, capabilities, review):
    runner = await runner(capabilities, review)
    record = await ended(runner, await started(runner))
    assert (record["applied"], record["needs_confirmation"]) == (True, False)
    assert questions(runner) == []


def hunk(name, line, columns, text, uri="file:///w/asked.py"):
    start, end = ({"line": line, "character": column} for column in columns)
    return {"id": name, "uri": uri, "range": {"start": start, "end": end}, "newText": text}


async def test_a_preview_shows_what_will_happen_with_hidden_characters_visible(runner):
    runner = await runner(PREVIEW)
    asked, _ = answers(runner, "moa/preview", {"accept": True})
    run = await started(runner)
    record = await ended(runner, run)
    assert record["applied"] is True
    assert asked == [
        {
            "run": run,
            "uri": runner.buffer.uri,
            "title": "Moa: Refactor · a",
            "diff": "--- a/asked.py\n+++ b/asked.py\n@@ -1,3 +1,3 @@\n # head \\u202e\n"
            "-x=1\n+x = 1\n y = 2\n",
            "warnings": [],
            "hunks": [hunk("1", 1, (1, 2), " = ")],
        }
    ]
    assert len(runner.edits) == 1


NOT_AGREED = {
    "declined": (PREVIEW, {"accept": False}, preview.DECLINED, 3),
    "nonsense": (PREVIEW, ["yes"], preview.CLOSED, 2),
    "no answer in it": (PREVIEW, {"accept": "yes"}, preview.CLOSED, 2),
    "discarded": (MESSAGE, {"title": "Discard"}, preview.DECLINED, 3),
    "closed": (MESSAGE, None, preview.CLOSED, 2),
    "another button": (MESSAGE, {"title": "Help"}, preview.CLOSED, 2),
    "a broken answer": (MESSAGE, 5, preview.CLOSED, 2),
}


@pytest.mark.parametrize("name", NOT_AGREED)
async def test_L11_without_agreement_nothing_is_applied_and_the_result_is_kept(runner, name):
    capabilities, answer, reason, kind = NOT_AGREED[name]
    runner = await runner(capabilities)
    method = "moa/preview" if capabilities is PREVIEW else "window/showMessageRequest"
    yes = {"accept": True} if capabilities is PREVIEW else {"title": "Apply"}
    asked, _ = answers(runner, method, answer, yes)
    run = await started(runner)
    record = await ended(runner, run)
    assert (record["state"], record["applied"], record["reason"]) == ("done", False, reason)
    assert runner.edits == []
    assert runner.buffer.text == TEXT
    told = [
        each["params"] for each in runner.wire.sent if each.get("method") == "window/showMessage"
    ]
    assert told == [{"type": kind, "message": f"Moa: {reason}"}]
    record = await runner.command("moa.apply", {"run": run})
    assert (record["applied"], record["reason"], len(asked)) == (True, None, 2)
    assert runner.buffer.text == TEXT.replace("x=1", "x = 1")
    with pytest.raises(AssertionError, match="no result waiting"):
        await runner.command("moa.apply", {"run": run})
    assert len(runner.edits) == 1


async def test_an_error_of_the_client_is_no_agreement(runner):
    runner = await runner(PREVIEW)
    run = await started(runner)
    question = await sent(runner, "moa/preview")
    runner.wire.give({"id": question["id"], "error": {"code": -32601, "message": "what?"}})
    record = await ended(runner, run)
    assert (record["applied"], record["reason"]) == (False, preview.CLOSED)


async def sent(runner, method, number=1):
    """The server's request, once it came."""
    async with asyncio.timeout(10):
        while len(runner.asked(method)) < number:
            runner.wire._news.clear()
            await runner.wire._news.wait()
    return runner.asked(method)[number - 1]


@pytest.mark.parametrize("capabilities", [PREVIEW, MESSAGE])
async def test_a_question_that_nobody_answers_ends_in_time_and_is_taken_back(runner, capabilities):
    runner = await runner(capabilities)
    runner.fake.server.confirm_s = 0.01
    method = "moa/preview" if capabilities is PREVIEW else "window/showMessageRequest"
    run = await started(runner)
    record = await ended(runner, run)
    assert (record["state"], record["reason"]) == ("done", preview.UNANSWERED)
    question = await sent(runner, method)
    assert withdrawn(runner) == [question["id"]]
    runner.wire.give({"id": question["id"], "result": {"accept": True, "title": "Apply"}})
    await asyncio.sleep(0)
    assert runner.edits == []


def withdrawn(runner):
    return [e["params"]["id"] for e in runner.wire.sent if e.get("method") == "$/cancelRequest"]


@pytest.mark.parametrize("capabilities", [PREVIEW, MESSAGE])
async def test_L05_a_run_that_is_cancelled_while_asking_withdraws(runner, capabilities):
    runner = await runner(capabilities)
    method = "moa/preview" if capabilities is PREVIEW else "window/showMessageRequest"
    run = await started(runner)
    question = await sent(runner, method)
    assert await runner.command("moa.cancel", {"run": run}) == {"cancelled": 1}
    record = await ended(runner, run)
    assert (record["state"], record["applied"]) == ("cancelled", False)
    assert withdrawn(runner) == [question["id"]]
    runner.wire.give({"id": question["id"], "result": {"accept": True, "title": "Apply"}})
    await asyncio.sleep(0)
    assert (runner.edits, runner.told()) == ([], [])
    with pytest.raises(AssertionError, match="no result waiting"):
        await runner.command("moa.apply", {"run": run})


@pytest.mark.parametrize("capabilities", [PREVIEW, MESSAGE])
async def test_L07_L08_the_document_moves_while_the_user_reads(runner, capabilities):
    runner = await runner(capabilities)
    method = "moa/preview" if capabilities is PREVIEW else "window/showMessageRequest"
    yes = {"accept": True, "title": "Apply"}
    run = await started(runner)
    question = await sent(runner, method)
    runner.wire.tell("textDocument/didChange", runner.buffer.type("# head", "# a longer\n# head"))
    runner.wire.give({"id": question["id"], "result": yes})
    assert (await ended(runner, run))["applied"] is True
    moved = TEXT.replace("# head", "# a longer\n# head").replace("x=1", "x = 1")
    assert runner.buffer.text == moved
    runner.wire.tell("textDocument/didChange", runner.buffer.type("x = 1", "x=1"))
    run = await started(runner)
    question = await sent(runner, method, 2)
    runner.wire.tell("textDocument/didChange", runner.buffer.type("x=1", "x=7"))
    runner.wire.give({"id": question["id"], "result": yes})
    record = await ended(runner, run)
    assert (record["state"], record["applied"]) == ("done", False)
    assert "inside the target" in record["reason"]
    assert (len(runner.edits), len(runner.told())) == (1, 1)


async def test_a_diff_is_shown_as_often_as_the_user_wants_it(runner):
    runner = await runner(MESSAGE)
    look = {"title": "Show diff"}
    asked, _ = answers(runner, "window/showMessageRequest", look, look, {"title": "Apply"})
    shown = []

    def show(params):
        path = Path(url2pathname(urlsplit(params["uri"]).path))
        shown.append((path.name, path.read_text("utf-8")))
        return {"success": True}

    runner.wire.answers["window/showDocument"] = show
    run = await started(runner)
    assert (await ended(runner, run))["applied"] is True
    assert [each["message"] for each in asked] == ["Moa: Refactor · a: look before you accept"] * 3
    assert [each["title"] for each in asked[0]["actions"]] == ["Apply", "Show diff", "Discard"]
    assert [name for name, _ in shown] == [f"diff-{run}-1.diff", f"diff-{run}-2.diff"]
    assert "-x=1\n+x = 1\n" in shown[0][1]
    assert "\\u202e" in shown[0][1]


@pytest.mark.parametrize("review", ["always", "auto"])
async def test_L12_a_client_that_can_ask_in_no_way_applies_by_hand(runner, review):
    runner = await runner(ABLE, review)
    text = "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n"
    runner.script(a={"text": fenced("class A:\n    def f(self):\n        return 3")})
    buffer = runner.open("file:///w/lost.py", text)
    record = await runner.run(buffer.range(0, len(text) - 1))
    assert (record["state"], record["applied"], record["reason"]) == (
        "done",
        False,
        preview.UNASKED,
    )
    assert record["edit"] is not None, "for who wants to look before"
    assert (runner.edits, runner.told()) == ([], [f"Moa: {preview.UNASKED}"])
    record = await runner.command("moa.apply")  # some editors send no argument
    assert record["applied"] is True
    assert "def g" not in buffer.text
    with pytest.raises(AssertionError, match="no result is waiting"):
        await runner.command("moa.apply")


async def test_L11_agreed_to_but_refused_by_the_editor(runner):
    runner = await runner(PREVIEW)
    asked, _ = answers(runner, "moa/preview", {"accept": True}, {"accept": True})
    normal = runner.wire.answers["workspace/applyEdit"]
    no = {"applied": False, "failureReason": "m.py is read-only"}
    refused, _ = answers(runner, "workspace/applyEdit", {"applied": False}, no)
    run = await started(runner)
    record = await ended(runner, run)
    assert (record["applied"], len(refused), len(asked)) == (False, 2, 1)
    assert record["reason"] == NOT_APPLIED.format(" (m.py is read-only)")
    runner.wire.answers["workspace/applyEdit"] = normal
    assert (await runner.command("moa.apply", {"run": run}))["applied"] is True
    assert len(asked) == 2


NOT_APPLIED = "the editor did not apply the edit{}; it is kept for moa.apply"

REFUSALS = {
    "discarded in its preview": ({}, preview.DECLINED, 3),
    "a reason that says nothing": ({"failureReason": " "}, preview.DECLINED, 3),
    "a reason": (
        {"failureReason": "m.py is read-only"}, NOT_APPLIED.format(" (m.py is read-only)"), 2
    ),
    "a reason with an escape in it": (
        {"failureReason": "no\x1b[2J"}, NOT_APPLIED.format(" (no\\x1b[2J)"), 2
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
async def test_an_edit_refused_by_an_editor_that_asks_by_itself_is_not_sent_again(runner, name):
    said, reason, kind = REFUSALS[name]
    runner = await runner(ANNOTATION)
    normal = runner.wire.answers["workspace/applyEdit"]
    asked, _ = answers(runner, "workspace/applyEdit", {"applied": False, **said})
    run = await started(runner)
    record = await ended(runner, run)
    assert (record["applied"], record["reason"], len(asked)) == (False, reason, 1)
    (told,) = [each for each in runner.wire.sent if each.get("method") == "window/showMessage"]
    assert told["params"] == {"type": kind, "message": f"Moa: {reason}"}
    runner.wire.answers["workspace/applyEdit"] = normal
    assert (await runner.command("moa.apply", {"run": run}))["applied"] is True


async def test_L11_an_edit_refused_since_the_text_moved_is_asked_about_once_more(runner):
    runner = await runner(ANNOTATION)
    normal = runner.wire.answers["workspace/applyEdit"]

    def refuse(_params):
        runner.wire.tell("textDocument/didChange", runner.buffer.type("# head", "# heads"))
        runner.wire.answers["workspace/applyEdit"] = normal
        return {"applied": False}

    runner.wire.answers["workspace/applyEdit"] = refuse
    assert (await ended(runner, await started(runner)))["applied"] is True
    assert runner.buffer.text == TEXT.replace("# head", "# heads").replace("x=1", "x = 1")


async def test_a_new_file_is_previewed_whole(runner, tmp_path):
    runner = await runner(PREVIEW, "auto")
    asked, _ = answers(runner, "moa/preview", {"accept": True})
    made = []
    runner.wire.answers["workspace/applyEdit"] = lambda p: made.append(p) or {"applied": True}
    source = tmp_path / "shop.py"
    source.write_text("def f(a):\n    return a + 1\n")
    runner.script(
        a={"text": fenced("from shop import f\n\n\ndef test_f():\n    assert f(1) == 2")}
    )
    buffer = runner.open(source.as_uri(), source.read_text())
    assert (await runner.run(buffer.range(0, 9), action="test"))["applied"] is True
    assert asked[0]["uri"] == (tmp_path / "test_shop.py").as_uri()
    assert asked[0]["diff"].startswith("--- /dev/null\n+++ b/test_shop.py\n@@ -0,0 +1,5 @@\n+from")
    assert len(made) == 1
