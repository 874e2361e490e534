"""Helix with the configuration that `moa-lsp doctor` prints, in a terminal of tmux."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from moa_lsp.cli.editor_guide import EDITORS, installed_program, snippet
from tests.editors import mixture
from tests.editors.conftest import CHANGED, MIXES, MORE, NEW, OLD, TIDY, UNTIDY
from tests.editors.installed import installed
from tests.fakes.client import until
from tests.fakes.desk import fenced
from tests.fakes.upstreams import Upstreams

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

    def act(self, title: str) -> None:
        """Run the action of a title: go down the menu to its row, which is shown reversed."""
        self.offer()

        def chosen() -> bool:
            row = next((row for row in self._styled if "\x1b[7m" in row and "Moa: " in row), "")
            if title not in row:
                self.keys("Down")
            return title in row

        self.until(chosen)
        self.keys("Enter")

    @property
    def _styled(self) -> list[str]:
        return self._call("capture-pane", "-p", "-e").split("\n")

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


@pytest.fixture
def trio(tmp_path):
    """The models of three proposers and an aggregator, for a user who has their mix."""
    with Upstreams(*mixture.SEATS) as models:
        mixture.say(models, **mixture.ANSWERS)
        models.write(tmp_path / "config", mixture.MIXES, mixture.SETTINGS)
        yield models


def whole(text):
    """The file with a text in the target."""
    return f"{mixture.HEAD}{text}{mixture.TAIL}"


def test_proposals_are_taken_and_the_result_refined_by_code_actions_alone(helix, trio, folder):
    path = folder / "m.py"
    path.write_text(whole(mixture.OLD), "utf-8")
    editor = helix(path)
    editor.until(lambda: "return t" in editor.screen)
    editor.keys(*"jjj", *"xxxxx")  # the five lines of the function
    editor.act("Moa: Refactor")
    editor.until(lambda: editor.written(path) == whole(mixture.ANSWERS["z"]))
    for title, agent in (("Take Mistral's proposal", "b"), ("Take the result", "z")):
        editor.act(f"Moa: {title}")
        editor.until(lambda agent=agent: editor.written(path) == whole(mixture.ANSWERS[agent]))
    for text in (mixture.ANSWERS["b"], mixture.ANSWERS["z"]):
        editor.keys("u")
        editor.until(lambda text=text: editor.written(path) == whole(text))
    finer = "def total(items):\n    return sum(items)  # finer"
    mixture.say(trio, z=finer)
    editor.act("Moa: Refine with “make it simpler”")
    editor.until(lambda: editor.written(path) == whole(finer))
    told = mixture.asked(trio, "z")
    assert mixture.ANSWERS["z"] in told
    assert "make it simpler" in told
