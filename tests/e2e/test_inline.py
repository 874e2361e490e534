"""Inline completion over the wire: the real server, answers from a script or over real sockets."""

import json
import os
import re
import subprocess
import sys

import pytest

from moa_lsp.answers.reasoning_formats import FORMATS
from tests.fakes.client import ROOT, SERVER, until
from tests.fakes.desk import Desk, able
from tests.fakes.faulty_server import Hang, chunked, delta, sse
from tests.fakes.upstreams import KEY, Upstreams

pytestmark = pytest.mark.e2e

INLINE = {
    "gap": "proposers: [{model: scripted/a}]\n",
    "two": (
        "proposers: [{model: scripted/a, weight: 2}, {model: scripted/b}]\n"
        "aggregator: {select: prior}\nquorum: {min: 1, grace: 0.05}\n"
    ),
}
CONFIG = """\
mix_dirs: [mixes]
inline: {mix: gap, debounce_ms: 50, languages: {markdown: false}}
"""
TEXT = "def f(items):\n    return \n"
WORD = "def f(items):\n    return su\n"


@pytest.fixture
def typist(runner):
    """A client with an open document and one scripted mix for gaps."""

    def begin(text=TEXT, *, encoding="utf-16", uri="file:///w/f.py", language="python", **how):
        made = runner(encoding=encoding, config=CONFIG, mixes=INLINE, **how)
        made.open(uri, text, language)
        return made

    return begin


def ask(runner, line, character, *, invoked=False, **context):
    params = {
        "textDocument": {"uri": runner.buffer.uri},
        "position": {"line": line, "character": character},
        "context": {"triggerKind": 1 if invoked else 2, **context},
    }
    return runner.client.request("textDocument/inlineCompletion", params)


def items(runner, line, character, **how):
    found = runner.client.result(ask(runner, line, character, **how))
    return [] if found is None else found["items"]


def texts(found):
    return [item["insertText"] for item in found]


def announced(runner):
    """What the server said that it can do."""
    results = [each.get("result") for way, each in runner.client.transcript if way == "<-"]
    (answer,) = [each for each in results if isinstance(each, dict) and "capabilities" in each]
    return answer["capabilities"]


def test_it_is_announced(typist):
    assert "inlineCompletionProvider" in announced(typist())


def test_an_offer_its_range_and_its_command(typist):
    made = typist(WORD)
    made.script(a={"text": "m(items)"})
    (item,) = items(made, 1, 13)
    assert item["insertText"] == "sum(items)"
    assert item["range"] == {
        "start": {"line": 1, "character": 11},
        "end": {"line": 1, "character": 13},
    }
    assert item["command"]["command"] == "moa.accepted"
    (argument,) = item["command"]["arguments"]
    assert set(argument) == {"run"}


@pytest.mark.parametrize(("encoding", "units"), [("utf-8", 4), ("utf-16", 2), ("utf-32", 1)])
def test_positions_count_in_the_units_of_the_client(typist, encoding, units):
    made = typist("x = '\U0001f600' + su\n", encoding=encoding)
    made.script(a={"text": "m(items)"})
    at = 11 + units
    (item,) = items(made, 0, at)
    assert item["range"]["start"]["character"] == at - 2
    assert item["insertText"] == "sum(items)"


def test_typing_on_asks_nobody_and_shows_what_is_left(typist):
    made = typist()
    made.script(a={"text": "sum(items)"})
    assert texts(items(made, 1, 11)) == ["sum(items)"]
    made.type("return ", "return s")
    assert texts(items(made, 1, 12)) == ["sum(items)"]
    assert made.state()["asked"] == ["a"]


def test_alternatives_for_who_asks(typist):
    made = typist()
    made.client.command("moa.selectMix", {"name": "two", "for": "inline"})
    made.script(a={"text": "sum(items)", "seconds": 0.02}, b={"text": "len(items)"})
    assert texts(items(made, 1, 11)) == ["sum(items)"]
    assert texts(items(made, 1, 11, invoked=True)) == ["sum(items)", "len(items)"]


