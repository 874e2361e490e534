"""Recorded edits of real models: how often the extractor gives usable code, and why it does not.

CanItEdit's answers are whole files whose original is known: the region is that whole file. Of
EditBench only the answers are known: the region is another model's answer to the same task, which
is near to the original. Where a recorded answer has no fence of its own it is put into
the one that our prompts ask for.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from moa_lsp.answers.damage import damage
from moa_lsp.answers.extract import ExtractionTarget
from moa_lsp.mix import judge
from moa_lsp.providers.base import Reply
from moa_lsp.syntax.gates import stands_alone
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.span import Span
from research.extraction.losses import Whole, fenced
from research.recorded.answers import rows

EDITS = ("recorded-canitedit-18models.jsonl.gz", "canitedit.jsonl.gz")
FILES = "recorded-editbench-9models.jsonl.gz"
ORIGINAL = "claude-sonnet-4-20250514"
"""Whose answer stands for the original file in EditBench; its own are beside another's."""

LANGUAGES = ("python", "javascriptreact", "typescriptreact")

SPARE = "kimi-k2-0905"


@dataclass(slots=True)
class Tally:
    """What became of a model's answers.

    Attributes:
        right: passed their tests.
        lost: of those, rejected, by kind of reason.
        wrong: of the others, rejected, by kind of reason.
    """

    answers: int = 0
    right: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Edit:
    """One recorded edit of a whole file."""

    model: str
    original: str
    raw: str
    passed: bool

    @property
    def language(self) -> str:
        """The file's; no recording says it, so it is the first in which the original parses."""
        return next((each for each in LANGUAGES if stands_alone(self.original, each)), "plaintext")

    @property
    def task(self) -> Task:
        """The edit as something to ask for: with words, so that its layout may matter."""
        snapshot = Snapshot("file:///task", self.original, self.language)
        target = Span(0, len(self.original.rstrip("\n")))
        return Task("refactor", "replace", snapshot, target, 0, "as asked")

    @property
    def reply(self) -> Reply:
        """The answer as a model would give it."""
        fenced_already = "```" in self.raw
        return Reply(self.raw if fenced_already else fenced(self.raw, self.language))


def canitedit(folder: Path) -> Iterator[Edit]:
    """The first sample of each model for each of CanItEdit's tasks."""
    tasks = {row["full_name"]: row["before"] for row in rows(folder / EDITS[1])}
    for row in rows(folder / EDITS[0]):
        if row["sample_index"] == 0:
            before = tasks[row["task_id"].rpartition("/")[0]]
            yield Edit(row["model"], before, row["raw_output"], row["passed"])


def editbench(folder: Path) -> Iterator[Edit]:
    """EditBench's answers, each beside another model's."""
    found: dict[str, dict[str, dict[str, object]]] = {}
    for row in rows(folder / FILES):
        found.setdefault(row["task_id"], {})[row["model"]] = row
    for by_model in found.values():
        for model, row in by_model.items():
            other = by_model.get(SPARE if model == ORIGINAL else ORIGINAL)
            if other is not None:
                raw = str(row["raw_output"])
                yield Edit(model, str(other["raw_output"]), raw, bool(row["passed"]))


def tally(edits: Iterator[Edit]) -> dict[str, Tally]:
    """What became of the answers, by model: extraction, then the gate that always holds."""
    found: dict[str, Tally] = {}
    for edit in edits:
        mine = found.setdefault(edit.model, Tally())
        mine.answers += 1
        mine.right += edit.passed
        why = rejected(edit.task, edit.reply)
        if why is not None:
            (mine.lost if edit.passed else mine.wrong)[why] += 1
    return found


def rejected(task: Task, answer: Reply) -> str | None:
    """The kind of reason for which an answer is not used, if so."""
    usable = judge.usable(task, answer)
    if usable.text is None:
        return usable.category
    fault = judge.fault(task, usable.text, ("parse",))
    return fault.category if fault else None


def elided(edits: Iterator[Edit]) -> Iterator[Edit]:
    """The recorded edits that leave code out, by our own rules."""
    for edit in edits:
        found = damage(edit.raw, edit.original, edit.original, edit.language)
        if found is not None and found.category == "elided":
            yield edit


def wholes(folder: Path) -> list[Whole]:
    """CanItEdit's right answers as code for the original file, each code once."""
    found = {
        (edit.raw, edit.original): Whole(
            edit.raw.strip("\n"), ExtractionTarget(edit.original.rstrip("\n"), "", "\n", "python")
        )
        for edit in canitedit(folder)
        if edit.passed
    }
    return list(found.values())
