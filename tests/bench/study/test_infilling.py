"""Gaps of HumanEval through the path of `moa-lsp complete`: a model that is right stays right.

The answers are the references themselves: whatever the filters take away of one is their fault.
Needs the task sets in ``MOA_RECORDED``.
"""

import ast
import gzip
import json
import os
from pathlib import Path

import pytest

from moa_lsp.config.mixes import Agent, MixFile, build
from moa_lsp.config.resolve import Catalog
from moa_lsp.inline.completer import Completer, CompletionRequest
from moa_lsp.inline.cursor import CursorContext
from moa_lsp.runs.inline import InlineRunner
from moa_lsp.runs.runtime_config import RuntimeConfig
from tests.fakes.scripted import Line, Scripted

FOLDER = os.environ.get("MOA_RECORDED", "")
SETS = {"HumanEval-SingleLineInfilling": 1033, "HumanEval-RandomSpanInfillingLight": 164}

pytestmark = pytest.mark.skipif(not FOLDER, reason="MOA_RECORDED names no folder of task sets")


def tree(text):
    try:
        return ast.dump(ast.parse(text))
    except SyntaxError:
        return None


async def completed(prefix, suffix, answer):
    """What the command would print, for a model that answers so."""
    provider = Scripted({"m": Line(answer)})
    runtime = RuntimeConfig(Catalog(), {}, {"scripted": provider})
    mix = build(MixFile(name="gap", proposers=(Agent(model="scripted/m"),)))
    inline_runner, completer = InlineRunner(runtime, mix), Completer()
    place = CursorContext("file:///task.py", prefix + suffix, len(prefix), "python")
    offered = await completer.complete(
        CompletionRequest(
            place, "invoked", inline_runner.begin, inline_runner.carry, 0.0, mix.hash
        )
    )
    await completer.close()
    return offered.offers[0].text if offered.offers else ""


@pytest.mark.parametrize(("name", "count"), SETS.items(), ids=SETS)
async def test_a_right_answer_comes_through_every_filter(name, count):
    with gzip.open(Path(FOLDER) / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        tasks = [json.loads(line) for line in file]
    assert len(tasks) == count
    lost = []
    for task in tasks:
        prefix, suffix, right = (task[key] for key in ("prompt", "suffix", "canonical_solution"))
        found = await completed(prefix, suffix, right)
        if found != right and tree(prefix + found + suffix) != tree(prefix + right + suffix):
            lost.append(task["task_id"])
    assert lost == []
