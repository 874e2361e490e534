"""The soak itself works; how long it is let run is `make soak`'s affair."""

import pytest

from tests.soak.server import FAULTS, floors_of, soak

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_S10_a_quarter_of_a_minute_and_forty_runs(capsys):
    made = soak(0.25, rate=8, seed=1, least=40, documents=(2_000, 20_000, 100_000, 300_000))
    assert made.wrong == []
    assert made.states["done"] > made.states["failed"] > 0
    assert len(made.faults) > len(FAULTS) / 3
    assert made.samples[-1][2] <= made.samples[0][2] + 16, "descriptors"


def test_what_a_run_holds_while_it_is_at_work_is_no_slope():
    samples = [(at, size, 0, 0, 0) for at, size in ((1, 90), (50, 70), (61, 200), (119, 71))]
    assert floors_of(samples) == [(50, 70), (119, 71)]
