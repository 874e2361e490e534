"""`moa-lsp run`: what is printed, what is written, which exit code."""

import json
import math
import os
import stat
from pathlib import Path

import pytest

from moa_lsp.cli import run_progress
from moa_lsp.cli.main import answered
from moa_lsp.cli.run import run
from moa_lsp.cli.run_arguments import ActionArguments
from moa_lsp.cli.source import locate
from tests.fakes.scripted import Line
from tests.fakes.scripted_cli import runtime

KEYS = [
    "run", "action", "mix", "mix_hash", "state", "applied", "needs_confirmation", "edit", "text",
    "reason", "seconds", "first_visible_seconds", "author", "aggregation", "proposals", "usage",
    "cost_usd", "cost_known", "warnings", "rejected",
]  # fmt: skip
AGENT_KEYS = {
    "agent", "model", "state", "seconds", "first_token_seconds", "usage", "cost_usd",
}  # fmt: skip

OLD = b'import os\nx = {"a": 1}.get("a", None)\n'
DIFF = """\
--- a/m.py
+++ b/m.py
@@ -1,2 +1 @@
-import os
-x = {"a": 1}.get("a", None)
+x = {"a": 1}.get("a")
"""


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """No progress lines, however long the machine takes."""
    monkeypatch.setattr(run_progress, "QUIET_S", math.inf)


def notes(err):
    """What is said on stderr beside the table of agents."""
    lines = err.splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("moa-lsp: "))


WRONG = [
    # file, content, what follows its name on the command line, part of the sentence
    ("gone.py", None, "", "gone.py cannot be read: no such file or directory"),
    ("m.py", b"\x00\x01", "", "m.py is not text: it holds NUL bytes"),
    ("m.py", b'x = "\xff"\n', "", "m.py is not UTF-8 text (byte 6)"),
    ("m.py", OLD, ":4", "m.py has lines 1 to 3, not 4"),
    ("m.py", OLD, ":0", "m.py has lines 1 to 3, not 0"),
    ("m.py", OLD, ":2-1", "m.py has lines 1 to 3, not 2-1"),
    ("m.py", OLD, ":1-99", "m.py has lines 1 to 3, not 1-99"),
    ("m.py", OLD, ":1-2-3", "m.py:1-2-3 cannot be read"),
    ("m.py", OLD, ":3-3", "line 3 of m.py is empty; for the cursor there, say m.py:3"),
    ("x" * 300, None, "", "cannot be read: file name too long"),
]


@pytest.mark.parametrize(("name", "content", "lines", "sentence"), WRONG)
def test_wrong_files_and_ranges_are_usage_errors(call, name, content, lines, sentence):
    if content is not None:
        Path(name).write_bytes(content)
    code, out, err = call("run", "refactor", f"{name}{lines}")
    assert (code, out) == (2, "")
    assert err.startswith("moa-lsp: ")
    assert sentence in err
    assert err.count("\n") == 1


def test_a_folder_and_a_device_are_refused(call):
    Path("folder").mkdir()
    assert call("run", "explain", "folder")[2] == (
        "moa-lsp: folder is a folder; name a text file\n"
    )
    assert "not a regular file" in call("run", "explain", os.devnull)[2]


def test_an_unknown_action_or_mix_lists_those_that_exist(call):
    Path("m.py").write_bytes(OLD)
    code, _, err = call("run", "refactr", "m.py")
    assert code == 2
    assert "there is no action `refactr`; choose one of document, explain" in err
    code, _, err = call("run", "refactor", "m.py", "--mix", "embeded")
    assert code == 2
    assert "there is no mix `embeded`; did you mean `embedded`?" in err


NEW = b'x = {"a": 1}.get("a")\n'
ODD = "s = '€ 😀 \u2028'\n".encode()
TEXTS = [
    # before, after
    (OLD, NEW),
    (OLD.replace(b"\n", b"\r\n"), NEW.replace(b"\n", b"\r\n")),
    (OLD[:-1], NEW[:-1]),
    (b"\xef\xbb\xbf" + OLD, b"\xef\xbb\xbf" + NEW),
    (ODD + OLD, ODD + NEW),
]


