"""What tools said near a place."""

from moa_lsp.context.reports import MAX_REPORTS, NEAR_LINES, near
from moa_lsp.task import Diagnostic
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.span import Span

INDEX = LineIndex("x\n" * 100)


def said(line, message="odd", **more):
    return Diagnostic(Span(2 * line, 2 * line + 1), message, **more)


def test_the_nearest_first_and_none_from_afar():
    found = [said(50 + NEAR_LINES), said(51 + NEAR_LINES), said(48), said(49, code="E1")]
    found.append(said(50, "a\nb", source="lint", code="E2"))
    assert list(near(found, INDEX, Span(100, 101))) == [
        "line 51: a b [lint E2]",
        "line 50: odd [E1]",
        "line 49: odd",
        f"line {51 + NEAR_LINES}: odd",
    ]


def test_no_more_than_are_read():
    found = [said(50, str(number)) for number in range(2 * MAX_REPORTS)]
    assert len(list(near(found, INDEX, Span(100, 100)))) == MAX_REPORTS