GAP = "def mean(xs):\n    total = sum(xs)\n    \n\nprint(mean([1]))\n"
WANT = "return total / len(xs)"
DRAFTS = ("return 0  # draft\nWait.\n", "```python\nreturn 0  # draft\n```\nBut that is 0.\n")


@pytest.mark.parametrize("shape", ["plain", "fenced"])
def test_ghost_text_behind_reasoning_is_code_or_nothing(typist, shape):
    """In every format, with a draft in the reasoning, its start there or in the prompt."""
    made = typist()
    answer = WANT if shape == "plain" else f"```python\n{WANT}\n```"
    shown = []
    for number, row in enumerate(FORMATS):
        opening, end = row.sample
        start = "" if number % 2 and not row.framed else opening
        made.open(f"file:///w/{shape}{number}.py", GAP)
        made.script(a={"text": f"{start}{DRAFTS[number // 2 % 2]}{end}{answer}"})
        shown.append(texts(items(made, 2, 4, invoked=True)))
    assert all(each in ([], [WANT]) for each in shown)
    assert shown.count([WANT]) > len(shown) * 0.8


def test_a_picked_entry_of_the_popup_counts_as_typed(typist):
    made = typist(WORD)
    made.script(a={"text": "(items)"})
    where = {"start": {"line": 1, "character": 11}, "end": {"line": 1, "character": 13}}
    (item,) = items(made, 1, 13, selectedCompletionInfo={"range": where, "text": "sum"})
    assert (item["insertText"], item["range"]) == ("sum(items)", where)


def test_a_newer_request_ends_the_older_one(typist):
    made = typist()
    made.script(a={"text": "1", "gate": "later"})
    first = ask(made, 1, 11)
    made.until(open=1)
    made.type("return ", "return not ")
    made.script(a={"text": "2"})
    assert texts(items(made, 1, 15)) == ["2"]
    assert not (made.client.result(first) or {}).get("items")


def test_what_was_found_for_another_text_is_not_shown(typist):
    made = typist()
    made.script(a={"text": "1", "gate": "later"})
    first = ask(made, 1, 11)
    made.until(open=1)
    made.type("items", "things")
    made.gate("later")
    assert not (made.client.result(first) or {}).get("items")


def test_L15_200_requests_in_a_row_ask_once_or_twice(typist):
    made = typist()
    made.script(a={"text": "sum(items)", "seconds": 0.2})
    asked = [ask(made, 1, 11) for _ in range(200)]
    answers = [made.client.result(each) for each in asked]
    assert texts(answers[-1]["items"]) == ["sum(items)"]
    assert len(made.state()["asked"]) <= 2


@pytest.mark.parametrize("line", [{"error": "down"}, {"bug": True}, {"declines": "not mine"}])
def test_errors_are_no_errors(typist, line):
    made = typist()
    made.script(a=line)
    assert items(made, 1, 11) == []


def test_a_cancelled_request_is_silent_upstream(typist):
    made = typist()
    made.script(a={"hangs": True})
    asked = ask(made, 1, 11)
    made.until(open=1)
    made.client.cancel(asked)
    assert made.client.response(asked)["error"]["code"] == -32800
    made.until(open=0, cancelled=1)


def test_shutting_down_cancels_what_is_asked(typist):
    made = typist()
    made.script(a={"hangs": True})
    ask(made, 1, 11)
    made.until(open=1)
    assert made.client.quit() == 0


@pytest.mark.parametrize(
    ("language", "config"),
    [("markdown", CONFIG), ("python", CONFIG.replace("mix: gap", "mix: gap, enabled: false"))],
)
def test_it_can_be_switched_off(runner, language, config):
    made = runner(config=config, mixes=INLINE)
    made.open("file:///w/f", TEXT, language)
    made.script(a={"text": "1"})
    assert items(made, 1, 11, invoked=True) == []
    assert made.state()["asked"] == []


def test_an_accepted_offer_is_in_the_ledger_and_the_next_gap_is_asked_ahead(typist):
    made = typist()
    made.script(a={"text": "sum(items)"})
    (item,) = items(made, 1, 11)
    made.type("return ", "return sum(items)")
    made.script(a={"text": "  # all"})
    assert made.client.command("moa.accepted", item["command"]["arguments"][0]) in (
        {"accepted": True},
        {"accepted": False},  # scripted runs are not written down
    )
    made.until(asked=["a", "a"])
    assert texts(items(made, 1, 21)) == ["  # all"]
    assert made.state()["asked"] == ["a", "a"]


