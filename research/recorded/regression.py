"""Logistic regression, small and dense: a dozen features do not need a library of arrays."""

import math
from collections.abc import Callable, Sequence

RIDGE = 10.0
"""Pull of the weights towards 0, in answers: panels are small, features many."""

STEPS = 12
"""Of Newton's method; it is done after six."""

Row = Sequence[float]


def fit(rows: Sequence[Row], labels: Sequence[bool]) -> Callable[[Row], float]:
    """Give the log odds that a row's label is true, as learnt from these."""
    width = len(rows[0])
    means = [sum(row[at] for row in rows) / len(rows) for at in range(width)]
    spreads = [
        math.sqrt(sum((row[at] - means[at]) ** 2 for row in rows) / len(rows)) or 1.0
        for at in range(width)
    ]

    def scaled(row: Row) -> list[float]:
        return [1.0, *((row[at] - means[at]) / spreads[at] for at in range(width))]

    seen = [scaled(row) for row in rows]
    weights = [0.0] * (width + 1)
    for _ in range(STEPS):
        slope = [-RIDGE * weight for weight in weights]
        slope[0] = 0.0
        bend = [[RIDGE * (i == j) for j in range(width + 1)] for i in range(width + 1)]
        for row, label in zip(seen, labels, strict=True):
            chance = 1 / (1 + math.exp(-_product(weights, row)))
            wrong, loose = label - chance, chance * (1 - chance)
            for i, value in enumerate(row):
                slope[i] += wrong * value
                line, pull = bend[i], loose * value
                for j in range(i + 1):
                    line[j] += pull * row[j]
        bend[0][0] += 1e-9
        weights = [a + b for a, b in zip(weights, _solved(bend, slope), strict=True)]
    return lambda row: _product(weights, scaled(row))


def _product(one: Row, other: Row) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _solved(lower: Sequence[Row], right: Row) -> list[float]:
    """Solve for a symmetric positive matrix of which the lower triangle is given (Cholesky)."""
    size = len(right)
    root = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = lower[i][j] - sum(root[i][k] * root[j][k] for k in range(j))
            root[i][j] = math.sqrt(rest) if i == j else rest / root[j][j]
    found = list(right)
    for i in range(size):
        found[i] = (found[i] - sum(root[i][k] * found[k] for k in range(i))) / root[i][i]
    for i in reversed(range(size)):
        later = sum(root[k][i] * found[k] for k in range(i + 1, size))
        found[i] = (found[i] - later) / root[i][i]
    return found
