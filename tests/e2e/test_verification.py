"""Proposals that were run: a small package with tests of its own, in the real sandbox."""

import asyncio
import itertools
import shutil

import pytest

from moa_lsp.config.settings import Settings
from moa_lsp.runs.verification import verification_of
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.span import Span
from moa_lsp.verification.service import VerificationService
from moa_lsp.workspace.gather import WorkspaceContext
from tests.fakes.runs import mix
from tests.fakes.tested_project import (
    ASKS,
    BREAKS,
    BROKEN_TEST,
    CODE,
    HEAD,
    NAMES,
    OTHER_API,
    RIGHT,
    Project,
    own_python_first,
    proven,
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    with own_python_first():
        yield Project(tmp_path_factory.mktemp("verification"), proven())


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


NODE = {
    "lib/add.js": "function add(a, b) {\n  return a + b;\n}\n\nmodule.exports = { add };\n",
    "test/add.test.js": (
        "const test = require('node:test');\n"
        "const assert = require('node:assert');\n"
        "const { add } = require('../lib/add.js');\n"
        "test('adds', () => assert.strictEqual(add(1, 2), 3));\n"
        "test('names', () => assert.strictEqual(add('a', 'b'), 'ab'));\n"
        "test('fails today', () => assert.strictEqual(add(1), 1));\n"
    ),
}
PYTEST = {
    "src/pkg/__init__.py": "",
    "src/pkg/add.py": "def add(a, b):\n    return a + b\n",
    "tests/test_add.py": (
        "import pytest\n"
        "from pkg.add import add\n"
        "def test_adds():\n    assert add(1, 2) == 3\n"
        "@pytest.mark.parametrize('a', ['a', 'b'])\n"
        "def test_names(a):\n    assert add(a, 'b') == a + 'b'\n"
        "def test_fails_today():\n    assert add(1) == 1\n"
    ),
}


@pytest.mark.parametrize(
    ("files", "path", "command", "breaks", "failed", "passed"),
    [
        (
            NODE,
            "lib/add.js",
            ["node", "--test", "{files}"],
            "function add(a, b) {\n  return Number(a) + Number(b);\n}",
            ("names",),
            ("adds",),
        ),
        (
            PYTEST,
            "src/pkg/add.py",
            ["python", "-m", "pytest", "-q", "-x", "{files}"],
            "def add(a, b):\n    return int(a) + int(b)",
            ("tests/test_add.py::test_names[a]", "tests/test_add.py::test_names[b]"),
            ("tests/test_add.py::test_adds",),
        ),
    ],
    ids=["node", "pytest"],
)
async def test_runners_are_read_as_they_are(
    project, tmp_path, files, path, command, breaks, failed, passed
):
    if command[0] == "node" and shutil.which("node", path="/usr/local/bin:/usr/bin:/bin") is None:
        pytest.skip("node is not installed where the sandbox sees it")
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    language = "javascript" if path.endswith(".js") else "python"
    code = files[path]
    start = code.index("function" if language == "javascript" else "def")
    end = code.index("\n}") + 2 if language == "javascript" else len(code) - 1
    snapshot = Snapshot((tmp_path / path).as_uri(), code, language, 1)
    task = Task("refactor", "replace", snapshot, Span(start, end), start, symbol="add")
    settings = Settings.model_validate({"tests": {language: {"command": tuple(command)}}})
    view = WorkspaceView(path, around=WorkspaceContext(tmp_path))
    plan = mix("a", aggregator=[{"verify": ["tests"]}, {"select": "prior"}])
    found = verification_of(task, plan, settings, view, project.service)
    right = f"{task.region} // one" if language == "javascript" else f"{task.region}  # one"
    try:
        verdicts = await found.judge([breaks, right], asyncio.get_running_loop().time() + 300)
    finally:
        await found.close()
    assert found.notes == ()
    assert (verdicts[breaks].failed, verdicts[breaks].passed) == (failed, passed)
    assert verdicts[right].ok
    assert len(verdicts[right].passed) == len(failed) + len(passed)
