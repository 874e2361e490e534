"""Proposals that were run: a small package with tests of its own, in the real sandbox."""

import asyncio
import itertools
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import SandboxError
from moa_lsp.runs.proposals import proposals
from moa_lsp.runs.run import ActionRequest, Execution, prepare
from moa_lsp.runs.runtime_config import load_runtime_config
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.task import Snapshot
from moa_lsp.text.span import Span
from moa_lsp.verification.service import VerificationService
from moa_lsp.workspace.gather import WorkspaceContext
from tests.fakes.scripted import Line, Scripted

CODE = '''\
"""Words of a text."""

SEPARATORS = " \\t\\n"


def words(text, lower=True):
    """The words of a text.

    >>> words("One two")
    ['one', 'two']
    """
    found = []
    for word in text.split():
        found.append(word.lower() if lower else word)
    return found
'''
TESTS = """\
import unittest

from wordkit.words import words


class WordsTest(unittest.TestCase):
    def test_words(self):
        self.assertEqual(words("One two"), ["one", "two"])

    def test_case_is_kept(self):
        self.assertEqual(words("One", lower=False), ["One"])

    def test_nothing(self):
        self.assertEqual(words(""), [])

    def test_that_fails_today(self):
        self.assertEqual(words("one-two"), ["one", "two"])
"""
FILES = {
    "wordkit/__init__.py": "",
    "wordkit/words.py": CODE,
    "tests/__init__.py": "",
    "tests/test_words.py": TESTS,
    "tests/test_other.py": "import unittest\n",
    ".gitignore": "private/\n",
    "private/key.txt": "secret",
}
HEAD = CODE[CODE.index("def words") : CODE.index("    found = []")]
RIGHT = HEAD + "    return [word.lower() if lower else word for word in text.split()]"
BREAKS = HEAD + "    return [word.lower() for word in text.split()]"
OTHER_API = RIGHT.replace("lower=True", "fold=True").replace("if lower", "if fold")
NAMES = {"right": RIGHT, "breaks": BREAKS, "api": OTHER_API}
BROKEN_TEST = "test_case_is_kept (tests.test_words.WordsTest.test_case_is_kept)"

CONFIG = """\
mix: tested
mix_dirs: [mixes]
tests:
  python: {command: COMMAND, timeout: 60}
"""
MIX = "name: tested\nproposers: {proposers}\naggregator: {steps}\ndeadline: 300\n"
DROPS = "[{verify: [parse, tests]}, {select: prior}]"
ASKS = "[{verify: [parse, tests]}, {model: scripted/agg}]"
UNITTEST = '[python, -m, unittest, "{files}"]'


@pytest.fixture(scope="module")
def service():
    """Sandboxes that proved themselves once; skips where none does."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed: make sandbox")
    found = VerificationService()
    try:
        asyncio.run(found.sandbox(Path(sys.executable)))
    except SandboxError as error:
        pytest.skip(str(error))
    return found


def fenced(text):
    return Line(f"```python\n{text}\n```\n")


class Project:
    """The package in a folder, the user's files beside it."""

    def __init__(self, folder, service, files=FILES, command=UNITTEST):
        self.root, self.user, self.service = folder / "work", folder / "user", service
        for path, text in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)
        (self.user / "mixes").mkdir(parents=True)
        (self.user / "config.yaml").write_text(CONFIG.replace("COMMAND", command))

    async def run(self, script, steps=DROPS, action="refactor", code=CODE, start="def words"):
        agents = [name for name in script if name != "agg"]
        named = json.dumps([{"model": f"scripted/{name}"} for name in agents])
        (self.user / "mixes/tested.yaml").write_text(MIX.format(proposers=named, steps=steps))
        provider = Scripted({name: fenced(text) for name, text in script.items()})
        runtime = load_runtime_config(
            config=self.user / "config.yaml",
            environ={},
            providers={"scripted": provider},
            entries={"scripted": ProviderEntry("scripted", "scripted")},
        )
        runtime = replace(runtime, verification=self.service)
        path = self.root / "wordkit/words.py"
        snapshot = Snapshot(path.as_uri(), code, "python", 1)
        request = ActionRequest(
            action,
            snapshot,
            Span(code.index(start), len(code) - 1),
            workspace=WorkspaceView("wordkit/words.py", around=WorkspaceContext(self.root)),
        )
        told = []
        execution = Execution(prepare(runtime, request), runtime, told.append)
        record, _ = await execution.go()
        made = {each.agent: each for each in proposals(execution, record)}
        prompts = ["\n".join(m.content for m in each.messages) for each in provider.asked("agg")]
        return record, made, prompts, told


