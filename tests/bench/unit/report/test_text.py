"""The board for a terminal: what is left out where there is no room, what is said below."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from moa_bench.report import text
from moa_bench.report.leaderboard import build
from moa_bench.values import TaskDetail
from moa_lsp.cli import output
from tests.fakes.results import HOSTILE, outcomes, sweep

BOARD = build(sweep(tasks=40)[0], [sweep(tasks=40)[1]])


def only(board=BOARD, width=None):
    (table,) = text.tables(board, width)
    return table


def test_all_columns_without_a_width():
    table = only()
    assert table.columns == tuple(column.title for column in text.COLUMNS)
    assert table.left_out == ()
    assert len(table.rows) == 24


NARROW = [(40, ["rank", "mix", "pass@1"]), (60, ["95 %"]), (80, ["Δ", "USD/solved", "p"]),
          (120, ["n", "s p50"])]  # fmt: skip


@pytest.mark.parametrize(("width", "there"), NARROW)
def test_the_most_telling_columns_stay(width, there):
    columns = only(width=width).columns
    assert set(there) <= set(columns)


@given(st.integers(20, 400))
def test_wider_shows_no_less_and_nothing_is_lost(width):
    table, wider = only(width=width), only(width=width + 30)
    assert len(table.columns) <= len(wider.columns)
    assert {*table.columns, *table.left_out} == {column.title for column in text.COLUMNS}
    assert all(len(row) == len(table.columns) for row in table.rows)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160, 300])
def test_it_fits_into_a_terminal(width):
    where = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    table = only(width=width)
    output.show_table(where, table.columns, table.rows, numbers=table.numbers)
    lines = where.file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    # Only names are folded: no number is cut in two.
    assert all(any(cell in line for line in lines) for cell in (row[0] for row in table.rows))
    assert all(any(row[2] in line for line in lines) for row in table.rows if width >= 100)


def test_no_name_acts():
    (row,) = only(build(outcomes(HOSTILE, "PF"))).rows
    assert not any(char in "".join(row) for char in "\x1b\u202e")


def test_what_is_said_below():
    made = [
        *outcomes("m", "PPPPPPPPPPM", drill=TaskDetail(detail="unreachable")),
        *outcomes("alone", "PFPPPPPPPPP", role="alone"),
    ]
    below = only(build(made)).below
    assert below[0] == "Δ and p are against alone"
    assert "m: 1 of 11 missing: unreachable (1)" in below
    assert below[-1].startswith("on 11 tasks answered once")


def test_no_baseline_is_said():
    assert only(build(outcomes("m", "PF"))).below[0].startswith("no baseline here")


def test_the_method_of_the_columns_that_are_shown():
    said = text.method(["rank", "mix", "95 %", "USD/solved"])
    assert [line.split(":")[0] for line in said] == ["pass@1", "rank", "USD"]
