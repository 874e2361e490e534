"""Runs with models over real sockets: the command line and the server, from file to edit."""

import json
import os
import re
import subprocess
import sys

import pytest

from tests.fakes.client import ROOT, SERVER, until
from tests.fakes.desk import Desk, fenced
from tests.fakes.faulty_server import Hang, Wait, chunked, delta, whole
from tests.fakes.upstreams import KEY, Upstreams, slowly

pytestmark = pytest.mark.e2e

OLD = "def f(a):\n    b = a\n    return b\n"
ONE, TWO, BEST = (f"def f(a):\n    return {how}" for how in ("a", "a + 0", "+a"))
MIXES = {
    "solo": "proposers: [{model: a/m}]\n",
    "trio": (
        "proposers: [{model: a/m, id: one, system: be brief}, {model: b/m, id: two}]\n"
        "aggregator: [{agree: 1.0}, {verify: [parse, names]}, {model: z/m}]\n"
    ),
    "nested": (
        "proposers: [{model: mix/trio, id: team}, {model: b/m, id: two}]\n"
        "aggregator: {select: prior}\n"
    ),
    "dear": "proposers: [{model: a/m, max_tokens: 1000}]\nbudget: {usd: 0.00001}\n",
}
UNINDEXED = "index: {enabled: false}\n"
"""How far an index is decides what is shown, and so whether a question is the same again."""

COST = (11 * 1 + 3 * 10) / 1e6
"""Of one answer of the test server at the configured price."""


@pytest.fixture
def up():
    with Upstreams("a", "b", "z") as made:
        made.say(a=fenced(ONE), b=fenced(TWO), z=fenced(BEST))
        yield made


