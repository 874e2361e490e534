"""Resolves the target of an action from the user's selection or cursor.

A target covers whole lines without the last line's ending, so that typing on the next line does
not touch it; it is empty where something new is inserted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from moa_lsp import limits
from moa_lsp.actions.definition import Action
from moa_lsp.context.todo_comments import is_stub, wish_at
from moa_lsp.syntax.definitions import OWNERS
from moa_lsp.syntax.symbols import Symbol, symbols, symbols_around
from moa_lsp.task import Output, Snapshot
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.span import Span


@dataclass(frozen=True, slots=True)
class Target:
    """The target, how the answer is applied, and the enclosing symbol."""

    target: Span
    output: Output
    symbol: str | None = None


def resolve_target(
    action: Action, snapshot: Snapshot, selection: Span, *, instructed: bool
) -> Target:
    """Find the target of an action.

    Args:
        action: says the scope and the output.
        snapshot: the frozen document.
        selection: what the user marked; empty at the cursor.
        instructed: whether the user wrote what is wanted, so that nothing needs to be guessed.
    """
    index = LineIndex(snapshot.text)
    marked = selection.start != selection.end
    place = index.cover(selection) if marked else selection
    around = _around(snapshot, place)
    name = around[-1].qualified if around else None
    if action.output == "insert":
        if marked:
            blank = not snapshot.text[place.start : place.end].strip()
            return Target(place, "insert" if blank else "replace", name)
        return _generate(index, snapshot, place.start, around, instructed=instructed)
    if action.scope == "file":
        return Target(_file(index), action.output)
    if action.scope == "selection" and marked:
        return Target(place, action.output, name)
    near = None if marked else _nearest(index, snapshot, place.start, around)
    symbol = near or (around[-1] if around else None)
    if symbol is not None:
        return Target(symbol.span, action.output, symbol.qualified)
    return Target(place if marked else _file(index), action.output)


def _around(snapshot: Snapshot, place: Span) -> list[Symbol]:
    """The symbols that hold a place, outer ones first; of a huge text, slow to parse, none."""
    if len(snapshot.text) > limits.SELECTION_ONLY_CHARS:
        return []
    return symbols_around(snapshot.text, snapshot.language, place)


def _nearest(
    index: LineIndex, snapshot: Snapshot, cursor: int, around: Sequence[Symbol]
) -> Symbol | None:
    """The function nearest to a blank line between functions, the one below of two as near.

    In a class, of its methods; anywhere else ``None``.
    """
    line = index.line_of(cursor)
    where = index.line_span(line)
    if snapshot.text[where.start : where.end].strip() or len(snapshot.text) > (
        limits.SELECTION_ONLY_CHARS
    ):
        return None
    owner = around[-1] if around else None
    if owner is not None and owner.kind not in OWNERS:
        return None

    def distance(symbol: Symbol) -> tuple[int, bool, int]:
        first, last = index.line_of(symbol.span.start), index.line_of(symbol.span.end)
        above = last < line
        length = symbol.span.end - symbol.span.start
        return (line - last if above else first - line), above, length

    found = [
        symbol
        for symbol in symbols(snapshot.text, snapshot.language)
        if symbol.kind not in OWNERS
        and (owner is None or owner.span.start <= symbol.span.start <= owner.span.end)
    ]
    return min(found, key=distance, default=None)


def _generate(
    index: LineIndex,
    snapshot: Snapshot,
    cursor: int,
    around: Sequence[Symbol],
    *,
    instructed: bool,
) -> Target:
    """Something new at a cursor: in place of a stub, at its line, or what is missing around it.

    Args:
        index: the lines of the snapshot.
        snapshot: the frozen document.
        cursor: an offset.
        around: the symbols that the cursor lies in, outer ones first.
        instructed: as in ``aim``.
    """
    line = index.line_span(index.line_of(cursor))
    words = snapshot.text[line.start : line.end].strip()
    symbol = around[-1] if around else None
    name = symbol.qualified if symbol else None
    in_class = symbol is not None and symbol.kind in OWNERS
    if symbol is not None and not in_class and is_stub(snapshot.text, symbol):
        return Target(symbol.span, "replace", name)
    asked = wish_at(snapshot.text, snapshot.language, line) if words else None
    if asked is not None:
        below = None if instructed else _stub_below(index, snapshot, asked)
        insertion = Target(Span(asked, asked), "insert", name)
        return Target(below.span, "replace", below.qualified) if below else insertion
    here = Target(Span(line.end, line.end) if words else line, "insert", name)
    if instructed or not (words or in_class):
        return here
    # In whole code and nothing said: what it uses but nobody defines belongs to its class, or
    # behind its function.
    for owner in reversed(around):
        if owner.kind in OWNERS:
            return Target(owner.span, "replace", owner.qualified)
    for outer in around:
        if outer.kind == "function":
            return Target(Span(outer.span.end, outer.span.end), "insert", outer.qualified)
    return here


def _stub_below(index: LineIndex, snapshot: Snapshot, end: int) -> Symbol | None:
    """The stub that a comment stands directly above: what is asked for is its body."""
    line = index.line_of(end) + 1
    if line >= index.line_count:
        return None
    start = index.line_span(line).start
    for symbol in symbols(snapshot.text, snapshot.language):
        if symbol.span.start == start and symbol.kind not in OWNERS:
            return symbol if is_stub(snapshot.text, symbol) else None
    return None


def _file(index: LineIndex) -> Span:
    """All lines; a final line ending stays outside."""
    last = index.line_count - 1
    end = index.line_span(last)
    if end.start == end.end and last > 0:
        end = index.line_span(last - 1)
    return Span(0, end.end)
