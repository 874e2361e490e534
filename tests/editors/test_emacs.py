"""Emacs with eglot and the configuration that `moa-lsp doctor` prints, in batch mode."""

import json
import subprocess

import pytest

from moa_lsp.cli.editor_guide import EDITORS, installed_program, snippet
from tests.editors.conftest import CHANGED, MIXES, MORE, NEW, OLD, TIDY, UNTIDY
from tests.editors.installed import ROOT, installed
from tests.fakes.desk import fenced

pytestmark = pytest.mark.editors


@pytest.fixture
def emacs(tmp_path, variables):
    """``emacs(path, first, last, kind)``: one action on lines of a file; what Emacs printed."""
    program = installed("emacs", "emacs-nox", "emacs-nox")
    root = program.parents[2]
    (data,) = (root / "usr/share/emacs").glob("[0-9]*")
    (dump,) = (root / "usr/libexec/emacs").glob("*/*/emacs-*.pdmp")
    lisp = [str(data / "lisp"), *(str(each) for each in (data / "lisp").glob("*/"))]
    places = {
        "EMACSDATA": str(data / "etc"),
        "EMACSDOC": str(data / "etc"),
        "EMACSPATH": str(dump.parent),
        "EMACSLOADPATH": ":".join(lisp),
        "HOME": str(tmp_path),
    }
    config = snippet(EDITORS["emacs"], installed_program())
    (tmp_path / "init.el").write_text(config)

    def call(path, first, last, kind):
        asked = " ".join(json.dumps(each) for each in (str(path), first, last, kind))
        done = subprocess.run(
            (
                program, "--dump-file", dump, "--batch", "-Q",
                "-l", tmp_path / "init.el", "-l", ROOT / "tests/editors/eglot.el",
            ),
            env={**variables, **places, "MOA_TEST": f"({asked})"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return call


CASES = {
    "characters beyond the first plane before the change": (
        (1, 1),
        's = "𝒳é"; t = 2',
        OLD.replace("t = 1", "t = 2", 1),
    ),
    "several lines": ((2, 4), NEW, CHANGED),
}


@pytest.mark.parametrize(("lines", "answer", "wanted"), CASES.values(), ids=CASES)
def test_an_action_changes_the_buffer_and_one_undo_restores_it(
    emacs, up, folder, lines, answer, wanted
):
    up.say(a=fenced(answer))
    path = folder / "m.py"
    path.write_text(OLD + "\n", "utf-8")
    printed = emacs(path, *lines, "refactor.rewrite.moa.refactor")
    assert 'offers: ("Moa: Refactor · solo")' in printed
    assert "undone: t" in printed
    assert path.read_text("utf-8") == wanted + "\n"


def test_the_embedded_mix_needs_no_model(emacs, up, folder, tmp_path):
    up.write(tmp_path / "config", MIXES, MORE.replace("mix: solo", "mix: embedded"))
    path = folder / "m.py"
    path.write_text(UNTIDY)
    printed = emacs(path, 1, 2, "refactor.rewrite.moa.refactor")
    assert 'offers: ("Moa: Refactor · embedded")' in printed
    assert path.read_text() == TIDY
    assert up.asked("a") == []