@pytest.mark.parametrize(("before", "after"), TEXTS)
def test_write_keeps_line_endings_marks_and_permissions(call, before, after):
    path = Path("m.py")
    path.write_bytes(before)
    path.chmod(0o750)
    code, out, err = call("run", "refactor", "m.py")
    assert code == 0
    assert out.startswith("--- a/m.py\n+++ b/m.py\n")
    assert notes(err) == ""
    assert path.read_bytes() == before, "without --write nothing is written"
    code, again, err = call("run", "refactor", "m.py", "--write")
    assert (code, again, notes(err)) == (0, out, "moa-lsp: wrote m.py\n")
    assert path.read_bytes() == after
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    assert os.listdir() == ["m.py"]


def test_the_diff_is_unified(call):
    Path("m.py").write_bytes(OLD)
    assert call("run", "refactor", "m.py")[:2] == (0, DIFF)


def test_write_through_a_link_changes_what_it_leads_to(call):
    Path("real.py").write_bytes(OLD)
    Path("link.py").symlink_to("real.py")
    assert call("run", "refactor", "link.py", "--write")[0] == 0
    assert Path("link.py").is_symlink()
    assert Path("real.py").read_bytes() != OLD


def test_a_read_only_file_is_left_alone_and_the_record_is_printed(call):
    path = Path("m.py")
    path.write_bytes(OLD)
    path.chmod(0o444)
    code, out, err = call("run", "refactor", "m.py", "--write", "--json")
    assert (code, err) == (
        1,
        "moa-lsp: m.py is read-only; nothing was written, make it writable first\n",
    )
    assert json.loads(out)["applied"] is False
    assert path.read_bytes() == OLD


def test_a_selection_bounds_the_change(call):
    one = 'def {}(a):\n    return {{"b": 1}}.get(a, None)\n'
    text = f"{one.format('f')}\n\n{one.format('g')}"
    Path("m.py").write_text(text)
    code, _, err = call("run", "refactor", "m.py:5-6", "--write")
    assert code == 0, err
    assert Path("m.py").read_text() == text[: -len(", None)\n")] + ")\n"


def test_json_is_the_documented_run_record(call):
    Path("m.py").write_bytes(OLD)
    code, out, err = call("run", "refactor", "m.py", "--json", "--write")
    record = json.loads(out)
    assert code == 0
    assert list(record) == KEYS
    assert record["state"] == "done"
    assert record["applied"] is True
    assert record["edit"]["documentChanges"][0]["textDocument"]["version"] is None
    for agent in record["proposals"]:
        assert agent.keys() - {"reason"} == AGENT_KEYS
    assert err == "moa-lsp: wrote m.py\n"


def test_a_failed_run_prints_its_record_one_sentence_and_exits_1(call):
    Path("m.go").write_text("package m\n")
    code, out, err = call("run", "refactor", "m.go", "--json")
    record = json.loads(out)
    assert code == 1
    assert record["state"] == "failed"
    assert err == f"moa-lsp: {record['reason']}\n"
    code, out, err = call("run", "refactor", "m.go")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1


def test_nothing_to_change_is_no_failure(capsys, tmp_path):
    Path("m.py").write_text("x = 1\n")
    (tmp_path / "cfg").mkdir()
    scripted = runtime(tmp_path / "cfg", Line("x = 1", exact=True))
    assert answered(lambda: run(ActionArguments("refactor", ("m.py",)), scripted)) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("moa-lsp: the mix found nothing to change\n")


def test_explain_prints_markdown_and_writes_nothing(call):
    Path("m.py").write_text("def f(a: int) -> int:\n    return a\n")
    code, out, err = call("run", "explain", "m.py:1", "--write")
    assert (code, notes(err)) == (0, "")
    assert out.startswith("# Function `f`\n")
    assert os.listdir() == ["m.py"]


def test_tests_are_a_new_file_and_never_overwrite_one(call):
    Path("m.py").write_text("def f(a: int) -> int:\n    return a\n")
    code, out, _ = call("run", "test", "m.py", "--write", "--create")
    assert code == 0
    assert out.startswith("--- /dev/null\n+++ b/test_m.py\n")
    made = Path("test_m.py").read_text()
    assert "def test_f" in made
    code, out, err = call("run", "test", "m.py", "--write", "--create")
    assert (code, out) == (2, "")
    assert "test_m.py exists already" in err
    assert Path("test_m.py").read_text() == made


