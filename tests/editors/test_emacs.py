"""Emacs with eglot and the configuration that `moa-lsp doctor` prints, in batch mode."""

import json
import subprocess

import pytest

from moa_lsp.cli.editor_guide import EDITORS, installed_program, snippet
from tests.editors import mixture
from tests.editors.conftest import CHANGED, MIXES, MORE, NEW, OLD, TIDY, UNTIDY
from tests.editors.installed import ROOT, installed
from tests.fakes.desk import fenced
from tests.fakes.upstreams import Upstreams

pytestmark = pytest.mark.editors


def lisp_of(value):
    """Strings, numbers and lists of them, as Emacs reads them."""
    if isinstance(value, list):
        return f"({' '.join(map(lisp_of, value))})"
    return json.dumps(value, ensure_ascii=False)


@pytest.fixture
def emacs(tmp_path, variables):
    """``emacs(path, first, last, kind)``: one action on lines of a file; what Emacs printed.

    With ``(title, file)`` of several actions for the kind: the text after each, in its file.
    """
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

    def call(path, first, last, what, script="eglot.el"):
        wanted = what if isinstance(what, str) else [[title, str(to)] for title, to in what]
        asked = " ".join(lisp_of(each) for each in (str(path), first, last, wanted))
        done = subprocess.run(
            (
                program, "--dump-file", dump, "--batch", "-Q",
                "-l", tmp_path / "init.el", "-l", ROOT / "tests/editors/eglot-setup.el",
                "-l", ROOT / "tests/editors" / script,
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


def test_proposals_are_taken_and_the_result_refined_by_code_actions_alone(emacs, folder, tmp_path):
    path = folder / "m.py"
    path.write_text(f"{mixture.HEAD}{mixture.OLD}{mixture.TAIL}", "utf-8")
    steps = (
        ("Moa: Refactor", "z"),
        ("Moa: Take Mistral's proposal", "b"),
        ("Moa: Take the result", "z"),
        ("Moa: Take Qwen's proposal", "c"),
        ("Moa: Refine with “make it simpler”", "z"),
    )
    files = [tmp_path / f"after-{number}" for number in range(len(steps))]
    with Upstreams(*mixture.SEATS) as models:
        mixture.say(models, **mixture.ANSWERS)
        models.write(tmp_path / "config", mixture.MIXES, mixture.SETTINGS)
        asked = [(title, file) for (title, _), file in zip(steps, files, strict=True)]
        emacs(path, 4, 8, asked, "eglot-choices.el")
        assert "make it simpler" in mixture.asked(models, "z")
        assert mixture.ANSWERS["c"] in mixture.asked(models, "z")
    for (_, agent), file in zip(steps, files, strict=True):
        assert file.read_text("utf-8") == f"{mixture.HEAD}{mixture.ANSWERS[agent]}{mixture.TAIL}"
