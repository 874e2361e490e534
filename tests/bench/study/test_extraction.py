"""Extraction on recorded answers of real models: no worse than the best rule of an earlier study.

The recordings are not part of the project; ``MOA_RECORDED`` names their folder. The prompts ask
for one shape of answer, and here is seen whether that is the one that comes through best.
"""

import os
from functools import cache
from pathlib import Path

import pytest

from research.extraction import chat, edits, forms, losses

FOLDER = Path(os.environ.get("MOA_RECORDED", "") or "nowhere")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (FOLDER / chat.ANSWERS).exists(), reason="no recordings: MOA_RECORDED names no folder"
    ),
]

BEST_RULE = 70.95
"""Points of the first block that parses and defines what was asked for, measured elsewhere."""

EVERY = 5
"""Of the answers, where not each is needed."""


@cache
def python() -> chat.Taken:
    """All recorded answers in Python; those in JavaScript need another program to run."""
    chats, tasks = chat.read(FOLDER)
    return chat.take([each for each in chats if each.language == "python"], tasks)


@pytest.mark.parametrize("place", ["over a stub", "name known"])
def test_a_passing_block_is_taken_as_often_as_by_the_best_rule(place):
    assert python().share(place, python().half("python")) >= BEST_RULE


def test_without_a_name_little_is_lost():
    half = python().half("python")
    assert python().share("name not known", half) >= python().share("first fence", half)


@cache
def right(place: str) -> list[losses.Whole]:
    """Each program that passed once."""
    taken = python()
    found = {
        code: losses.Whole(code, each.asked(place))
        for at, each in enumerate(taken.chats)
        if (code := taken.codes[place][at]) is not None and taken.passes(at, code)
    }
    return list(found.values())[::EVERY]


def test_what_was_cut_off_is_never_taken():
    wholes = [*right("over a stub"), *right("name known"), *edits.wholes(FOLDER)[::EVERY]]
    for (_, how), counts in losses.truncations(wholes).items():
        kept = how == "behind the closing fence"
        assert set(counts) == ({"whole"} if kept else {"rejected"}), how


def test_what_leaves_code_out_is_never_taken():
    wholes = [each for each in right("over a stub") if each.code.count("\n") >= 9]
    for (_, sign), counts in losses.elisions(wholes[:20]).items():
        assert set(counts) <= {"rejected", "gate"}, sign


def test_no_edit_that_passed_its_tests_is_rejected():
    found = edits.tally(edits.canitedit(FOLDER))
    assert sum(each.right for each in found.values()) > 1000
    assert {model: each.lost for model, each in found.items() if each.lost} == {}


def test_the_shape_that_the_prompts_ask_for_comes_through_best():
    found = forms.edit_forms(edits.wholes(FOLDER)[::EVERY])
    assert set(found[forms.ASKED]) == {"exact"}
    assert all(counts["another"] == 0 for counts in found.values())
    said = forms.chat_forms(python(), "over a stub")
    lost = {form: missed / answers for form, (answers, _, missed) in said.items()}
    assert lost[forms.ASKED] == min(lost.values())
