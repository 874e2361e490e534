"""The task sets themselves, where they lie in ``MOA_RECORDED``: loading, sanitising, judging.

What needs the many libraries of BigCodeBench, or long, is in ``test_task_sets_full``.
"""

import ast
import os
import sys
from functools import cache
from pathlib import Path

import pytest

from moa_bench.sanitize import sanitize
from moa_bench.sets import bigcodebench, registry
from moa_bench.sets.loaded_set import LoadedSet
from moa_bench.sets.sources import SOURCES
from moa_bench.verify import VerdictFile, verify
from moa_lsp import limits
from moa_lsp.syntax import python_ast
from tests.bench.study.recorded_programs import (
    BIGCODEBENCH_7B,
    CANITEDIT,
    RECORDED,
    equal_verdicts,
    recorded,
    sandbox_or_skip,
    some_of,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RECORDED, reason="no task sets: MOA_RECORDED names no folder"),
]

SIZES = {
    "bigcodebench-hard": (148, 148),
    "bigcodebench-hard-complete": (148, 148),
    "humaneval": (164, 164),
    "humanevalplus": (164, 164),
    "mbpp": (974, 974),
    "mbppplus": (378, 378),
    "canitedit": (210, 105),
    "humanevalfix": (164, 164),
    "aider-polyglot-python": (34, 34),
    "aider-refactor": (89, 89),
    "humaneval-infilling-single": (1033, 164),
    "humaneval-infilling-random": (164, 164),
}
"""Tasks and clusters of each set."""


@cache
def load(name: str) -> LoadedSet:
    if not (Path(RECORDED) / SOURCES[name].file).exists():
        pytest.skip(f"{SOURCES[name].file} is not in MOA_RECORDED")
    return registry.load(name, Path(RECORDED))


@pytest.mark.parametrize("name", SIZES)
def test_a_set_is_the_known_one_and_whole(name):
    loaded = load(name)
    assert loaded.warnings == ()
    clusters = {task.cluster for task in loaded.tasks}
    assert (len(loaded.tasks), len(clusters)) == SIZES[name]
    longest = max(len(task.ask.instruction) for task in loaded.tasks)
    assert longest <= limits.MAX_INSTRUCTION_CHARS


@pytest.mark.parametrize("model", ["7b", "1.5b"])
def test_sanitised_text_is_the_published_one(model):
    rows = recorded(f"recorded-bcb-hard-complete-qwen2.5-coder-{model}-base.jsonl.gz")
    other = [
        row["task_id"] for row in rows if sanitize(row["raw"], "task_func") != row["sanitized"]
    ]
    assert other == []
    assert len(rows) == 148


def test_the_program_is_the_published_one_but_where_the_data_changed():
    tasks = {task.id: task for task in load("bigcodebench-hard-complete").tasks}
    rows = recorded(BIGCODEBENCH_7B)
    other = [
        row["task_id"]
        for row in rows
        if bigcodebench.calibrated(tasks[row["task_id"]], row["sanitized"])
        != row["evaluated_solution"]
    ]
    assert other == ["BigCodeBench/37", "BigCodeBench/760"]


# --- executed ----------------------------------------------------------------------------------


def only_of(loaded: LoadedSet, every: int) -> LoadedSet:
    """A fixed part of a set: each ``every``-th task."""
    return some_of(loaded, {task.id for task in loaded.tasks[::every]})


PARTS = {
    "humaneval": 4,
    "humanevalfix": 10,
    "aider-polyglot-python": 3,
    "humaneval-infilling-single": 40,
    "humaneval-infilling-random": 8,
}
"""Of which sets the standard library's references run here, and each how manieth."""


@pytest.mark.parametrize("name", PARTS)
async def test_references_pass_and_files_as_given_do_not(name):
    part = only_of(load(name), PARTS[name])
    sandbox = await sandbox_or_skip()
    found = await verify(part, sandbox, VerdictFile(None, ""), at_once=os.cpu_count() or 1)
    assert found.excluded == ()
    assert not found.given


async def test_refactoring_is_told_from_nothing_done():
    loaded = load("aider-refactor")
    found = await verify(loaded, await sandbox_or_skip(), VerdictFile(None, ""), at_once=1)
    # the file has another function of that name at its top level
    assert [each.id for each in found.excluded] == ["symbolic_shapes_ShapeEnv_bind_symbols"]
    assert found.given == 0


def needs(source: str) -> set[str]:
    """The modules that a program imports."""
    found: set[str] = set()
    for node in ast.walk(python_ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


SLOW = {"BigCodeBench/1040"}
"""Serves until it is told to end: its reference takes a minute, a wrong answer four."""


def small(loaded: LoadedSet) -> LoadedSet:
    """The tasks that need the standard library alone."""
    return some_of(
        loaded,
        {
            task.id
            for task in loaded.tasks
            if task.id not in SLOW
            and needs(f"{task.reference}\n{task.facts['test']}") <= sys.stdlib_module_names
        },
    )


async def test_bigcodebench_without_libraries():
    part = small(load("bigcodebench-hard"))
    assert len(part.tasks) == 32
    sandbox = await sandbox_or_skip()
    found = await verify(part, sandbox, VerdictFile(None, ""), at_once=os.cpu_count() or 1)
    assert found.excluded == ()


async def test_verdicts_on_bigcodebench_are_the_recorded_ones():
    part = small(load("bigcodebench-hard-complete"))
    rows = recorded(BIGCODEBENCH_7B)
    answers = {row["task_id"]: (row["raw"], row["status"] == "pass") for row in rows}
    assert await equal_verdicts(part, answers, await sandbox_or_skip()) == (32, [])


@pytest.mark.parametrize("file", CANITEDIT)
async def test_verdicts_on_canitedit_are_the_recorded_ones(file):
    part = only_of(small(load("canitedit")), 3)
    answers = {
        f"{row['full_name']}/{row['instr_kind']}": (row["program"], row["status"] == "OK")
        for row in recorded(file)
        if row["sample"] == 0
    }
    equal, other = await equal_verdicts(part, answers, await sandbox_or_skip())
    assert other == []
    assert equal >= 50