def test_A06_a_new_file_is_written_where_create_agrees_to_it_and_nothing_is_paid_before(call):
    Path("m.py").write_text("def f(a: int) -> int:\n    return a\n")
    code, out, err = call("run", "test", "m.py", "--write")
    assert (code, out) == (2, "")
    assert "test makes a new file, test_m.py; add --create to have it written" in err
    assert not Path("test_m.py").exists()
    assert call("run", "test", "m.py")[0] == 0, "to look at it needs no agreement"


@pytest.mark.parametrize("link", [True, False])
def test_A06_tests_are_written_below_the_folder_and_through_no_link(call, tmp_path, link):
    outside = tmp_path.parent / f"{tmp_path.name}-outside" if link else tmp_path.parent / "tests"
    outside.mkdir(exist_ok=True)
    if link:
        Path("tests").symlink_to(outside)
    Path("m.py").write_text("def f(a: int) -> int:\n    return a\n")
    assert call("run", "test", "m.py", "--write", "--create")[0] == 0
    assert Path("test_m.py").exists()
    assert list(outside.iterdir()) == []
    outside.rmdir()


RANGES = [
    ("m.py", (0, 9)), ("m.py:1", (0, 0)), ("m.py:2", (6, 6)), ("m.py:3", (9, 9)),
    ("m.py:1-2", (0, 8)), ("m.py:2-2", (4, 8)), ("m.py:2-3", (4, 9)), ("m.py:1:1", (0, 9)),
]  # fmt: skip


@pytest.mark.parametrize(("where", "span"), RANGES)
def test_lines_count_from_1_and_both_ends_are_included(where, span):
    """A name that ends like a range is meant itself; a cursor stands on the line's first word."""
    for name in ("m.py", "m.py:1:1"):
        Path(name).write_text("abc\n  d \n")
    source = locate(where)
    assert (source.selection.start, source.selection.end) == span
    assert source.snapshot.text == "abc\n  d \n"


def test_a_free_instruction_without_a_model_says_what_it_takes(call):
    Path("m.py").write_text("x = 1\n")
    code, _, err = call("run", "generate", "m.py:1", "--instruction", "write a web server")
    assert code == 1
    assert "a free instruction needs a model" in err
    assert "moa-lsp mix list" in err


def config(text, mix=""):
    Path("cfg/mixes").mkdir(parents=True)
    Path("cfg/config.yaml").write_text(text)
    if mix:
        Path("cfg/mixes/mine.yaml").write_text(mix)
    return ("--config", "cfg/config.yaml")


BROKEN = "name: mine\nproposers: [{model: embedded/ruff}]\nagregator: []\n"


def test_a_broken_configuration_stops_a_run(call):
    Path("m.py").write_bytes(OLD)
    code, out, err = call("run", "refactor", "m.py", *config("auto_ordr: []\nlog: {level: x}\n"))
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == (
        "cfg/config.yaml:1:1: unknown key `auto_ordr`; did you mean `auto_order`?"
    )
    assert err.splitlines()[1].startswith("cfg/config.yaml:2:14: ")


@pytest.mark.parametrize(("settings", "extra"), [("mix: mine\n", ()), ("", ("--mix", "mine"))])
def test_a_broken_mix_stops_a_run_of_it(call, settings, extra):
    Path("m.py").write_bytes(OLD)
    code, out, err = call("run", "refactor", "m.py", *config(settings, BROKEN), *extra)
    assert (code, out) == (2, "")
    assert err == "cfg/mixes/mine.yaml:3:1: unknown key `agregator`; did you mean `aggregator`?\n"


def test_a_broken_mix_is_told_and_does_not_stop_a_run_of_another(call):
    Path("m.py").write_bytes(OLD)
    code, out, err = call("run", "refactor", "m.py", *config("mix: embedded\n", BROKEN))
    assert (code, out) == (0, DIFF)
    assert notes(err) == (
        "moa-lsp: cfg/mixes/mine.yaml:3:1: unknown key `agregator`; did you mean `aggregator`?\n"
    )
