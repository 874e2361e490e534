"""Selection on recorded answers of real models, beside what other code measured on the same data.

The recordings are not part of the project; ``MOA_RECORDED`` names their folder. A rule that gets
worse here makes every mix that uses it worse.
"""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from benchmarks.recorded.answers import Group, Question, questions
from benchmarks.recorded.rules import RULES, Score, oracle, score
from benchmarks.recorded.sets import CLASSES, EDITING, INFILLING

FOLDER = os.environ.get("MOA_RECORDED", "")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="no recordings: MOA_RECORDED names no folder"),
]

SETS = (INFILLING, EDITING, CLASSES)
GROUPS = [(of, group) for of in SETS for group in of.groups]
NAMES = [f"{of.name}, {group.name}" for of, group in GROUPS]

INLINE_POINTS = 86.5
"""What the selector of inline completions is to reach with four small models."""


@cache
def reader(of: int) -> Callable[[Group], list[Question]]:
    recording = SETS[of]
    if not (Path(FOLDER) / recording.answers).exists():
        pytest.skip(f"no recordings: {recording.answers} is not in MOA_RECORDED")
    return questions(Path(FOLDER), recording)


@cache
def asked(of: int) -> list[Question]:
    recording, group = GROUPS[of]
    return reader(SETS.index(recording))(group)


@cache
def got(of: int, rule: str) -> Score:
    return score(RULES[rule], asked(of))


KNOWN = [
    pytest.param(of, rule, points, id=f"{NAMES[of]}: {rule}")
    for of, (_, group) in enumerate(GROUPS)
    for rule, points in group.known.items()
]


@pytest.mark.parametrize(("of", "rule", "points"), KNOWN)
def test_a_score_is_as_other_code_measured_it(of, rule, points):
    found = asked(of)
    ours = oracle(found) if rule == "oracle" else got(of, rule).points
    one_question = 100 / len(found)
    # scores are known to a tenth, and in a small set one question is more than a point
    assert ours == pytest.approx(points, abs=max(1.0, one_question) + 0.05)


@pytest.mark.parametrize("of", range(len(GROUPS)), ids=NAMES)
def test_a_majority_that_overrules_the_first_is_never_worse(of):
    """The default of actions: what is unusable is out, then only more than half may overrule."""
    assert got(of, "majority").gain >= got(of, "first usable").gain >= 0


@pytest.mark.parametrize("of", range(len(GROUPS)), ids=NAMES)
def test_weights_are_worth_having(of):
    assert got(of, "medoid").points > got(of, "plain medoid").points


@pytest.mark.parametrize("rule", ["majority", "vote", "medoid"])
def test_selection_makes_infilling_better(rule):
    found = got(NAMES.index("infilling, HumanEval single line, 4 small models"), rule)
    assert found.points >= INLINE_POINTS
    assert found.low > 0


@pytest.mark.parametrize("half", [0, 1])
def test_the_gain_in_infilling_is_in_both_halves_of_the_problems(half):
    every = asked(NAMES.index("infilling, HumanEval single line, 4 small models"))
    found = [each for each in every if int(each.cluster.rpartition("/")[2]) % 2 == half]
    assert score(RULES["medoid"], found).gain > 3


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
