"""A published package whose own tests judge three proposals, by `moa-lsp run`."""

import itertools
import json
import os
import subprocess
import sys

import pytest

from tests.fakes.desk import fenced
from tests.fakes.real_package import archive, unpack
from tests.fakes.tested_project import own_python_first, proven
from tests.fakes.upstreams import KEY, Upstreams

pytestmark = pytest.mark.slow  # it is downloaded, and its 460 tests are run four times for a run

HEAD = 'def ordinal(number: int) -> str:\n    """The suffix of a number, as in 1st."""\n'
RIGHT = f"""{HEAD}    number = abs(int(number))
    if 11 <= number % 100 <= 13:
        return "th"
    return {{1: "st", 2: "nd", 3: "rd"}}.get(number % 10, "th")"""
BREAKS = f"""{HEAD}    return {{1: "st", 2: "nd", 3: "rd"}}.get(abs(int(number)) % 10, "th")"""
OTHER_API = RIGHT.replace("number: int", "number: int, language: str")
PROPOSALS = {"right": RIGHT, "breaks": BREAKS, "api": OTHER_API}
CONFIG = """mix: tested
cache: {enabled: false}
tests: {python: {command: [python, -m, pytest, -q, "{files}"], timeout: 120}}
"""


@pytest.fixture(scope="module")
def up():
    proven()
    archive()  # before a test may not leave the machine
    with own_python_first(), Upstreams(*PROPOSALS, "agg") as made:
        made.say(agg=fenced(RIGHT), **{name: fenced(text) for name, text in PROPOSALS.items()})
        yield made


@pytest.fixture
def run(up, tmp_path):
    """``run(order, last)``: the record, with proposals asked in this order."""
    root = unpack(tmp_path)
    path = root / "inflection" / "__init__.py"
    lines = path.read_text().split("\n")
    start = next(n for n, line in enumerate(lines, 1) if line.startswith("def ordinal("))
    end = next(n for n, line in enumerate(lines, 1) if line.startswith("def ordinalize(")) - 3

    def begin(order, last):
        proposers = ", ".join(f"{{id: {name}, model: {name}/m}}" for name in order)
        mix = f"proposers: [{proposers}]\naggregator: [{{verify: [parse, tests]}}, {last}]\n"
        config = up.write(tmp_path / "user", {"tested": f"{mix}deadline: 300\n"}, CONFIG)
        homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("STATE", "CACHE")}
        command = [sys.executable, "-m", "moa_lsp", "run", "refactor", f"{path}:{start}-{end}"]
        done = subprocess.run(
            [*command, "--config", str(config), "--json", "--proposals"],
            cwd=root,
            env={**os.environ, **homes, "LAB_KEY": KEY},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return begin


@pytest.mark.parametrize("order", list(itertools.permutations(PROPOSALS)), ids="-".join)
def test_the_right_proposal_is_taken_whatever_the_order(run, order):
    record = run(order, "{select: prior}")
    assert (record["author"], record["text"]) == ("right", RIGHT)
    states = {each["agent"]: each["state"] for each in record["proposals"]}
    assert states == {"right": "ok", "breaks": "rejected", "api": "rejected"}
    found = {each["agent"]: each["checks"]["tests"] for each in record["proposal_texts"][1:]}
    assert found["right"]["ok"]
    assert len(found["right"]["passed"]) > 100
    assert "test_inflection.py::test_ordinal[11-11th]" in found["breaks"]["failed"]
    assert "language" in found["api"]["failure"]


def test_the_aggregator_is_told_what_failed_and_where(run, up):
    up.say(right=fenced(BREAKS), breaks=fenced(f"{BREAKS}  # two"))  # nobody is right
    record = run(tuple(PROPOSALS), "{model: agg/m}")
    assert record["text"] == RIGHT
    told = up.prompt("agg")
    assert "failed: test_inflection.py::test_ordinal[11-11th]" in told
    assert "missing 1 required positional argument: 'language'" in told
