"""`doctor --editor`: what is to be pasted is sound whatever the path; what is there is seen."""

import json
import re
import tomllib

import pytest

from moa_lsp.cli.editor_guide import EDITORS, editors_folder, installed_program, snippet
from moa_lsp.cli.main import EDITOR_NAMES
from tests.fakes.client import ROOT

PATHS = ("/home/u/my tools/moa-lsp", 'C:\\Users\\é\\"x"\\moa-lsp.exe')
PARSERS = {".json": json.loads, ".toml": tomllib.loads}


def strings(value):
    """Every string of a parsed configuration."""
    if isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, str):
        yield value


def test_every_editor_is_a_choice():
    assert tuple(EDITORS) == EDITOR_NAMES


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", EDITORS)
def test_the_text_to_paste_names_this_program(name, path):
    editor = EDITORS[name]
    text = snippet(editor, path)
    parse = PARSERS.get("." + editor.file.rpartition(".")[2])
    if parse:
        assert path in list(strings(parse(text)))
    quoted = r"'((?:\\.|[^'\\])*)'" if editor.file.endswith(".lua") else r'"((?:\\.|[^"\\])*)"'
    found = [re.sub(r"\\(.)", r"\1", each) for each in re.findall(quoted, text)]
    assert path in found
    assert "moa-lsp" not in found
    assert "/path/to" not in text


@pytest.mark.parametrize("editor", EDITORS.values(), ids=EDITORS)
def test_a_newcomer_needs_three_steps_at_most(editor):
    assert len([step for step in editor.steps if step]) + 1 <= 3
    assert (editors_folder() / editor.file).is_file()


def test_what_is_tried_is_what_a_test_starts():
    tests = ROOT / "tests" / "editors"
    text = "".join(path.read_text("utf-8") for path in tests.glob("*.py"))
    for name, editor in EDITORS.items():
        assert editor.tried == (f'EDITORS["{name}"]' in text), name


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder, and a PATH with one Helix."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    program = tmp_path / "bin" / "hx"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho helix 25.07.1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return tmp_path


def rows(out):
    return {line.split("  ")[0]: line for line in out.split("\n\n")[0].splitlines()}


def test_doctor_sees_the_editor_and_its_configuration(call, home):
    code, out, err = call("doctor", "--editor", "helix")
    assert (code, err) == (0, "")
    assert rows(out)["Helix"].endswith(f"{home}/bin/hx: helix 25.07.1")
    assert "nothing names moa-lsp" in rows(out)["its configuration"]
    assert snippet(EDITORS["helix"], installed_program()) in out
    place = home / ".config" / "helix" / "languages.toml"
    assert f"1. put this into {place}:" in out
    place.parent.mkdir(parents=True)
    place.write_text(snippet(EDITORS["helix"], installed_program()))
    code, out, _ = call("doctor", "--editor", "helix")
    assert rows(out)["its configuration"].endswith(f"{place} names moa-lsp")


def test_doctor_looks_where_the_user_keeps_configurations(call, home, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "own"))
    (home / "own" / "nvim" / "lua" / "mine").mkdir(parents=True)
    file = home / "own" / "nvim" / "lua" / "mine" / "lsp.lua"
    file.write_text("cmd = { '/x/moa-lsp' }")
    _, out, _ = call("doctor", "--editor", "neovim")
    assert f"{file} names moa-lsp" in out
    assert "Neovim" in rows(out)
    assert "not found" in rows(out)["Neovim"]


def test_what_nobody_tried_says_so(call, home):
    assert "untried" in call("doctor", "--editor", "kate")[1]
    assert "untried" not in call("doctor", "--editor", "emacs")[1]
    code, _, err = call("doctor", "--editor", "ed")
    assert code == 2
    assert "'vim-lsp'" in err
