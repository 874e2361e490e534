"""``bench fetch`` and ``bench verify`` as functions of the command line, in the real sandbox."""

import json

import pytest

from moa_bench.cli.task_sets import VerifyArguments, fetch, verified, verify_sets
from moa_bench.sets.registry import cache_folder, load
from moa_lsp.errors import RunError, SandboxError, UsageError
from moa_lsp.sandbox.choose import choose
from tests.fakes.sandbox import ReadingSandbox
from tests.fakes.task_sets import ROWS, folder, lines


@pytest.fixture
async def boxed():
    """Nothing, where there is a sandbox."""
    try:
        await choose()
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error}")


def test_a_wrong_name_is_told_before_anything_is_downloaded(capsys, tmp_path):
    with pytest.raises(UsageError, match="no task set `nosuch`"):
        fetch(("humaneval", "nosuch"), tmp_path / "data")
    assert not (tmp_path / "data").exists()
    with pytest.raises(UsageError, match="cannot be downloaded as it is"):
        fetch(("canitedit",), tmp_path / "data")
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("boxed")
def test_verify_prints_a_line_for_each_set_and_why_a_task_is_left_out(capsys, tmp_path):
    data = folder(tmp_path)
    bad = {**ROWS["humaneval"][0], "task_id": "HumanEval/1", "canonical_solution": "    nosuch\n"}
    (data / "HumanEval.jsonl.gz").write_bytes(lines(ROWS["humaneval"][0], bad))
    assert verify_sets(VerifyArguments(("humaneval", "humanevalfix"), data, at_once=2)) == 0
    out, err = capsys.readouterr()
    assert out == (
        "humaneval 1/2, excluded HumanEval/1\n"
        "humanevalfix 1/1, excluded none\n"
        "humanevalfix 0/1 files pass as they are given\n"
    )
    assert "HumanEval/1 is excluded: NameError: name 'nosuch' is not defined" in err
    assert "is not the data of humaneval that is known" in err


@pytest.mark.usefixtures("boxed")
def test_a_set_whose_references_all_fail_is_an_error(capsys, tmp_path):
    bad = {**ROWS["humaneval"][0], "canonical_solution": "    import nosuch\n"}
    (tmp_path / "HumanEval.jsonl").write_bytes(lines(bad))
    with pytest.raises(RunError, match=r"no reference solution of humaneval passes.*--python"):
        verify_sets(VerifyArguments(("humaneval",), tmp_path))
    assert capsys.readouterr().out == "humaneval 0/1, excluded HumanEval/0\n"


@pytest.mark.usefixtures("boxed")
def test_tasks_of_a_users_own_run_a_command_of_any_language(capsys, tmp_path):
    row = {
        "id": "none", "action": "refactor", "file": "sum.sh", "text": "echo $(( $1 + $2 ))\n",
        "instruction": "Take a missing number for 0.",
        "reference": "echo $(( ${1:-0} + ${2:-0} ))\n",
        "tests": {"test.sh": '[ "$(sh sum.sh)" = 0 ] && [ "$(sh sum.sh 2 3)" = 5 ]\n'},
        "command": ["sh", "test.sh"],
    }  # fmt: skip
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps(row) + "\n" + json.dumps({**row, "id": "b", "reference": "exit 3"}))
    assert verify_sets(VerifyArguments((str(path),))) == 0
    assert capsys.readouterr().out == "mine 1/2, excluded b\n"


async def test_what_is_known_of_a_sandbox_is_kept_for_the_next_time(tmp_path):
    loaded = load("humanevalfix", folder(tmp_path))
    sandbox = ReadingSandbox()
    first = await verified(loaded, sandbox)
    assert await verified(loaded, sandbox) == first
    assert len(sandbox.ran) == 2
    other = ReadingSandbox()
    other.digest = "another Python"
    await verified(loaded, other)
    assert len(other.ran) == 2
    for path in (cache_folder().parent / "verified").iterdir():
        path.unlink()
