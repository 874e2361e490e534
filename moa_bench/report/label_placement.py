"""Where the numbers of points stand in a plot, so that as few as possible cover each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp, log

Point = tuple[float, float]

RINGS = ((0, -12), (11, -8), (-11, -8), (13, 4), (-13, 4), (0, 14), (22, -12), (-22, -12), (24, 6),
         (-24, 6), (12, 22), (-12, 22), (0, -26), (26, -26), (-26, -26), (0, 30), (34, 18),
         (-34, 18))  # fmt: skip
"""Pixels from a point to its number: the nearest first."""

LETTER = (14.0, 11.0)
"""Pixels that a number of two digits covers."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The area of a plot: what its axes show, the first one in logarithms, and its pixels."""

    x: Point
    y: Point
    width: float = 640.0
    height: float = 430.0

    def pixels(self, point: Point) -> Point:
        """Where a point stands, from the lower left."""
        across = (log(point[0]) - log(self.x[0])) / (log(self.x[1]) - log(self.x[0]))
        up = (point[1] - self.y[0]) / (self.y[1] - self.y[0])
        return across * self.width, up * self.height

    def point(self, pixels: Point) -> Point:
        """The inverse of ``pixels``."""
        across, up = pixels[0] / self.width, pixels[1] / self.height
        low, high = log(self.x[0]), log(self.x[1])
        return exp(low + across * (high - low)), self.y[0] + up * (self.y[1] - self.y[0])


def beside(points: Sequence[Point], frame: Frame) -> list[Point]:
    """A place for the number of each point, in the axes' units, inside of the frame."""
    marks = [frame.pixels(point) for point in points]
    taken: list[Point] = []
    for mark in marks:
        best = min(_around(mark, frame), key=lambda place: _covered(place, marks, taken))
        taken.append(best)
    return [frame.point(place) for place in taken]


def _around(mark: Point, frame: Frame) -> Iterator[Point]:
    for across, down in RINGS:
        x = min(max(mark[0] + across, LETTER[0] / 2), frame.width - LETTER[0] / 2)
        yield x, min(max(mark[1] - down, LETTER[1] / 2), frame.height - LETTER[1] / 2)


def _covered(place: Point, marks: Sequence[Point], taken: Sequence[Point]) -> float:
    """How much lies below a number; another number counts double."""
    return sum(_overlap(place, other, 0.7) for other in marks) + 2 * sum(
        _overlap(place, other, 1.0) for other in taken
    )


def _overlap(one: Point, other: Point, size: float) -> float:
    across = max(0.0, size * LETTER[0] - abs(one[0] - other[0]))
    return across * max(0.0, size * LETTER[1] - abs(one[1] - other[1]))
