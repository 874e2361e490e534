"""Everything that the page tells, as values: models, rules, tests, panels drawn by chance."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean as average

from moa_bench.statistics import Mean, Pair, Score, holm, mcnemar, mean, pair
from moa_lsp.mix import select
from research.recorded import tried
from research.recorded.answers import CACHE, Answer, Group, Question, Read, read
from research.recorded.executed import with_examples
from research.recorded.rules import ENGINE, best_model
from research.recorded.sets import EDITING, OTHER_SAMPLES, RECORDINGS

LIKE = 0.10
"""Models of like strength are not further apart, best from worst."""

PANELS = 150
"""Drawn of each size for each set."""

SIZES = (3, 5)


@dataclass(frozen=True, slots=True)
class Row:
    """A rule on a group.

    Attributes:
        tried: whether it is looked for here, or is the engine's.
        score: Pass@1; ``pair`` compares it with the best single model.
        better, worse: questions that it alone, or the best model alone, answers rightly.
        chance: p of McNemar's exact test over clusters: those that gain against those that lose.
        corrected: the same, corrected for all rules and groups that were tried; ``None`` for the
            engine's.
    """

    name: str
    tried: bool
    score: Mean
    pair: Pair
    better: int
    worse: int
    chance: float
    corrected: float | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A group of models and all rules on it.

    Attributes:
        agree: share of questions on which two models agree; ``agree_right`` of these are right.
        ran: whether examples of prompts were run.
        confirms: whether it is of other answers, for what the first answers have shown.
    """

    set: str
    group: str
    models: tuple[tuple[str, Mean], ...]
    oracle: Mean
    rows: tuple[Row, ...]
    agree: float
    agree_right: float
    ran: bool
    confirms: bool = False

    @property
    def like(self) -> bool:
        """Whether the models are of like strength."""
        return self.models[0][1].value - self.models[-1][1].value <= LIKE

    def row(self, name: str) -> Row:
        """A rule by its name."""
        return next(each for each in self.rows if each.name == name)


@dataclass(frozen=True, slots=True)
class Panels:
    """A rule on panels drawn by chance: gains over the best of each, in points."""

    set: str
    size: int
    name: str
    gain: float
    won: float
    lost: float
    worst: float


@dataclass(frozen=True, slots=True)
class Study:
    """All that was measured."""

    tables: tuple[Table, ...]
    panels: tuple[Panels, ...]
    missing: tuple[str, ...]

    @property
    def tests(self) -> int:
        """Of rules that were tried."""
        return sum(row.tried for table in self.tables for row in table.rows)


def engine_name(gate: str, step: str) -> str:
    """How a mix says it."""
    return f"verify: [{gate}], {step}" if gate else step


def study(folder: Path, cache: Path = CACHE) -> Study:
    """Measure everything that a folder of recordings has."""
    tables: list[Table] = []
    second: list[Table] = []
    panels: list[Panels] = []
    missing: list[str] = []
    for recording in RECORDINGS:
        if not all((folder / file).exists() for file in recording.answers):
            missing.append(recording.name)
            continue
        found = with_examples(read(folder, recording, cache), cache)
        tables += [table(found, group) for group in recording.groups]
        panels += _panels(found)
        if recording is EDITING:
            others = read(folder, OTHER_SAMPLES, cache)
            second += [table(others, group, confirms=True) for group in OTHER_SAMPLES.groups]
    return Study((*_corrected(tables), *second), tuple(panels), tuple(missing))


def table(found: Read, group: Group, *, confirms: bool = False) -> Table:
    """All rules on one group; of the engine's alone where something is to be confirmed."""
    questions = found.questions(group)
    ran = any(answer.examples is not None for each in questions for answer in each.answers)
    best = [best_model(each.answers) for each in questions]
    rows = [
        _row(name, questions, chosen, best, tried=new)
        for name, chosen, new in _choices(questions, ran=ran)
        if not (new and confirms)
    ]
    models = [
        (answer.model, _mean(questions, [each.answers[place] for each in questions]))
        for place, answer in enumerate(questions[0].answers)
    ]
    share, right = agreement(questions)
    return Table(
        set=found.recording.name,
        group=group.name,
        models=tuple(models),
        oracle=mean([Score(q.cluster, any(a.passed for a in q.answers)) for q in questions]),
        rows=tuple(rows),
        agree=share,
        agree_right=right,
        ran=ran,
        confirms=confirms,
    )


