"""Recorded answers as our engine sees them: each judged by the code that judges a live one.

The recordings lie in a folder of gzipped JSON lines that is not part of the project. A set names
its task and answer files, how a task becomes one of ours, and the groups of models that are looked
at; a group orders its models by how many tasks they got right, the true ranking.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moa_lsp.mix import judge
from moa_lsp.mix.select import Candidate
from moa_lsp.providers.base import Reply
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.edits import Span

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One model's answer to one task.

    Attributes:
        candidate: as the selectors see it; its order is the model's place in the group.
        parses: no worse than the text before.
        usable: so, and it changes something and holds nothing hidden.
        passed: the recorded verdict of the task's own tests.
    """

    candidate: Candidate
    parses: bool
    usable: bool
    passed: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A task with the answers of a group, best model first; a cluster is drawn as one."""

    cluster: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Models that answered the same tasks.

    Attributes:
        known: rule to score, as measured before by other code on the same data.
    """

    name: str
    models: tuple[str, ...]
    known: dict[str, float]


@dataclass(frozen=True, slots=True)
class Recording:
    """A set of tasks and the answers to them.

    Attributes:
        tasks: file of the tasks, ``None`` where an answer says all.
        answers: file of the answers.
        task: makes our task; ``None`` for rows that are left out.
        reply: a raw answer as a provider would give it, as far as its verdict was recorded.
        cluster: tasks that are alike by their making share it.
    """

    name: str
    tasks: str | None
    answers: str
    key: Callable[[Row], str]
    of: Callable[[str], str]
    task: Callable[[Row], Task]
    reply: Callable[[str], Reply]
    cluster: Callable[[str], str]
    groups: tuple[Group, ...]


def rows(path: Path) -> Iterator[Row]:
    """The values of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def questions(folder: Path, recording: Recording) -> Callable[[Group], list[Question]]:
    """Read a recording; gives what makes the questions of a group."""
    tasks = (
        {recording.key(row): row for row in rows(folder / recording.tasks)}
        if recording.tasks
        else {}
    )
    found: dict[str, dict[str, Row]] = {}
    for row in rows(folder / recording.answers):
        if row.get("sample_index", 0) == 0 and row.get("label_valid", True):
            found.setdefault(row["task_id"], {})[row["model"]] = row
    judged: dict[tuple[str, str], tuple[str, str, bool, bool]] = {}

    def answer(name: str, row: Row, order: int, weight: float) -> Answer:
        at = name, row["model"]
        if at not in judged:
            task = recording.task(tasks.get(recording.of(name), row))
            judged[at] = _judged(task, recording.reply(row["raw_output"]))
        text, key, parses, usable = judged[at]
        return Answer(Candidate(order, weight, text, key), parses, usable, bool(row["passed"]))

    def of_group(group: Group) -> list[Question]:
        shared = {
            name: by_model
            for name, by_model in found.items()
            if set(group.models) <= set(by_model)
        }
        right = {m: sum(bool(by[m]["passed"]) for by in shared.values()) for m in group.models}
        ranked = sorted(group.models, key=lambda model: -right[model])
        return [
            Question(
                recording.cluster(name),
                tuple(
                    answer(name, by_model[model], order, right[model] / len(shared))
                    for order, model in enumerate(ranked)
                ),
            )
            for name, by_model in shared.items()
        ]

    return of_group


def _judged(task: Task, reply: Reply) -> tuple[str, str, bool, bool]:
    """Text, key, whether it parses, and whether our engine would let it come to a selection."""
    found = judge.usable(task, reply)
    text = reply.text if found.text is None else found.text
    parses = judge.fault(task, text, ("parse",)) is None
    return text, judge.key(task, text), parses, parses and found.text is not None


def replacing(text: str) -> Task:
    """The whole file is edited."""
    snapshot = Snapshot("file:///task.py", text, "python")
    return Task("refactor", "replace", snapshot, Span(0, len(text)), 0)


def between(prefix: str, suffix: str) -> Task:
    """A line is filled in."""
    at = len(prefix)
    snapshot = Snapshot("file:///task.py", prefix + suffix, "python")
    return Task("generate", "insert", snapshot, Span(at, at), at)


def from_nothing() -> Task:
    """A whole program is written."""
    return Task("generate", "new_file", Snapshot("file:///task.py", "", "python"), Span(0, 0), 0)
