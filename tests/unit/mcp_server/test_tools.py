"""The part of a file that lines name."""

import pytest

from moa_lsp.errors import UsageError
from moa_lsp.mcp_server.tools import selected
from moa_lsp.text.span import Span

TEXT = "one\n  two\nthree"


@pytest.mark.parametrize(
    ("lines", "part"),
    [(None, (0, 15)), ("1-2", (0, 9)), ("3-3", (10, 15)), ("2", (6, 6)), (" 1-3 ", (0, 15))],
)
def test_lines_count_from_1_and_include_both_ends(lines, part):
    assert selected(TEXT, lines) == Span(*part)


@pytest.mark.parametrize("lines", ["0-1", "2-1", "4", "1-4", "", "a", "1-", "-1", "1-2-3"])
def test_lines_that_are_not_there_are_refused(lines):
    with pytest.raises(UsageError):
        selected(TEXT, lines)
