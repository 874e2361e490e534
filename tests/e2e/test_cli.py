"""The command line as a process: interrupts, closed pipes, locales, and what it imports."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from moa_lsp.cli.demo import SAMPLE
from tests.fakes.client import ROOT

MOA = (sys.executable, "-m", "moa_lsp")
SCRIPTED = (sys.executable, "-m", "tests.fakes.scripted_cli")
OLD = 'import os\nx = {"a": 1}.get("a", None)  # é\n'

pytestmark = pytest.mark.e2e


@pytest.fixture
def environ(tmp_path):
    """Of the process, without the user's configuration."""
    kept = {name: value for name, value in os.environ.items() if name != "MOA_LSP_CONFIG"}
    return {**kept, "XDG_CONFIG_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}


def obey_interrupts():
    """A shell that puts the tests into the background lets all their children ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def begin(tmp_path, environ):
    """Starts a command in a folder of its own, as the leader of its process group."""
    started = []

    def start(command, *argv, **how):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(
            [*command, *map(str, argv)],
            **{"cwd": tmp_path, "env": environ, "start_new_session": True, **pipes, **how},
            preexec_fn=obey_interrupts,  # noqa: PLW1509  # these tests have no threads
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("options", [[], ["--write"], ["--json", "--write"]], ids=" ".join)
def test_an_interrupt_is_130_and_nothing_is_written(begin, tmp_path, options):
    path = tmp_path / "m.py"
    path.write_text(OLD)
    process = begin(SCRIPTED, "hang", "refactor", path, *options)
    assert [process.stderr.readline() for _ in range(2)] == [b"asked\n"] * 2
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, b"", b"moa-lsp: interrupted\n")
    assert path.read_text() == OLD
    assert [each.name for each in tmp_path.iterdir()] == ["m.py"]


def test_an_interrupt_of_the_demo_ends_its_server_too(begin):
    process = begin((sys.executable, "-u", "-m", "moa_lsp"), "demo")
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=20)  # ends once nobody holds the pipe any more
    assert process.returncode == 130
    assert err.decode() == "moa-lsp: interrupted\n"


def test_a_file_that_changes_during_the_run_is_left_alone(begin, tmp_path):
    """The run hangs on one of its two models until the file has changed."""
    path = tmp_path / "m.py"
    path.write_text("x = 1\n")
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    process = begin(SCRIPTED, f"gate={gate}", "refactor", path, "--write")
    assert process.stderr.readline() == b"asked\n"
    path.write_text("x = 3\n")
    gate.write_text("open")
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (1, b"")
    assert b"changed meanwhile; nothing was written" in err
    assert path.read_text() == "x = 3\n"


def test_providers_failures_are_one_sentence(begin, tmp_path):
    (tmp_path / "m.py").write_text(OLD)
    process = begin(SCRIPTED, "fail", "refactor", "m.py")
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out) == (1, b"")
    told = err.decode().removeprefix("asked\nasked\n")
    assert "the other side has had enough" in told
    assert told.count("\n") == 1
    assert "Traceback" not in told


@pytest.mark.parametrize("argv", [["demo"], ["mix", "list"], ["run", "explain", SAMPLE]])
def test_a_reader_that_leaves_is_no_error(begin, argv):
    process = begin(MOA, *argv)
    process.stdout.close()
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")


def test_a_filter_reads_stdin_and_prints_the_new_text(begin):
    process = begin(MOA, "run", "refactor", "-:1-2", "--name", "m.py", stdin=subprocess.PIPE)
    out, err = process.communicate(OLD.replace("\n", "\r\n").encode(), timeout=30)
    assert (process.returncode, out) == (0, 'x = {"a": 1}.get("a")  # é\r\n'.encode()), err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_one_sentence(begin):
    with open("/dev/full", "w") as full:
        process = begin(MOA, "mix", "list", stdout=full)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (1, b"moa-lsp: no space left on device\n")


PLAIN_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize("locale", [{}, PLAIN_LOCALE], ids=["utf-8", "ascii"])
def test_a_pipe_gets_utf_8_whatever_the_locale(begin, environ, tmp_path, locale):
    (tmp_path / "m.py").write_bytes(OLD.encode())
    process = begin(MOA, "run", "refactor", "m.py", env=environ | locale)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert err.decode().count(" · ") == 3
    assert '+x = {"a": 1}.get("a")  # é\n'.encode() in out
    assert b"\x1b" not in out


@pytest.mark.skipif(shutil.which("script") is None, reason="there is no `script` program")
@pytest.mark.parametrize(
    ("extra", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)], ids=["colour", "NO_COLOR"]
)
def test_colour_on_a_terminal_unless_the_user_wants_none(
    begin, environ, tmp_path, extra, coloured
):
    (tmp_path / "m.py").write_bytes(OLD.encode())
    command = f"{sys.executable} -m moa_lsp run refactor m.py"
    environ = {name: value for name, value in environ.items() if name != "NO_COLOR"}
    process = begin(
        ("script", "-qec"), command, os.devnull,
        env=environ | {"TERM": "xterm-256color"} | extra, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"-import os" in out
    assert (b"\x1b[31m-import os" in out) is coloured


def test_the_demo_shows_the_main_job(begin):
    process = begin(MOA, "demo")
    out, err = process.communicate(timeout=60)
    text = out.decode()
    assert (process.returncode, err) == (0, b"")
    assert "Moa: Refactor · embedded" in text
    assert text.count("--- a/inventory.py\n+++ b/inventory.py\n@@ ") == 2
    assert "# Method `" in text
    final = Path(text[text.index("final text") :].split()[2])
    assert final.read_text() != SAMPLE.read_text()
    compile(final.read_text(), final, "exec")
    shutil.rmtree(final.parent)


def test_the_demo_minds_the_projects_own_settings(begin, tmp_path):
    """Line length 40 of the project's ruff settings, not ruff's own 88."""
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 40\n")
    source = "import os\ncall(first_argument, second_argument, third)\n"
    (tmp_path / "m.py").write_text(source)
    out, _ = begin(MOA, "demo", "m.py").communicate(timeout=60)
    assert "+    third,\n" in out.decode() or "+    first_argument" in out.decode()
    assert (tmp_path / "m.py").read_text() == source
    assert sorted(each.name for each in tmp_path.iterdir()) == ["m.py", "pyproject.toml"]


ANY = [
    ("empty.py", b""),
    ("wrong.py", b"def f(:\n    return\n"),
    ("m.go", b"package m\n\nfunc Add(a int, b int) int {\n\treturn a + b\n}\n"),
    ("notes.txt", b"words\n"),
    ("crlf.py", OLD.encode().replace(b"\n", b"\r\n")),
    ("mark.py", b"\xef\xbb\xbf" + OLD.encode()),
    ("odd name \xe9.py", OLD.encode()),
    ("long.py", b"x = 1\n" * 10_000),
]


@pytest.mark.parametrize(("name", "content"), ANY, ids=[name for name, _ in ANY])
def test_the_demo_takes_any_text_and_leaves_it_alone(begin, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    process = begin(MOA, "demo", name)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, b""), out
    assert (tmp_path / name).read_bytes() == content


def test_the_demo_refuses_what_is_no_text(begin, tmp_path):
    (tmp_path / "m.pyc").write_bytes(b"\0\1")
    process = begin(MOA, "demo", "m.pyc")
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (2, b"")
    told = f"moa-lsp: {tmp_path / 'm.pyc'} is not text: it holds NUL bytes; name a text file\n"
    assert err == told.encode()
