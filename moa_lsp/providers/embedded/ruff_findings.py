"""Reads what ``ruff check --output-format json-lines`` says, and chooses the fixes to apply.

ruff counts rows as LSP does (LF, CRLF, CR) and columns in code points, both from 1 (measured:
astral characters, FF, U+2028 and lone CR). The reply carries no isolation groups, so two fixes
that are safe alone may together empty a block: ``choose`` can therefore be asked for at most one
deletion inside an indented block.
"""

import bisect
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from moa_lsp.text.edits import Edit, Span
from moa_lsp.text.lines import LineIndex, Position

_SYNTAX = (None, "invalid-syntax")
"""Codes of a finding that is a syntax error; older releases give none."""

_ENDS = ("\n", "\r")


@dataclass(frozen=True, slots=True)
class RuffFinding:
    """One diagnostic of ruff.

    Attributes:
        code: the rule, ``None`` for a syntax error.
        first: first line, from 0.
        last: last line, from 0.
        edits: its fix, empty without a safe one.
    """

    code: str | None
    first: int
    last: int
    edits: tuple[Edit, ...] = ()


def read(output: bytes, index: LineIndex) -> list[RuffFinding]:
    """Turn ruff's lines of JSON into findings, in ruff's order.

    Raises:
        ValueError: a line is not what ruff promises (``KeyError`` and ``TypeError`` included).
    """
    try:
        return [_finding(json.loads(line), index) for line in output.split(b"\n") if line.strip()]
    except (KeyError, TypeError) as err:
        message = "ruff's findings have an unknown shape"
        raise ValueError(message) from err


def _finding(item: dict[str, object], index: LineIndex) -> RuffFinding:
    code = item["code"]
    first, last = (_position(item[key]).line for key in ("location", "end_location"))
    return RuffFinding(
        None if code in _SYNTAX else str(code), first, last, _edits(item.get("fix"), index)
    )


def _edits(fix: object, index: LineIndex) -> tuple[Edit, ...]:
    if not isinstance(fix, dict) or fix["applicability"] != "safe":
        return ()
    return tuple(
        Edit(
            Span(
                index.offset(_position(edit["location"]), "utf-32"),
                index.offset(_position(edit["end_location"]), "utf-32"),
            ),
            edit["content"] or "",
        )
        for edit in fix["edits"]
    )


def _position(place: object) -> Position:
    if not isinstance(place, dict):
        raise TypeError
    return Position(place["row"] - 1, place["column"] - 1)


def syntax_errors(findings: Iterable[RuffFinding]) -> int:
    """How many findings are syntax errors."""
    return sum(finding.code is None for finding in findings)


def choose(
    findings: Sequence[RuffFinding],
    window: Span,
    text: str,
    wanted: Callable[[RuffFinding], bool],
    *,
    one_deletion: bool = False,
) -> list[Edit]:
    """Choose fixes that lie inside ``window`` and do not overlap; their edits in text order.

    Args:
        findings: of ``text``.
        window: whole lines with the last one's ending.
        text: the document.
        wanted: which findings to fix at all.
        one_deletion: take at most one fix that deletes whole indented lines.
    """
    # Imports are sorted last: their fix rewrites the whole block, and would hide the others'.
    ordered = sorted(
        (finding for finding in findings if finding.edits and wanted(finding)),
        key=lambda finding: (finding.code == "I001", finding.edits[0].span),
    )
    chosen: list[Edit] = []  # in text order, none of them overlapping
    taken: set[Edit] = set()
    deleted = False
    for finding in ordered:
        fresh = [edit for edit in finding.edits if edit not in taken]
        if not all(_inside(edit, window, text) for edit in fresh):
            continue
        if any(_clashes(edit, chosen) for edit in fresh):
            continue
        deletes = any(_deletes_statement(edit, text) for edit in fresh)
        if deletes and deleted and one_deletion:
            continue
        deleted = deleted or deletes
        taken.update(fresh)
        for edit in fresh:
            bisect.insort(chosen, edit, key=_place)
    return chosen


def _inside(edit: Edit, window: Span, text: str) -> bool:
    """Whether an edit stays inside and leaves the line after the window a line of its own."""
    start, end = edit.span.start, edit.span.end
    if start < window.start or end > window.end:
        return False
    if end < window.end or text[end - 1 : end] not in _ENDS:
        return True
    if not edit.text:
        return start < end and (start == 0 or text[start - 1] in _ENDS)
    return start < end and edit.text.endswith(_ENDS)


def _place(edit: Edit) -> Span:
    return edit.span


def _clashes(edit: Edit, chosen: Sequence[Edit]) -> bool:
    """Whether an edit overlaps one of those that stand in text order; only neighbours can."""
    at = bisect.bisect_left(chosen, edit.span, key=_place)
    for step in (-1, 1):
        place = at - 1 if step < 0 else at
        while 0 <= place < len(chosen) and _near(edit.span, chosen[place].span):
            if _clash(edit.span, chosen[place].span):
                return True
            place += step
    return False


def _near(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


def _clash(one: Span, other: Span) -> bool:
    if one.start == one.end or other.start == other.end:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def _deletes_statement(edit: Edit, text: str) -> bool:
    """Whether an edit takes away lines of an indented block."""
    if edit.text.strip() or edit.span.start == edit.span.end:
        return False
    start = edit.span.start
    line = text.rfind("\n", 0, start) + 1
    line = max(line, text.rfind("\r", line, start) + 1)
    return text[line : line + 1] in (" ", "\t")
