"""The agent ``embedded/jedi``: which names are offered, its process, and what it never does."""

import asyncio
import json
import subprocess
import sys
import sysconfig

import pytest

from moa_lsp.errors import Unreachable
from moa_lsp.providers.base import AgentDeclines
from moa_lsp.providers.embedded.jedi.choice import begins_a_name, choose
from moa_lsp.providers.embedded.jedi.names import MAX_JEDI_CHARS, rest_of_name
from moa_lsp.providers.embedded.jedi.process import JediProcess, NotReady

WORKER = "moa_lsp.providers.embedded.jedi.worker"


@pytest.mark.parametrize(
    ("names", "typed", "text", "rest"),
    [
        ([("exists", "ts")], "exis", "", "ts"),
        ([("a_b", "_b"), ("a_c", "_c")], "a", "", "several names"),
        ([("a_b", "_b"), ("a_c", "_c")], "a", "a_c a_c a_c", "_c"),
        ([("a_b", "_b"), ("a_c", "_c")], "a", "a_c a_c a_b", "several names"),
        ([("a_b", "_b"), ("a_c", "_c")], "a", "a_c", "several names"),
        ([("open", "en"), ("_opens", "")], "op", "", "is whole"),
        ([("name", "name"), ("__name__", "__name__")], "", "", "name"),
        ([("__name__", "me__")], "__na", "", "me__"),
        ([("__name__", "__name__")], "", "", "no name"),
        ([("key=", "ey=")], "k", "", "ey="),
        ([("ab", "b")], "a", "", "too short"),
        ([], "a", "", "no name"),
    ],
)
def test_the_only_name_or_the_one_that_leads(names, typed, text, rest):
    found = choose(names, typed, text)
    assert rest in (found.reason if isinstance(found, AgentDeclines) else [found])


@pytest.mark.parametrize(
    ("before", "after", "begins"),
    [
        ("os.", "", True), ("os.pa", "", True), ("x", ")", True), ("x.y1", "", True),
        ("os.pa", "th", False), ("x = ", "", False), ("x(", "", False), ("", "", False),
        ("1", "", False), ("1.", "", False), ("0x1f", "", False), ("a[1].", "", True),
    ],
)  # fmt: skip
def test_where_a_name_begins(before, after, begins):
    assert begins_a_name(before, after) is begins


NEVER = JediProcess(module="moa_lsp.nowhere", available=lambda: True)


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("os.", "go", "Python only"),
        ("x = ", "python", "no name begins here"),
        ("# os.", "python", "comment or a string"),
        ("x = 'os.", "python", "comment or a string"),
        ("x" * (MAX_JEDI_CHARS + 1), "python", "too long"),
    ],
)
async def test_it_is_not_asked(text, language, reason):
    found = await rest_of_name(NEVER, "untitled:a", text, len(text), language)
    assert isinstance(found, AgentDeclines)
    assert reason in found.reason


async def test_without_jedi_it_says_what_to_install():
    found = await rest_of_name(
        JediProcess(available=lambda: False), "untitled:a", "os.", 3, "python"
    )
    assert found == AgentDeclines("jedi is not installed, install moa-lsp[python]")


# --- the process --------------------------------------------------------------------------------


def answers(*questions, folder):
    """What the worker says to questions, its first line left out."""
    lines = "".join(json.dumps({"id": n, **each}) + "\n" for n, each in enumerate(questions, 1))
    cache = folder / "cache"
    cache.mkdir()
    ended = subprocess.run(
        (sys.executable, "-I", "-m", WORKER, str(cache)),
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        cwd=folder,
    )
    ready, *said = [json.loads(line) for line in ended.stdout.split("\n") if line]
    assert ready["id"] == 0
    assert [each["id"] for each in said] == list(range(1, len(questions) + 1))
    return said


def question(text, root, path=None):
    lines = text.split("\n")
    return {
        "text": text, "path": path and str(path), "root": str(root),
        "line": len(lines), "column": len(lines[-1]),
    }  # fmt: skip


HOSTILE = "import pathlib\npathlib.Path({ran!r}).write_text('')\nsecret_name = 1\n"


@pytest.mark.heavy
def test_a02_nothing_of_a_workspace_is_run(tmp_path):
    """Modules that write a file when imported; compiled ones that the loader would have to open;
    settings that a workspace has for jedi; a module that shadows the standard library's.
    """
    ran = tmp_path / "ran"
    root = tmp_path / "project"
    (root / "pkg").mkdir(parents=True)
    code = HOSTILE.format(ran=str(ran))
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    for name in (
        "evil.py",
        "json.py",
        "sitecustomize.py",
        "jedi.py",
        "conftest.py",
        "pkg/__init__.py",
    ):
        (root / name).write_text(code)
    for name in ("fast", "pkg/_fast", "_json", "compiled"):
        (root / f"{name}{suffix}").write_bytes(b"\x7fELF" + bytes(100))
    (root / ".jedi").mkdir()
    told = {"environment_path": "/nowhere/python", "load_unsafe_extensions": True}
    (root / ".jedi" / "project.json").write_text(json.dumps([1, told]))
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").write_text(f"#!/bin/sh\ntouch {ran}\n")
    (root / ".venv" / "bin" / "python").chmod(0o755)
    before = {each: each.stat().st_mtime_ns for each in root.rglob("*")}
    said = answers(
        question("import evil\nevil.secret_n", root, root / "a.py"),
        question("import fast\nfast.", root, root / "a.py"),
        question("from pkg import _fast\n_fast.", root, root / "a.py"),
        question("import _json\n_json.", root, root / "a.py"),
        question("import compiled\ncompiled.", root, root / "a.py"),
        question("import pkg\npkg.secret_n", root, root / "a.py"),
        question("import sys\nsys.path.insert(0, '.')\nimport fast\nfast.x", root, root / "a.py"),
        question("import ev", root, root / "a.py"),
        folder=tmp_path,
    )
    assert not ran.exists()
    assert {each: each.stat().st_mtime_ns for each in root.rglob("*")} == before
    assert said[0]["names"] == [["secret_name", "ame"]], "it is read, and not run"
    assert said[5]["names"] == [["secret_name", "ame"]]
    assert said[1]["names"] == said[2]["names"] == said[4]["names"] == []


