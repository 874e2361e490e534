"""`mix`, `doctor`, `--help`: results on stdout, messages on stderr, the documented exit codes."""

import re
from pathlib import Path

import click
import pytest
import yaml

from moa_lsp.cli.main import answered, cli, main
from moa_lsp.errors import ConfigError, NoProposal, Problem, UsageError
from tests.fakes.client import ROOT


def commands(command=cli, path=()):
    """Every command and group with its words."""
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, (*path, name))


@pytest.mark.parametrize(("path", "command"), list(commands()), ids=lambda each: str(each)[:30])
def test_every_command_has_help_with_an_example_that_parses(call, path, command):
    code, out, err = call(*path, "--help")
    assert (code, err) == (0, "")
    example = re.search(r"Example: moa-lsp (.+?)(?:,|$)", out, re.MULTILINE)
    assert example, out
    words = example[1].split()
    assert tuple(words[: len(path)]) == path
    for name in words:
        assert name in out or not name.startswith("--"), "an option of the example is explained"


TWO = [Problem("a", 1, 2, "x"), Problem("b", 3, 4, "y")]
ENDS = [
    (SystemExit(3), 3, ""),
    (click.exceptions.Exit(0), 0, ""),
    (KeyboardInterrupt(), 130, "moa-lsp: interrupted\n"),
    (click.Abort(), 130, "moa-lsp: interrupted\n"),
    (NoProposal("none came"), 1, "moa-lsp: none came\n"),
    (UsageError("no \x1b[31m"), 2, "moa-lsp: no \\x1b[31m\n"),
    (ConfigError(TWO), 2, "a:1:2: x\nb:3:4: y\n"),
]


@pytest.mark.parametrize(("end", "code", "message"), ENDS, ids=[repr(row[0]) for row in ENDS])
def test_every_end_has_its_exit_code_and_its_words(capsys, end, code, message):
    def work():
        raise end

    assert answered(work) == code
    assert capsys.readouterr().err == message


@pytest.mark.parametrize("argv", [[], ["blah"], ["run"], ["run", "refactor"], ["mix"], ["--x"],
                                  ["serve", "--port", "1"], ["demo", "gone.py"]])  # fmt: skip
def test_wrong_usage_is_2_and_leaves_stdout_empty(capsys, argv):
    assert main(argv) == 2
    assert capsys.readouterr().out == ""


def test_mix_list(call):
    code, out, err = call("mix", "list")
    assert (code, err) == (0, "")
    assert re.search(r"^\*  embedded +ready +", out, re.MULTILINE)
    assert "runs use embedded" in out
    assert all(line == line.rstrip() for line in out.splitlines())


def test_mix_show_is_the_mix_itself(call, tmp_path):
    """What is printed can be saved and is then the same mix."""
    code, out, err = call("mix", "show", "embedded")
    assert (code, err) == (0, "")
    assert yaml.safe_load(out)["name"] == "embedded"
    first = re.search(r"# hash (\w+)", out)[1]
    (tmp_path / "cfg" / "mixes").mkdir(parents=True)
    (tmp_path / "cfg" / "config.yaml").write_text("mix: embedded\n")
    (tmp_path / "cfg" / "mixes" / "embedded.yaml").write_text(out)
    code, again, _ = call("mix", "show", "embedded", "--config", tmp_path / "cfg/config.yaml")
    assert code == 0
    assert re.search(r"# hash (\w+)", again)[1] == first
    assert str(tmp_path) in again


@pytest.mark.parametrize(("argv", "sentence"), [
    (["mix", "show", "embeded"], "there is no mix `embeded`; did you mean `embedded`?"),
    (["mix", "show", "embedded", "--action", "x"], "there is no action `x`; choose one of "),
])  # fmt: skip
def test_mix_show_of_what_there_is_not(call, argv, sentence):
    code, out, err = call(*argv)
    assert (code, out) == (2, "")
    assert sentence in err


FIVE = """\
name: mine
proposerz:
  - model: embedded/ruff
agregator: []
deadline: -1
cache: perhaps
"""


def test_mix_check_says_five_mistakes_in_five_lines(call):
    Path("mine.yaml").write_text(FIVE)
    code, out, err = call("mix", "check", "mine.yaml")
    assert (code, err) == (2, "")
    lines = out.splitlines()
    assert len(lines) == 5
    assert all(re.match(r"mine\.yaml:\d+:\d+: \S", line) for line in lines)
    assert [line.split(":")[1] for line in lines] == ["1", "2", "4", "5", "6"]


def test_mix_check_without_a_mistake(call):
    Path("mine.yaml").write_text("name: mine\nextends: embedded\n")
    assert call("mix", "check", "mine.yaml") == (0, "", "no mistake found\n")
    assert call("mix", "check") == (0, "", "no mistake found\n")


def broken(tmp_path):
    (tmp_path / "cfg" / "mixes").mkdir(parents=True)
    (tmp_path / "cfg" / "config.yaml").write_text("mix: mine\n")
    (tmp_path / "cfg" / "mixes" / "mine.yaml").write_text(FIVE)
    return tmp_path / "cfg" / "config.yaml"


def test_a_broken_mix_does_not_hide_the_others(call, tmp_path):
    code, out, err = call("mix", "list", "--config", broken(tmp_path))
    assert code == 2
    assert "embedded" in out
    assert len(err.splitlines()) == 5
    assert "mine.yaml:2:1: unknown key `proposerz`; did you mean `proposers`?" in err


def test_show_of_a_broken_mix_lists_its_mistakes(call, tmp_path):
    code, out, err = call("mix", "show", "mine", "--config", broken(tmp_path))
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 5


@pytest.fixture
def importable(monkeypatch):
    """The package for child processes too, where it is not installed."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_doctor(call, monkeypatch, importable, tmp_path):
    """Says what is here; a key is never shown, not even in part."""
    canary = "sk-canary-0123456789"
    monkeypatch.setenv("LAB_KEY", canary)
    config = tmp_path / "config.yaml"
    config.write_text(
        "providers: {lab: {api: openai, base_url: 'http://127.0.0.1:1/v1', api_key_env: LAB_KEY}}"
    )
    code, out, err = call("doctor", "--config", config)
    assert (code, err) == (0, "")
    assert re.search(r"^server +ok +answers on stdio", out, re.MULTILINE)
    assert re.search(r"^mix embedded +ready +used for actions", out, re.MULTILINE)
    assert canary not in out
    assert canary[:8] not in out


def test_doctor_of_a_broken_configuration(call, tmp_path, importable):
    code, out, err = call("doctor", "--config", broken(tmp_path))
    assert (code, err) == (2, "")
    assert "mine.yaml:2:1: unknown key `proposerz`" in out
