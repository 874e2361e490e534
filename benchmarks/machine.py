"""What a table of measurements needs beside it: the machine, medians, columns that line up."""

import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""Where ``python -m benchmarks.…`` finds its modules."""


def facts() -> str:
    """One line on where a table was measured."""
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} cores, load {load}, {python}, {platform.system()}"


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of the values does not exceed; ``nan`` of none."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    return ordered[max(0, min(len(ordered) - 1, int(share * len(ordered) + 0.999999) - 1))]


def median(values: Sequence[float]) -> float:
    """The middle one; ``nan`` of none."""
    return statistics.median(values) if values else float("nan")


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table whose columns line up."""
    cells = [[str(each) for each in row] for row in (columns, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| "
        + " | ".join(each.ljust(width) for each, width in zip(row, widths, strict=True))
        + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