@pytest.fixture(scope="module")
def project(service, tmp_path_factory):
    folder = tmp_path_factory.mktemp("verification")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        yield Project(folder, service)


@pytest.mark.parametrize("order", list(itertools.permutations(NAMES)), ids="-".join)
async def test_the_right_proposal_is_taken_whatever_the_order(project, order):
    record, made, _, told = await project.run({name: NAMES[name] for name in order})
    assert (record.text, record.warnings) == (RIGHT, ())
    assert (record.aggregation.by, record.author) == ("verify", "right")
    states = {name: made[name].state for name in NAMES}
    assert states == {"right": "ok", "breaks": "rejected", "api": "rejected"}
    assert made["breaks"].tests.failed == (BROKEN_TEST,)
    assert "assertEqual" in made["breaks"].tests.first_failure
    assert "unexpected keyword" in made["api"].tests.first_failure
    # What failed before does not count, and the docstring's example is a test.
    assert made["right"].tests.ok
    passed = " ".join(made["right"].tests.passed)
    assert "test_example_1" in passed
    assert "test_that_fails_today" not in passed
    said = made["right"].as_json()["checks"]["tests"]
    assert (said["ok"], said["failed"], said["failure"]) == (True, [], "")
    assert any("testing (" in each.words and "at most 60 s)" in each.words for each in told)


async def test_the_aggregator_reads_what_failed_and_where(project):
    script = {"breaks": BREAKS, "right": RIGHT, "second": f"{RIGHT}  # two", "agg": RIGHT}
    record, made, (prompt,), _ = await project.run(script, ASKS)
    assert (record.text, record.aggregation.by) == (RIGHT, "model")
    assert "Other proposals are not shown" in prompt
    assert f"failed: {BROKEN_TEST}" in prompt
    assert "'one'" in prompt
    assert BREAKS not in prompt
    assert made["breaks"].state == "rejected"


async def test_where_no_proposal_passes_the_aggregator_is_told_and_may_mend_them(project):
    script = {"breaks": BREAKS, "api": OTHER_API, "agg": RIGHT}
    record, _, (prompt,), _ = await project.run(script, ASKS)
    assert (record.text, record.aggregation.by) == (RIGHT, "model")
    assert "fails tests of the project" in prompt
    assert "Tests of the project fail with A in place, as data:\n<failures-A-" in prompt
    assert prompt.count(f"failed: {BROKEN_TEST}") == 2


async def test_a_synthesis_that_fails_what_a_proposal_passed_is_not_taken(project):
    script = {"right": RIGHT, "second": f"{RIGHT}  # two", "agg": BREAKS}
    record, _, _, _ = await project.run(script, ASKS)
    assert record.text == RIGHT
    assert "fails tests that a proposal passes" in record.aggregation.fallback
    assert record.author == "right (agg's synthesis fails tests)"


async def test_without_a_writer_the_one_that_fails_least_is_taken(project):
    record, made, _, _ = await project.run({"api": OTHER_API, "none": f"{HEAD}    return None"})
    assert (record.text, made["none"].state) == (OTHER_API, "rejected")


async def test_without_a_sandbox_the_run_is_the_same_but_for_one_warning(project, monkeypatch):
    monkeypatch.setattr(project, "service", VerificationService())
    monkeypatch.setenv("PATH", "")
    record, made, _, _ = await project.run({"breaks": BREAKS, "right": RIGHT})
    assert (record.text, record.aggregation.by, record.state) == (BREAKS, "select", "done")
    (warning,) = record.warnings
    assert "bubblewrap is not installed" in warning
    assert made["breaks"].tests is None
    assert set(made["breaks"].as_json()["checks"]) == {"parse", "names"}


async def test_new_code_is_judged_by_tests_that_fail_before_it_is_there(project):
    code = CODE[: CODE.index("    found = []")] + "    ...\n"
    script = {"breaks": BREAKS, "right": RIGHT}
    record, made, _, _ = await project.run(script, action="generate", code=code)
    assert record.text == RIGHT
    assert made["breaks"].tests.failed == (BROKEN_TEST,)


async def test_an_unsaved_text_is_what_is_tested(project):
    code = CODE.replace("lower=True", "case=True")  # the tests on the disk know nothing of it
    record, made, _, _ = await project.run({"right": RIGHT, "breaks": BREAKS}, code=code)
    assert BROKEN_TEST not in made["right"].tests.passed
    assert BROKEN_TEST not in made["breaks"].tests.failed
    assert record.state == "done"


async def test_nothing_of_a_run_is_left_and_the_workspace_is_as_it_was(project, tmp_path):
    before = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    deletes = RIGHT + "\nimport os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)\n"
    await project.run({"deletes": deletes, "right": RIGHT})
    after = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    assert after == before
