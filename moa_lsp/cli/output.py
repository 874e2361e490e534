"""How the command line speaks: tables, diffs, Markdown; plain lines where there is no terminal.

Colour only on a terminal, and never when ``NO_COLOR`` is set; rich sees to both. Whatever comes
from a file, a model or a provider is text, never markup, and on a terminal its control characters
are shown, not obeyed. Elsewhere results are printed to the letter, so that ``patch`` takes them.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from moa_lsp.text.lines import split_lines
from moa_lsp.text.sanitize import escape

PLAIN_WIDTH = 100
"""Columns of running text where nobody told us; tables of a pipe are never folded."""

Cell = str | Text
Row = Sequence[Cell]

STATE_STYLES = {
    "ok": "green",
    "declined": "dim",
    "rejected": "yellow",
    "failed": "red",
    "late": "yellow",
    "cancelled": "yellow",
}

DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan", "\\": "dim"}


def console(*, stderr: bool = False) -> Console:
    """A console on stdout or stderr."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PLAIN_WIDTH
    return _Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


class _Console(Console):
    """Leaves it to the command line what a closed pipe means."""

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704  # rich calls this while it handles the BrokenPipeError


def say(where: Console, text: str = "") -> None:
    """Print running text: folded at words on a terminal, line for line elsewhere."""
    where.print(Text(escape(text, keep_lines=True)), soft_wrap=not where.is_terminal)


def show_table(
    where: Console, columns: Sequence[str], rows: Iterable[Row], *, numbers: Sequence[str] = ()
) -> None:
    """Print a table: folded to the width of a terminal, a line for each row elsewhere.

    Args:
        where: the console.
        columns: their titles; no title at all leaves the head out.
        rows: strings, shown as they are with control characters escaped, or styled texts.
        numbers: the columns that are aligned at the right.
    """
    cells = [
        [each if isinstance(each, Text) else Text(escape(each)) for each in row] for row in rows
    ]
    right = [column in numbers for column in columns]
    if where.is_terminal:
        where.print(_table(columns, cells, right))
    else:
        where.file.write(_plain(columns, [[cell.plain for cell in row] for row in cells], right))


def _table(columns: Sequence[str], rows: list[list[Text]], right: Sequence[bool]) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column, aligned in zip(columns, right, strict=True):
        made.add_column(column, overflow="fold", justify="right" if aligned else "left")
    for row in rows:
        made.add_row(*row)
    return made


def _plain(columns: Sequence[str], rows: list[list[str]], right: Sequence[bool]) -> str:
    lines = [list(columns), *rows] if any(columns) else rows
    if not lines:
        return ""
    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    return "".join(
        "  ".join(
            (" " * (width - cell_len(cell)) + cell)
            if aligned
            else (cell + " " * (width - cell_len(cell)))
            for cell, width, aligned in zip(line, widths, right, strict=True)
        ).rstrip()
        + "\n"
        for line in lines
    )


def show_proposals(where: Console, record: Mapping[str, Any]) -> None:
    """Print what each agent of a run did."""
    rows: list[Row] = []
    for each in record["proposals"]:
        usage = each["usage"] if each["state"] != "declined" else None
        rows.append(
            (
                each["agent"],
                Text(each["state"], style=STATE_STYLES.get(each["state"], "")),
                f"{each['seconds']:.3f}",
                f"{usage['input']}/{usage['output']}" if usage else "-",
                usd(each["cost_usd"]) if usage else "-",
                each.get("reason") or "",
            )
        )
    numbers = ("seconds", "tokens in/out", "USD")
    show_table(where, ("agent", "state", *numbers, "why"), rows, numbers=numbers)


def settled(record: Mapping[str, Any], author: str | None = None) -> str:
    """One line on how a run ended.

    Args:
        record: as JSON.
        author: who wrote the result, where that is known; without it how the mix settled.
    """
    by = record["aggregation"] or {}
    parts = [f"mix {record['mix']}"]
    if author is not None:
        parts.append(author)
    elif by:
        parts.append(f"settled by {by['by']}" + (f" ({by['model']})" if "model" in by else ""))
    parts.append(f"{record['seconds']:.3f} s")
    cost = usd(record["cost_usd"] if record["cost_known"] else None)
    parts.append("cost unknown" if cost == "unknown" else f"{cost} USD")
    return escape(" · ".join(parts))


def usd(amount: float | None) -> str:
    """An amount of money, short; unknown is not zero, and neither is a little."""
    if amount is None:
        return "unknown"
    if amount == 0:
        return "0"
    return "<0.0001" if amount < 0.0001 else f"{amount:.4f}".rstrip("0").rstrip(".")


def show_diff(where: Console, text: str) -> None:
    """Print a diff: in colour on a terminal, to the letter elsewhere."""
    if not where.is_terminal:
        where.file.write(text)
        return
    for line in split_lines(text)[:-1]:
        shown = escape(line.rstrip("\r\n"), keep_lines=True)
        bold = line.startswith(("--- ", "+++ "))
        style = "bold" if bold else DIFF_STYLES.get(line[:1], "")
        where.print(Text(shown, style), soft_wrap=True)


def show_markdown(where: Console, text: str) -> None:
    """Print Markdown: laid out on a terminal, as it is elsewhere."""
    if where.is_terminal:
        shown = Markdown(escape(text, keep_lines=True), hyperlinks=False)
        where.print(shown)
    else:
        where.file.write(text if text.endswith("\n") else f"{text}\n")
