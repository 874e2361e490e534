"""`moa-lsp run`: stdin, several files, changed lines, and who proposed what."""

import asyncio
import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from moa_lsp.cli.main import answered
from moa_lsp.cli.run import run
from moa_lsp.cli.run_arguments import ActionArguments
from moa_lsp.cli.run_progress import STILL_S, ProgressLines
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.mix.progress import MixProgress
from moa_lsp.runs.runtime_config import load_runtime_config
from tests.fakes.clock import virtual_run
from tests.fakes.runs import APOLOGY, BEFORE, code, text
from tests.fakes.scripted import Line, Scripted
from tests.unit.cli.test_changed_lines import git

OLD = 'import os\nx = {"a": 1}.get("a", None)\n'
NEW = 'x = {"a": 1}.get("a")\n'

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def given(monkeypatch):
    """``given(text)`` puts a text into stdin."""

    def give(content):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))

    return give


STDIN = [
    # arguments, what stdin holds, what is printed
    (("-", "--name", "m.py"), OLD, NEW),
    (("-", "--name", "m.py", "--output", "text"), OLD, NEW),
    (("-:2-3", "--name", "m.py"), f"import os\n{OLD}", f"import os\n{NEW}"),
    (("-", "--name", "m.py"), NEW, NEW),
    (("-", "--name", "sub/m.py", "--output", "diff"), NEW, ""),
    (("-", "--name", "m.py"), OLD.replace("\n", "\r\n"), NEW.replace("\n", "\r\n")),
]


@pytest.mark.parametrize(("argv", "old", "new"), STDIN)
def test_the_text_of_stdin_becomes_the_new_text(call, given, argv, old, new):
    given(old)
    code, out, err = call("run", "refactor", *argv)
    assert (code, out) == (0, new), err
    assert list(Path().iterdir()) == []


def test_a_failed_run_of_stdin_prints_no_text(call, given):
    given("package m\n")
    code, out, err = call("run", "refactor", "-", "--name", "m.go")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1


def test_secrets_are_not_taken_from_stdin_either(call, given):
    given("KEY=1\n")
    code, _, err = call("run", "refactor", "-", "--name", ".git/config")
    assert code == 2
    assert ".git" in err


WRONG = [
    ((), "name a file, or - for stdin, or say --changed"),
    (("-", "--write"), "leave out --write"),
    (("-", "m.py"), "name it alone"),
    (("m.py", "--name", "a.py"), "name the file - too"),
    (("m.py", "n.py", "--output", "text"), "are about one file"),
    (("m.py", "n.py", "--diagnostic", "1:x"), "are about one file"),
    (("m.py", "--output", "text", "--json"), "leave out --also and --json"),
    (("m.py", "--mix", "gone.yaml"), "there is no mix file gone.yaml"),
]


@pytest.mark.parametrize(("argv", "sentence"), WRONG)
def test_what_does_not_go_together_is_wrong_usage(call, argv, sentence):
    Path("m.py").write_text(OLD)
    code, out, err = call("run", "refactor", *argv)
    assert (code, out) == (2, "")
    assert sentence in err


def test_output_text_prints_the_file_and_writes_nothing(call):
    Path("m.py").write_text(OLD)
    code, out, _ = call("run", "refactor", "m.py", "--output", "text")
    assert (code, out, Path("m.py").read_text()) == (0, NEW, OLD)


def test_of_several_files_each_is_run_and_a_failed_one_told(call):
    for name, content in (("a.py", OLD), ("b.go", "package m\n"), ("c.py", OLD)):
        Path(name).write_text(content)
    code, out, err = call("run", "refactor", "a.py", "b.go", "c.py", "--write")
    assert code == 1
    assert [line for line in out.splitlines() if line.startswith("+++")] == [
        "+++ b/a.py",
        "+++ b/c.py",
    ]
    assert "moa-lsp: b.go: no agent of this mix does that" in err
    assert (Path("a.py").read_text(), Path("c.py").read_text()) == (NEW, NEW)


