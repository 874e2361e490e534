"""Files of results: what is written is read, and what is wrong is told with its line."""

import json
import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moa_bench.report.results import (
    MAX_DRILL_CHARS,
    MAX_RESULT_BYTES,
    ResultsFile,
    read_files,
    read_folder,
)
from moa_bench.values import About, Result, TaskDetail
from moa_lsp.errors import ConfigError, UsageError
from moa_lsp.providers.base import Usage
from tests.fakes.results import HOSTILE, outcomes, result

ABOUT = About("made-up", "d" * 64, 5, 3, {"t9": "its reference fails"}, "CPython 3.11.7")

words = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
counts = st.integers(0, 10**9)
amounts = st.floats(0, 1e9)
results = st.builds(
    Result,
    mix=words, mix_hash=words, role=words, set=words, digest=words, task=words, cluster=words,
    sample=counts, state=st.sampled_from(("passed", "failed", "no_answer", "missing")),
    seconds=amounts, slowest=amounts, usage=st.builds(Usage, counts, counts, counts),
    cost_usd=amounts, cost_known=st.booleans(), spent_usd=amounts, sandbox=words,
    right=st.dictionaries(words, st.booleans(), max_size=3),
    drill=st.builds(TaskDetail, words, st.lists(st.tuples(words, words), max_size=3).map(tuple),
                    st.none() | words, words),
    prompts=words, timed_out=st.booleans(), proposed=counts, rejected=counts,
)  # fmt: skip


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cells" / "one.results.jsonl"


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
def test_only_its_user_can_read_it(path):
    write(path, result())
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)  # as an earlier version made it
    write(path, result(task="t2"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(read_files([path]).results) == 2


@pytest.mark.skipif(os.name != "posix", reason="who may read a file is a matter of POSIX")
def test_nothing_is_written_through_a_link(path, tmp_path):
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="it is a link"):
        write(path, result())
    assert not (tmp_path / "elsewhere").exists()


def write(path, *made, about=None):
    with ResultsFile(path, about) as file:
        for each in made:
            file.append(each)


@given(st.lists(results, max_size=4))
def test_what_is_written_is_read(tmp_path_factory, made):
    path = tmp_path_factory.mktemp("round") / "a.results.jsonl"
    write(path, *made, about=ABOUT)
    recorded = read_files([path])
    assert recorded.results == tuple(made)
    assert recorded.abouts == (ABOUT,)
    assert recorded.torn == ()


def test_adding_goes_on_behind_and_says_once_what_it_is_about(path):
    made = outcomes("m", "PFN")
    write(path, *made[:2], about=ABOUT)
    write(path, *made[2:], about=ABOUT)
    assert read_files([path]) == read_folder(path.parent)
    assert read_files([path]).results == tuple(made)
    assert read_files([path]).abouts == (ABOUT,)


BASELINES = {
    "the same again": ([["a", "a"]], ["a"]),
    "another one later": ([["a", "b"]], ["b"]),
    "and back": ([["a", "b", "a"]], ["a"]),
    "a run after a sweep": ([["a", None]], ["a"]),
    "in all files": ([["a", "b"], ["a", "b"]], ["b"]),
    "not in all files": ([["a", "b"], ["a"]], ["b", "a"]),
    "runs alone": ([[None], [None]], [None]),
}


@pytest.mark.parametrize("case", BASELINES)
def test_the_baseline_that_a_file_named_last_counts(tmp_path, case):
    said, found = BASELINES[case]
    paths = [tmp_path / f"{at}.results.jsonl" for at in range(len(said))]
    for path, names in zip(paths, said, strict=True):
        for name in names:
            write(path, about=replace(ABOUT, baseline=name))
    assert [each.baseline for each in read_files(paths).abouts] == found
    other = replace(ABOUT, set="another", baseline="c")
    write(paths[0], about=other)
    assert [each.baseline for each in read_files(paths).abouts if each != other] == found


@pytest.mark.parametrize("lost", [1, 2, 40, 10**6])
def test_a_torn_last_line_is_no_result_and_does_not_spoil_the_next(path, lost):
    first, second, third = outcomes("m", "PFN")
    write(path, first, second)
    whole = path.read_bytes()
    kept = len(whole.split(b"\n")[0]) + 1
    path.write_bytes(whole[: max(kept + 1, len(whole) - lost)])
    torn = read_files([path])
    assert torn.results == (first,)
    assert torn.torn == (path,)
    write(path, third)
    mended = read_files([path])
    assert mended.results == (first, third)
    assert mended.torn == ()


def test_a_file_that_is_one_torn_line(path):
    path.parent.mkdir()
    path.write_text('{"v": 1, "resu')
    assert read_files([path]).results == ()
    write(path, result())
    assert read_files([path]).results == (result(),)


def changed(**other):
    return {**json_of(result()), **other}


def json_of(of):
    return {name: getattr(of, name) for name in Result.__slots__ if name not in ("usage", "drill")}


def line(**what):
    return json.dumps({"v": 1, **what})


USAGE = {"input": 1, "output": 2, "cached": 0}
WRONG = {
    "no JSON": ("{", "Invalid JSON"),
    "an empty line": ("", "Invalid JSON"),
    "nothing": (line(), "neither a result nor"),
    "a list": ("[]", "Input should be"),
    "too much": (line(result=changed(usage=USAGE, foo=1)), "result.foo: Unexpected"),
    "too much inside": (line(result=changed(usage={**USAGE, "x": 1})), "result.usage.x"),
    "too little": (line(result={"mix": "m"}), "result.mix_hash: "),
    "a number as text": (line(result=changed(usage=USAGE, sample="0")), "result.sample"),
    "no state": (line(result=changed(usage=USAGE, state="ok")), "result.state"),
    "time runs back": (line(result=changed(usage=USAGE, seconds=-1.0)), "result.seconds: -1.0"),
    "no end": (line(result=changed(usage=USAGE, cost_usd=float("inf"))), "result.cost_usd: inf"),
    "tokens below 0": (line(result=changed(usage={**USAGE, "input": -1})), "result.usage"),
    "another version": (json.dumps({"v": 2, "results": []}), "version 2 of results"),
    "another version, same shape": (
        json.dumps({"v": 0, "result": changed(usage=USAGE)}), "version 0 of results"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_all_else_is_told_with_its_line(path, case):
    text, said = WRONG[case]
    write(path, result())
    with path.open("a") as file:
        file.write(text + "\n")
    with pytest.raises(ConfigError) as caught:
        read_files([path])
    (problem,) = caught.value.problems
    assert (problem.path, problem.line) == (str(path), 2)
    assert said in problem.message


def test_every_file_is_looked_at(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.results.jsonl").write_text("{\n" if name != "b" else "")
    with pytest.raises(ConfigError) as caught:
        read_folder(tmp_path)
    assert len(caught.value.problems) == 2


def test_files_of_all_folders_below_in_the_order_of_their_names(tmp_path):
    made = outcomes("m", "PFN")
    for name, each in zip(("b/x", "a", "b/a/y"), made, strict=True):
        write(tmp_path / f"{name}.results.jsonl", each)
    (tmp_path / "other.jsonl").write_text("not read\n")
    assert read_folder(tmp_path).results == (made[1], made[2], made[0])


def test_a_folder_without_results(tmp_path):
    with pytest.raises(UsageError, match="no file of results"):
        read_folder(tmp_path)
    with pytest.raises(UsageError, match="no folder"):
        read_folder(tmp_path / "x")


def test_texts_are_cut_and_halves_of_characters_replaced(path):
    long = "x" * (MAX_DRILL_CHARS + 7)
    drill = TaskDetail(long, (("a", "\ud800" + HOSTILE), ("b", "")), long, "why")
    write(path, result(drill=drill))
    (read,) = read_files([path]).results
    assert read.drill.prompt.endswith("\n… 7 more characters")
    assert read.drill.answer == read.drill.prompt
    assert read.drill.proposals == (("a", "\ufffd" + HOSTILE), ("b", ""))


def test_a_result_is_kept_though_its_texts_are_too_long(path):
    text = "\x01" * MAX_DRILL_CHARS
    many = MAX_RESULT_BYTES // (6 * MAX_DRILL_CHARS) + 2
    big = result(drill=TaskDetail("p", tuple((str(at), text) for at in range(many)), None, "x"))
    write(path, big, result(task="t2"))
    read = read_files([path]).results
    assert [each.task for each in read] == ["t1", "t2"]
    assert read[0] == replace(big, drill=TaskDetail(detail="its texts are too long to be kept"))


def test_a_line_without_end_is_refused_and_not_read_into_memory(path):
    path.parent.mkdir()
    path.write_bytes(b"x" * (MAX_RESULT_BYTES + 5))
    with pytest.raises(ConfigError, match="a line of over"):
        read_files([path])
    with ResultsFile(path) as file:
        file.append(result())
    assert read_files([path]).results == (result(),)


def test_texts_can_be_left_out(path):
    write(path, result(drill=TaskDetail("p", (("a", "b"),), "c", "why")))
    (read,) = read_folder(path.parent, texts=False).results
    assert read.drill == TaskDetail(detail="why")


def test_a_closed_file_takes_nothing(path):
    file = ResultsFile(path)
    with pytest.raises(RuntimeError, match="not open"):
        file.append(result())


def test_what_is_no_number_is_not_written(path):
    with ResultsFile(path) as file, pytest.raises(ValueError, match="not JSON compliant"):
        file.append(result(seconds=float("nan")))
    assert read_files([path]).results == ()
