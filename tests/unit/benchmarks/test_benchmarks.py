"""The benchmarks run, and say what they measured; what they measure is not judged here."""

import re
import subprocess
import sys

import pytest

from benchmarks import latency, machine, overhead, responses
from benchmarks.__main__ import BENCHES
from benchmarks.latency import Panel, Policy, runs, times
from tests.fakes.client import ROOT
from tests.fakes.clock import virtual_run

pytestmark = pytest.mark.slow  # of the benchmarks, not of the server


def bench(*arguments):
    """Exit code, stdout and stderr of ``python -m benchmarks``."""
    command = (sys.executable, "-m", "benchmarks", *arguments)
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("overhead", len(overhead.CASES) * 2),
        ("responses", 6),
        ("editing", 7),
        ("index", 11 + 3),
        ("inline_typing", 2 + 2 + 3 + 2),
        ("latency", sum(len(policies) for _, policies in latency.STUDY)),
    ],
)
def test_each_prints_where_it_ran_and_every_row(name, rows):
    code, out, err = bench("--quick", name)
    assert (code, err) == (0, "")
    assert f"{name}: " in out
    assert "cores, load" in out
    tables = len(re.findall(r"^\|--", out, re.MULTILINE))
    assert len(re.findall(r"^\| ", out, re.MULTILINE)) == rows + tables
    assert "nan" not in out


def test_an_unknown_name_is_refused_with_the_known_ones():
    code, out, err = bench("speeed")
    assert (code, out) == (2, "")
    assert all(name in err for name in ("speeed", *BENCHES))


@pytest.mark.parametrize("name", ["recorded", "extraction", "early_stop"])
def test_what_lacks_its_data_is_left_out(monkeypatch, name):
    monkeypatch.delenv("MOA_RECORDED", raising=False)
    code, out, _ = bench(name)
    assert (code, out) == (0, f"{name}: left out, MOA_RECORDED names no folder\n")


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [
        ([5.0], 0.5, 5.0),
        ([3.0, 1.0, 2.0], 0.5, 2.0),
        (list(range(1, 101)), 0.95, 95),
        (list(range(1, 101)), 0.99, 99),
        (list(range(1, 101)), 1.0, 100),
        (list(range(1, 101)), 0.0, 1),
    ],
)
def test_a_quantile_is_a_value_that_was_measured(values, share, found):
    assert machine.quantile(values, share) == found


@pytest.mark.parametrize(("name", "case"), overhead.CASES.items())
def test_the_critical_path_is_the_slowest_proposer_and_the_aggregator(name, case):
    assert overhead.critical_ms(case) == {"2+1": 300, "3+1": 300, "8+1": 200}[name]
    assert len(case["proposers"]) == int(name[0])


@pytest.mark.parametrize("name", ["moa-lsp", "httpx"])
def test_a_caller_asks_the_proposers_and_then_the_aggregator(name):
    case = {"proposers": ["a-0", "b-0"], "aggregator": "z-0"}
    command = (sys.executable, "-m", "benchmarks.callers", name)
    with overhead.model_server() as url, overhead.process(*command, url, cwd=ROOT) as caller:
        numbers = overhead.call(name, caller, case)
        asked = [each["model"] for each in responses.seen(url)]
    assert (sorted(asked[:2]), asked[2:]) == (["a-0", "b-0"], ["z-0"])
    assert '"""z-0"""' in numbers["text"]
    assert numbers["cpu_ms"] > 0


PANEL = Panel("two", (6, 6), 6)


def study(policy, count=40):
    return virtual_run(runs(PANEL, policy, count, 0.35))


def test_times_are_a_runs_own_and_stay_the_same():
    assert times(PANEL, 3, 0.35) == times(PANEL, 3, 0.35)
    assert times(PANEL, 3, 0.35) != times(PANEL, 4, 0.35)


def test_a_run_takes_the_slowest_proposer_and_the_aggregator():
    found = study(Policy(deadline=1_000))
    for number, seconds in enumerate(found.seconds):
        drawn = times(PANEL, number, 0.35)
        slowest = max(drawn["p0"][0], drawn["p1"][0])
        if max(slowest, drawn["z"][0]) < 45:  # an agent's own timeout
            assert seconds == pytest.approx(slowest + drawn["z"][0])
            whole = 3 * (latency.PROMPT + latency.ANSWER * latency.OUTPUT_PRICE)
            assert found.cost[number] == pytest.approx(whole + 2 * latency.ANSWER)


def test_a_quorum_is_never_slower_nor_dearer_and_shows_no_more():
    patient, hasty = study(Policy()), study(Policy((1, 0)))
    for number in range(40):
        assert hasty.seconds[number] <= patient.seconds[number] + 1e-9
        assert hasty.cost[number] <= patient.cost[number] + 1e-6
    assert set(hasty.shown) == {1}
    assert sum(patient.shown) > sum(hasty.shown)
