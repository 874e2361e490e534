"""`bench report`: what is printed where, and what an error says."""

import json

import pytest

from moa_bench.cli.report import report
from moa_bench.report.results import ResultsFile
from moa_bench.values import TaskDetail
from moa_lsp.errors import ConfigError, RunError, UsageError
from tests.fakes.results import HOSTILE, outcomes, sweep


@pytest.fixture
def folder(tmp_path):
    results, about = sweep(tasks=12)
    with ResultsFile(tmp_path / "out" / "all.results.jsonl", about) as file:
        for each in results:
            file.append(each)
    return tmp_path / "out"


def test_a_table(folder, capsys):
    assert report(folder) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("made-up-hard · 12 of 14 tasks · 2 excluded · sandbox bubblewrap")
    assert "anna-large+bert-coder-32b→cleo-mini" in said.out
    assert "McNemar's exact test" in said.out


def test_json(folder, capsys):
    assert report(folder, as_json=True, baseline="alone-cleo-mini") == 0
    (table,) = json.loads(capsys.readouterr().out)["tables"]
    assert table["baseline"] == "alone-cleo-mini"
    assert len(table["rows"]) == 24


def test_a_page_and_nothing_beside_it(folder, tmp_path, capsys):
    page = tmp_path / "page.html"
    page.write_text("old")
    assert report(folder, page, as_json=True) == 0
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>\n")
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["page.html"]
    json.loads(capsys.readouterr().out)


def test_a_page_that_cannot_be_written(folder, tmp_path):
    with pytest.raises(RunError, match="cannot be written"):
        report(folder, tmp_path / "no" / "page.html")


def test_nothing_of_a_result_acts_on_the_terminal(tmp_path, capsys):
    with ResultsFile(tmp_path / "a.results.jsonl") as file:
        drill = TaskDetail(detail=HOSTILE)
        for each in outcomes(HOSTILE, "PFM", drill=drill, set=HOSTILE, sandbox=HOSTILE):
            file.append(each)
    report(tmp_path)
    assert not set(capsys.readouterr().out) & {"\x1b", "\u202e"}


def test_a_torn_line_is_told(folder, capsys):
    (path,) = folder.iterdir()
    with path.open("a") as file:
        file.write('{"v": 1, "result": {"mix"')
    assert report(folder) == 0
    assert "cut off by a crash" in capsys.readouterr().err


def test_mistakes(folder, tmp_path):
    with pytest.raises(UsageError, match="no single mix is called"):
        report(folder, baseline="nobody")
    with pytest.raises(UsageError, match="no folder"):
        report(tmp_path / "nowhere")
    (path,) = folder.iterdir()
    path.write_text("{}\n")
    with pytest.raises(ConfigError, match=r"all\.results\.jsonl:1:1: "):
        report(folder)
