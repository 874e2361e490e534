"""What leaves the machine, as the other side of the socket sees it (A05, A12)."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.client import ROOT, SERVER, ServerError
from tests.fakes.desk import ABLE, Desk, fenced
from tests.fakes.upstreams import KEY, Upstreams

pytestmark = pytest.mark.e2e

CANARY, FAR, NEXT = "c4nary-In5ide", "c4nary-0utside", "c4nary-Ne1ghbour"
OLD = f"""\
PASSWORD = "{FAR}"


def connect(host):
    # {FAR} is for another host
    client = make_client(host, password="{CANARY}")
    return client


def other():
    return make_client("x")
"""
REGION = OLD[OLD.index("def connect") : OLD.index("\n\n\ndef other")]
NEIGHBOUR = """\
def make_client(host, password=None):
    return Client(host, password)
"""
LEAKING = f"""\
def connect_client(host):
    return make_client(host, password="{NEXT}")
"""
MIXES = {
    "duo": "proposers: [{model: a/m, id: one, system: be brief}, {model: b/m, id: two}]\n"
    "aggregator: [{model: z/m}]\n",
    "tools": "proposers: [{model: embedded/ruff}]\n",
}


@pytest.fixture
def up():
    with Upstreams("a", "b", "z") as made:
        yield made


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "app.py").write_text(OLD)
    (folder / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.11"\n')
    (folder / ".env").write_text(f"KEY={NEXT}\n")
    (folder / ".gitignore").write_text("gen/\n")
    (folder / "gen").mkdir()
    (folder / "gen" / "made.py").write_text(NEIGHBOUR)
    return folder


@pytest.fixture
def environ(up, tmp_path):
    kept = {name: value for name, value in os.environ.items() if name != "MOA_LSP_CONFIG"}
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("STATE", "CACHE", "CONFIG")}
    config = up.write(
        tmp_path / "config",
        MIXES,
        "mix: duo\nindex: {enabled: false}\ncontext: {exclude: ['*.sql']}\n",
    )
    return {
        **kept, **homes, "LAB_KEY": KEY, "PYTHONPATH": str(ROOT), "MOA_LSP_CONFIG": str(config),
    }  # fmt: skip


@pytest.fixture
def moa(work, environ):
    def call(*argv):
        argv = (sys.executable, "-m", "moa_lsp", *argv)
        ended = subprocess.run(
            argv, cwd=work, env=environ, capture_output=True, text=True, timeout=60, check=False
        )
        return ended.returncode, ended.stdout, ended.stderr

    return call


@pytest.fixture
def runner(start, work, environ):
    made = Desk(start(SERVER, env=environ, canaries=[CANARY, FAR, NEXT]))
    params = {"processId": os.getpid(), "capabilities": ABLE, "rootUri": work.as_uri()}
    made.client.initialize(params)
    made.encoding = "utf-16"
    made.client.command("moa.mixes")
    yield made
    assert made.client.quit() == 0


def received(up):
    return b"\n".join(seen.body for name in "abz" for seen in up.asked(name))


def check_silent(up):
    for canary in (CANARY, FAR, NEXT):
        assert canary.encode() not in received(up)


def shown(moa, *where):
    code, out, err = moa("run", "refactor", *where, "--show-context", "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def placeholder(told):
    """What stands for the canary of the region."""
    user = told["letters"][0]["messages"][1]["content"]
    return user.partition('(host, password="')[2].partition('"')[0]


def where(runner, region=REGION):
    start = runner.buffer.text.index(region)
    return runner.buffer.range(start, start + len(region))


def test_a12_canaries_stay_here_and_the_edit_brings_the_regions_own_back(moa, runner, up, work):
    hidden = placeholder(shown(moa, "app.py:4-7"))
    assert hidden.startswith("HIDDEN_")
    better = f'def connect(host):\n    return make_client(host, password="{hidden}")'
    worse = f'def connect(host):\n    return make_client(host, password="{hidden}"), 1'
    up.say(a=fenced(better), b=fenced(worse), z=fenced(better))
    runner.client.open((work / "leak.py").as_uri(), LEAKING, "python")
    runner.client.open((work / "clients.py").as_uri(), NEIGHBOUR, "python")
    runner.client.open((work / ".env").as_uri(), f"KEY={NEXT} make_client host", "plaintext")
    runner.client.open((work / "gen/made.py").as_uri(), f"# generated\n{NEIGHBOUR}", "python")
    runner.open((work / "app.py").as_uri(), OLD)
    record = runner.result(runner.run(where(runner)))
    assert (record["state"], record["applied"]) == ("done", True), record
    assert runner.buffer.text == OLD.replace(REGION, better.replace(hidden, CANARY))
    assert [len(up.asked(name)) for name in "abz"] == [1, 1, 1]
    check_silent(up)
    for name in "abz":
        assert "def make_client(host, password=None):" in up.prompt(name)
        assert "Python >=3.11" in up.prompt(name)
        for never in (".env", "gen/made.py", "# generated", "leak.py"):
            assert never not in up.prompt(name)
    assert hidden in up.prompt("z").partition("<proposal-A-")[2]
    assert any("2 values that look like secrets were hidden" in one for one in record["warnings"])


def test_a12_a_hidden_value_from_outside_the_region_is_refused(moa, runner, up, work):
    told = shown(moa, "app.py:4-7")
    outside = told["letters"][0]["messages"][1]["content"].partition('PASSWORD = "')[2][:13]
    bad = f'def connect(host):\n    return make_client(host, password="{outside}")'
    runner.open((work / "app.py").as_uri(), OLD)
    up.say(a=fenced(bad), b=fenced(bad), z=fenced(bad))
    record = runner.result(runner.run(where(runner)))
    assert (record["state"], record["applied"]) == ("failed", False)
    reasons = [each["reason"] for each in record["proposals"]]
    assert len([one for one in reasons if "hidden value" in one]) == 2
    assert runner.buffer.text == OLD
    check_silent(up)


def test_a12_nothing_with_secrets_is_kept_on_disk(moa, up, tmp_path):
    hidden = placeholder(shown(moa, "app.py:4-7"))
    same = f'def connect(host):\n    return make_client(host, password="{hidden}")'
    up.say(a=fenced(same), b=fenced(same), z=fenced(same))
    for _ in range(2):
        code, out, _ = moa("run", "refactor", "app.py:4-7", "--json")
        assert code == 0
        assert CANARY in json.loads(out)["text"]
    assert len(up.asked("a")) == 2
    for folder in ("STATE", "CACHE"):
        for path in (tmp_path / folder).rglob("*"):
            assert path.is_dir() or CANARY.encode() not in path.read_bytes()


def test_what_is_shown_beforehand_is_what_is_sent(moa, up):
    told = shown(moa, "app.py:4-7", "--instruction", "shorter")
    assert not received(up)
    up.say(a=fenced("def connect(host):\n    return 1"), b=fenced("def connect(h): ..."), z="no")
    code, _, _ = moa("run", "refactor", "app.py:4-7", "--instruction", "shorter", "--json")
    assert code == 0
    by_agent = {each["agents"][0]: each["messages"] for each in told["letters"]}
    for agent, name in (("one", "a"), ("two", "b")):
        (seen,) = up.asked(name)
        sent = seen.json["messages"]
        tag = sent[1]["content"].partition("<region-")[2].partition(">")[0]
        assert len(tag) == len(told["tag"]) == 8
        said = json.dumps(by_agent[agent]).replace(told["tag"], tag)
        assert json.loads(said) == sent
    assert told["parts"]["region"] > 0
    assert sum(told["parts"].values()) <= told["room"] == 8000
    # all proposers read the same; only what an agent adds differs
    assert by_agent["one"][1] == by_agent["two"][1]
    assert by_agent["one"][0]["content"] == f"{by_agent['two'][0]['content']}\n\nbe brief"


def test_an_aggregators_prompt_starts_as_a_proposers(moa, up):
    up.say(a=fenced("def connect(host):\n    return 1"), b=fenced("def connect(h): ..."), z="no")
    moa("run", "refactor", "app.py:4-7")
    (one,), (last,) = up.asked("b"), up.asked("z")
    assert last.json["messages"][0] == one.json["messages"][0]
    assert last.json["messages"][1]["content"].startswith(one.json["messages"][1]["content"])


def test_for_people_it_is_a_page_with_a_table(moa, up):
    code, out, err = moa("run", "explain", "app.py:4", "--show-context")
    assert code == 0
    assert "--- system, to one\n" in out
    assert "be brief" in out
    assert "all" in out
    assert "of 8,000" in out
    assert "2 values that look like secrets" in err
    for canary in (CANARY, FAR):
        assert canary not in out + err
    assert not received(up)


def test_a07_conventions_of_a_trusted_folder_alone(moa, runner, up, work):
    (work / "AGENTS.md").write_text("Say café, not coffee.\n")
    (work / "style.md").write_text("Two blank lines.\n")
    untrusted, trusted = shown(moa, "app.py:4-7"), shown(moa, "app.py:4-7", "--trusted")
    assert "conventions" not in untrusted["parts"]
    assert {"what": "AGENTS.md", "why": "the folder is not trusted"} in untrusted["left_out"]
    assert trusted["files"] == {"conventions": ["AGENTS.md"]}
    assert trusted["parts"]["conventions"] > 0
    for told, there in ((untrusted, False), (trusted, True)):
        words = json.dumps(told["letters"], ensure_ascii=False)
        assert ("café" in words, "Two blank lines" in words) == (there, False)
    up.say(a=fenced("def connect(host):\n    return 1"), b="no", z="no")
    runner.open((work / "app.py").as_uri(), OLD)
    for seen, trust in enumerate((False, True)):
        runner.client.notify("moa/didChangeTrust", {"trusted": trust})
        runner.client.command("moa.mixes")
        runner.result(runner.run(where(runner), "explain"))
        sent = up.asked("a")
        assert len(sent) == seen + 1
        assert ("café" in sent[-1].body.decode()) == trust


def test_a12_what_was_typed_and_said_goes_to_models_that_read_words(runner, up, work):
    up.say(a=fenced("def connect(host):\n    return 1"), b="no", z="no")
    for name, text in ((".env", f"KEY={NEXT}\n"), ("other.py", "ready = 1\n")):
        uri = (work / name).as_uri()
        runner.client.open(uri, text, "python")
        new = {"text": text.replace("=", " = secret "), "range": None}
        changed = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [new]}
        runner.client.notify("textDocument/didChange", changed)
    runner.open((work / "app.py").as_uri(), OLD)
    runner.type('make_client("x")', 'make_client("y")')
    said = {"message": "unused name", "range": runner.buffer.range(0, 3)}
    runner.offers(where(runner), diagnostics=[said])
    runner.result(runner.run(where(runner)))
    seen = up.prompt("a")
    assert "other.py, line 1:\n-ready = 1\n+ready  = secret  1\n" in seen
    assert 'app.py, line 11:\n-    return make_client("x")\n+    return make_client("y")\n' in seen
    assert seen.index("other.py, line 1:") < seen.index("app.py, line 11:")
    assert "line 1: unused name" in seen
    assert ".env" not in seen
    check_silent(up)


DENIED = [
    (".env", "`.env*`, which holds secrets by its name"),
    ("gen/made.py", "`gen/` of .gitignore"),
    ("dump.sql", "`*.sql` of context.exclude"),
]


@pytest.mark.parametrize(("name", "rule"), DENIED)
def test_a12_denied_documents_are_refused_for_models_and_not_for_tools(
    moa, runner, up, work, name, rule
):
    (work / name).write_text("x = 1\n")
    runner.open((work / name).as_uri(), "x = 1\n")
    where = runner.buffer.range(0, 5)
    if "ignore" in rule:  # files of the folder are read by the run, whose name comes at once
        refused = runner.result(runner.run(where, "explain"))
        assert refused["state"] == "failed"
        assert rule in refused["reason"]
    else:
        with pytest.raises(ServerError, match=re.escape(rule)):
            runner.run(where, "explain")
    for more in ((), ("--show-context",), ("--mix", "tools", "--show-context")):
        code, out, err = moa("run", "explain", name, *more)
        assert (code, out) == (2, "")
        assert f"{name} is never shown to a model, because of {rule}; use the embedded mix" in err
    assert not received(up)
    code, _, err = moa("run", "explain", name, "--mix", "tools")
    assert "never shown" not in err


GUARDED = [".vscode/settings.json", ".github/workflows/ci.yml", "CLAUDE.md", ".moa/config.yaml"]


@pytest.mark.parametrize("name", GUARDED)
def test_a05_no_action_where_an_editor_takes_orders(moa, runner, work, name):
    (work / name).parent.mkdir(parents=True, exist_ok=True)
    (work / name).write_text("a: 1\n")
    runner.open((work / name).as_uri(), "a: 1\n", "yaml")
    assert runner.offers(runner.buffer.range(0, 4)) == []
    code, out, err = moa("run", "refactor", name, "--mix", "tools")
    assert (code, out) == (2, "")
    assert "no action works in" in err
    assert "context.allow" in err


def test_a05_but_for_those_that_the_user_lists(moa, environ, work, up):
    path = Path(environ["MOA_LSP_CONFIG"])
    path.write_text(path.read_text().replace("exclude: ['*.sql']", "allow: [CLAUDE.md]"))
    (work / "CLAUDE.md").write_text("hello\n")
    up.say(a="It says hello.", b="It says hello.", z="It says hello.")
    code, out, _ = moa("run", "explain", "CLAUDE.md")
    assert code == 0
    assert "It says hello." in out
