"""1,000 simulated exchanges: no change outside the target, and every one reversible.

`make soak` does 10,000 and more.
"""

from collections import Counter

import pytest

from moa_lsp.lsp.edits.target_choices import ORIGINAL
from moa_lsp.text.tracked_region import TrackedRegion
from tests.simulation.choices import exchange

RUNS = 1_000
CHUNK = 250

HAPPENS = {
    *("opens", "types", "undoes", "applies", "refuses an old version", "answers", "refines"),
    *("chooses", "exchanges", "is refused", "sends all of it"),
}
"""What must have happened for the sequences to say anything."""


def wrong(outcomes):
    return [str(each) for each in outcomes if each.wrong]


@pytest.mark.heavy
@pytest.mark.parametrize("first", range(0, RUNS, CHUNK))
def test_every_exchange_is_of_the_target_alone(first):
    outcomes = exchange(range(first, first + CHUNK))
    assert wrong(outcomes) == []
    happened = Counter(kind for each in outcomes for kind in each.kinds)
    assert HAPPENS - set(happened) == set()


def test_a_region_that_does_not_move_is_noticed(monkeypatch):
    monkeypatch.setattr(TrackedRegion, "note", lambda _self, _edits: None)
    assert wrong(exchange(range(60)))


def test_a_seed_tells_the_same_story_alone():
    assert exchange(range(5, 12))[2].story == exchange([7])[0].story
    assert ORIGINAL
