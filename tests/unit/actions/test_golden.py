"""The prompts as models read them, kept as text so that a review sees every change of prose."""

import pytest

from moa_lsp.actions.definition import builtin
from tests.fakes.prompted import FOLDER, SURROUNDED, rendered, surrounded


@pytest.mark.parametrize("action", builtin())
def test_a_prompt_is_the_one_that_was_reviewed(action):
    kept = (FOLDER / f"{action}.txt").read_text("utf-8")
    assert rendered(action) == kept, "read the change; if it is meant: make goldens"


def test_every_kept_prompt_is_of_an_action():
    assert {path.stem for path in FOLDER.glob("*.txt")} == {*builtin(), SURROUNDED.stem}


def test_every_part_of_the_context_is_shown_in_the_words_that_were_reviewed():
    assert surrounded() == SURROUNDED.read_text("utf-8"), "read the change; if meant: make goldens"
