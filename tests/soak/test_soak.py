"""The soak itself works; how long it is let run is `make soak`'s affair."""

import pytest

from tests.soak.server import soak

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_S10_a_quarter_of_a_minute(capsys):
    made = soak(0.25, rate=8, seed=1)
    assert made.wrong == []
    assert made.states["done"] > 0
    assert made.faults
    assert made.samples[-1][2] <= made.samples[0][2] + 16, "descriptors"
