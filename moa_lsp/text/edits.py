r"""Edits as values, and a diff of two texts in few, small edits.

All edits of one list are relative to the same text and do not overlap. ``apply(old, diff(old,
new))`` is ``new``; an edit of ``diff`` never cuts a ``\r\n``, a base from its combining marks, or
an emoji sequence, in the old text or in the new.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from moa_lsp.text.lines import content_length, split_lines
from moa_lsp.text.span import Span

MAX_DIFF_CELLS = 2**28
"""Old lines times new lines (or characters of two lines) that are still compared one by one: 32 MB
and 0.3 s at most. Above it the stretch is replaced as one."""


__all__ = ["Edit", "Span", "apply", "diff", "shared_start"]

_ALIKE = 0.5  # similarity above which two lines are one line that changed
_MOSTLY = 0.5  # share of changed lines above which a stretch is replaced as one
_GAP_LINES = 2  # equal lines between two changes that do not part them
_SPACE = " \t\r\n"
_FILLER = " \t\r\n\f\v{}()[];,"  # a line of only these does not part two changes either

_ZWJ, _ZWNJ = "\u200d", "\u200c"
_MARKS = frozenset({"Mn", "Mc", "Me"})


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """``text`` takes the place of ``span``; an empty span is an insertion."""

    span: Span
    text: str


class _Hunk(NamedTuple):
    """Lines ``old_start:old_end`` become lines ``new_start:new_end``.

    ``respaced``: one to one, and only the space around each line is another.
    """

    old_start: int
    old_end: int
    new_start: int
    new_end: int
    respaced: bool = False


def apply(text: str, edits: Iterable[Edit]) -> str:
    """``text`` with every edit made, whatever their order; insertions at one place keep theirs.

    Raises:
        ValueError: an edit lies outside the text, is reversed, or overlaps another.
    """
    pieces: list[str] = []
    done = 0
    for edit in sorted(edits, key=lambda edit: edit.span):
        start, end = edit.span.start, edit.span.end
        if not 0 <= start <= end <= len(text):
            raise ValueError(f"edit {start}..{end} lies outside a text of {len(text)} characters")
        if start < done:
            raise ValueError(f"edit {start}..{end} overlaps one that ends at {done}")
        pieces += (text[done:start], edit.text)
        done = end
    pieces.append(text[done:])
    return "".join(pieces)


def diff(old: str, new: str) -> list[Edit]:
    """The small edits that turn ``old`` into ``new``: ascending, disjoint, none empty.

    Lines are compared first; within lines that pair up only what differs is replaced. Where most
    of a stretch changed it is replaced as one, since scattered leftovers help no reader.
    """
    if old == new:
        return []
    before, after = split_lines(old), split_lines(new)
    head = shared_start(before, after)
    origin = sum(map(len, before[:head]))
    before, after = before[head:], after[head:]
    tail = shared_start(before[::-1], after[::-1])
    before, after = before[: len(before) - tail], after[: len(after) - tail]
    starts = list(accumulate(map(len, before), initial=origin))
    edits: list[Edit] = []
    for hunk in _merged(_hunks(before, after), before):
        for edit in _replacements(
            starts[hunk.old_start : hunk.old_end + 1],
            before[hunk.old_start : hunk.old_end],
            after[hunk.new_start : hunk.new_end],
            respaced=hunk.respaced,
        ):
            touches = edits and edits[-1].span.end == edit.span.start
            edits.append(_side_by_side(edits.pop(), edit) if touches else edit)
    return edits


def _side_by_side(first: Edit, last: Edit) -> Edit:
    return Edit(Span(first.span.start, last.span.end), first.text + last.text)


def shared_start(left: Sequence[object], right: Sequence[object]) -> int:
    """How many leading items are equal; halving, so that slices are compared at native speed."""
    low, high = 0, min(len(left), len(right))
    if left[:high] == right[:high]:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _hunks(before: list[str], after: list[str]) -> list[_Hunk]:
    """What changed, line by line, as few lines as can be (longest common subsequence).

    Lines are paired without the space around them, so that code that moved in or out, as by a new
    ``try:``, stays the same lines.
    """
    if not before or not after or len(before) * len(after) > MAX_DIFF_CELLS:
        return [_Hunk(0, len(before), 0, len(after))]
    from rapidfuzz.distance import Indel

    # rapidfuzz compares items by hash, and "\0" has the hash of "": numbers cannot be confused.
    numbers: dict[str, int] = {}
    old = [numbers.setdefault(line.strip(_SPACE), len(numbers)) for line in before]
    new = [numbers.setdefault(line.strip(_SPACE), len(numbers)) for line in after]
    hunks: list[_Hunk] = []
    for step in Indel.opcodes(old, new):
        if step.tag == "equal":
            hunks += _respaced(before, after, step.src_start, step.src_end, step.dest_start)
            continue
        hunk = _Hunk(step.src_start, step.src_end, step.dest_start, step.dest_end)
        if hunks and not hunks[-1].respaced and hunks[-1].old_end == hunk.old_start:
            hunk = _joined(hunks.pop(), hunk)
        hunks.append(hunk)
    return hunks


def _respaced(
    before: list[str], after: list[str], start: int, end: int, new_start: int
) -> Iterator[_Hunk]:
    """Runs of paired lines that differ."""
    shift = new_start - start
    first = start
    for at in range(start, end + 1):
        if at < end and before[at] != after[at + shift]:
            continue
        if first < at:
            yield _Hunk(first, at, first + shift, at + shift, respaced=True)
        first = at + 1


def _joined(first: _Hunk, last: _Hunk) -> _Hunk:
    return _Hunk(first.old_start, last.old_end, first.new_start, last.new_end)


def _merged(hunks: list[_Hunk], before: list[str]) -> Iterator[_Hunk]:
    """The same changes, with neighbours merged where little lies between them."""
    group: list[_Hunk] = []
    for hunk in hunks:
        between = before[group[-1].old_end : hunk.old_start] if group else []
        apart = len(between) > _GAP_LINES and any(line.strip(_FILLER) for line in between)
        if group and (apart or hunk.respaced or group[-1].respaced):
            yield from _settled(group)
            group = []
        group.append(hunk)
    yield from _settled(group)


def _settled(group: list[_Hunk]) -> list[_Hunk]:
    """One hunk for a group that changed for the most part, else the group."""
    if len(group) == 1:
        return group
    whole = _joined(group[0], group[-1])
    changed = sum(max(h.old_end - h.old_start, h.new_end - h.new_start) for h in group)
    kept = (whole.old_end - whole.old_start) - sum(h.old_end - h.old_start for h in group)
    return [whole] if changed > _MOSTLY * (changed + kept) else group


def _replacements(
    starts: list[int], before: list[str], after: list[str], *, respaced: bool
) -> Iterator[Edit]:
    """The edits of one hunk; ``starts`` are the offsets of its old lines and of its end."""
    if len(before) != len(after):
        yield _whole(starts[0], "".join(before), "".join(after))
        return
    # Between two lines that were rewritten equal ones go along: one replacement for the stretch.
    rewritten: list[int] = []
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            continue
        if respaced or _alike(old, new):
            yield from _stretch(starts, before, after, rewritten)
            rewritten = []
            head = shared_start(old, new)
            tail = shared_start(old[head:][::-1], new[head:][::-1])
            yield _cut(starts[index], old, new, head, tail)
        else:
            rewritten.append(index)
    yield from _stretch(starts, before, after, rewritten)


def _stretch(
    starts: list[int], before: list[str], after: list[str], rewritten: list[int]
) -> Iterator[Edit]:
    if rewritten:
        first, end = rewritten[0], rewritten[-1] + 1
        yield _whole(starts[first], "".join(before[first:end]), "".join(after[first:end]))


def _alike(old: str, new: str) -> bool:
    """Whether two lines are one line that changed, rather than two lines."""
    old, new = old[: content_length(old)], new[: content_length(new)]
    enough = _ALIKE * (len(old) + len(new)) / 2
    head = shared_start(old, new)
    old, new = old[head:], new[head:]
    tail = shared_start(old[::-1], new[::-1])
    old, new = old[: len(old) - tail], new[: len(new) - tail]
    shared = head + tail
    if shared > enough or shared + min(len(old), len(new)) <= enough:
        return shared > enough
    if len(old) * len(new) > MAX_DIFF_CELLS:
        return False
    from rapidfuzz.distance import LCSseq

    return shared + LCSseq.similarity(old, new) > enough


def _whole(start: int, old: str, new: str) -> Edit:
    """Whole lines replaced, all but an ending that the last of both share."""
    ending = old[content_length(old) :]
    shared = old and new and new[content_length(new) :] == ending
    return _cut(start, old, new, 0, len(ending) if shared else 0)


def _cut(start: int, old: str, new: str, head: int, tail: int) -> Edit:
    """Replace all but ``head`` leading and ``tail`` trailing characters, or fewer if that cuts."""
    while head and not (_is_border(old, head) and _is_border(new, head)):
        head -= 1
    while tail and not (_is_border(old, len(old) - tail) and _is_border(new, len(new) - tail)):
        tail -= 1
    return Edit(Span(start + head, start + len(old) - tail), new[head : len(new) - tail])


def _is_border(text: str, at: int) -> bool:
    """Whether the characters on the two sides of ``at`` are seen as two."""
    if not 0 < at < len(text):
        return True
    left, right = text[at - 1], text[at]
    if right in "\r\n":
        return left + right != "\r\n"
    if left == _ZWJ or _extends(right):
        return False
    flags = "\U0001f1e6" <= left <= "\U0001f1ff" and "\U0001f1e6" <= right <= "\U0001f1ff"
    halves = "\ud800" <= left <= "\udbff" and "\udc00" <= right <= "\udfff"
    return not (flags or halves)


def _extends(char: str) -> bool:
    """Whether ``char`` is shown as part of the character before it."""
    return (
        unicodedata.category(char) in _MARKS
        or char in (_ZWJ, _ZWNJ, "\uff9e", "\uff9f")
        or "\u1160" <= char <= "\u11ff"  # Hangul vowels and finals
        or "\ud7b0" <= char <= "\ud7fb"
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # emoji skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags of an emoji flag
    )
