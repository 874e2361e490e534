"""``moa-lsp bench report``: the ranking of a folder of results, as a table, JSON and a page."""

import json
import sys
from pathlib import Path

from moa_bench.report import board as boards
from moa_bench.report import leaderboard, text
from moa_bench.report.results import ResultsFolder, read_folder
from moa_lsp.cli import output
from moa_lsp.errors import RunError
from moa_lsp.text.sanitize import escape


def report(
    folder: Path, html: Path | None = None, baseline: str | None = None, *, as_json: bool = False
) -> int:
    """Print the ranking; the exit code.

    Args:
        folder: all files of results below it count.
        html: a file to write the page to.
        baseline: the mix that others are compared with.
        as_json: print JSON instead of tables.

    Raises:
        UsageError: there are no results, or no such baseline.
        ConfigError: a line of a file is no result.
        RunError: the page cannot be written.
    """
    recorded = read_folder(folder, texts=html is not None)
    for path in recorded.torn:
        where = output.console(stderr=True)
        output.say(where, f"{path}: the last line was cut off by a crash and does not count")
    board = leaderboard.build(recorded.results, recorded.abouts, baseline)
    if html is not None:
        _write(html, board, recorded)
    if as_json:
        sys.stdout.write(json.dumps(boards.as_json(board), indent=2, allow_nan=False) + "\n")
    else:
        _show(board)
        if html is not None:
            output.say(output.console(), f"\nthe page is {html}")
    return 0


def _show(board: boards.Board) -> None:
    where = output.console()
    width = where.width if where.is_terminal else None
    columns: list[str] = []
    for table in text.tables(board, width):
        output.say(where, table.title)
        output.show_table(where, table.columns, table.rows, numbers=table.numbers)
        for sentence in table.below:
            output.say(where, sentence)
        if table.left_out:
            output.say(where, f"no room for: {', '.join(table.left_out)} (--json, --html)")
        output.say(where)
        columns += table.columns
    for sentence in (*board.notes, *text.method(columns)):
        output.say(where, sentence)


def _write(path: Path, board: boards.Board, recorded: ResultsFolder) -> None:
    """The page, whole or not at all."""
    from moa_bench.report.html import page

    fresh = path.with_name(f".{path.name}.part")
    try:
        fresh.write_text(page(board, recorded.results), "utf-8", newline="\n")
        fresh.replace(path)
    except OSError as err:
        fresh.unlink(missing_ok=True)
        raise RunError(f"{escape(str(path))} cannot be written: {err.strerror}") from err
