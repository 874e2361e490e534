"""What is shown besides edits: explanations, sentences, and how much of them is foreign."""

import stat
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from moa_lsp import limits
from moa_lsp.lsp import limits as lsp_limits
from tests.fakes.client import ServerError
from tests.fakes.desk import able, fenced

pytestmark = pytest.mark.e2e

WORDS = "It adds **one**.\n\n- `a`: a number \U0001f980\n"


def test_an_explanation_is_a_private_file_that_goes_with_the_server(runner):
    runner = runner()
    shown = []

    def show(params):
        path = Path(url2pathname(urlsplit(params["uri"]).path))
        file, folder = path.stat(), path.parent.stat()
        shown.append((path, path.read_text("utf-8"), file.st_mode, folder.st_mode, params))
        return {"success": True}

    runner.client.answers["window/showDocument"] = show
    runner.script(a={"text": WORDS})
    buffer = runner.open("file:///explained.py", "def f(a):\n    return a+1\n")
    for _ in range(2):
        record = runner.result(runner.run(buffer.range(0, 9), action="explain"))
        assert (record["state"], record["applied"], record["edit"]) == ("done", False, None)
        assert record["text"].strip() == WORDS.strip()
    (path, text, file_mode, folder_mode, params), (second, *_) = shown
    assert text.strip() == WORDS.strip()
    assert stat.S_IMODE(file_mode) == 0o600
    assert stat.S_IMODE(folder_mode) == 0o700
    assert path.suffix == ".md"
    assert (params["external"], path.parent) == (False, second.parent)
    assert path != second
    assert runner.told() == []
    assert runner.edits == []
    assert runner.client.quit() == 0
    assert not path.parent.exists()


def refuses(_params):
    return {"success": False}


def fails(_params):
    raise ServerError({"code": -32603, "message": "no window"})


@pytest.mark.parametrize("answer", [refuses, fails, None])
def test_an_explanation_that_no_document_shows_comes_as_a_message(one, answer):
    one.forget()
    one.client.answers["window/showDocument"] = answer
    one.script(a={"text": WORDS})
    buffer = one.open("file:///message.py", "x=1\n")
    record = one.result(one.run(buffer.range(0, 3), action="explain"))
    assert record["state"] == "done"
    assert one.told() == [record["text"]]


def test_L12_a_client_that_shows_no_documents(runner):
    runner = runner(able(window={}))
    runner.script(a={"text": "long \u202e words\n" * 1000})
    buffer = runner.open("file:///message.py", "x=1\n")
    record = runner.result(runner.run(buffer.range(0, 3), action="explain"))
    (told,) = runner.told()
    assert told.startswith("long \\u202e words\nlong")
    assert len(told) <= lsp_limits.MAX_EXPLANATION_CHARS
    assert record["text"].startswith("long \\u202e words"), "whoever shows it shows it safely"
    assert runner.progress() == [], "no progress for a client that shows none"


FLOOD = "the model is \x1b[31m on fire\n" * 200

FAILURES = {
    "every agent fails": ({"a": {"error": FLOOD}}, "the model is \\x1b[31m on fire\\n"),
    "prose for code": ({"a": {"text": "I am sorry. " * 500}}, "no answer was usable"),
    "broken code": ({"a": {"text": fenced("x = (")}}, "x|parse|syntax"),
    "nothing said": ({"a": {"text": ""}}, "no answer was usable"),
    "a bug of ours": ({"a": {"bug": True}}, "a bug of moa-lsp (ZeroDivisionError)"),
    "declined": ({"a": {"declines": "only poems"}}, "only poems"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_L20_P41_a_failing_run_says_one_sentence(one, name):
    script, cause = FAILURES[name]
    one.forget()
    one.script(**script)
    buffer = one.open("file:///failing.py", "x=1\n")
    run = one.run(buffer.range(0, 3))
    record = one.result(run)
    assert (record["state"], record["applied"]) == ("failed", False)
    (told,) = one.told()
    assert told.startswith("Moa: ")
    assert "\n" not in told
    assert "\x1b" not in told
    assert len(told) <= limits.MAX_SHOWN_CHARS + len("Moa: ")
    assert any(part in told for part in cause.split("|")), told
    one.client.wait_for_log(f"run {run}")
    with pytest.raises(ServerError, match="no result waiting"):
        one.client.command("moa.apply", {"run": run})
    assert one.edits == []


def test_nothing_to_change_is_no_failure(one):
    one.forget()
    one.script(a={"text": fenced("x = 1")})
    buffer = one.open("file:///unchanged.py", "x = 1\n")
    record = one.result(one.run(buffer.range(0, 5)))
    assert (record["state"], record["applied"]) == ("done", False)
    assert one.told() == ["Moa: the mix found nothing to change"]
    shown = [m["params"]["type"] for m in one.client.notifications if "type" in m["params"]]
    assert shown == [3], "information, not a warning"