def _choices(
    questions: Sequence[Question], *, ran: bool
) -> Iterator[tuple[str, list[Answer], bool]]:
    """Name, choices, and whether it is a rule that is looked for here."""
    did = any(answer.behaviour for each in questions for answer in each.answers)
    many = len({each.language for each in questions}) > 1
    for (gate, step), rule in ENGINE.items():
        if ran or "examples" not in gate:
            yield engine_name(gate, step), [rule(each.answers) for each in questions], False
    for name, rule in (tried.PLAIN | (tried.EXECUTED if did else {})).items():
        yield name, [rule(each.answers) for each in questions], True
    for name, fit in (tried.LEARNT | (tried.LEARNT_EXECUTED if did else {})).items():
        if many or name != tried.OF_LANGUAGE:
            yield name, tried.cross_fitted(fit, questions), True


def _row(
    name: str,
    questions: Sequence[Question],
    chosen: Sequence[Answer],
    best: Sequence[Answer],
    *,
    tried: bool,
) -> Row:
    compared = pair(_scores(questions, chosen), _scores(questions, best))
    if compared is None:
        raise ValueError(name)
    wins = [one.passed - other.passed for one, other in zip(chosen, best, strict=True)]
    return Row(
        name,
        tried,
        _mean(questions, chosen),
        compared,
        wins.count(1),
        wins.count(-1),
        mcnemar(compared.better, compared.worse),
    )


def _corrected(tables: Sequence[Table]) -> Iterator[Table]:
    chances = iter(holm([r.chance for each in tables for r in each.rows if r.tried]))
    for each in tables:
        rows = [replace(r, corrected=next(chances)) if r.tried else r for r in each.rows]
        yield replace(each, rows=tuple(rows))


def _scores(questions: Sequence[Question], chosen: Sequence[Answer]) -> dict[str, Score]:
    return {
        question.name: Score(question.cluster, float(answer.passed))
        for question, answer in zip(questions, chosen, strict=True)
    }


def _mean(questions: Sequence[Question], chosen: Sequence[Answer]) -> Mean:
    return mean(list(_scores(questions, chosen).values()))


def agreement(questions: Sequence[Question]) -> tuple[float, float]:
    """Share of questions on which two models agree, and how often that answer is right."""
    right = [
        ENGINE["", "vote"](each.answers).passed
        for each in questions
        if select.agreed([answer.candidate for answer in each.answers], 0.0)
    ]
    return len(right) / len(questions), sum(right) / len(right) if right else 0.0


# --- panels by chance ---------------------------------------------------------------------------

SHOWN = (
    ("parse", "prior"),
    ("parse", "majority"),
    ("parse", "vote"),
    ("parse, names", "prior"),
    ("parse, names", "majority"),
    ("parse, examples", "prior"),
)
"""Engine rules that panels are drawn for: none compares texts, of which there are millions."""


def _panels(found: Read) -> Iterator[Panels]:
    models = sorted(found.recording.models)
    ran = any(a.examples is not None for by in found.answers.values() for a in by.values())
    for size in SIZES:
        if len(models) < size + 2:
            continue
        chance = random.Random(size)
        gains: dict[tuple[str, str], list[float]] = {
            rule: [] for rule in SHOWN if ran or "examples" not in rule[0]
        }
        for _ in range(PANELS):
            proposer_layer = tuple(chance.sample(models, size))
            questions = found.questions(Group("", proposer_layer, {}))
            best = sum(best_model(each.answers).passed for each in questions)
            for rule, told in gains.items():
                got = sum(ENGINE[rule](each.answers).passed for each in questions)
                told.append(100 * (got - best) / len(questions))
        for rule, told in gains.items():
            yield Panels(
                found.recording.name,
                size,
                engine_name(*rule),
                average(told),
                sum(each > 0 for each in told) / len(told),
                sum(each < 0 for each in told) / len(told),
                min(told),
            )


def summary(found: Study) -> Mapping[str, tuple[str, ...]]:
    """By rule that was tried: groups of unlike strength in which it is better, corrected."""
    won: dict[str, list[str]] = {}
    for each in found.tables:
        for row in each.rows:
            better = row.pair.difference > 0 and (row.corrected or 1.0) < 0.05
            if row.tried and better and not each.like:
                won.setdefault(row.name, []).append(each.set)
    return {name: tuple(sets) for name, sets in won.items()}
