"""What `verify: [tests]` gains by the product's own path: ``python -m research.recorded.tested``.

Each task becomes a workspace: the prompt as a module, and the examples that stand in it as tests
beside it. The recorded answers are the proposals of a mix with ``verify: [parse, tests]`` and
``select: prior``; the engine copies the workspace, tests each in the sandbox, and chooses. Beside
it stands the column *examples* of docs/selection.md for the same tasks, which other code ran.
"""

import argparse
import asyncio
import os
import random
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from moa_lsp.actions.definition import builtin
from moa_lsp.config.mixes import Mix, MixFile, build
from moa_lsp.config.settings import Settings
from moa_lsp.config.values import frozen
from moa_lsp.context.collect import collect
from moa_lsp.context.items import ContextItems
from moa_lsp.mix.engine import Run
from moa_lsp.providers.base import AgentDeclines, Listener, Reply, Request, Usage
from moa_lsp.runs.verification import verification_of
from moa_lsp.runs.workspace_view import WorkspaceView
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.span import Span
from moa_lsp.verification.service import VerificationService
from moa_lsp.workspace.gather import WorkspaceContext
from research.recorded.answers import CACHE, Question, Read, read
from research.recorded.examples import Example, examples
from research.recorded.executed import with_examples
from research.recorded.rules import GATES, STEPS, chain
from research.recorded.sets import CLASSES, GENERATION

SECONDS = 20
"""For the tests of one answer: a few calls take a tenth of one."""

ROOM = 32_000
"""Tokens of a prompt; nobody reads it here."""

AT_ONCE = 2
"""Tasks at work at once."""

TEST = """\
import ast
import unittest

import task


def check(call, given):
    got = eval(call, dict(vars(task)))
    try:
        same = bool(got == ast.literal_eval(given))
    except (ValueError, SyntaxError):
        same = repr(got) == given
    if not same:
        raise AssertionError(f"{{call}} gives {{got!r:.200}}, not {{given}}")


class Visible(unittest.TestCase):
    pass


for number, (call, given) in enumerate({examples!r}):
    setattr(Visible, f"test_{{number}}", lambda self, c=call, g=given: check(c, g))
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """Answers each agent's request with what was recorded of it."""

    answers: Mapping[str, str | None]
    name: str = "recorded"

    async def answer(self, request: Request, on_delta: Listener) -> Reply | AgentDeclines:
        """What was recorded; nothing where nothing was found in it."""
        text = self.answers[request.model]
        if text is None:
            return AgentDeclines("nothing was found in the answer")
        on_delta(text)
        return Reply(text, exact=True, usage=Usage())

    async def close(self) -> None:
        """There is nothing to close."""


def names_of(question: Question) -> dict[str, int]:
    return {f"m{place}": place for place, _ in enumerate(question.answers)}


def mix_of(question: Question) -> Mix:
    raw = {
        "name": "tested",
        "proposers": [
            {
                "model": f"recorded/{name}",
                "id": name,
                "weight": question.answers[place].candidate.weight,
            }
            for name, place in names_of(question).items()
        ],
        "aggregator": [{"verify": ["parse", "tests"]}, {"select": "prior"}],
        "deadline": 600.0,
    }
    return build(MixFile.model_validate(frozen(raw)))


async def chosen(
    question: Question, prompt: str, tests: str | None, service: VerificationService
) -> int:
    """The place of the answer that the engine takes; the first where it takes none."""
    mix = mix_of(question)
    stub = prompt.rstrip() + "\n    ...\n"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "task.py").write_text(stub, encoding="utf-8")
        if tests is not None:
            (root / "test_visible.py").write_text(tests, encoding="utf-8")
        snapshot = Snapshot((root / "task.py").as_uri(), stub, "python")
        task = Task("generate", "replace", snapshot, Span(0, len(stub)), 0)
        judged = {name: question.answers[at].judged for name, at in names_of(question).items()}
        answers = {name: each.whole if each.found else None for name, each in judged.items()}
        settings = Settings.model_validate(
            {
                "tests": {
                    "python": {
                        "command": (sys.executable, "-m", "unittest", "{files}"),
                        "timeout": float(SECONDS),
                    }
                }
            }
        )
        view = WorkspaceView("task.py", around=WorkspaceContext(root))
        found = verification_of(task, mix, settings, view, service)
        bundle = collect(task, ContextItems(), room=ROOM)
        run = Run(
            mix, builtin()["generate"], task, {"recorded": Recorded(answers)}, lambda _: None,
            lambda _model, _usage: 0.0, seed="tested", bundle=bundle, tests=found,
        )  # fmt: skip
        found.begin()
        try:
            outcome = await run.go()
        finally:
            await found.close()
    return next((names_of(question)[name] for name, text in answers.items() if text == outcome.text
                 and text is not None), 0)  # fmt: skip


def visible(set_name: str, row: Mapping[str, object]) -> tuple[str, list[Example]]:
    """What stands above the answer, and the examples in it."""
    if set_name == CLASSES.name:
        imports = "\n".join(row["import_statement"])
        skeleton = str(row["skeleton"])
        return f"{imports}\n{skeleton}", []
    return str(row["prompt"]), examples(str(row["prompt"]), str(row["entry_point"]))


async def compared(found: Read, names: frozenset[str], service: VerificationService) -> None:
    for group in found.recording.groups:
        questions = [each for each in found.questions(group) if each.name in names]
        taken = await _all(found, questions, service)
        by_examples = chain(GATES["parse, examples"], STEPS["prior"])
        rows = {
            "best": [each.answers[0].passed for each in questions],
            "examples": [by_examples(each.answers).passed for each in questions],
            "tests": [
                each.answers[place].passed for each, place in zip(questions, taken, strict=True)
            ],
        }
        best, other, tests = (100 * sum(each) / len(questions) for each in rows.values())
        print(
            f"| {found.recording.name}, {group.name} | {len(questions)} | {best:.1f} "
            f"| {other - best:+.1f} | {tests - best:+.1f} |",
            flush=True,
        )


async def _all(found: Read, questions: list[Question], service: VerificationService) -> list[int]:
    free = asyncio.Semaphore(AT_ONCE)

    async def one(question: Question) -> int:
        async with free:
            row = found.tasks[found.recording.of(question.name)]
            prompt, shown = visible(found.recording.name, row)
            tests = TEST.format(examples=shown) if shown else None
            return await chosen(question, prompt, tests, service)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(each)) for each in questions]
    return [task.result() for task in tasks]


def sampled(found: Read, count: int | None) -> frozenset[str]:
    names = sorted(found.answers, key=lambda name: [int(n) for n in re.findall(r"\d+", name)])
    if count is not None and count < len(names):
        names = random.Random(21).sample(names, count)
    return frozenset(names)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m research.recorded.tested", description=__doc__
    )
    parser.add_argument("folder", nargs="?", default=os.environ.get("MOA_RECORDED"), type=Path)
    parser.add_argument("--tasks", type=int, help="of each set, drawn by chance; all without")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of what was done before")
    asked = parser.parse_args()
    if asked.folder is None:
        parser.error("no recordings: name their folder, or set MOA_RECORDED")
    print("| tasks and models | n | best | examples | verify: [parse, tests], prior |")
    print("|---|---|---|---|---|", flush=True)
    service = VerificationService()
    for recording in (GENERATION, CLASSES):
        found = with_examples(read(asked.folder, recording, asked.cache), asked.cache)
        asyncio.run(compared(found, sampled(found, asked.tasks), service))


if __name__ == "__main__":
    main()
