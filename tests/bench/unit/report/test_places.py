"""Numbers beside points: inside of the plot, and apart where that can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moa_bench.report.label_placement import LETTER, Frame, beside

FRAME = Frame((0.001, 1.0), (0.0, 1.0))

points = st.tuples(st.floats(0.001, 1.0), st.floats(0.0, 1.0))


@given(points)
def test_pixels_and_back(point):
    assert FRAME.point(FRAME.pixels(point)) == pytest.approx(point, abs=1e-9)


@given(st.lists(points, max_size=12))
def test_inside_of_the_frame(made):
    for x, y in map(FRAME.pixels, beside(made, FRAME)):
        assert -1e-6 <= x <= FRAME.width + 1e-6
        assert -1e-6 <= y <= FRAME.height + 1e-6


def test_eight_at_one_place_are_apart():
    placed = [FRAME.pixels(each) for each in beside([(0.03, 0.5)] * 8, FRAME)]
    for at, one in enumerate(placed):
        for other in placed[:at]:
            across, up = abs(one[0] - other[0]), abs(one[1] - other[1])
            assert across >= LETTER[0] - 1.5 or up >= LETTER[1] - 1.5


def test_a_lonely_point_has_its_number_above():
    ((x, y),) = [FRAME.pixels(each) for each in beside([(0.03, 0.5)], FRAME)]
    mark = FRAME.pixels((0.03, 0.5))
    assert (x - mark[0], y - mark[1]) == (pytest.approx(0), pytest.approx(12))
