"""All sets on made-up rows: what is asked, what is right, and how answers are judged."""

import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from moa_bench.sets.registry import SET_NAMES, actions, cache_folder, digest_of, load, source_of
from moa_bench.sets.sources import SOURCES
from moa_lsp import limits
from moa_lsp.actions.definition import builtin
from moa_lsp.context.target import resolve_target
from moa_lsp.errors import UsageError
from moa_lsp.sandbox.program import Program, Verdict
from moa_lsp.syntax.languages import by_path
from moa_lsp.task import Snapshot
from moa_lsp.text.span import Span
from tests.fakes.task_sets import BIGCODEBENCH, HUMANEVAL, ROWS, content, folder, lines

if TYPE_CHECKING:
    from moa_bench.values import TaskSet


@pytest.fixture
def data(tmp_path):
    return folder(tmp_path / "data")


def ends_well(judged: Program | Verdict, at) -> bool:
    """Whether a program of these tests, which is ours, passes here."""
    if isinstance(judged, Verdict):
        return judged.status == "passed"
    at.mkdir(exist_ok=True)
    for path, text in judged.files.items():
        (at / path).write_text(text, "utf-8", newline="")
    how = ("-m", "unittest") if judged.mode == "unittest" else ()
    command = (sys.executable, *how, judged.entry)
    return subprocess.run(command, cwd=at, capture_output=True, check=False).returncode == 0


def test_the_names_are_those_that_have_a_source():
    assert set(SET_NAMES) == set(SOURCES)


@pytest.mark.parametrize("name", SET_NAMES)
def test_the_reference_is_right_and_the_file_as_given_is_not(name, data, tmp_path):
    loaded: TaskSet = load(name, data)
    assert loaded.name == name
    assert loaded.digest == digest_of(name, content(name), "f")
    for number, task in enumerate(loaded.tasks):
        right = loaded.assess(task, task.reference)
        assert ends_well(right, tmp_path / f"right{number}")
        if loaded.edits:
            assert not ends_well(loaded.assess(task, task.ask.text), tmp_path / f"given{number}")


ASKED = {
    "bigcodebench-hard": ("insert", ""),
    "bigcodebench-hard-complete": ("replace", 'def task_func(n):\n    """Twice n."""'),
    "humaneval": ("replace", HUMANEVAL["prompt"].strip().partition("\n\n\n")[2]),
    "humanevalplus": ("replace", HUMANEVAL["prompt"].strip().partition("\n\n\n")[2]),
    "mbpp": ("insert", ""),
    "mbppplus": ("insert", ""),
    "canitedit": ("replace", "def double(n):\n    return n"),
    "humanevalfix": ("replace", HUMANEVAL["prompt"].strip() + "\n    return 3 * n"),
    "aider-polyglot-python": ("replace", "def double(n):\n    pass"),
}
"""What the product makes of each: what becomes of an answer, and what it stands in place of."""


@pytest.mark.parametrize("name", ASKED)
def test_the_product_aims_at_what_is_meant(name, data):
    for task in load(name, data).tasks:
        ask = task.ask
        action = {**builtin(), **actions()}[ask.action]
        snapshot = Snapshot(f"file:///{ask.file}", ask.text, by_path(ask.file))
        found = resolve_target(action, snapshot, ask.target, instructed=bool(ask.instruction))
        region = ask.text[found.target.start : found.target.end]
        assert (found.output, region) == ASKED[name]


@pytest.mark.parametrize("name", ["humaneval-infilling-single", "humaneval-infilling-random"])
def test_gaps_are_completed_where_they_are_and_those_of_a_function_are_one_cluster(name, data):
    for task, row in zip(load(name, data).tasks, ROWS[name], strict=True):
        assert task.ask.action == "complete"
        cursor = len(row["prompt"])
        assert task.ask.target == Span(cursor, cursor)
        assert task.ask.text == row["prompt"] + row["suffix"]
        assert task.cluster == "HumanEval/0"


def test_both_instructions_of_canitedit_are_one_cluster(data):
    tasks = load("canitedit", data).tasks
    assert [task.ask.instruction for task in tasks] == [
        "Return twice the number n.",
        "double it",
    ]
    assert {task.cluster for task in tasks} == {"1_double"}
    assert len({task.id for task in tasks}) == 2


def test_mbpp_shows_its_calls_and_mbppplus_the_first(data):
    (one,), (plus,) = load("mbpp", data).tasks, load("mbppplus", data).tasks
    assert one.ask.instruction.count("assert") == 2
    assert plus.ask.instruction.count("assert") == 1
    assert "import math" in load("mbpp", data).assess(one, "").files["main.py"]


def test_the_answers_to_bigcodebench_may_rely_on_the_imports_of_the_head(data):
    loaded = load("bigcodebench-hard", data)
    judged = loaded.assess(
        loaded.tasks[0], "def task_func(n):\n    return os and 2 * n\n\nprint(task_func(1))\n"
    )
    assert judged.mode == "unittest"
    assert judged.files["main.py"] == (
        f"{BIGCODEBENCH['code_prompt']}\n    pass\n"
        f"def task_func(n):\n    return os and 2 * n\n{BIGCODEBENCH['test']}"
    )