@pytest.fixture
def environ(tmp_path):
    """Of a process whose user has a key and nothing else."""
    kept = {name: value for name, value in os.environ.items() if name != "MOA_LSP_CONFIG"}
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("STATE", "CACHE", "CONFIG")}
    return {**kept, **homes, "LAB_KEY": KEY, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def moa(up, tmp_path, environ):
    """``moa(argument, …)``: exit code, stdout, stderr of the command line."""
    config = up.write(tmp_path / "config", MIXES, UNINDEXED)
    (tmp_path / "m.py").write_text(OLD)

    def call(*argv):
        argv = (sys.executable, "-m", "moa_lsp", *argv)
        where = {**environ, "MOA_LSP_CONFIG": str(config)}
        ended = subprocess.run(
            argv, cwd=tmp_path, env=where, capture_output=True, text=True, timeout=60, check=False
        )
        assert KEY not in ended.stdout + ended.stderr
        return ended.returncode, ended.stdout, ended.stderr

    return call


def test_a_record_is_complete_and_the_same_again_costs_nothing(moa, up):
    code, out, err = moa("run", "refactor", "m.py:1-3", "--mix", "trio", "--json")
    assert (code, err) == (0, "")
    record = json.loads(out)
    assert (record["state"], record["mix"], record["text"]) == ("done", "trio", BEST)
    assert record["aggregation"] == {"by": "model", "model": "z/m"}
    told = [(p["agent"], p["model"], p["state"], p["usage"]) for p in record["proposals"]]
    usage = {"input": 11, "output": 3, "cached": 0}
    assert told == [("one", "a/m", "ok", usage), ("two", "b/m", "ok", usage)]
    for each in record["proposals"]:
        assert 0 < each["first_token_seconds"] <= each["seconds"] <= record["seconds"]
        assert each["cost_usd"] == pytest.approx(COST)
    assert record["usage"] == {"input": 33, "output": 9, "cached": 0}
    assert (record["cost_usd"], record["cost_known"]) == (pytest.approx(3 * COST), True)
    assert record["edit"]["documentChanges"]
    check_payloads(up)

    code, out, _ = moa("run", "refactor", "m.py:1-3", "--mix", "trio", "--json")
    again = json.loads(out)
    assert (code, again["text"], again["cost_usd"]) == (0, BEST, 0.0)
    assert (again["edit"], again["proposals"]) == (record["edit"], [])
    assert [len(up.asked(name)) for name in "abz"] == [1, 1, 1]
    code, out, _ = moa("usage", "--json")
    assert code == 0
    print(out)


def check_payloads(up):
    """Each request: its key, its own system text, and for the aggregator all proposals."""
    for name in "abz":
        (seen,) = up.asked(name)
        assert seen.headers["authorization"] == f"Bearer {KEY}"
        assert seen.json["model"] == "m"
        assert [each["role"] for each in seen.json["messages"]] == ["system", "user"]
    assert "be brief" in up.asked("a")[0].json["messages"][0]["content"]
    assert "be brief" not in up.prompt("b") + up.prompt("z")
    assert "<proposal-" not in up.prompt("a") + up.prompt("b")
    user = up.asked("z")[0].json["messages"][1]["content"]
    assert ONE in user
    assert TWO in user
    assert "<proposal-B-" in user


def test_what_a_first_run_needs_is_imported_in_an_idle_moment(up, start, tmp_path, environ):
    """A person looks at the file first, and waits for none of it when the run is asked for."""
    config = up.write(tmp_path / "config", MIXES, UNINDEXED)
    command = (sys.executable, "-X", "importtime", *SERVER[1:])
    client = start(command, env={**environ, "MOA_LSP_CONFIG": str(config)}, canaries=[KEY])
    runner = Desk(client)
    runner.initialize()
    runner.open("file:///w/m.py", OLD)
    client.wait_for_log(" moa_lsp.providers.reasoning\n")  # the way to models comes last
    before = imported(client)
    run = runner.run(runner.buffer.range(0, len(OLD) - 1), mix="trio")
    assert runner.result(run)["aggregation"] == {"by": "model", "model": "z/m"}
    assert imported(client) - before == set()


def imported(client):
    """Modules of ours that the server says it has imported."""
    return set(re.findall(r"import time:.*\| +(moa_lsp\S*)", client.stderr_text))


def test_a_mix_answers_as_one_agent(moa, up):
    code, out, err = moa("run", "refactor", "m.py:1-3", "--mix", "nested", "--json", "--write")
    assert code == 0
    assert re.fullmatch(r"moa-lsp: wrote \S*m\.py\n", err)
    record = json.loads(out)
    team, two = record["proposals"]
    assert (team["agent"], team["model"], team["state"]) == ("team", "mix/trio", "ok")
    assert team["usage"] == {"input": 33, "output": 9, "cached": 0}
    assert team["cost_usd"] == pytest.approx(3 * COST)
    assert record["cost_usd"] == pytest.approx(team["cost_usd"] + two["cost_usd"])
    assert (record["text"], record["applied"]) == (BEST, True)
    assert [len(up.asked(name)) for name in "abz"] == [1, 2, 1]


def test_a_failed_agents_words_reach_nobody(moa, up):
    up.play("b", whole('{"error": {"message": "zzz-overloaded"}}', 400))
    up.say(a=fenced(ONE), z=fenced(BEST))
    code, out, _ = moa("run", "refactor", "m.py:1-3", "--mix", "trio", "--json")
    record = json.loads(out)
    assert code == 0
    assert [each["state"] for each in record["proposals"]] == ["ok", "failed"]
    assert "zzz-overloaded" in record["proposals"][1]["reason"]
    assert "zzz" not in up.prompt("z")
    assert ONE in up.prompt("z")


def dead(up):
    up.stop("a")


def unknown_key(up):
    up.play("a", whole('{"error": {"message": "Incorrect API key"}}', 401))


def nothing(_up):
    """The servers are fine."""


REFUSED = [
    ("solo", dead, ["no connection to 127.0.0.1", "is it running?"]),
    ("solo", unknown_key, ["a/m", "key"]),
    ("dear", nothing, ["could cost $0.0", "`budget: usd` of the mix dear", "cheaper mix"]),
]


@pytest.mark.parametrize(("mix", "wrong", "parts"), REFUSED)
def test_one_sentence_says_what_is_wrong(moa, up, tmp_path, mix, wrong, parts):
    wrong(up)
    code, out, err = moa("run", "refactor", "m.py:1-3", "--mix", mix, "--write")
    print(err)
    assert (code, out) == (1, "")
    # on a slow machine a line of progress stands before it
    (said,) = [line for line in err.splitlines() if not line.endswith(" proposals")]
    assert said.startswith("moa-lsp: ")
    for part in parts:
        assert part in err
    assert (tmp_path / "m.py").read_text() == OLD
    if mix == "dear":
        assert not up.asked("a")


@pytest.fixture
def runner(up, start, tmp_path, environ):
    """An initialised client of the real server, with the file open."""
    config = up.write(tmp_path / "config", MIXES, "mix: trio\n")
    client = start(SERVER, env={**environ, "MOA_LSP_CONFIG": str(config)}, canaries=[KEY])
    made = Desk(client)
    made.initialize()
    made.open("file:///w/m.py", OLD)
    yield made
    assert client.quit() == 0


def test_a_run_becomes_one_edit_and_tells_how_far_it_is(runner, up):
    body = "".join(f"    a += {number}\n" for number in range(26))
    up.play("z", slowly(Wait(0.6), f"```python\ndef f(a):\n{body}", "    return a\n```\n"))
    record = runner.result(runner.run(runner.buffer.range(0, len(OLD) - 1)))
    assert (record["state"], record["applied"]) == ("done", True)
    assert runner.buffer.text == f"def f(a):\n{body}    return a\n"
    assert len(runner.edits) == 1
    said = [each.get("message", "") for each in runner.progress()]
    lines = "2/2 proposals · aggregating · 28 lines · z/m"  # and seconds, on a slow machine
    assert any(each.startswith(lines) for each in said)
    assert said[-1] == "done · m from 2 proposals"
    shares = [each["percentage"] for each in runner.progress() if "percentage" in each]
    assert shares == sorted(shares)
    told = runner.client.command("moa.usage")["session"]
    assert (told["runs"], told["taken"]) == (1, 1)


CUT = {
    "before an answer": [Hang()],
    "in the middle of one": chunked(delta("```python\ndef f("), Hang()),
}


@pytest.mark.parametrize("name", CUT)
def test_a_cancelled_run_closes_its_sockets_and_no_edit_follows(runner, up, name):
    up.play("a", CUT[name])
    up.play("b", CUT[name])
    run = runner.run(runner.buffer.range(0, len(OLD) - 1))
    until(lambda: up.asked("a") and up.asked("b"))
    assert runner.client.command("moa.cancel", {"run": run}) == {"cancelled": 1}
    record = runner.result(run)
    assert (record["state"], record["applied"]) == ("cancelled", False)
    assert [each["state"] for each in record["proposals"]] == ["cancelled", "cancelled"]
    up.closed()
    assert (runner.edits, runner.told(), runner.buffer.text) == ([], [], OLD)
    assert not up.asked("z")


def test_a_budget_refusal_is_one_sentence_and_asks_nobody(runner, up):
    record = runner.result(runner.run(runner.buffer.range(0, len(OLD) - 1), mix="dear"))
    assert (record["state"], record["proposals"]) == ("failed", [])
    (told,) = runner.told()
    assert re.search(r"could cost \$0\.0\d+.*`budget: usd` of the mix dear", told)
    assert not up.asked("a")
    assert runner.edits == []


def test_a_dead_provider_is_told_and_the_rest_is_taken(runner, up):
    up.stop("b")
    up.stop("z")
    record = runner.result(runner.run(runner.buffer.range(0, len(OLD) - 1)))
    assert (record["state"], record["applied"], record["text"]) == ("done", True, ONE)
    assert record["proposals"][1]["state"] == "failed"
    assert "127.0.0.1" in record["proposals"][1]["reason"]
