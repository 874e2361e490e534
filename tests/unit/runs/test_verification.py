"""Whether a run's answers are tested, and what is loaded for it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from moa_lsp.cli.run_output import heading
from moa_lsp.config.settings import Settings
from moa_lsp.runs.proposals import Proposal
from moa_lsp.runs.verification import files_of, is_tested, verification_of
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.task import File, Snapshot
from moa_lsp.verification.service import VerificationService
from moa_lsp.verification.verdict import TestVerdict
from moa_lsp.workspace.gather import WorkspaceContext
from tests.fakes.runs import mix, task

SETTINGS = Settings.model_validate({"tests": {"python": {"command": ("x", "{files}")}}})
TESTED = mix("a", aggregator=[{"verify": ["tests"]}, {"select": "prior"}])
OPENED = WorkspaceView("size.py", around=WorkspaceContext(Path("/w")))


@pytest.mark.parametrize(
    ("changes", "plan", "settings", "view", "why"),
    [
        ({}, mix("a"), SETTINGS, OPENED, None),
        ({"output": "document"}, TESTED, SETTINGS, OPENED, None),
        ({"output": "new_file"}, TESTED, SETTINGS, OPENED, None),
        ({}, TESTED, Settings(), OPENED, "no command for python"),
        ({"language": "rust"}, TESTED, SETTINGS, OPENED, "no command for rust"),
        ({}, TESTED, SETTINGS, WorkspaceView(), "in no opened folder"),
        (
            {}, TESTED, SETTINGS, WorkspaceView(around=WorkspaceContext(Path("/elsewhere"))),
            "in no opened folder",
        ),
    ],
)  # fmt: skip
def test_where_nothing_is_tested_a_note_says_so_once(changes, plan, settings, view, why):
    found = verification_of(task(**changes), plan, settings, view, VerificationService())
    assert (found is None) == (why is None)
    if why is not None:
        (note,) = found.notes
        assert why in note


def test_what_is_tested_is_the_merged_text():
    about = task()
    assert is_tested(about, TESTED, SETTINGS)
    assert not is_tested(about, mix("a"), SETTINGS)
    found = verification_of(about, TESTED, SETTINGS, OPENED, VerificationService())
    assert (found.task.path, found.task.symbols, found.task.new) == ("size.py", ("size",), False)
    assert found.task.files_of("X") == {"size.py": "import os\n\n\nX\n"}
    generated = verification_of(
        task(action="generate"), TESTED, SETTINGS, OPENED, VerificationService()
    )
    assert generated.task.new


def test_of_changes_in_several_files_each_is_tested_at_its_place():
    about = task(form="changes", may_create=True)
    other = Snapshot("file:///w/pkg/other.py", "b = 1\n", "python")
    about = replace(about, files=(File("size.py", about.snapshot), File("pkg/other.py", other)))
    text = (
        "pkg/other.py\n```python\n<<<<<<< SEARCH\nb = 1\n=======\nb = 2\n>>>>>>> REPLACE\n```\n\n"
        "pkg/new.py\n```python\nc = 3\n```\n"
    )
    found = files_of(about, Path("/w"), "size.py", Path("/w"), text)
    assert found == {"pkg/other.py": "b = 2\n", "pkg/new.py": "c = 3\n"}


def test_a_proposal_s_heading_says_what_tests_said():
    made = Proposal("a", "lab/m", "ok", None, "x", None, {"parse": "ok"}, 1.0, None, None)
    assert "tests" not in heading(made)
    failing = TestVerdict((), ("t1", "t2"))
    assert "parse: ok · tests: 2 failed: t1, t2" in heading(replace(made, tests=failing))


def test_no_sandbox_is_loaded_before_tests_are_wanted():
    code = (
        "import sys, moa_lsp.runs.run, moa_lsp.runs.runtime_config\n"
        "print([each for each in sys.modules if each.startswith('moa_lsp.sandbox')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
