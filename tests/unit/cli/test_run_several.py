"""`moa-lsp run` of actions on whole files: several files, new ones, and what tools say."""

from pathlib import Path

import pytest

from moa_lsp.cli.main import answered
from moa_lsp.cli.run import run
from moa_lsp.cli.run_arguments import ActionArguments
from moa_lsp.cli.source import parse_diagnostics
from moa_lsp.errors import UsageError
from moa_lsp.task import Snapshot
from tests.fakes.scripted import Line
from tests.fakes.scripted_cli import runtime

ACTION = """\
---
id: everywhere
title: Everywhere
kind: refactor.rewrite
when: any
scope: file
output: replace
---
Do it.

{{document}}
"""

RENAMED = """\
a.py
<<<<<<< SEARCH
x = 1
=======
y = 1
>>>>>>> REPLACE

sub/b.py
<<<<<<< SEARCH
from a import x
=======
from a import y
>>>>>>> REPLACE
"""
NEW = "sub/c.py\n```python\nz = 1\n```\n"
DIFF = """\
--- a/a.py
+++ b/a.py
@@ -1 +1 @@
-x = 1
+y = 1
--- a/sub/b.py
+++ b/sub/b.py
@@ -1 +1 @@
-from a import x
+from a import y
"""
NEW_DIFF = "--- /dev/null\n+++ b/sub/c.py\n@@ -0,0 +1 @@\n+z = 1\n"


@pytest.fixture
def asked(tmp_path, capsys):
    """``asked(answer, …)`` runs the action on ``a.py``: exit code, stdout, stderr."""
    folder = tmp_path / "cfg"
    folder.mkdir()
    (folder / "actions").mkdir()
    (folder / "actions" / "everywhere.md").write_text(ACTION)
    Path("a.py").write_text("x = 1\n")
    Path("sub").mkdir()
    Path("sub/b.py").write_text("from a import x\n")

    def begin(answer, **options):
        made = runtime(folder, Line(answer), config="mix: scripted\nactions_dirs: [actions]\n")
        code = answered(lambda: run(ActionArguments("everywhere", ("a.py",), **options), made))
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return begin


def texts():
    return {path.as_posix(): path.read_text() for path in sorted(Path().rglob("*.py"))}


OLD = {"a.py": "x = 1\n", "sub/b.py": "from a import x\n"}
DONE = {"a.py": "y = 1\n", "sub/b.py": "from a import y\n"}


def test_one_diff_for_each_file(asked):
    code, out, err = asked(RENAMED, also=("sub/b.py",))
    assert (code, out) == (0, DIFF), err
    assert "also changes sub/b.py" in err
    assert texts() == OLD


def test_all_are_written(asked):
    code, out, err = asked(RENAMED + NEW, also=("sub/b.py",), create=True, write=True)
    assert (code, out) == (0, DIFF + NEW_DIFF), err
    assert texts() == {**DONE, "sub/c.py": "z = 1\n"}
    assert err.endswith("moa-lsp: wrote a.py\nmoa-lsp: wrote sub/b.py\nmoa-lsp: wrote sub/c.py\n")


def test_or_none_is_written(asked):
    Path("sub/b.py").chmod(0o444)
    code, out, err = asked(RENAMED, also=("sub/b.py",), write=True)
    assert (code, out) == (1, "")
    assert "b.py is read-only; nothing was written" in err
    assert texts() == OLD


def test_a_new_file_needs_the_word_of_the_user(asked):
    code, _, err = asked(NEW, also=("sub/b.py",), write=True)
    assert code == 1
    assert "new file, which cannot be agreed to here" in err
    assert texts() == OLD


def test_a_file_that_was_not_named_is_not_changed(asked):
    code, _, err = asked(RENAMED, create=True)
    assert code == 1
    assert "changes sub/b.py, which it was not shown" in err


def test_wrong_others_are_usage_errors(asked, call):
    assert asked(RENAMED, also=("gone.py",))[0] == 2
    code, _, err = call("run", "refactor", "a.py", "--also", "a.py")
    assert (code, err) == (2, "moa-lsp: a.py is named twice; name it once\n")
    code, _, err = call("run", "refactor", "a.py", "--also", "sub/b.py")
    assert (code, err) == (2, "moa-lsp: refactor works on one file; leave out --also\n")


def test_what_tools_say_reaches_the_run():
    snapshot = Snapshot("file:///w/a.py", "a\nbc\n", "python")
    (found,) = parse_diagnostics(["2: undefined name: `bc`"], snapshot)
    assert (found.span.start, found.span.end) == (2, 4)
    assert found.message == "undefined name: `bc`"


@pytest.mark.parametrize("wrong", ["x", "2", "2:", "a:b", "0:x", "9:x", "-1:x"])
def test_what_is_no_diagnostic_is_a_usage_error(wrong):
    with pytest.raises(UsageError):
        parse_diagnostics([wrong], Snapshot("file:///w/a.py", "a\nbc\n", "python"))


def test_a_fix_of_a_diagnostic_on_the_command_line(call):
    Path("m.py").write_text("import os\nimport sys\n")
    code, out, err = call("run", "fix", "m.py", "--diagnostic", "1:unused [F401]")
    assert (code, err.splitlines()[-1].split(" · ")[:2]) == (0, ["mix embedded", "ruff"])
    assert "-import os\n" in out
    assert "-import sys\n" not in out, "only what was reported"


def test_the_embedded_agents_take_an_empty_file(call):
    Path("m.py").write_text("")
    code, out, err = call("run", "generate", "m.py")
    assert (code, out) == (0, "")
    assert err.endswith("moa-lsp: the mix found nothing to change\n")
