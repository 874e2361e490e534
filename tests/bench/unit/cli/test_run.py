"""``bench run`` and ``bench sweep`` from their arguments to what is printed."""

import json
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from moa_bench.cli import run as commands
from moa_bench.cli.progress import progress, words
from moa_bench.cli.report import report
from moa_bench.cli.run import BenchArguments, SweepArguments
from moa_bench.engine import Engine, local
from moa_bench.run import BenchEnvironment, BenchProgress
from moa_lsp.cli.main import answered, main
from moa_lsp.errors import SandboxError
from tests.fakes.bench import Models, ReadingSandbox, fenced, rows, skilled, source

SWEEP = "models: [lab/a, lab/b]\ntasks: {}\nproposers: [2]\nbaseline: b\n"


@asynccontextmanager
async def reading():
    yield BenchEnvironment(ReadingSandbox(), "reading", "nothing", 2)


@asynccontextmanager
async def nowhere():
    raise SandboxError("programs cannot be executed safely here; mend one of these:\n  bubblewrap")
    yield  # what makes it a generator


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEEPSEEK_API_KEY", raising=False)  # of a mix that is not to be ready
    (tmp_path / "own.jsonl").write_text(rows(4))
    with Models(skilled) as models:
        (tmp_path / "config.yaml").write_text(models.config("a", "b"))
        (tmp_path / "mine.yaml").write_text("name: mine\nproposers: [{model: lab/a}]\n")
        (tmp_path / "sweep.yaml").write_text(SWEEP.format("own.jsonl"))
        yield tmp_path, models


def run(folder, engine=None, **options):
    given = {"mix": "mine.yaml", "tasks": "own.jsonl", "out": folder / "out", **options}
    asked = BenchArguments(config=folder / "config.yaml", **given)
    return answered(lambda: exit_with(commands.run(asked, engine or Engine(reading))))


def exit_with(code):
    raise SystemExit(code)


def test_run_prints_the_ranking_of_what_it_asked(folder, capsys):
    path, models = folder
    assert run(path) == 0
    out, err = capsys.readouterr()
    assert "mine" in out
    assert "50.0" in out
    assert "0 of 4 · own · mine" in err
    assert len(models.bodies) == 4
    assert run(path) == 0
    assert len(models.bodies) == 4


def test_json_is_the_results(folder, capsys):
    path, _ = folder
    assert run(path, as_json=True, limit=2, samples=2) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(each["task"], each["sample"]) for each in found] == [
        ("made/1", 0), ("made/1", 1), ("made/2", 0), ("made/2", 1),
    ]  # fmt: skip
    assert {each["state"] for each in found} == {"passed", "failed"}


def test_a_sweep_prints_what_to_expect_and_the_ranking(folder, capsys):
    path, _ = folder
    swept = SweepArguments(path / "sweep.yaml", path / "out", config=path / "config.yaml")
    assert answered(lambda: exit_with(commands.sweep_file(swept, Engine(reading)))) == 0
    out, err = capsys.readouterr()
    assert "5 mixes on 4 questions each: some" in err
    assert "about $" in err
    for name in ("a_b_by_a", "a_b_by_b", "a-x2_by_a"):
        assert name in out
    for name in "ba":
        (path / "sweep.yaml").write_text(SWEEP.format("own.jsonl").replace("e: b", f"e: {name}"))
        assert answered(lambda: exit_with(commands.sweep_file(swept, Engine(reading)))) == 0
        assert report(path / "out") == 0
        out = capsys.readouterr().out
        assert out.count(f"are against {name}\n") == 2, "told by the sweep and by its report"


