"""A board for a terminal: as many columns as its width has room for, and sentences below.

Pure: the command line prints what is made here, with colour or without.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from moa_bench.report import formatting
from moa_bench.report.board import Board, BoardRow, Table
from moa_lsp.text.sanitize import escape

GAP = 2
"""Columns between two cells, as rich has them."""

LABEL_SHARE = 3
"""A mix's name may take a third of the terminal; a longer one is folded."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``order`` says which ones go first where there is little room."""

    title: str
    order: int
    cell: Callable[[BoardRow], str]
    number: bool = True


COLUMNS = (
    Column("rank", 0, formatting.rank),
    Column("mix", 0, lambda row: escape(row.label), number=False),
    Column("role", 12, lambda row: row.role, number=False),
    Column("pass@1", 0, lambda row: formatting.score(row.score)),
    Column(
        "95 %",
        1,
        lambda row: formatting.interval(row.score.interval) if row.score else formatting.NONE,
    ),
    Column("n", 4, lambda row: str(row.score.tasks if row.score else 0)),
    Column("missing", 5, lambda row: str(row.missing_tasks)),
    Column("Δ", 2, lambda row: formatting.difference(row.delta)),
    Column("Δ 95 %", 8, lambda row: formatting.difference_interval(row.delta)),
    Column(
        "p", 3, lambda row: formatting.chance(row.delta.p_holm) if row.delta else formatting.NONE
    ),
    Column("USD/task", 6, lambda row: formatting.usd(row.cost.task, known=row.cost.known)),
    Column("USD/solved", 2, lambda row: formatting.usd(row.cost.solved, known=row.cost.known)),
    Column("USD", 10, lambda row: formatting.usd(row.cost.total, known=row.cost.known)),
    Column("front", 9, lambda row: "*" if row.front else "", number=False),
    Column(
        "s p50",
        4,
        lambda row: formatting.seconds(row.latency.p50) if row.latency else formatting.NONE,
    ),
    Column(
        "s p95",
        7,
        lambda row: formatting.seconds(row.latency.p95) if row.latency else formatting.NONE,
    ),
    Column(
        "slowest p50",
        14,
        lambda row: (
            formatting.seconds(row.latency.slowest_p50) if row.latency else formatting.NONE
        ),
    ),
    Column("tokens in", 13, lambda row: formatting.count(row.usage.input)),
    Column("out", 13, lambda row: formatting.count(row.usage.output)),
    Column(
        "no answer %", 11, lambda row: formatting.share(row.counts.no_answer, row.counts.scored)
    ),
    Column("timeout %", 11, lambda row: formatting.share(row.counts.timed_out, row.counts.scored)),
    Column(
        "rejected %",
        12,
        lambda row: formatting.NONE if row.rejected is None else formatting.percent(row.rejected),
    ),
    Column(
        "oracle",
        9,
        lambda row: formatting.percent(row.oracle.share) if row.oracle else formatting.NONE,
    ),
)


@dataclass(frozen=True, slots=True)
class TextTable:
    """One table to be printed.

    Attributes:
        title: the line above.
        columns: titles; ``numbers`` those that are aligned at the right.
        rows: cells.
        below: sentences.
        left_out: titles of the columns that there was no room for.
    """

    title: str
    columns: tuple[str, ...]
    numbers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    below: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def tables(board: Board, width: int | None = None) -> Iterator[TextTable]:
    """Each table of a board.

    Args:
        board: what is shown.
        width: columns of the terminal; all columns without it.
    """
    for table in board.tables:
        cells = {column.title: [column.cell(row) for row in table.rows] for column in COLUMNS}
        kept = _fitting(cells, width)
        yield TextTable(
            formatting.head(table),
            tuple(column.title for column in kept),
            tuple(column.title for column in kept if column.number),
            tuple(zip(*(cells[column.title] for column in kept), strict=True)),
            tuple(_below(table)),
            tuple(column.title for column in COLUMNS if column not in kept),
        )


def _fitting(cells: dict[str, list[str]], width: int | None) -> list[Column]:
    """The most telling columns that fit beside each other, in their usual order."""
    if width is None:
        return list(COLUMNS)
    room, kept = width + GAP, []
    for column in sorted(COLUMNS, key=lambda column: column.order):
        needed = max(map(cell_len, [column.title, *cells[column.title]])) + GAP
        if column.title == "mix":
            needed = min(needed, width // LABEL_SHARE + GAP)
        if not column.order or needed <= room:
            kept.append(column)
            room -= needed
    return [column for column in COLUMNS if column in kept]


def _below(table: Table) -> Iterator[str]:
    if table.baseline:
        yield f"Δ and p are against {table.baseline}"
    else:
        yield "no baseline here: there is no mix of one model by itself, or not the chosen one"
    if table.excluded:
        yield formatting.excluded(table)
    for row in table.rows:
        if row.counts.missing:
            yield formatting.missing(row.label, row.counts)
    yield from table.notes
    if table.power:
        yield formatting.power(table.power)


def method(columns: Sequence[str]) -> list[str]:
    """What the columns mean, those that are shown."""
    met = {"95 %": "pass@1", "Δ 95 %": "Δ", "USD/solved": "USD", "s p50": "seconds"}
    wanted = {met.get(title, title) for title in columns}
    return [f"{name}: {said}" for name, said in formatting.METHOD.items() if name in wanted]
