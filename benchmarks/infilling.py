"""The infilling sets of HumanEval: gaps in small programs, and tests that say if they are right.

What fills a gap is any ``complete(prefix, suffix, path)``. A filled program runs in a process of
its own with a time limit; an unfilled gap is what "without completion" counts.
"""

import asyncio
import gzip
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

SETS = {
    "HumanEval-SingleLineInfilling.jsonl.gz": "single line",
    "HumanEval-RandomSpanInfillingLight.jsonl.gz": "random span",
}

Complete = Callable[[str, str, str], Awaitable[str]]

LIMIT_S = 10.0
"""For the tests of one program; they take milliseconds, or for ever."""


def program(task: dict[str, Any], inline_runner: str) -> str:
    """A filled program with its tests."""
    code = f"{task['prompt']}{inline_runner}{task['suffix']}"
    return f"{code}\n{task['test']}\ncheck({task['entry_point']})\n"


def passes(code: str) -> bool:
    """Whether a program ends well."""
    try:
        ended = subprocess.run(
            (sys.executable, "-I", "-"),
            input=code.encode(),
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return ended.returncode == 0


async def fill(path: Path, complete: Complete, most: int | None = None) -> list[object]:
    """Fill the gaps of a set; a row of what passed."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        tasks = [json.loads(line) for line in file][:most]
    filled = passed = right = bare = 0
    for task in tasks:
        inline_runner = await complete(task["prompt"], task["suffix"], f"{task['entry_point']}.py")
        empty = await asyncio.to_thread(passes, program(task, ""))
        bare += empty
        if inline_runner:
            filled += 1
            good = await asyncio.to_thread(passes, program(task, inline_runner))
            right += good
            passed += good
        else:
            passed += empty
    share = f"{100 * right / filled:.1f} %" if filled else "-"
    count = len(tasks)
    return [
        SETS[path.name], count, filled, f"{100 * passed / count:.1f} %", share,
        f"{100 * bare / count:.1f} %",
    ]  # fmt: skip