def test_tasks_that_cannot_be_judged_here_are_left_out_by_name(folder, capsys):
    path, _ = folder
    bad = json.loads(rows(1)) | {"id": "bad", "reference": source(1, 99)}
    (path / "own.jsonl").write_text(rows(2) + json.dumps(bad) + "\n")
    assert run(path) == 0
    assert "1 of 3 tasks excluded: bad (AssertionError)" in capsys.readouterr().out
    assert run(path, as_json=True) == 0
    out, err = capsys.readouterr()
    assert "bad is excluded: AssertionError\n" in err
    assert report(path / "out", as_json=True) == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"]
    assert table["excluded"] == {"bad": "AssertionError\nfailed: test_it"}, "whole, as it was said"
    assert [each["task"] for each in json.loads(out)] == ["made/1", "made/2"]


def test_where_there_is_no_sandbox_nothing_is_asked(folder, capsys):
    path, models = folder
    assert run(path, Engine(nowhere)) == 1
    assert "programs cannot be executed safely here" in capsys.readouterr().err
    assert models.bodies == []


def test_recorded_answers_stand_in_for_models(folder, capsys):
    path, models = folder
    lines = [
        {"task_id": f"made/{number}", "model": model, "sample_index": sample,
         "raw_output": fenced(source(number, number if model == "y" or sample else 0))}
        for number in (1, 2) for model in ("x", "y") for sample in (0, 1)
    ]  # fmt: skip
    (path / "said.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in lines))
    options = {"mix": "select-of-2", "recorded": path / "said.jsonl", "as_json": True}
    assert run(path, samples=2, **options) == 1
    out, err = capsys.readouterr()
    assert err.splitlines()[-1].startswith("moa-lsp: 4 of 8 answers are missing and not scored")
    found = json.loads(out)
    states = {(each["task"], each["sample"]): each["state"] for each in found}
    # A task that nobody answered is nobody's mistake.
    assert states == {
        ("made/1", 0): "failed", ("made/2", 0): "failed",
        ("made/1", 1): "passed", ("made/2", 1): "passed",
        ("made/3", 0): "missing", ("made/3", 1): "missing",
        ("made/4", 0): "missing", ("made/4", 1): "missing",
    }  # fmt: skip
    assert [each["right"] for each in found[:2]] == [{"x": False, "y": True}] * 1 + [
        {"x": True, "y": True}
    ]
    assert models.bodies == []


WRONG = {
    "mix": ({"mix": "no-such-mix"}, "there is no mix `no-such-mix`"),
    "file": ({"mix": "none.yaml"}, "none.yaml:1:1: the file cannot be read"),
    "set": ({"tasks": "humanevil"}, "there is no task set `humanevil`; did you mean `humaneval`?"),
    "key": ({"mix": "open-coding"}, "not every model can be asked"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_makes_no_sense_is_2_before_anything_is_asked(folder, capsys, what):
    path, models = folder
    options, said = WRONG[what]
    assert run(path, **options) == 2
    assert said in capsys.readouterr().err
    assert models.bodies == []


def test_what_lacks_a_key_is_refused_before_the_references_are_executed(folder, capsys):
    path, _ = folder
    assert run(path, Engine(nowhere), mix="open-coding") == 2
    assert "DEEPSEEK_API_KEY is not set" in capsys.readouterr().err


def test_a_key_that_no_task_within_the_limit_needs_may_be_lacking(folder, capsys):
    path, models = folder
    last = json.loads(rows(3).splitlines()[-1]) | {"action": "fix"}
    (path / "own.jsonl").write_text(rows(2) + json.dumps(last) + "\n")
    keyed = "overrides: [{when: {action: fix}, proposers: [{model: deepseek/deepseek-chat}]}]\n"
    (path / "mine.yaml").write_text((path / "mine.yaml").read_text() + keyed)
    assert run(path, Engine(nowhere)) == 2
    assert "DEEPSEEK_API_KEY is not set" in capsys.readouterr().err
    assert run(path, limit=2) == 0
    assert len(models.bodies) == 2


def test_mistakes_of_the_configuration_are_told_with_their_place(folder, capsys):
    path, models = folder
    config = path / "config.yaml"
    config.write_text(config.read_text().replace("base_url", "base_ulr", 1))
    assert run(path, Engine(nowhere)) == 2
    err = capsys.readouterr().err
    assert "config.yaml:" in err
    assert "did you mean `base_url`" in err
    assert models.bodies == []


def test_an_image_is_not_for_the_nodes_of_a_cluster(folder, capsys):
    path, _ = folder
    swept = SweepArguments(
        path / "sweep.yaml", path / "out", engine="ray", image="python:3.11-slim"
    )
    assert answered(lambda: exit_with(commands.sweep_file(swept))) == 2
    assert "leave --image out" in capsys.readouterr().err


def test_a_python_and_an_image_are_refused_before_anything_is_asked(folder, capsys):
    path, models = folder
    given = BenchArguments(
        "mine.yaml", "own.jsonl", path / "out", python=Path(sys.executable), image="mine"
    )
    assert answered(lambda: exit_with(commands.run(given))) == 2
    assert "leave one of them out" in capsys.readouterr().err
    assert models.bodies == []


def test_an_image_is_what_containers_are_made_of(folder, capsys, monkeypatch):
    path, _ = folder
    asked = []

    async def chosen(python, *, image):
        asked.append((python, image))
        raise SandboxError("there is no such image")

    monkeypatch.setattr("moa_bench.engine.choose", chosen)
    given = BenchArguments(
        "mine.yaml", "own.jsonl", path / "out", image="mine", config=path / "config.yaml"
    )
    assert answered(lambda: exit_with(commands.run(given))) == 1
    assert asked == [(None, "mine")]


def test_when_nobody_can_answer_the_bench_has_failed(folder, capsys):
    path, models = folder
    models.refuse["a"] = [(401, {})] * 99
    assert run(path) == 1
    assert "nobody could answer: " in capsys.readouterr().err
    models.refuse.clear()
    assert run(path) == 0


def test_a_budget_wants_to_know_prices(folder, capsys):
    path, models = folder
    elsewhere = models.config().replace(models.url, "https://lab.example/v1")  # loopback is free
    (path / "config.yaml").write_text(elsewhere)
    (path / "sweep.yaml").write_text(SWEEP.format("own.jsonl") + "budget: {usd: 1}\n")
    swept = SweepArguments(path / "sweep.yaml", path / "out", config=path / "config.yaml")
    assert answered(lambda: exit_with(commands.sweep_file(swept, Engine(reading)))) == 2
    assert "no price is known of lab/a" in capsys.readouterr().err
    assert models.bodies == []


def test_a_missing_extra_is_told_in_a_sentence(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "inspect_ai", None)
    monkeypatch.delitem(sys.modules, "moa_bench.harness", raising=False)
    assert answered(local) == 2
    assert "inspect_ai is not installed: install moa-lsp[bench]" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "sweep", "report", "fetch", "verify"])
def test_help_has_an_example(command, capsys):
    assert main(["bench", command, "--help"]) == 0
    assert f"Example: moa-lsp bench {command}" in capsys.readouterr().out


def standing(**more):
    given = {"mix": "m", "set": "s", "done": 10, "asked": 40, "new": 5, "seconds": 60.0,
             "spent": 0.5, "budget": None, "missing": 0}  # fmt: skip
    return BenchProgress(**{**given, **more})


SAID = {
    "s · m · 6 min 00 s left · $0.50": {},
    "s · m · $0.50": {"new": 0},
    "s · m · 1 h 40 min left · $0.50 of $2.00 · 3 missing": {
        "seconds": 1000.0, "budget": 2.0, "missing": 3
    },
    "s · m · 12 s left · $0.50": {"seconds": 2.0},
}  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_time_and_money_that_are_left(said):
    assert words(standing(**SAID[said])) == said


def test_a_log_has_a_line_for_each_mix(capsys):
    with progress() as told:
        for done in range(3):
            told(standing(done=done))
        told(standing(mix="n"))
        told.count(1, 9)
    lines = capsys.readouterr().err.strip().split("\n")
    assert [line.partition(" · ")[0] for line in lines] == [
        "moa-lsp: 0 of 40",
        "moa-lsp: 10 of 40",
    ]
