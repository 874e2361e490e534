"""Recorded answers with their verdicts, and a sandbox to judge them again."""

import asyncio
import gzip
import json
import math
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from moa_bench.sets.loaded_set import LoadedSet
from moa_lsp.errors import SandboxError
from moa_lsp.sandbox.choose import choose
from moa_lsp.sandbox.program import Program, Sandbox

RECORDED = os.environ.get("MOA_RECORDED", "")

BIGCODEBENCH_7B = "recorded-bcb-hard-complete-qwen2.5-coder-7b-base.jsonl.gz"

CANITEDIT = (
    "recorded-canitedit-qwen2.5-coder-14b-instruct-baseline.jsonl.gz",
    "recorded-canitedit-qwen2.5-coder-3b-instruct.jsonl.gz",
)


def recorded(file: str) -> list[dict[str, Any]]:
    """The rows of a recording."""
    path = Path(RECORDED) / file
    if not path.exists():
        pytest.skip(f"no recordings: {file} is not in MOA_RECORDED")
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        return [json.loads(row) for row in rows]


async def sandbox_or_skip(python: Path | None = None) -> Sandbox:
    """This machine's sandbox."""
    try:
        return await choose(python)
    except SandboxError as error:
        pytest.skip(f"no sandbox here: {error}")


def some_of(loaded: LoadedSet, ids: set[str]) -> LoadedSet:
    """A set with some of its tasks alone."""
    return replace(loaded, tasks=tuple(task for task in loaded.tasks if task.id in ids))


async def equal_verdicts(
    tasks: LoadedSet,
    answers: Mapping[str, tuple[str, bool]],
    sandbox: Sandbox,
    seconds: float = math.inf,
) -> tuple[int, list[str]]:
    """Judge answers again.

    Args:
        tasks: of which all have an answer.
        answers: by id: the text, and whether it was recorded to pass.
        sandbox: where it runs.
        seconds: for each at most, if that is less than the tasks' own bound.

    Returns:
        How many verdicts are as recorded, and the tasks whose are not.
    """
    places = asyncio.Semaphore(os.cpu_count() or 1)

    async def passes(task) -> bool:
        judged = tasks.assess(task, answers[task.id][0])
        if isinstance(judged, Program):
            async with places:
                judged = await sandbox.run(replace(judged, seconds=min(judged.seconds, seconds)))
        return judged.status == "passed"

    found = await asyncio.gather(*(passes(task) for task in tasks.tasks))
    pairs = list(zip(tasks.tasks, found, strict=True))
    other = [task.id for task, passed in pairs if passed != answers[task.id][1]]
    return len(pairs) - len(other), other
