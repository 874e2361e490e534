"""Rebase spans and edits over later edits, or report that it cannot be done.

Strict: what touches a span, its borders included, ends it. An edit at the wrong place is worse
than none. Lists called ``later`` are successive: each edit is relative to the text that the one
before it left.
"""

from collections.abc import Iterable

from moa_lsp.text.edits import Edit, Span, diff, shared_start


def carry(span: Span, later: Iterable[Edit]) -> Span | None:
    """Where ``span`` lies after ``later``, or ``None`` if one of them touched it."""
    start, end = span.start, span.end
    for edit in later:
        if edit.span.start == edit.span.end and not edit.text:
            continue
        if edit.span.end < start:
            shift = len(edit.text) - (edit.span.end - edit.span.start)
            start, end = start + shift, end + shift
        elif edit.span.start <= end:
            return None
    return Span(start, end)


def rebase(
    edits: Iterable[Edit], target: Span, later: Iterable[Edit]
) -> tuple[list[Edit], Span] | None:
    """``edits``, made for a text before ``later``, as edits of the text after it.

    Returns:
        The edits and the target at their new places, or ``None`` if ``later`` touched the target.

    Raises:
        ValueError: an edit lies outside ``target``.
    """
    edits = list(edits)
    for edit in edits:
        if not target.start <= edit.span.start <= edit.span.end <= target.end:
            raise ValueError(
                f"edit {edit.span.start}..{edit.span.end} lies outside the target "
                f"{target.start}..{target.end}"
            )
    carried = carry(target, later)
    if carried is None:
        return None
    shift = carried.start - target.start
    moved = [Edit(Span(e.span.start + shift, e.span.end + shift), e.text) for e in edits]
    return moved, carried


def changes(base: str, current: str) -> list[Edit]:
    """Successive edits that turn ``base`` into ``current``, the last place first.

    All lie between what the two texts share at their start and at their end. Lines alone would
    pair a line with one that only looks like it, far from where its neighbours are.
    """
    head = shared_start(base, current)
    before, after = base[head:], current[head:]
    tail = shared_start(before[::-1], after[::-1])
    before, after = before[: len(before) - tail], after[: len(after) - tail]
    found = diff(before, after)[::-1]
    return [Edit(Span(e.span.start + head, e.span.end + head), e.text) for e in found]
