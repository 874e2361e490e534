"""Retries, budget and breaker over given times and chances."""

import pytest

from moa_lsp.errors import AuthRejected, BadReply, ProviderOverloaded, RateLimited, Unreachable
from moa_lsp.providers.policy import AUTH_PROBE_S, Backoff, Breaker, RetryBudget


@pytest.mark.parametrize(
    ("error", "attempt", "left", "chance", "pause"),
    [
        (ProviderOverloaded("x"), 1, 100, 0.5, 0.25),
        (ProviderOverloaded("x"), 2, 100, 0.5, 0.5),
        (ProviderOverloaded("x"), 2, 100, 0.0, 0.0),
        (ProviderOverloaded("x"), 3, 100, 0.5, None),
        (ProviderOverloaded("x"), 1, 0.1, 0.5, None),
        (ProviderOverloaded("x"), 1, 0.0, 0.0, None),
        (RateLimited("x", retry_after=7), 1, 100, 0.5, 7.25),
        (RateLimited("x", retry_after=0), 1, 100, 0.5, 0.25),
        (RateLimited("x", retry_after=100), 1, 100, 0.0, None),
        (RateLimited("x", retry_after=1e9), 1, 100, 0.0, None),
        (BadReply("x"), 1, 100, 0.5, None),
        (AuthRejected("x"), 1, 100, 0.5, None),
    ],
)
def test_pause(error, attempt, left, chance, pause):
    assert Backoff().pause(error, attempt, left, chance) == pause


def test_pauses_grow_to_their_cap():
    many = Backoff(retries=10)
    pauses = [many.pause(ProviderOverloaded("x"), n, 1000, 0.999999) for n in range(1, 9)]
    assert [round(pause, 2) for pause in pauses] == [0.5, 1, 2, 4, 8, 8, 8, 8]


def test_budget_is_spent_fast_and_earned_slowly():
    budget = RetryBudget()
    assert [budget.spend() for _ in range(5)] == [True, True, True, False, False]
    for _ in range(4):
        budget.earn()
        assert not budget.spend()
    budget.earn()
    assert budget.spend()
    for _ in range(1000):
        budget.earn()
    assert [budget.spend() for _ in range(4)] == [True, True, True, False]


def _admits(breaker, now):
    try:
        breaker.admit(now, "lab/m")
    except (ProviderOverloaded, AuthRejected) as error:
        return error.retryable  # never: the request would come back to a closed door
    return True


def _fail(breaker, *times, error=None):
    for now in times:
        assert _admits(breaker, now)
        breaker.failed(error or ProviderOverloaded("it broke"), now)


def test_three_faults_in_a_row_open_it_and_probes_close_it():
    breaker = Breaker()
    _fail(breaker, 0, 1, 2)
    assert not _admits(breaker, 3)
    assert not _admits(breaker, 16.9)
    assert _admits(breaker, 17)
    assert not _admits(breaker, 17.1)  # one probe at a time
    breaker.succeeded()
    assert _admits(breaker, 17.2)
    _fail(breaker, 18, 19)
    assert _admits(breaker, 20)


def test_failed_probes_double_the_rest_up_to_two_minutes():
    breaker, now, rests = Breaker(), 2.0, []
    _fail(breaker, 0, 1, 2)
    for _ in range(6):
        start = now
        while not _admits(breaker, now):
            now += 0.5
        rests.append(now - start)
        breaker.failed(Unreachable("gone"), now)
    assert rests == [15, 30, 60, 120, 120, 120]


def test_a_lost_probe_does_not_lock_it():
    breaker = Breaker()
    _fail(breaker, 0, 1, 2)
    assert _admits(breaker, 20)  # cancelled by the user: nobody reports
    assert not _admits(breaker, 21)
    assert _admits(breaker, 35)


def test_stragglers_do_not_double_the_rest():
    breaker = Breaker()
    for now in (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7):  # eight proposers at once
        breaker.failed(ProviderOverloaded("it broke"), now)
    assert _admits(breaker, 15.3)


def test_faults_far_apart_do_not_count():
    breaker = Breaker()
    _fail(breaker, 0, 40, 80, 120, 160, 200)
    assert _admits(breaker, 201)


@pytest.mark.parametrize("error", [RateLimited("x"), BadReply("x")])
def test_what_is_not_the_providers_fault_closes_it(error):
    breaker = Breaker()
    _fail(breaker, 0, 1)
    _fail(breaker, 2, error=error)
    _fail(breaker, 3, 4)
    assert _admits(breaker, 5)


def test_a_rejected_key_bars_it_for_its_run():
    breaker, first, second = Breaker(), object(), object()
    breaker.admit(0, "lab/m", first)
    breaker.failed(AuthRejected("lab rejected the key (401)"), 0, first)
    breaker.succeeded()  # a request that was under way with an older state
    for now in (1, 1e6, 1e9):
        with pytest.raises(AuthRejected, match="401"):
            breaker.admit(now, "lab/m", first)
    breaker.admit(2, "lab/m", second)
    with pytest.raises(AuthRejected, match="401"):
        breaker.admit(3, "lab/m", second)  # one probe a run
    breaker.succeeded()
    breaker.admit(4, "lab/m", second)


def test_an_inline_completion_tries_a_rejected_key_once_a_while():
    breaker = Breaker()
    breaker.failed(AuthRejected("lab rejected the key (401)"), 0)
    with pytest.raises(AuthRejected):
        breaker.admit(AUTH_PROBE_S - 1, "lab/m")
    breaker.admit(AUTH_PROBE_S, "lab/m")
    with pytest.raises(AuthRejected):
        breaker.admit(AUTH_PROBE_S + 1, "lab/m")
