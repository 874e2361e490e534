"""What tools said of lines near a place, for a prompt. Pure."""

from collections.abc import Iterable, Iterator

from moa_lsp import limits
from moa_lsp.task import Diagnostic
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.span import Span

NEAR_LINES = 20
"""From a place: half a screen, which is what its reader has in view."""

MAX_REPORTS = 8
"""Near one place; of a file that does not parse there are hundreds, all of one cause."""


def near(said: Iterable[Diagnostic], index: LineIndex, place: Span) -> Iterator[str]:
    """What was said within ``NEAR_LINES`` of a place, the nearest first, a line each."""
    first, last = index.line_of(place.start), index.line_of(place.end)
    found = []
    for each in said:
        line = index.line_of(each.span.start)
        distance = max(first - line, line - last, 0)
        if distance <= NEAR_LINES:
            label = " ".join(part for part in (each.source, each.code) if part)
            text = " ".join(each.message.split())[: limits.MAX_SHOWN_CHARS]
            found.append((distance, line, f"line {line + 1}: {text}{label and f' [{label}]'}"))
    yield from dict.fromkeys(text for _, _, text in sorted(found)[:MAX_REPORTS])