# --- over real sockets --------------------------------------------------------------------------


@pytest.fixture
def up():
    with Upstreams("lab") as made:
        made.play("lab", completion("sum(items)"))
        yield made


def completion(text, *lines):
    """An answer as ``/completions`` streams it."""
    return chunked(
        sse({"choices": [{"text": text[:3]}]}),
        sse({"choices": [{"text": text[3:], "finish_reason": "stop"}]}),
        sse({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3}}),
        sse("[DONE]"),
        lines=lines,
    )


@pytest.fixture
def config(up, tmp_path):
    mixes = {"gap": "proposers: [{model: lab/qwen2.5-coder-7b}]\n"}
    path = up.write(tmp_path / "config", mixes, "inline: {mix: gap, debounce_ms: 50}\n")
    prices = "  lab/qwen2.5-coder-7b: {price: {input: 1, output: 10}, max_output: 1000}\n"
    path.write_text(path.read_text().replace("models:\n", f"models:\n{prices}"))
    return path


def environ(tmp_path, config):
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("STATE", "CACHE")}
    return {
        **os.environ, **homes,
        "LAB_KEY": KEY, "PYTHONPATH": str(ROOT), "MOA_LSP_CONFIG": str(config),
    }  # fmt: skip


def complete(tmp_path, config, where, *more):
    argv = (sys.executable, "-m", "moa_lsp", "complete", where, *more)
    return subprocess.run(
        argv,
        cwd=tmp_path,
        env=environ(tmp_path, config),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def used(tmp_path, config):
    told = subprocess.run(
        (sys.executable, "-m", "moa_lsp", "usage", "--json"),
        env=environ(tmp_path, config),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(told.stdout)["total"]


def test_an_answer_of_a_gateway_that_made_chat_of_the_gap_is_not_booked_as_free(
    up, tmp_path, config
):
    up.play("lab", completion("sum(items)", "x-litellm-model-name: deepseek/deepseek-chat"))
    (tmp_path / "f.py").write_text(TEXT)
    ended = complete(tmp_path, config, "f.py:2:12")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "by chat alone behind its gateway (deepseek), set `fim: chat`" in ended.stderr
    assert len(up.asked("lab")) == 1
    assert used(tmp_path, config)["cost_known"] is False


def test_the_command_line_completes_over_a_models_own_markers(up, tmp_path, config):
    (tmp_path / "f.py").write_text(TEXT)
    ended = complete(tmp_path, config, "f.py:2:12")
    assert (ended.returncode, ended.stdout) == (0, "sum(items)\n"), ended.stderr
    (asked,) = up.asked("lab")
    assert asked.path == "/v1/completions"
    assert asked.json["prompt"] == (
        "<|fim_prefix|>def f(items):\n    return <|fim_suffix|>\n<|fim_middle|>"
    )
    total = used(tmp_path, config)
    assert (total["runs"], total["inline"], total["offered"]) == (0, 1, 1)
    assert total["cost_known"] is True
    assert total["usage"] == {"input": 9, "output": 3, "cached": 0}


@pytest.mark.parametrize(
    ("where", "code", "said"),
    [
        ("f.py", 2, "names no place"),
        ("f.py:9:1", 2, "has lines 1 to 3"),
        ("f.py:1:99", 2, "has columns 1 to 14"),
        ("missing.py:1:1", 2, "cannot be read"),
        ("f.py:2:12 --mix none", 2, "there is no mix"),
    ],
)
def test_what_makes_no_sense_is_said(up, tmp_path, config, where, code, said):
    (tmp_path / "f.py").write_text(TEXT)
    ended = complete(tmp_path, config, *where.split())
    assert (ended.returncode, up.asked("lab")) == (code, [])
    assert said in ended.stderr


def test_the_command_line_knows_the_words_of_the_folder(up, tmp_path, config):
    for number in range(3):
        (tmp_path / f"other{number}.py").write_text("from pathlib import PurePosixPath\n" * 3)
    (tmp_path / ".moaignore").write_text("hidden*\n")
    (tmp_path / "hidden.py").write_text("from secretly import NothingToSee\n" * 9)
    (tmp_path / "f.py").write_text("from path\nfrom secr\n")
    ended = complete(tmp_path, config, "f.py:1:10", "--mix", "embedded-inline")
    assert (ended.returncode, ended.stdout) == (0, "lib import PurePosixPath\n"), ended.stderr
    ended = complete(tmp_path, config, "f.py:2:10", "--mix", "embedded-inline")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert up.asked("lab") == []


def test_nothing_to_offer_is_a_failure_in_one_sentence(up, tmp_path, config):
    (tmp_path / "f.py").write_text(TEXT)
    up.play("lab", completion("      "))
    ended = complete(tmp_path, config, "f.py:2:12")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "there is no completion here" in ended.stderr


def test_the_socket_of_a_cancelled_request_is_closed(up, start, tmp_path, config):
    up.play("lab", chunked(sse({"choices": [{"text": "s"}]}), Hang()))
    client = start(SERVER, env={**environ(tmp_path, config)}, canaries=[KEY])
    made = Desk(client)
    made.initialize(able())
    made.open("file:///w/f.py", TEXT)
    asked = ask(made, 1, 11)
    until(lambda: up.asked("lab"))
    client.cancel(asked)
    assert client.response(asked)["error"]["code"] == -32800
    up.closed()


def test_the_first_request_imports_nothing_of_ours(up, start, tmp_path, config):
    """It came in a thread when the setup was read: the first suggestion waits for none of it."""
    command = (sys.executable, "-X", "importtime", *SERVER[1:])
    client = start(command, env={**environ(tmp_path, config)}, canaries=[KEY])
    made = Desk(client)
    made.initialize(able(textDocument={"inlineCompletion": {}}))
    client.wait_for_log(" moa_lsp.providers.reasoning\n")  # the way to models comes last
    before = imported(client)
    made.open("file:///w/f.py", TEXT)
    assert texts(items(made, 1, 11)) == ["sum(items)"]
    assert imported(client) - before == set()


def imported(client):
    """Modules of ours that the server says it has imported."""
    return set(re.findall(r"import time:.*\| +(moa_lsp\S*)", client.stderr_text))


def test_no_money_is_spent_that_was_not_agreed_to(up, start, tmp_path, config):
    config.write_text(config.read_text() + "budget: {usd_per_run: 0.0000001}\n")
    client = start(SERVER, env={**environ(tmp_path, config)}, canaries=[KEY])
    made = Desk(client)
    made.initialize(able())
    made.open("file:///w/f.py", TEXT)
    assert items(made, 1, 11) == []
    assert up.asked("lab") == []


def test_delta_shaped_answers_are_read_too(up, tmp_path, config):
    up.play("lab", chunked(delta("sum(items)"), delta(None, "stop")))
    (tmp_path / "f.py").write_text(TEXT)
    assert complete(tmp_path, config, "f.py:2:12").stdout == "sum(items)\n"


# --- clients that show no grey text --------------------------------------------------------------


def popup(runner, line, character):
    params = {
        "textDocument": {"uri": runner.buffer.uri},
        "position": {"line": line, "character": character},
    }
    return runner.client.call("textDocument/completion", params)


def test_ordinary_completion_stands_in_when_that_is_wished(typist):
    made = typist(WORD, completion={"fallback": True})
    assert "completionProvider" in announced(made)
    made.script(a={"text": "m(items)"})
    found = popup(made, 1, 13)
    assert found["isIncomplete"] is True
    (item,) = found["items"]
    assert item["textEdit"]["newText"] == "sum(items)"
    assert item["textEdit"]["range"]["start"] == {"line": 1, "character": 11}
    assert (item["label"], item["filterText"]) == ("sum(items)", "su")
    assert item["command"]["command"] == "moa.accepted"


def test_it_is_not_announced_otherwise(typist):
    made = typist(WORD)
    assert "completionProvider" not in announced(made)


def test_the_status_says_why_nothing_comes_and_when_it_does_again(typist):
    made = typist()
    made.script(a={"error": "down"})
    assert items(made, 1, 11) == []
    until(lambda: any("inline completion" in each["message"] for each in made.statuses()))
    assert made.statuses()[-1]["state"] == "warning"
    made.script(a={"text": "sum(items)"})
    assert texts(items(made, 1, 11, invoked=True)) == ["sum(items)"]
    until(lambda: made.statuses()[-1]["state"] == "idle")


# --- what models never see ----------------------------------------------------------------------

SECRET = "sk-Zq8vT2mXw4Lr9KcB7nYh3JdF6pWs"


def test_A12_no_secret_of_the_buffer_is_sent(up, tmp_path, config):
    (tmp_path / "f.py").write_text(f'API_KEY = "{SECRET}"\n\n\n{TEXT}')
    ended = complete(tmp_path, config, "f.py:5:12")
    assert (ended.returncode, ended.stdout) == (0, "sum(items)\n"), ended.stderr
    (asked,) = up.asked("lab")
    assert SECRET not in json.dumps(asked.json, ensure_ascii=False)
    assert "return " in asked.json["prompt"]


@pytest.mark.parametrize("name", [".env", "id_rsa.key", ".vscode/tasks.json", "left/out.py"])
def test_A05_A12_nothing_is_completed_in_what_models_never_see(up, start, tmp_path, config, name):
    (tmp_path / ".gitignore").write_text("left/\n")
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(TEXT)
    client = start(SERVER, env={**environ(tmp_path, config)}, canaries=[KEY])
    made = Desk(client)
    made.initialize(able(), root=tmp_path)
    made.open(path.as_uri(), TEXT)
    assert items(made, 1, 11, invoked=True) == []
    assert up.asked("lab") == []
    ended = complete(tmp_path, config, f"{name}:2:12")
    assert ended.returncode == 2
    assert "nothing is completed at" in ended.stderr


def test_what_is_open_teaches_the_n_grams(start, tmp_path, config):
    (config.parent / "mixes" / "words.yaml").write_text(
        "name: words\nproposers: [{model: embedded/ngram}]\n"
    )
    config.write_text(config.read_text().replace("mix: gap", "mix: words"))
    client = start(SERVER, env={**environ(tmp_path, config)}, canaries=[KEY])
    made = Desk(client)
    made.initialize(able(textDocument={"inlineCompletion": {}}), root=tmp_path)
    lines = "".join(f"total_{n} = compute_total(items, prices)\n" for n in range(9))
    made.open((tmp_path / "other.py").as_uri(), lines)
    made.open((tmp_path / "f.py").as_uri(), "x = 1\n")
    made.type("x = 1", "x = 1\ntotal_x = compute_t")
    until(lambda: texts(items(made, 1, 19)) == ["compute_total(items, prices)"])


def test_pieces_of_other_documents_are_shown_once_they_are_found(up, start, tmp_path, config):
    client = start(SERVER, env={**environ(tmp_path, config)}, canaries=[KEY])
    made = Desk(client)
    made.initialize(able(), root=tmp_path)
    helper = "def price_of(basket, currency):\n    return basket.total(currency)\n"
    made.client.open((tmp_path / "shop.py").as_uri(), helper)
    secret = f'def key_of(basket, currency):\n    return "{SECRET}", basket, currency\n'
    made.client.open((tmp_path / "keys.py").as_uri(), secret)
    text = "basket, currency = load()\ny0 = \n"
    made.open((tmp_path / "f.py").as_uri(), text)
    numbers = iter(range(1, 200))

    def shown_beside():
        number = next(numbers)  # another gap each time, so that it is asked again
        made.type(f"y{number - 1} = ", f"y{number} = ")
        items(made, 1, 4 + len(str(number)), invoked=True)
        return "price_of(basket, currency)" in up.asked("lab")[-1].json["prompt"]

    until(shown_beside)
    assert "<|file_sep|>shop.py\n" in up.asked("lab")[-1].json["prompt"]
    for each in up.asked("lab"):
        assert SECRET not in json.dumps(each.json)