def test_of_several_files_json_is_a_list(call):
    for name in ("a.py", "b.py"):
        Path(name).write_text(OLD)
    code, out, err = call("run", "refactor", "a.py", "b.py", "--json")
    assert (code, err) == (0, "")
    assert [record["state"] for record in json.loads(out)] == ["done", "done"]


@needs_git
@pytest.mark.parametrize("write", [True, False])
def test_changed_runs_on_the_lines_that_differ(call, write):
    one = 'def {}(a):\n    return {{"b": 1}}.get(a, None)\n\n\n'
    Path("m.py").write_text("".join(one.format(name) for name in "fgh").rstrip("\n") + "\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    before = Path("m.py").read_text()
    Path("m.py").write_text(before.replace("def f(a)", "def f(b)").replace("def h(a)", "def h(b)"))
    lines = (
        Path("m.py")
        .read_text()
        .replace('f(b):\n    return {"b": 1}', 'f(b):\n    return {"c": 1}')
    )
    lines = lines.replace('h(b):\n    return {"b": 1}', 'h(b):\n    return {"c": 1}')
    Path("m.py").write_text(lines)
    argv = ("--write",) if write else ()
    code, out, err = call("run", "refactor", "--changed", *argv)
    assert code == 0, err
    expected = lines.replace('{"c": 1}.get(a, None)', '{"c": 1}.get(a)')
    assert [line for line in out.splitlines() if line.startswith("@@")] == [
        "@@ -7,4 +7,4 @@",
        "@@ -1,5 +1,5 @@",
    ]
    assert Path("m.py").read_text() == (expected if write else lines)
    assert json.loads(call("run", "explain", "--changed", "--json")[1])[0]["state"] == "done"


MIX = """\
name: four
proposers: [{model: scripted/a}, {model: scripted/b}, {model: scripted/c}, {model: scripted/d}]
aggregator: [{verify: [parse, names]}, {model: scripted/agg}]
"""
SCRIPT = {"a": code(1), "b": code("zzz"), "c": Line(APOLOGY), "d": code(4), "agg": code("1 # one")}


@pytest.fixture
def asked(tmp_path, capsys):
    """``asked(script, option=…)`` runs refactor on a file with three models and a fourth."""
    (tmp_path / "cfg" / "mixes").mkdir(parents=True)
    (tmp_path / "cfg" / "mixes" / "four.yaml").write_text(MIX)
    (tmp_path / "cfg" / "config.yaml").write_text("mix: four\n")
    Path("size.py").write_text(BEFORE)

    def begin(script, action="refactor", **options):
        runtime = load_runtime_config(
            config=tmp_path / "cfg" / "config.yaml",
            environ={},
            providers={"scripted": Scripted(script)},
            entries={"scripted": ProviderEntry("scripted", "scripted")},
        )
        arguments = ActionArguments(action, ("size.py:4-6",), **options)
        code = answered(lambda: run(arguments, runtime))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return begin


def test_who_proposed_and_who_wrote_is_told_beside_the_result(asked):
    code, out, err = asked(SCRIPT)
    assert code == 0
    assert out.startswith("--- a/size.py\n")
    rows = [" ".join(line.split()[:2]) for line in err.splitlines()[:5]]
    assert rows == ["agent state", "a ok", "b rejected", "c rejected", "d ok"]
    last = err.splitlines()[5].split(" · ")
    assert last[:2] == ["mix four", "agg from 2 proposals"]
    assert last[3] == "0.005 USD"


def test_proposals_are_printed_with_what_the_checks_say(asked):
    _, out, _ = asked(SCRIPT, proposals=True)
    _, a, b, c, d, agg = out.split("\n== ")
    assert a.startswith("a (scripted/a) · ok · 0.0")
    assert a.endswith("100/20 tokens · 0.001 USD · parse: ok · names: ok · same as result\n")
    assert "rejected: uses names that nothing defines: zzz" in b
    assert b.endswith(f"{text('zzz')}\n")
    assert c.startswith("c (scripted/c) · rejected: ")
    assert d.endswith(f"{text(4)}\n")
    assert agg.startswith("aggregator (scripted/agg) · ok")
    assert APOLOGY not in out


def test_raw_prints_what_was_written_also_of_a_failed_run(asked):
    script = {**dict.fromkeys("abcd", Line(APOLOGY)), "agg": code(1)}
    exit_code, out, err = asked(script, raw=True)
    assert exit_code == 1
    assert out.count(f"-- written by scripted/a\n{APOLOGY}\n") == 1
    assert out.count(APOLOGY) == 4
    assert err.count("\n") == 1


def test_json_has_the_proposals_on_request(asked):
    _, out, err = asked(SCRIPT, as_json=True, raw=True)
    texts = json.loads(out)["proposal_texts"]
    assert [each["agent"] for each in texts] == ["result", "a", "b", "c", "d", "aggregator"]
    assert texts[3]["raw"] == APOLOGY
    assert "text" not in texts[3]
    assert err == ""
    assert "proposal_texts" not in json.loads(asked(SCRIPT, as_json=True)[1])


def test_a_mix_file_is_taken_in_place_of_a_name(call):
    Path("m.py").write_text(OLD)
    mix = "name: embedded\nproposers: [{model: embedded/ruff, id: mine}]\n"
    Path("mine.yaml").write_text(mix)
    code, out, err = call("run", "refactor", "m.py", "--mix", "mine.yaml", "--json")
    assert code == 0, err
    assert [each["agent"] for each in json.loads(out)["proposals"]] == ["mine"]
    Path("mine.yaml").write_text(f"{mix}agregator: []\n")
    code, out, err = call("run", "refactor", "m.py", "--mix", "mine.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("mine.yaml:3:1: unknown key `agregator`")


def test_fix_says_what_it_finds_and_cannot_mend(call):
    Path("m.py").write_text("x = nowhere\n")
    code, _, err = call("run", "fix", "m.py")
    assert code == 1
    assert "ruff has no safe fix for F821 (line 1)" in err
    code, _, err = call("run", "fix", "m.py", "--diagnostic", "1:undefined name")
    assert "F821 (line 1)" in err


def test_a_model_that_leaves_what_was_reported_is_told(asked):
    line = Line(f"```python\n{BEFORE[BEFORE.index('def size') :]}```\n")
    script = dict.fromkeys(("a", "b", "c", "d", "agg"), line)
    code, out, err = asked(script, action="fix", diagnostics=("5:wrong call", "6:wrong name"))
    assert (code, out) == (0, "")
    assert err.endswith(
        "moa-lsp: the mix found nothing to change; not mended: line 5: wrong call; "
        "line 6: wrong name\n"
    )


async def heard():
    said = []
    lines = ProgressLines("Refactor · m", said.append)
    waiting = asyncio.create_task(lines.wait())
    await asyncio.sleep(3)
    lines(MixProgress("proposing", 1, 2, 1))
    lines(MixProgress("proposing", 1, 2, 1))
    for tokens in (900, 1000, 1100):
        lines(MixProgress("proposing", 1, 2, 1, reasoning=(("glm", tokens),)))
    await asyncio.sleep(STILL_S * 2.5)
    waiting.cancel()
    return said


def test_a_pipe_hears_what_is_new_once_and_that_it_still_waits():
    assert virtual_run(heard()) == [
        "Refactor · m · 1/2 proposals",
        "Refactor · m · 1/2 proposals · glm reasons, 900 tokens",
        "Refactor · m · 1/2 proposals · glm reasons, 1,100 tokens · 13 s",
        "Refactor · m · 1/2 proposals · glm reasons, 1,100 tokens · 23 s",
    ]
