"""A sweep as a process that is killed, interrupted and run again, with models over real HTTP."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from moa_lsp.providers.policy import BREAKER_FAULTS
from tests.fakes.bench import Models, rows, skilled

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[3]
TASKS = 20
MIXES = 24 + 2
"""Three models in every role, and the best one sampled twice and three times."""

PLACES = 4
"""Requests that the provider takes at once."""

ALONE = "models: [lab/a]\ntasks: tasks.jsonl\ncontrols: [alone]\n"

SWEEP = "models: [lab/a, lab/b, lab/c]\ntasks: tasks.jsonl\nbaseline: a\n"


def obey_interrupts():
    """A shell that puts the tests into the background lets all their children ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Bench:
    """A folder with everything that a sweep needs."""

    def __init__(self, folder: Path, models: Models, sweep: str = SWEEP, log: str = "") -> None:
        folder.mkdir(exist_ok=True)
        (folder / "config.yaml").write_text(models.config("a", "b", "c"))
        (folder / "tasks.jsonl").write_text(rows(TASKS))
        (folder / "sweep.yaml").write_text(sweep)
        self.folder = folder
        self.more = [log] if log else []

    def start(self) -> subprocess.Popen[str]:
        program = [sys.executable, "-m", "tests.fakes.bench_cli"]
        command = [*program, "sweep.yaml", "out", "config.yaml", *self.more]
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=obey_interrupts,  # noqa: PLW1509  # nobody forks in these threads
        )

    def finished(self) -> list[dict]:
        with self.start() as process:
            out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        return json.loads(out)


def kept(results):
    """Of results what does not depend on the machine's speed."""
    timed = ("seconds", "slowest", "spent_usd")
    return [{key: value for key, value in each.items() if key not in timed} for each in results]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A sweep that nobody disturbs, and how often its models were asked."""
    with Models(skilled) as models:
        results = Bench(tmp_path_factory.mktemp("whole"), models).finished()
        return results, models.answered


def test_every_distinct_request_is_sent_once_for_all_mixes(whole):
    results, answered = whole
    assert len(results) == MIXES * TASKS
    assert {each["state"] for each in results} == {"passed", "failed"}
    assert len({each["mix"] for each in results}) == MIXES
    # By task: the three alone, 21 aggregators, and of the best model two more samples and two
    # more aggregators.
    assert len(answered) <= TASKS * (3 + 21 + 2 + 2)
    assert sum(answered.values()) <= TASKS * (3 + 21 + 2 + 2)
    as_if = sum(each["cost_usd"] for each in results)
    spent = sum(each["spent_usd"] for each in results)
    assert 0 < spent < as_if / 2


def test_a_sweep_that_is_killed_half_way_ends_as_if_it_had_not_been(whole, tmp_path):
    results, answered = whole
    # Some way into a mix, so that there is more to ask than there are places.
    half = sum(answered.values()) // 2 // TASKS * TASKS + TASKS // 3
    with Models(skilled) as models:
        bench = Bench(tmp_path / "killed", models)
        models.shut_at = half
        first = bench.start()
        models.wait_held(PLACES)
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=60)
        models.drop()
        again = bench.finished()
        assert kept(again) == kept(results)
        assert models.answered == answered
        spent = sum(each["spent_usd"] for each in again)
        assert spent <= sum(each["spent_usd"] for each in results) + 1e-9


@pytest.mark.parametrize("log", ["", pytest.param("log", marks=pytest.mark.slow)])
def test_an_interrupt_is_130_and_nothing_is_lost_to_the_bench(tmp_path, log):
    if log:
        pytest.importorskip("inspect_ai", reason="the extra `bench` is not installed")
    with Models(skilled) as models:
        bench = Bench(tmp_path / "interrupted", models, ALONE, log)
        models.shut_at = 5
        first = bench.start()
        models.wait_held(PLACES)
        first.send_signal(signal.SIGINT)
        _, err = first.communicate(timeout=60)
        assert first.returncode == 130, err
        assert "Traceback" not in err
        models.drop()
        again = bench.finished()
        assert len(again) == 2 * TASKS
        assert sum(models.answered.values()) == 2 * TASKS


def test_a_second_interrupt_ends_it_at_once(tmp_path):
    """Though what the first one waits for never comes."""
    with Models(skilled) as models:
        bench = Bench(tmp_path / "impatient", models, ALONE, "stubborn")
        models.shut_at = 5
        with bench.start() as process:
            models.wait_held(PLACES)
            process.send_signal(signal.SIGINT)
            said = iter(process.stderr.readline, "")
            assert any("stays" in line for line in said), "it was cancelled and did not end"
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert err == "moa-lsp: interrupted twice, nothing more is tidied up\n"


def test_an_outage_is_waited_for_and_nothing_is_missing(tmp_path):
    """More faults in a row than open a breaker of the product, then all is well again."""
    with Models(skilled) as models:
        models.refuse["a"] = [(503, {"Retry-After": "0"})] * 4 * BREAKER_FAULTS
        results = Bench(tmp_path / "outage", models, ALONE).finished()
    assert {each["state"] for each in results} == {"passed", "failed"}


def test_missing_answers_are_the_exit_code_and_the_last_line(tmp_path):
    with Models(skilled) as models:
        models.refuse["a"] = [(401, {})]
        with Bench(tmp_path / "missing", models, ALONE).start() as process:
            out, err = process.communicate(timeout=120)
    missing = sum(each["state"] == "missing" for each in json.loads(out))
    assert 0 < missing < 2 * TASKS
    assert process.returncode == 1
    last = err.splitlines()[-1]
    assert last.startswith(f"moa-lsp: {missing} of {2 * TASKS} answers are missing")


def test_a_budget_ends_a_sweep_and_more_of_it_goes_on(tmp_path):
    sweep = "models: [lab/a]\ntasks: tasks.jsonl\ncontrols: [alone]\nbudget: {{usd: {}}}\n"
    with Models(skilled) as models:
        bench = Bench(tmp_path / "poor", models, sweep.format(0.08))
        with bench.start() as process:
            _, err = process.communicate(timeout=120)
        assert process.returncode == 1
        assert "raise the budget" in err
        poor = len(models.bodies)
        assert 0 < poor < 2 * TASKS
        bench = Bench(tmp_path / "poor", models, sweep.format(5))
        assert len(bench.finished()) == 2 * TASKS
        assert len(models.bodies) == 2 * TASKS
