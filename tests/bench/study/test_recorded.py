"""Selection on recorded answers of real models, beside what other code measured on the same data.

The recordings are not part of the project; ``MOA_RECORDED`` names their folder. A rule that gets
worse here makes every mix that uses it worse. A few figures of
``research/selection.html`` are held.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from moa_bench.statistics import Pair, Score, pair
from research.recorded.answers import Answer, Group, Question, read
from research.recorded.executed import with_examples
from research.recorded.rules import ENGINE, RULES, Rule
from research.recorded.sets import (
    CLASSES,
    EDITING,
    FILES,
    GENERATION,
    INFILLING,
    LIBRARIES,
    OTHER_SAMPLES,
)

FOLDER = os.environ.get("MOA_RECORDED", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="no recordings: MOA_RECORDED names no folder"),
]

SETS = (INFILLING, EDITING, CLASSES)
GROUPS = [(of, group) for of in SETS for group in of.groups]
NAMES = [f"{of.name}, {group.name}" for of, group in GROUPS]
SMALL = NAMES.index("infilling, HumanEval single line, 4 small models")

INLINE_POINTS = 86.5
"""What the selector of inline completions is to reach with four small models."""


BY_NAME = {
    each.name: each
    for each in (INFILLING, EDITING, FILES, GENERATION, LIBRARIES, CLASSES, OTHER_SAMPLES)
}


def reader(recording) -> Callable[[Group], list[Question]]:
    return _reader(recording.name)


@cache
def _reader(name: str) -> Callable[[Group], list[Question]]:
    recording = BY_NAME[name]
    for file in recording.answers:
        if not (Path(FOLDER) / file).exists():
            pytest.skip(f"no recordings: {file} is not in MOA_RECORDED")
    return read(Path(FOLDER), recording).questions


@cache
def asked(of: int) -> list[Question]:
    recording, group = GROUPS[of]
    return reader(recording)(group)


def group_of(recording, name: str) -> list[Question]:
    return reader(recording)(next(each for each in recording.groups if each.name == name))


def points(chosen: Sequence[Answer]) -> float:
    return 100 * sum(answer.passed for answer in chosen) / len(chosen)


def got(rule: Rule, found: Sequence[Question]) -> float:
    return points([rule(each.answers) for each in found])


def against_best(rule: Rule, found: Sequence[Question]) -> Pair:
    def scores(by: Rule) -> dict[str, Score]:
        return {each.name: Score(each.cluster, by(each.answers).passed) for each in found}

    return pair(scores(rule), scores(RULES["best"]))


KNOWN = [
    pytest.param(of, rule, points, id=f"{NAMES[of]}: {rule}")
    for of, (_, group) in enumerate(GROUPS)
    for rule, points in group.known.items()
]


@pytest.mark.parametrize(("of", "rule", "known"), KNOWN)
def test_a_score_is_as_other_code_measured_it(of, rule, known):
    found = asked(of)
    if rule == "oracle":
        right = [any(answer.passed for answer in each.answers) for each in found]
        ours = 100 * sum(right) / len(right)
    else:
        ours = got(RULES[rule], found)
    one_question = 100 / len(found)
    # scores are known to a tenth, and in a small set one question is more than a point
    assert ours == pytest.approx(known, abs=max(1.0, one_question) + 0.05)


EVERY = [
    (recording, group)
    for recording in (INFILLING, EDITING, FILES, GENERATION, LIBRARIES, CLASSES)
    for group in recording.groups
]


@pytest.mark.parametrize(
    ("recording", "group"), EVERY, ids=[f"{of.name}, {group.name}" for of, group in EVERY]
)
def test_the_default_of_actions_never_loses_to_the_best_model(recording, group):
    """What is unusable is out, then the order of weights decides."""
    found = reader(recording)(group)
    assert got(ENGINE["parse", "prior"], found) >= got(RULES["best"], found)


@pytest.mark.parametrize("of", range(len(GROUPS)), ids=NAMES)
def test_weights_are_worth_having(of):
    medoid, plain = got(RULES["medoid"], asked(of)), got(RULES["plain medoid"], asked(of))
    assert medoid > plain or GROUPS[of][1].name == "5 near-equal"


@pytest.mark.parametrize("rule", ["majority", "vote", "medoid"])
def test_selection_makes_infilling_better(rule):
    assert got(RULES[rule], asked(SMALL)) >= INLINE_POINTS
    assert against_best(RULES[rule], asked(SMALL)).interval.low > 0


@pytest.mark.parametrize("half", [0, 1])
def test_the_gain_in_infilling_is_in_both_halves_of_the_problems(half):
    found = [e for e in asked(SMALL) if int(e.cluster.rpartition("/")[2]) % 2 == half]
    assert got(RULES["medoid"], found) - got(RULES["best"], found) > 3


@pytest.mark.parametrize("of", range(len(GROUPS)), ids=NAMES)
def test_equal_answers_have_equal_verdicts(of):
    """Else a vote is for something else than was tested, as with lines but for their depth."""
    split = total = 0
    for each in asked(of):
        verdicts: dict[str, set[bool]] = {}
        for answer in each.answers:
            verdicts.setdefault(answer.candidate.key, set()).add(answer.passed)
        split += sum(len(found) > 1 for found in verdicts.values())
        total += len(verdicts)
    assert split / total <= (0.02 if GROUPS[of][0] is INFILLING else 0.0)


FIGURES = [
    (EDITING, "5 mixed", "parse", "prior", 56.2),
    (EDITING, "5 mixed", "parse, names", "prior", 58.6),
    (EDITING, "5 near-equal", "parse, names", "vote", 50.5),
    (EDITING, "18 models", "parse", "vote", 53.3),
    (FILES, "9 models", "parse", "prior", 64.7),
    (FILES, "9 models", "parse", "majority", 64.0),
    (FILES, "5 near-equal", "parse, names", "prior", 52.7),
    (LIBRARIES, "2 models", "parse, names", "prior", 16.2),
    (CLASSES, "5 chat models", "parse, examples", "prior", 39.4),
]


@pytest.mark.parametrize(
    ("recording", "group", "gate", "step", "shown"),
    FIGURES,
    ids=[f"{of.name}, {group}: {gate}, {step}" for of, group, gate, step, _ in FIGURES],
)
def test_a_figure_of_the_page_is_what_is_measured(recording, group, gate, step, shown):
    found = group_of(recording, group)
    assert got(ENGINE[gate, step], found) == pytest.approx(shown, abs=0.06)


@pytest.mark.parametrize("group", ["5 mixed", "5 near-equal"])
def test_the_gate_on_names_adds_to_the_one_on_parsing_on_answers_not_looked_at_before(group):
    found = group_of(OTHER_SAMPLES, group)
    gain = got(ENGINE["parse, names", "prior"], found) - got(ENGINE["parse", "prior"], found)
    assert gain == pytest.approx({"5 mixed": 1.2, "5 near-equal": 0.9}[group], abs=0.1)
    assert against_best(ENGINE["parse, names", "prior"], found).interval.low >= 0


def test_examples_of_the_prompt_make_programs_better():
    found = with_examples(read(Path(FOLDER), GENERATION))
    group = next(each for each in GENERATION.groups if each.name == "5 strong")
    asked = found.questions(group)
    assert against_best(ENGINE["parse, examples", "prior"], asked).interval.low > 0
