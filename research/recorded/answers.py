"""Recorded answers as our engine sees them, in groups of models that answered the same tasks.

The recordings lie in a folder of gzipped JSON lines that is not part of the project. A set names
its task and answer files, how a task becomes one of ours, and the groups of models that are looked
at; a group orders its models by how many tasks they got right, the true ranking.
"""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from moa_lsp.mix.select import Candidate
from moa_lsp.providers.base import Reply
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.edits import Span
from research.recorded import unseen
from research.recorded.judged import Asked, Judged, judged

Row = dict[str, Any]

CACHE = Path(".cache/recorded")
"""What was judged and executed once, from the folder where a command is started."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One model's answer to one task.

    Attributes:
        candidate: as the selectors see it; its order is the model's place in the group.
        judged: what is known of it before anything runs.
        passed: the recorded verdict of the task's own tests.
        examples: share of the prompt's examples that it passes; ``None`` where there are none, or
            where they were not run.
        behaviour: equal for answers that did the same on inputs like those of the examples.
    """

    model: str
    candidate: Candidate
    judged: Judged
    passed: bool
    examples: float | None = None
    behaviour: str | None = None

    @property
    def usable(self) -> bool:
        """Parses, changes something and holds nothing hidden."""
        return self.judged.found and self.judged.parses


@dataclass(frozen=True, slots=True)
class Question:
    """A task with the answers of a group, best model first; a cluster is drawn as one."""

    name: str
    cluster: str
    language: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Models that answered the same tasks.

    Attributes:
        known: rule to score, as measured before by other code on the same data.
    """

    name: str
    models: tuple[str, ...]
    known: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Recording:
    """A set of tasks and the answers to them.

    Attributes:
        tasks: file of the tasks, ``None`` where an answer says all.
        answers: files of the answers, each with the model where its rows name none.
        key: name of a task, from its row; ``of``: the same from the name in an answer.
        task: makes our task.
        reply: a row's answer as a provider would give it, as far as its verdict was recorded.
        cluster: tasks that are alike by their making share it.
        above: what is graded above an answer and is not part of it.
        whole_files: the answers are files of which the text before is not known, in one of several
            languages and with names that the task may have left undefined.
        passed: the verdict of a row.
        prompt: where examples may stand, and the function that they call.
        visible: share of the prompt's examples that an answer passed, where that was recorded.
        samples: which answers of each model are looked at; each makes a question of its own.
    """

    name: str
    tasks: str | None
    answers: Mapping[str, str | None]
    key: Callable[[Row], str]
    of: Callable[[str], str]
    task: Callable[[Row], Task]
    reply: Callable[[Row], Reply]
    cluster: Callable[[str], str]
    groups: tuple[Group, ...]
    above: Callable[[Row], str] = lambda _: ""
    whole_files: bool = False
    passed: Callable[[Row], bool] = lambda row: bool(row["passed"])
    prompt: Callable[[Row], tuple[str, str]] | None = None
    visible: Callable[[Row], float | None] = lambda _: None
    samples: tuple[int, ...] = (0,)

    @property
    def models(self) -> frozenset[str]:
        """Every model of a group."""
        return frozenset(model for group in self.groups for model in group.models)


Place = tuple[str, str]
"""Name of a task, and model."""


@dataclass(frozen=True, slots=True)
class Read:
    """A recording as it was read: answers by task and model."""

    recording: Recording
    tasks: Mapping[str, Row]
    answers: Mapping[str, Mapping[str, Answer]]
    languages: Mapping[str, str]
    clusters: Mapping[str, str]

    def questions(self, group: Group) -> list[Question]:
        """The tasks that all of a group answered."""
        shared = {n: by for n, by in self.answers.items() if set(group.models) <= set(by)}
        right = Counter(m for by in shared.values() for m in group.models if by[m].passed)
        ranked = sorted(group.models, key=lambda model: -right[model])
        places = {model: place for place, model in enumerate(ranked)}

        def placed(answer: Answer) -> Answer:
            weight = right[answer.model] / len(shared)
            seen = replace(answer.candidate, order=places[answer.model], weight=weight)
            return replace(answer, candidate=seen)

        return [
            Question(
                name,
                self.clusters[name],
                self.languages[name],
                tuple(placed(by_model[model]) for model in ranked),
            )
            for name, by_model in shared.items()
        ]


def rows(path: Path) -> Iterator[Row]:
    """The values of a gzipped file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def read(folder: Path, recording: Recording, cache: Path = CACHE) -> Read:
    """Read a recording and judge its answers."""
    tasks = (
        {recording.key(row): row for row in rows(folder / recording.tasks)}
        if recording.tasks
        else {}
    )
    found: dict[Place, Row] = {}
    for file, model in recording.answers.items():
        for row in rows(folder / file):
            name = model or row["model"]
            sample = row.get("sample_index", 0)
            wanted = sample in recording.samples and row.get("label_valid", True)
            if wanted and name in recording.models:
                place = f"{row['task_id']} #{sample}" if sample else row["task_id"]
                found[place, name] = row
    languages = _languages(found) if recording.whole_files else {}
    asked: dict[Place, Asked] = {}
    for place, row in found.items():
        task = tasks.get(recording.of(place[0]), row)
        made = recording.task(task)
        if recording.whole_files:
            made = replace(made, snapshot=Snapshot("file:///task", "", languages[place[0]]))
        asked[place] = Asked(made, recording.reply(row), recording.above(task))
    known = dict(zip(asked, judged(list(asked.values()), cache), strict=True))
    if recording.whole_files:
        known = _named(known)
    answers: defaultdict[str, dict[str, Answer]] = defaultdict(dict)
    for (name, model), judgement in known.items():
        candidate = Candidate(0, 1.0, judgement.text, judgement.key)
        row = found[name, model]
        right, seen = recording.passed(row), recording.visible(row)
        answers[name][model] = Answer(model, candidate, judgement, right, seen)
    clusters = (
        unseen.clusters(
            {name: [each.judged.text for each in by.values()] for name, by in answers.items()}
        )
        if recording.whole_files
        else {name: recording.cluster(name) for name in answers}
    )
    spoken = {name: each.task.snapshot.language for (name, _), each in asked.items()}
    return Read(recording, tasks, answers, spoken, clusters)


def _languages(found: Mapping[Place, Row]) -> dict[str, str]:
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for (name, _), row in found.items():
        texts[name].append(row["raw_output"])
    return {name: unseen.language(each) for name, each in texts.items()}


def _named(known: Mapping[Place, Judged]) -> dict[Place, Judged]:
    """The same, but names that most answers to a task leave undefined are not theirs."""
    by: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for (name, _), each in known.items():
        if each.parses:
            by[name].append(each.undefined)
    given = {name: unseen.common(each) for name, each in by.items()}
    return {
        place: replace(
            each, undefined=tuple(n for n in each.undefined if n not in given.get(place[0], ()))
        )
        for place, each in known.items()
    }


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
