"""Child processes: the environment that they get, and that none is left."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from moa_lsp.files.child_process import (
    ISOLATED_VARIABLES,
    PYTHON_VARIABLES,
    WINDOWS_VARIABLES,
    end,
    environment,
    kill,
    kill_group,
    start,
)

HERE = Path(sys.executable).parent
TELL = "import json, os; print(json.dumps([dict(os.environ), os.getcwd()]))"
WAIT = "import sys, time; print(1, flush=True); time.sleep(600)"


async def told(**options):
    child = await start(sys.executable, "-c", TELL, **{"folder": HERE, **options})
    out, _ = await child.communicate()
    await end(child)
    variables, folder = json.loads(out)
    variables.pop("LC_CTYPE", None)  # Python sets it itself in the C locale (PEP 538)
    return variables, folder


async def test_a_child_gets_the_named_variables_alone(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    monkeypatch.setenv("HOME", "/home/nobody")
    variables, folder = await told(variables=("HOME", "NOT_SET_ANYWHERE"))
    assert variables == {"HOME": "/home/nobody"}
    assert folder == str(HERE)


async def test_a_users_own_command_gets_all_variables_in_the_same_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MOA_TEST_VARIABLE", "1")
    monkeypatch.chdir(tmp_path)
    variables, folder = await told(variables=None, folder=None)
    assert variables["MOA_TEST_VARIABLE"] == "1"
    assert folder == str(tmp_path)


@pytest.mark.parametrize("names", [ISOLATED_VARIABLES, PYTHON_VARIABLES, WINDOWS_VARIABLES])
def test_no_list_of_variables_names_a_key_or_a_path_of_programs(names):
    assert len(set(names)) == len(names)
    assert not [each for each in names if "KEY" in each or "TOKEN" in each or each == "PATH"]
    assert environment(names, {"TEMP": "t", "X_API_KEY": "k"}) == {"TEMP": "t"}


async def test_a_missing_program_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        await start(str(tmp_path / "none"), variables=(), folder=HERE)


@pytest.mark.parametrize("finish", [end, kill])
async def test_a_child_that_goes_on_is_killed_and_reaped(finish):
    child = await start(sys.executable, "-c", WAIT, variables=(), folder=HERE)
    await child.stdout.readline()
    await finish(child)
    assert child.returncode is not None
    await finish(child)  # twice does nothing


async def test_a_child_that_ends_by_itself_keeps_its_exit_code():
    child = await start(sys.executable, "-c", "raise SystemExit(3)", variables=(), folder=HERE)
    await child.stdout.read()
    await end(child)
    assert child.returncode == 3


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
async def test_the_end_of_a_group_reaches_what_the_child_started():
    grandchild = (
        "import subprocess, sys, time;"
        f"subprocess.Popen([sys.executable, '-c', {WAIT!r}]); time.sleep(600)"
    )
    child = await start(
        sys.executable, "-c", grandchild, variables=(), folder=HERE, own_group=True
    )
    assert await child.stdout.readline() == b"1\n"
    await kill_group(child, grace_s=30.0, piece_bytes=1024)
    assert child.returncode is not None
    assert await asyncio.wait_for(child.stdout.read(), 30) == b"", "nobody holds the pipe"
