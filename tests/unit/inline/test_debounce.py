"""Pauses that follow the typist, and rest when nobody wants offers."""

import pytest

from moa_lsp.inline.debounce import (
    INLINE_STREAK,
    INLINE_STREAK_REST_S,
    SuggestionBackoff,
    TypingDebouncer,
)


@pytest.mark.parametrize(
    ("times", "longest", "pauses"),
    [
        ([0.0], 0.15, [0.0]),
        ([0.0, 0.1, 0.2], 0.15, [0.0, 0.15, 0.15]),
        ([0.0, 0.05, 0.1], 0.15, [0.0, 0.075, 0.075]),
        ([0.0, 0.01, 0.02], 0.15, [0.0, 0.05, 0.05]),
        ([0.0, 0.3, 0.6], 0.15, [0.0, 0.15, 0.15]),
        ([0.0, 5.0, 5.1], 0.15, [0.0, 0.0, 0.15]),
        ([0.0, 0.1, 0.2], 0.0, [0.0, 0.0, 0.0]),
    ],
)
def test_the_pause(times, longest, pauses):
    debouncer = TypingDebouncer()
    assert [debouncer.pause(now, longest, 3) for now in times] == pytest.approx(pauses)


def test_the_first_key_of_a_line_does_not_pause_and_the_others_do():
    debouncer, lines = TypingDebouncer(), [3, 3, 4, 4, 4, 3, 3]
    found = [debouncer.pause(0.1 * at, 0.15, line) for at, line in enumerate(lines)]
    assert found == pytest.approx([0.0, 0.15, 0.0, 0.15, 0.15, 0.0, 0.15])


def test_offers_rest_after_a_row_that_nobody_took():
    welcome = SuggestionBackoff()
    for number in range(INLINE_STREAK - 1):
        welcome.passed_over(float(number))
    assert not welcome.rests(20.0)
    welcome.passed_over(20.0)
    assert welcome.rests(20.0 + INLINE_STREAK_REST_S - 1)
    assert not welcome.rests(20.0 + INLINE_STREAK_REST_S)


def test_one_that_is_taken_ends_the_row_and_the_rest():
    welcome = SuggestionBackoff()
    for _ in range(INLINE_STREAK - 1):
        welcome.passed_over(0.0)
    welcome.taken()
    welcome.passed_over(0.0)
    assert not welcome.rests(1.0)
    for _ in range(INLINE_STREAK):
        welcome.passed_over(0.0)
    assert welcome.rests(1.0)
    welcome.taken()
    assert not welcome.rests(1.0)