FORBIDDEN = [
    "open('written', 'w')",
    "open('written', 'a')",
    "import os; os.open('written', os.O_CREAT | os.O_WRONLY)",
    "import os; os.mkdir('written')",
    "import os; os.remove('kept')",
    "import os; os.system('touch written')",
    "import subprocess; subprocess.run(['touch', 'written'])",
    "import os; os.posix_spawn('/bin/touch', ['touch', 'written'], {})",
    "import socket; socket.socket()",
    "import ctypes; ctypes.CDLL(None)",
    "exec(compile('x = 1', 'workspace.py', 'exec'))",
    "import sys; sys.path.insert(0, '.'); import module",
    "import sys; sys.path.insert(0, '.'); import compiled",
    "import shutil; shutil.rmtree('.')",
]


@pytest.mark.parametrize("code", FORBIDDEN)
def test_a02_the_guard_lets_nothing_happen(tmp_path, code):
    (tmp_path / "kept").write_text("")
    (tmp_path / "module.py").write_text("open('written', 'w')\n")
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    (tmp_path / f"compiled{suffix}").write_bytes(b"\x7fELF" + bytes(100))
    program = (
        "import sys\n"
        "from moa_lsp.providers.embedded.jedi.guard import ForbiddenOperation, guard\n"
        "from moa_lsp.providers.embedded.jedi.guard import interpreter_folders\n"
        "sys.addaudithook(guard(interpreter_folders()))\n"
        "import json, decimal, collections\n"
        "collections.namedtuple('A', 'b')\n"
        f"try:\n    exec({code!r})\nexcept ForbiddenOperation:\n    print('forbidden')\n"
    )
    before = sorted(tmp_path.iterdir())
    ended = subprocess.run(
        (sys.executable, "-I", "-B", "-c", program),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert ended.stdout == "forbidden\n", ended.stderr
    assert sorted(tmp_path.iterdir()) == before


JEDI_PATIENCE_S = 300
"""jedi's process has the lowest priority: on a busy machine it waits long."""


async def asked(process, text, uri="untitled:a"):
    """The answer to a question, once jedi is ready."""
    async with asyncio.timeout(JEDI_PATIENCE_S):
        while True:
            found = await rest_of_name(process, uri, text, len(text), "python")
            if not (isinstance(found, AgentDeclines) and "busy" in found.reason):
                return found


@pytest.mark.heavy
async def test_it_names_what_the_code_means(tmp_path):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "shelf.py").write_text("class Shelf:\n    def capacity(self): ...\n")
    uri = (tmp_path / "pkg" / "a.py").as_uri()
    process = JediProcess()
    try:
        await process.warm()
        assert await asked(process, "import os\nos.path.exis") == "ts"
        assert await asked(process, "\ufeffimport os\r\nos.path.exis") == "ts"
        text = "from pkg.shelf import Shelf\nShelf().cap"
        assert await asked(process, text, uri) == "acity"
        assert isinstance(await asked(process, text), AgentDeclines), (
            "without its place it is unknown"
        )
        assert isinstance(await asked(process, "def f(:\n  ((nothing.we"), AgentDeclines)
        assert isinstance(await asked(process, '"""\nimport os\nos.path.exis'), AgentDeclines)
        waiting = asyncio.create_task(asked(process, "import json\njson.dum"))
        await asyncio.sleep(0)  # it asks, and then nobody waits for it
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await asked(process, "import os\nos.path.exis") == "ts"
    finally:
        await process.close()
        await process.close()


async def test_a_process_that_ends_is_started_anew():
    process = JediProcess()
    try:
        await process.warm()
        first = process._child
        first.kill()
        await first.wait()
        with pytest.raises(Unreachable, match="started anew"):
            await process.names("os.", None, "/", 1, 3)
        await process.warm()
        assert process._child.pid != first.pid
        assert process._child.returncode is None
    finally:
        await process.close()


async def test_a_program_that_says_nothing_is_not_waited_for_long():
    process = JediProcess(module="moa_lsp.providers.embedded.ngram.worker")  # waits for more
    try:
        with pytest.raises(NotReady, match="still busy"):
            await process.names("os.", None, "/", 1, 3)
    finally:
        await process.close()