def test_the_broken_oracle_of_humanevalplus_is_mended(tmp_path):
    """As published, no answer to HumanEval/32 can pass."""
    broken = "    for i, (inp, exp) in enumerate(zip(inputs, results)):\n"
    row = {
        **HUMANEVAL,
        "entry_point": "find_zero",
        "prompt": 'def find_zero(xs: list):\n    """A root."""\n',
        "canonical_solution": "    return -xs[0] / xs[1]\n",
        "test": "def _poly(xs: list, x: float):\n    return xs[0] + xs[1] * x\n\n\n"
        "def check(candidate):\n    inputs, results = [[[2, 4]]], [-0.5]\n"
        f"{broken}        assert _poly(*candidate(*inp), inp) <= 0.0001\n",
    }
    (tmp_path / "HumanEvalPlus-OriginFmt.jsonl").write_bytes(lines(row))
    loaded = load("humanevalplus", tmp_path)
    (task,) = loaded.tasks
    assert ends_well(loaded.assess(task, task.reference), tmp_path / "right")
    wrong = task.reference.replace("-xs[0]", "xs[0]")
    assert not ends_well(loaded.assess(task, wrong), tmp_path / "wrong")


def test_an_exercise_is_asked_for_with_its_words_and_our_rules(data):
    (task,) = load("aider-polyglot-python", data).tasks
    words = task.ask.instruction
    assert words.startswith("# Double\n\nDouble it.\n\nMind zero.\n\nKeep the names")
    assert task.ask.beside == {}


def test_an_exercise_that_says_too_much_is_cut_at_the_end_of_a_line(tmp_path):
    from tests.fakes.task_sets import TREES, packed

    tree = dict(TREES["aider-polyglot-python"])
    long = "99 bottles of beer\n" * 600
    tree["python/exercises/practice/double-it/.docs/instructions.md"] = long
    tree["python/exercises/practice/double-it/helper.py"] = "HELP = 1\n"
    (tmp_path / "aider-polyglot-python.tar.gz").write_bytes(packed(tree))
    loaded = load("aider-polyglot-python", tmp_path)
    (task,) = loaded.tasks
    assert len(task.ask.instruction) <= limits.MAX_INSTRUCTION_CHARS
    assert "beer\n\nKeep the names" in task.ask.instruction
    assert task.ask.beside == {"helper.py": "HELP = 1\n"}
    assert set(loaded.assess(task, "").files) == {"helper.py", "double_it.py", "double_it_test.py"}


# --- where data is ---------------------------------------------------------------------------


def test_data_that_is_not_the_known_one_is_taken_with_a_warning(data):
    loaded = load("humaneval", data)
    (warning,) = loaded.warnings
    assert loaded.digest in warning
    assert SOURCES["humaneval"].sha256 in warning


def test_compressed_or_not_is_the_same_data(data, tmp_path):
    plain = gzip.decompress(content("humaneval"))
    (tmp_path / "HumanEval.jsonl").write_bytes(plain)
    (tmp_path / "mbpp.jsonl.gz").write_bytes(gzip.compress(plain))
    assert load("humaneval", tmp_path).digest == load("humaneval", data).digest
    with pytest.raises(UsageError, match=r"mbpp\.jsonl\.gz:1: `task_id`"):
        load("mbpp", tmp_path)


def test_without_a_folder_the_users_cache_is_looked_into():
    with pytest.raises(UsageError, match="run `moa-lsp bench fetch humaneval`"):
        load("humaneval")
    folder(cache_folder())
    try:
        assert len(load("humaneval").tasks) == 1
    finally:
        for path in cache_folder().iterdir():
            path.unlink()


@pytest.mark.parametrize("name", ["canitedit", "bigcodebench-hard"])
def test_what_cannot_be_downloaded_says_how_to_get_it(name, tmp_path):
    with pytest.raises(UsageError, match=r"export .* on Hugging Face as JSONL, as .* --data"):
        load(name, tmp_path)


def test_an_unknown_name_is_told_the_known_ones():
    with pytest.raises(UsageError, match=r"`humanevl`; did you mean `humaneval`\?; choose one of"):
        source_of("humanevl")


BAD_IDS = {
    "humaneval-infilling-single": {"task_id": "HumanEval"},
    "humaneval": {"task_id": 1},
    "canitedit": {"instruction_lazy": None},
    "humanevalfix": {"buggy_solution": 3},
}


@pytest.mark.parametrize("name", BAD_IDS)
def test_a_bad_row_is_told_with_its_line(name, tmp_path):
    good = ROWS[name][0]
    file = SOURCES[name].file.removesuffix(".gz")
    (tmp_path / file).write_bytes(lines(good, {**good, **BAD_IDS[name]}))
    with pytest.raises(UsageError, match=rf"{file}:2: `{next(iter(BAD_IDS[name]))}`"):
        load(name, tmp_path)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_no_two_tasks_have_the_same_id(name, tmp_path):
    file = SOURCES[name].file.removesuffix(".gz")
    (tmp_path / file).write_bytes(lines(ROWS[name][0], ROWS[name][0]))
    with pytest.raises(UsageError, match=r":2: the task .* is already at .*:1"):
        load(name, tmp_path)


def test_a_file_of_a_users_own_is_loaded_by_its_path(tmp_path):
    row = {
        "id": "a", "action": "refactor", "file": "a.go", "text": "x", "reference": "y",
        "command": ["go", "test"],
    }  # fmt: skip
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps(row))
    loaded = load(str(path))
    assert (loaded.name, loaded.warnings) == ("mine", ())
