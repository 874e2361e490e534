"""2,000 simulated runs: no edit at a wrong place, none kept back without need.

`make soak` does 100,000.
"""

from collections import Counter

import pytest

from tests.simulation.run import Outcome, simulate
from tests.simulation.screen import MOODS

RUNS = 2_000
CHUNK = 250

HAPPENS = {
    *MOODS,
    *("types in", "types at several places of", "sends all of", "undoes", "counts oddly"),
    *("closes", "garbles", "repairs", "refuses an old version", "was refused at once"),
    *("asks for the kept result", "takes back in"),
    *("asks to replace", "asks to insert", "asks to insert_before", "asks to insert_after"),
    "asks to comment",
}
"""What must have happened for the runs to say anything."""


def wrong(outcomes: list[Outcome]) -> list[str]:
    return [str(each) for each in outcomes if each.wrong]


@pytest.mark.parametrize("first", range(0, RUNS, CHUNK))
def test_every_edit_is_at_its_place_or_nowhere(first):
    assert wrong(simulate(range(first, first + CHUNK))) == []


def test_the_runs_see_what_happens_to_editors():
    outcomes = simulate(range(RUNS, RUNS + 600))
    assert wrong(outcomes) == []
    happened = Counter(kind for each in outcomes for kind in each.kinds)
    assert HAPPENS - set(happened) == set()
    applied = sum(each.applied for each in outcomes)
    assert len(outcomes) / 5 < applied < len(outcomes) * 4 / 5, "too few went in, or all"


def forgetful(held):
    """What was typed is not known."""
    held.log.edits.clear()


def late(held):
    """The last change is not known."""
    del held.log.edits[-1:]


def hasty(held):
    """Changes of the target are not looked at."""
    target = len(held.snapshot.text) // 2
    held.log.edits[:] = [each for each in held.log.edits if each.span.end < target]


SABOTAGE = {"forgetful": forgetful, "late": late, "hasty": hasty}


@pytest.mark.parametrize("how", SABOTAGE)
def test_what_goes_wrong_is_noticed(how):
    assert any("wrong place" in each for each in wrong(simulate(range(400), SABOTAGE[how])))


def test_a_seed_tells_the_same_story_alone():
    among, alone = simulate(range(40, 60))[7], simulate([47])[0]
    assert among.story == alone.story
