"""The index with its real process: answers, changes, crashes, broken files, the end."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest

from moa_lsp.store.database import APPLICATION_ID
from moa_lsp.workspace import limits
from moa_lsp.workspace.index.index import MAX_INDEX_CHANGES, Index
from moa_lsp.workspace.index.locations import place
from moa_lsp.workspace.index.tables import SCHEMA
from moa_lsp.workspace.index.worker import INDEX_NICENESS
from tests.fakes.client import PATIENCE_S, until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are looked at by signals")


@pytest.fixture
def root(tmp_path):
    made = tmp_path / "root"
    made.mkdir()
    (made / "a.py").write_text("def one(): pass\n")
    (made / "b.py").write_text("import a\na.one()\n")
    return made


@pytest.fixture
async def begin(root, tmp_path):
    """Starts indexes of the workspace; all are closed at the end."""
    made = []

    async def start(folder=tmp_path / "own", **how):
        made.append(Index(folder))
        await made[-1].start(root, **how)
        return made[-1]

    yield start
    for each in made:
        await each.close()


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def found(index, *names):
    return [each.path for each in await index.definitions(names, "python", "elsewhere.py")]


async def test_it_answers_follows_and_ends(begin, root):
    index = await begin()
    assert index.state.phase == "reading"
    assert await index.ready(PATIENCE_S)
    assert (index.state.done, index.state.total) == (2, 2)
    (one,) = await index.definitions(["one"], "python", "b.py")
    assert (one.qualified, one.path, one.line, one.signature) == ("one", "a.py", 1, "def one()")
    assert await index.neighbours("b.py") == ["a.py"]

    (root / "c.py").write_text("def three(): pass\n")
    (root / "a.py").unlink()
    index.changed([root / "c.py", root / "a.py", Path("/elsewhere/d.py")])
    assert await index.ready(PATIENCE_S)
    assert await found(index, "one", "three") == ["c.py"]

    pid = index.pid
    assert alive(pid)
    await index.close()
    assert not alive(pid)
    assert index.state.phase == "off"
    assert index.pid is None
    assert await found(index, "three") == []
    await index.close()


async def test_the_map_comes_when_files_were_read(begin):
    index = await begin()
    assert await index.ready(PATIENCE_S)
    loop = asyncio.get_running_loop()

    def outline():
        return asyncio.run_coroutine_threadsafe(index.outline(10), loop).result(PATIENCE_S)

    found_at_last = await asyncio.to_thread(until, outline)
    assert [each.name for each in found_at_last] == ["one"]


async def test_a_second_start_answers_before_its_process_does(begin):
    first = await begin()
    assert await first.ready(PATIENCE_S)
    await first.close()
    second = await begin()
    assert second.state.phase == "reading"
    assert await found(second, "one") == ["a.py"]
    assert await second.ready(PATIENCE_S)


async def test_unsaved_text_counts_until_it_is_closed(begin, root):
    index = await begin()
    assert await index.ready(PATIENCE_S)
    index.typed(root / "a.py", "def typed(): pass\n")
    assert await index.ready(PATIENCE_S)
    assert await found(index, "one", "typed") == ["a.py"]
    assert await found(index, "one") == []
    index.typed(root / "a.py", None)
    assert await index.ready(PATIENCE_S)
    assert await found(index, "typed") == []
    index.typed(root / "notes.txt", "no source")
    index.typed(Path("/elsewhere/a.py"), "not ours")
    index.typed(root / "a.py", "x = 1\n" * limits.MAX_INDEXED_BYTES)
    assert await index.ready(PATIENCE_S)
    assert await found(index, "one") == ["a.py"]


async def test_many_changes_are_one_look_at_everything(begin, root):
    index = await begin()
    assert await index.ready(PATIENCE_S)
    (root / "c.py").write_text("def three(): pass\n")
    index.changed(root / f"no{number}.py" for number in range(MAX_INDEX_CHANGES + 1))
    assert await index.ready(PATIENCE_S)
    assert await found(index, "three") == ["c.py"]


async def test_exclusions_reach_the_process(begin, root):
    (root / ".gitignore").write_text("*.py\n")
    index = await begin(exclude=["a.*"], allow=["b.py"])
    assert await index.ready(PATIENCE_S)
    assert index.state.total == 1
    assert await index.neighbours("b.py") == []


async def test_a_changed_ignore_file_counts_at_once(begin, root):
    index = await begin()
    assert await index.ready(PATIENCE_S)
    (root / ".moaignore").write_text("a.py\n")
    index.changed([root / ".moaignore"])
    assert await index.ready(PATIENCE_S)
    assert await found(index, "one") == []
    (root / ".moaignore").unlink()
    index.changed([root / ".moaignore"])
    assert await index.ready(PATIENCE_S)
    assert await found(index, "one") == ["a.py"]


@pytest.mark.heavy
async def test_a_killed_process_is_started_again(begin, root):
    index = await begin()
    assert await index.ready(PATIENCE_S)
    index.typed(root / "b.py", "def typed(): pass\n")
    assert await index.ready(PATIENCE_S)
    killed = index.pid
    os.kill(killed, signal.SIGKILL)
    assert await found(index, "one") == ["a.py"]  # the database answers
    await asyncio.to_thread(until, lambda: index.pid not in (None, killed))
    assert await index.ready(PATIENCE_S)
    (root / "c.py").write_text("def three(): pass\n")
    index.changed([root / "c.py"])
    assert await index.ready(PATIENCE_S)
    assert await found(index, "three", "typed") == ["c.py", "b.py"]


@pytest.mark.heavy
async def test_a_process_that_always_crashes_is_given_up(begin):
    index = await begin()

    def kill_on():
        if (pid := index.pid) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return index.state.phase == "failed"

    await asyncio.to_thread(until, kill_on)
    assert "crashed too often" in index.state.why
    assert index.pid is None
    assert not await index.ready(PATIENCE_S)


async def test_a_python_that_cannot_be_started_is_no_index(begin, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    index = await begin()
    assert not await index.ready(PATIENCE_S)
    assert index.state.phase == "failed"
    assert "could not be started" in index.state.why
    assert await found(index, "one") == []


@pytest.mark.parametrize("where", ["home", "above", "missing", "file", "nul"])
async def test_what_is_no_project_is_not_indexed(tmp_path, where):
    home = Path.home()
    root = {"home": home, "above": home.parent, "missing": tmp_path / "no", "file": tmp_path / "f"}
    root["nul"] = tmp_path / "a\0b"
    (tmp_path / "f").write_text("")
    index = Index(tmp_path / "own")
    await index.start(root[where])
    assert index.state.phase == "off"
    assert index.state.why
    assert index.pid is None
    index.changed([tmp_path / "a.py"])
    index.typed(tmp_path / "a.py", "x")
    assert await index.outline(10) == []
    assert not await index.ready(PATIENCE_S)
    await index.close()
    assert not (tmp_path / "own").exists()


async def test_a_root_behind_a_link_is_the_folder_it_leads_to(root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    index = Index(tmp_path / "own")
    await index.start(tmp_path / "link")
    assert index.below(tmp_path / "link" / "a.py") == index.below(root / "a.py") == "a.py"
    assert await index.ready(PATIENCE_S)
    assert await found(index, "one") == ["a.py"]
    await index.close()


# --- files of the index that are no good (S01, S03, S19) ----------------------------------------


def garbage(path):
    path.write_bytes(b"no database " * 1000)


def empty(path):
    path.write_bytes(b"")


def foreign(path):
    with closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE theirs (x)")
        made.commit()


def newer(path):
    with closing(sqlite3.connect(path)) as made:
        made.execute(f"PRAGMA application_id={APPLICATION_ID}")
        made.execute(f"PRAGMA user_version={len(SCHEMA.steps) + 1}")


def older(path):
    with closing(sqlite3.connect(path)) as made:
        made.execute(f"PRAGMA application_id={APPLICATION_ID}")


def lost_table(path):
    with closing(sqlite3.connect(path)) as made:
        made.execute(f"PRAGMA application_id={APPLICATION_ID}")
        made.execute(f"PRAGMA user_version={len(SCHEMA.steps)}")
        made.execute("CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID")


@pytest.mark.parametrize("spoil", [garbage, empty, foreign, newer, older, lost_table])
async def test_S03_S19_a_file_that_is_no_good_is_made_again(begin, root, tmp_path, spoil):
    path = place(root.resolve(), tmp_path / "own")
    path.parent.mkdir(mode=0o700)
    spoil(path)
    index = await begin()
    assert await index.ready(PATIENCE_S)
    assert await found(index, "one") == ["a.py"]


async def test_S01_without_a_folder_it_lasts_as_long_as_the_server(begin, tmp_path):
    (tmp_path / "file").write_text("")
    index = await begin(tmp_path / "file" / "own")
    assert await index.ready(PATIENCE_S)
    assert await found(index, "one") == ["a.py"]
    spare = Path(index._opening["spare"])
    assert os.stat(spare).st_mode & 0o077 == 0
    assert os.stat(spare.parent).st_mode & 0o077 == 0
    await index.close()
    assert not await asyncio.to_thread(os.path.lexists, spare.parent)


# --- the process by itself ----------------------------------------------------------------------


@pytest.fixture
def worker(root, tmp_path):
    """Starts the process as the server does; ended after the test."""
    processes = []

    def begin(root=root):
        processes.append(
            subprocess.Popen(
                (sys.executable, "-P", "-m", "moa_lsp.workspace.index"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=tmp_path,
            )
        )
        opening = {
            "root": str(root.resolve()),
            "database": str(tmp_path / "own" / "index.db"),
            "spare": str(tmp_path / "spare" / "index.db"),
            "exclude": [],
            "allow": [],
            "skip": [],
        }
        say(processes[-1], opening)
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.stdin.close()
        process.stdout.close()
        process.wait(PATIENCE_S)


def say(process, message):
    process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()


def on_delta(process, key):
    for line in process.stdout:
        message = json.loads(line)
        if key in message:
            return message
    raise AssertionError(f"never said {key}")


def test_it_ends_when_its_input_ends(worker):
    process = worker()
    on_delta(process, "done")
    process.stdin.close()
    assert process.wait(PATIENCE_S) == 0


def test_it_ends_in_the_midst_of_its_work(worker, root):
    for number in range(300):
        (root / f"f{number}.py").write_text("def f(a, b):\n    return a + b\n" * 300)
    process = worker()
    on_delta(process, "reading")
    process.stdin.close()
    assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("data", [b"no json\n", b"[]\n", b"\xff\n", b"{" * 9000])
def test_it_ends_when_it_cannot_understand(worker, data):
    process = worker()
    on_delta(process, "done")
    process.stdin.write(data)
    process.stdin.close()
    assert process.wait(PATIENCE_S) == 0


def test_ctrl_c_is_for_the_command_line(worker):
    process = worker()
    on_delta(process, "done")
    process.send_signal(signal.SIGINT)
    say(process, {"scan": True, "n": 7})
    while on_delta(process, "done")["seen"] != 7:
        pass


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at /proc")
async def test_it_gets_no_key_and_gives_way(begin, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "canary-key")
    index = await begin()
    assert await index.ready(PATIENCE_S)
    environ = await asyncio.to_thread(Path(f"/proc/{index.pid}/environ").read_bytes)
    assert b"canary" not in environ
    assert os.getpriority(os.PRIO_PROCESS, index.pid) >= min(
        19, os.getpriority(os.PRIO_PROCESS, 0) + INDEX_NICENESS
    )


async def test_S18_nothing_of_the_workspace_is_run(begin, root, tmp_path):
    trap = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    for name in (
        "json",
        "sitecustomize",
        "sqlite3",
        "moa_lsp/__init__",
        "moa_lsp/workspace/index/__main__",
    ):
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(trap)
    before = Path.cwd()
    os.chdir(root)
    try:
        index = await begin()
        assert await index.ready(PATIENCE_S)
    finally:
        os.chdir(before)
    assert index.state.total == 7
    assert not (tmp_path / "ran").exists()


def test_nothing_is_left_of_a_spare_place(worker, root, tmp_path):
    (tmp_path / "own").write_text("")  # where a folder would have to be
    process = worker()
    assert on_delta(process, "at")["at"] == str(tmp_path / "spare" / "index.db")
    process.stdin.close()
    assert process.wait(PATIENCE_S) == 0
    until(lambda: not (tmp_path / "spare").exists())
