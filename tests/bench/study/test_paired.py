"""The statistics of the bench on recorded answers, beside what other code made of the same.

The recordings are not part of the project; ``MOA_RECORDED`` names their folder.
"""

import gzip
import json
import os
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from moa_bench import statistics
from moa_bench.statistics import Score

FOLDER = os.environ.get("MOA_RECORDED", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="no recordings: MOA_RECORDED names no folder"),
]

FILES = {
    "14B": "recorded-canitedit-qwen2.5-coder-14b-instruct-baseline.jsonl.gz",
    "7B": "recorded-canitedit-qwen2.5-coder-7b-instruct-baseline.jsonl.gz",
    "3B": "recorded-canitedit-qwen2.5-coder-3b-instruct.jsonl.gz",
}


@cache
def passed(model):
    """By task and instruction, its 20 verdicts in order."""
    path = Path(FOLDER) / FILES[model]
    if not path.exists():
        pytest.skip(f"no recordings: {path.name} is not in MOA_RECORDED")
    verdicts = defaultdict(dict)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            right = row["status"] == "OK" and row["exit_code"] == 0
            verdicts[row["full_name"], row["instr_kind"]][row["sample"]] = right
    return {key: [them[at] for at in sorted(them)] for key, them in verdicts.items()}


def scores(model):
    return {
        " ".join(key): Score(key[0], sum(them) / len(them)) for key, them in passed(model).items()
    }


@pytest.mark.parametrize(("k", "share"), [(1, 0.583), (5, 0.663), (10, 0.678)])
def test_pass_at_k(k, share):
    made = [statistics.pass_at_k(len(them), sum(them), k) for them in passed("14B").values()]
    assert len(made) == 210
    assert sum(made) / len(made) == pytest.approx(share, abs=0.0005)


PAIRS = [("14B", "7B", 29, 6, 0.0001), ("7B", "3B", 24, 19, 0.54)]


@pytest.mark.parametrize(("one", "other", "better", "worse", "p"), PAIRS)
def test_one_sample_of_each_task(one, other, better, worse, p):
    first, second = passed(one), passed(other)
    found = [(first[key][0], second[key][0]) for key in first]
    counted = (found.count((True, False)), found.count((False, True)))
    assert counted == (better, worse)
    assert statistics.mcnemar(*counted) == pytest.approx(p, abs=0.003)


def test_all_samples_by_clusters():
    """Drawn by another seed the ends move by a tenth of the width."""
    pair = statistics.pair(scores("7B"), scores("3B"))
    assert (pair.tasks, pair.clusters) == (210, 105)
    assert pair.difference == pytest.approx(0.070, abs=0.0005)
    assert (pair.interval.low, pair.interval.high) == pytest.approx((0.016, 0.125), abs=0.006)
    assert pair.decided
