"""The simulated typist, and what the engine of inline completion promises to any."""

import pytest

from benchmarks.gap_server import WRONG
from benchmarks.inline_typing import first_row, row, simulate
from benchmarks.typist import KNOWS, LATENCY_S, SOURCE, Shown, Trace, naive, ours, pauses
from moa_lsp.inline.completer import Completer
from tests.fakes.clock import virtual_run

pytestmark = pytest.mark.slow  # of the benchmarks, not of the server

KEYS = 300


@pytest.mark.parametrize("seed", range(8))
def test_a_third_of_the_requests_and_no_suggestion_later_or_stale(seed):
    waits = pauses(KEYS, seed)
    mine, theirs = virtual_run(ours(waits)), virtual_run(naive(waits))
    assert theirs.asked == KEYS
    assert mine.asked * 3 <= theirs.asked
    assert mine.stale == 0
    assert theirs.stale > 0
    assert mine.first is not None
    assert mine.first <= theirs.first + 1e-9
    for ours_first, theirs_first in zip(mine.lines(), theirs.lines(), strict=True):
        if theirs_first is not None:
            assert ours_first is not None
            assert ours_first <= theirs_first + 1e-9


def test_the_same_keys_give_the_same_figures():
    assert simulate(60, [3]) == simulate(60, [3])


def test_a_row_of_nothing_shown():
    trace = Trace(asked=2, left=1, keys=[0.0, 0.1])
    assert row(1, "a", trace) == [1, "a", 2, 1, 0, 0, "never", "never"]


def test_first_suggestions_are_compared_typist_by_typist():
    ours, theirs = [250.0, 260.0, 270.0], [270.0, 265.0, 260.0]
    assert first_row("a", theirs, ours) == [
        "a", "265.0", "260.0", "270.0", "5.0", "-10.0", "20.0"
    ]  # fmt: skip


LOST = next(end for end in range(1, len(SOURCE)) if KNOWS.rest(SOURCE[:end]) == WRONG)
"""Where the model is wrong."""


@pytest.mark.parametrize(
    ("typed", "whole", "stale", "right"),
    [
        (6, SOURCE[:11], False, True),
        (6, SOURCE[:8], False, True),  # a part of it
        (LOST, SOURCE[:LOST] + WRONG, False, False),
        (LOST + 1, SOURCE[: LOST + 1] + WRONG[1:], True, False),  # for another text
        (6, SOURCE[:6] + " nothing", True, False),  # nobody said that
        (6, SOURCE[:4] + "ed", True, False),
        (6, SOURCE[:5], True, False),  # what it would have added was typed meanwhile
    ],
)
def test_what_is_stale_and_what_is_right(typed, whole, stale, right):
    shown = Shown(0.0, typed, whole)
    assert (shown.stale, shown.right) == (stale, right)


def test_a_line_is_come_to_with_the_end_of_the_one_before():
    keys = [float(number) for number in range(20)]
    end = SOURCE.index("\n") + 1
    trace = Trace(keys=keys, shown=[Shown(end + 1.0, end + 2, SOURCE[: end + 8])])
    assert trace.lines() == [None, 2.0]


def test_an_engine_that_offers_what_it_offered_before_is_seen(monkeypatch):
    first = []

    async def complete(self, asked):
        first[:] = first or [await complete_really(self, asked)]
        return first[0]

    complete_really = Completer.complete
    monkeypatch.setattr(Completer, "complete", complete)
    assert virtual_run(ours([1.0] * 20)).stale > 10


def test_a_crash_of_the_engine_is_no_figure(monkeypatch):
    async def complete(self, asked):
        raise ZeroDivisionError

    monkeypatch.setattr(Completer, "complete", complete)
    with pytest.raises(ZeroDivisionError):
        virtual_run(ours([1.0]))


def test_the_model_takes_its_time():
    trace = virtual_run(naive([1.0]))
    assert trace.first == pytest.approx(LATENCY_S)
