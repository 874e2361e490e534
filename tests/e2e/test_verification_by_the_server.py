"""Tests as a judge, asked for over the protocol: ``moa.run`` in a real server."""

import os
import sys
from pathlib import Path

import pytest

from tests.fakes.client import SERVER
from tests.fakes.desk import Desk, fenced
from tests.fakes.tested_project import BROKEN_TEST, CODE, FILES, NAMES, RIGHT, UNITTEST, proven
from tests.fakes.upstreams import KEY, Upstreams

CONFIG = f"mix: tested\ncache: {{enabled: false}}\ntests: {{python: {{command: {UNITTEST}}}}}\n"
MIX = """\
proposers: [{id: breaks, model: breaks/m}, {id: api, model: api/m}, {id: right, model: right/m}]
aggregator: [{verify: [parse, tests]}, {select: prior}]
deadline: 300
"""


@pytest.fixture
def refactor(start, tmp_path):
    """``refactor(path)``: record and proposals of a run whose server has this ``PATH``."""
    with Upstreams(*NAMES) as up:
        up.say(**{name: fenced(text) for name, text in NAMES.items()})

        def run(path):
            root = tmp_path / "work"
            for name, text in FILES.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            config = up.write(tmp_path / "user", {"tested": MIX}, CONFIG)
            environ = {"MOA_LSP_CONFIG": str(config), "LAB_KEY": KEY, "PATH": path}
            desk = Desk(start(SERVER, env=environ))
            desk.initialize(root=root, trusted=True)
            buffer = desk.open((root / "wordkit/words.py").as_uri(), CODE)
            number = desk.run(buffer.range(CODE.index("def words"), len(CODE) - 1))
            record = desk.result(number, 200)
            made = desk.client.command("moa.proposals", {"run": number})
            assert desk.client.quit() == 0
            return record, {each["agent"]: each for each in made}

        yield run


def test_the_right_proposal_is_taken_and_the_verdicts_are_told(refactor):
    proven()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    record, made = refactor(path)
    assert (record["author"], record["text"], record["warnings"]) == ("right", RIGHT, [])
    assert made["breaks"]["checks"]["tests"]["failed"] == [BROKEN_TEST]
    assert "unexpected keyword" in made["api"]["checks"]["tests"]["failure"]
    assert made["right"]["checks"]["tests"]["ok"]


def test_without_bubblewrap_the_run_is_the_same_but_for_one_warning(refactor, tmp_path):
    record, made = refactor(str(tmp_path))
    assert (record["state"], record["author"]) == ("done", "breaks")
    (warning,) = record["warnings"]
    assert "bubblewrap is not installed" in warning
    assert all("tests" not in each["checks"] for each in made.values())
