"""Tables, diffs and amounts, off a terminal and on one."""

import io

import pytest
from rich.console import Console

from moa_lsp.cli import output
from moa_lsp.runs import unified_diff

ROWS = [("a", "1", "first"), ("long name", "22", "")]


def plain():
    return Console(file=io.StringIO(), width=output.PLAIN_WIDTH)


def terminal(width=100, **how):
    return Console(
        file=io.StringIO(), width=width, force_terminal=True, color_system="standard", **how
    )


def test_a_table_of_a_pipe_is_one_line_a_row_without_trailing_blanks():
    where = plain()
    output.show_table(where, ("name", "n", "what"), ROWS, numbers=("n",))
    assert where.file.getvalue() == ("name        n  what\na           1  first\nlong name  22\n")


def test_a_table_of_a_pipe_is_never_folded_and_counts_wide_characters():
    where = plain()
    output.show_table(where, ("", ""), [("日本", "x" * 300), ("ab", "y")])
    assert where.file.getvalue() == f"日本  {'x' * 300}\nab    y\n"


def test_a_table_of_a_terminal_keeps_its_width():
    where = Console(file=io.StringIO(), width=40, force_terminal=True, color_system=None)
    output.show_table(where, ("name", "n", "what"), [("a", "1", "many words " * 10)])
    lines = where.file.getvalue().splitlines()
    assert len(lines) > 4
    assert max(map(len, lines)) <= 40


@pytest.mark.parametrize("show", [plain, terminal])
def test_nothing_in_a_cell_acts(show):
    where = show()
    output.show_table(where, ("name",), [("[bold]a[/bold] \x1b[31m\x07",)])
    assert "[bold]a[/bold] \\x1b[31m\\x07" in where.file.getvalue()
    assert "\x1b[31m" not in where.file.getvalue()


def test_a_diff_on_a_terminal_is_coloured_and_does_not_act():
    where = terminal()
    output.show_diff(where, unified_diff.diff("a\x1b[2J\n", "b\r\n", "m"))
    shown = where.file.getvalue()
    assert "\x1b[2J" not in shown
    assert "-a\\x1b[2J" in shown
    assert "\x1b[32m+b\x1b[0m\n" in shown


AMOUNTS = [(None, "unknown"), (0.0, "0"), (0.00001, "<0.0001"), (0.25, "0.25"), (1.0, "1"),
           (12.34567, "12.3457")]  # fmt: skip


@pytest.mark.parametrize(("amount", "shown"), AMOUNTS)
def test_amounts(amount, shown):
    assert output.usd(amount) == shown
