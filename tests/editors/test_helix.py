"""Helix with the configuration that `moa-lsp doctor` prints, in a terminal of tmux."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from moa_lsp.cli.editor_guide import EDITORS, installed_program, snippet
from tests.editors.conftest import CHANGED, MIXES, MORE, NEW, OLD, TIDY, UNTIDY
from tests.editors.installed import installed
from tests.fakes.client import until
from tests.fakes.desk import fenced

pytestmark = pytest.mark.editors


OFFER = "Moa: Refactor · "


class Helix:
    """A Helix with one file open.

    Args:
        home: of its configuration.
        path: the file.
        environ: what it is started with.
    """

    def __init__(self, home: Path, path: Path, environ: dict[str, str]) -> None:
        program = installed("helix", "hx", "hx")
        if not shutil.which("tmux"):
            pytest.skip("helix: there is no tmux here, and it needs a terminal")
        self._folder = tempfile.TemporaryDirectory(prefix="moa-")
        self._tmux = ("tmux", "-S", f"{self._folder.name}/s", "-f", "/dev/null")
        runtime = program.parents[1] / "lib" / "hx" / "runtime"
        places = {
            "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"),
            "HELIX_RUNTIME": str(runtime), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        self._call(
            "new-session", "-d", "-x", "110", "-y", "30", str(program), str(path),
            environ={**environ, **places},
        )  # fmt: skip

    def _call(self, *words: str, environ: dict[str, str] | None = None) -> str:
        argv = (*self._tmux, *words)
        done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)
        return done.stdout

    @property
    def screen(self) -> str:
        return self._call("capture-pane", "-p")

    def keys(self, *keys: str) -> None:
        self._call("send-keys", *keys)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is true; else say what is on the screen."""
        try:
            until(condition)
        except AssertionError as error:
            raise AssertionError(f"never true; the screen:\n{self.screen}") from error

    def offer(self) -> None:
        """Ask for actions, until the server has read its configuration and offers ours."""
        answers = (OFFER, "No code actions", "No configured language server")

        def asked() -> bool:
            self.keys("Space", "a")
            self.until(lambda: any(each in self.screen for each in answers))
            found = OFFER in self.screen
            if not found:
                self.keys(":noop", "Escape")  # takes the answer off the screen
                self.until(lambda: not any(each in self.screen for each in answers))
            return found

        self.until(asked)

    def written(self, path: Path) -> str:
        """The text of the buffer, by way of the disk; empty while there is no file."""
        self.keys(":write", "Enter")
        with suppress(FileNotFoundError):  # the old one is put aside while a new one is written
            return path.read_text("utf-8")
        return ""

    def close(self) -> None:
        self._call("kill-server")
        self._folder.cleanup()


@pytest.fixture
def helix(tmp_path, variables):
    """Starts a Helix: ``helix(path)``."""
    config = snippet(EDITORS["helix"], installed_program())
    (tmp_path / "helix").mkdir()
    (tmp_path / "helix" / "languages.toml").write_text(config)
    started = []

    def begin(path):
        started.append(Helix(tmp_path, path, variables))
        return started[-1]

    yield begin
    for each in started:
        each.close()


CASES = {
    "characters beyond the first plane before the change": (
        ("x",),
        's = "𝒳é"; t = 2',
        OLD.replace("t = 1", "t = 2", 1),
    ),
    "several lines": (("j", "x", "x", "x"), NEW, CHANGED),
}


@pytest.mark.parametrize(("select", "answer", "wanted"), CASES.values(), ids=CASES)
def test_an_action_changes_the_buffer_and_one_undo_restores_it(
    helix, up, folder, select, answer, wanted
):
    up.say(a=fenced(answer))
    path = folder / "m.py"
    path.write_text(OLD + "\n", "utf-8")
    editor = helix(path)
    editor.until(lambda: "last = 1" in editor.screen)
    editor.keys(*select)
    editor.offer()
    editor.keys("Enter")  # the first of the menu
    editor.until(lambda: bool(up.asked("a")))
    editor.until(lambda: editor.written(path) == wanted + "\n")
    editor.keys("u")
    editor.until(lambda: editor.written(path) == OLD + "\n")


def test_the_embedded_mix_needs_no_model(helix, up, folder, tmp_path):
    up.write(tmp_path / "config", MIXES, MORE.replace("mix: solo", "mix: embedded"))
    path = folder / "m.py"
    path.write_text(UNTIDY)
    editor = helix(path)
    editor.until(lambda: "return   a+b" in editor.screen)
    editor.keys("x", "x")
    editor.offer()
    editor.keys("Enter")
    editor.until(lambda: editor.written(path) == TIDY)
    assert up.asked("a") == []
