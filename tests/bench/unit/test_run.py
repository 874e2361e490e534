"""What is there already, and which model is best."""

import pytest

from moa_bench.engine import local, ray
from moa_bench.evaluation import Evaluation
from moa_bench.report.results import ResultsFile
from moa_bench.run import BenchProgress, EvalSet, best, executes, file_name, scored
from moa_bench.values import Result
from moa_lsp.errors import UsageError
from moa_lsp.providers.base import Usage
from moa_lsp.sandbox.program import Verdict
from tests.fakes.bench import MadeSet
from tests.fakes.runs import mix

TASKS = MadeSet.of(3)
PLAN = mix("a")
CELL = Evaluation(PLAN, "mix", TASKS, TASKS.tasks, 2)


def result(**more):
    given = {
        "mix": "m", "mix_hash": CELL.mix_hash, "role": "mix", "set": "made",
        "digest": TASKS.digest, "task": "made/1", "cluster": "made/0", "sample": 0,
        "state": "passed", "seconds": 1.0,
        "slowest": 1.0, "usage": Usage(), "cost_usd": 0.0, "cost_known": True, "spent_usd": 0.0,
        "sandbox": "reading", "prompts": "p",
    }  # fmt: skip
    return Result(**{**given, **more})


NOT_THERE = {
    "missing": {"state": "missing"},
    "another mix": {"mix_hash": "other"},
    "another role": {"role": "alone"},
    "other data": {"digest": "other"},
    "other prompts": {"prompts": "other"},
    "no task of these": {"task": "made/9"},
    "no sample of these": {"sample": 2},
}


@pytest.mark.parametrize("what", NOT_THERE)
def test_what_does_not_count_as_done(tmp_path, what):
    path = tmp_path / "m.results.jsonl"
    with ResultsFile(path) as file:
        file.append(result(sample=1))
        file.append(result(**NOT_THERE[what]))
    assert list(scored(path, CELL, "p")) == [("made/1", 1)]


def test_what_was_missing_and_came_counts(tmp_path):
    path = tmp_path / "m.results.jsonl"
    assert scored(path, CELL, "p") == {}
    with ResultsFile(path) as file:
        file.append(result(state="missing"))
        file.append(result(state="failed"))
    assert scored(path, CELL, "p")["made/1", 0].state == "failed"


def test_the_best_is_who_passes_most_of_what_is_scored():
    found = {
        "a": [result(), result(state="failed")],
        "b": [result(), result(state="missing")],
        "c": [result(), result(state="passed")],
        "d": [result(state="missing")],
    }
    assert best(found) == "b"
    assert best({"d": found["d"]}) is None
    assert best({}) is None


def test_a_ground_names_what_is_left_out():
    ground = EvalSet.of(TASKS, TASKS.tasks[:2], {"made/1": "it needs a network"}, "CPython")
    assert [task.id for task in ground.tasks] == ["made/2"]
    assert (ground.about.total, ground.about.asked) == (3, 1)


def test_a_set_that_is_looked_at_needs_no_sandbox():
    class Looked(MadeSet):
        def assess(self, task, answer):
            return Verdict("passed")

    assert executes(TASKS, TASKS.tasks)
    assert not executes(Looked(TASKS.tasks), TASKS.tasks)


@pytest.mark.parametrize(
    ("name", "file"),
    [("a_by_b", "a_by_b"), ("../../x y", "-..-x-y"), ("...", "unnamed"), ("é/ü", "-")],
)
def test_a_name_is_one_part_of_a_path(name, file):
    assert file_name(name) == file


def test_time_that_is_left():
    def standing(**more):
        given = {"mix": "m", "set": "s", "done": 10, "asked": 40, "new": 5, "seconds": 60.0,
                 "spent": 0.0, "budget": None, "missing": 0}  # fmt: skip
        return BenchProgress(**{**given, **more})

    assert standing().seconds_left == 360
    assert standing(new=0).seconds_left is None
    assert standing(done=40).seconds_left == 0


def test_ray_that_is_not_installed_is_told_in_a_sentence(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "moa_bench.ray_engine", raising=False)
    with pytest.raises(UsageError, match=r"install moa-lsp\[ray\]"):
        ray(local(log=False))
