"""Lines around the region that an answer repeats: cut off where sure, rejected where not.

Lines are compared without their indentation and blank lines do not count. What the region itself
starts or ends with is never cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from moa_lsp.answers.rejection import Rejection

ANCHOR_LINES = 3
"""Non-blank lines on either side of the region that find it inside an answer of the whole file."""

_SURE_LINE = 12
"""A single repeated line of this many characters is no coincidence."""

_BRACKETS = "()[]{},; "


@dataclass(frozen=True, slots=True)
class EchoTrim:
    """What is left of an answer.

    Attributes:
        lines: the answer's lines without those it repeats.
        rejection: why it cannot be used, or ``None``.
        notes: what was done, as sentences' ends.
    """

    lines: list[str]
    rejection: Rejection | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegionContext:
    """The document around the region, as lines.

    Attributes:
        before: lines before the region.
        region: lines of the region.
        after: lines after the region.
    """

    before: Sequence[str]
    region: Sequence[str]
    after: Sequence[str]


def cut(lines: list[str], around: RegionContext) -> EchoTrim:
    """Take from the lines of an answer what it repeats of the document around the region.

    First the lines next to the region, at the answer's two ends. An answer that reaches further,
    up to the whole file, is then cut at the ``ANCHOR_LINES`` next to the region on that side.
    """
    shift = _shift(lines, around.region)
    head = _repeated(lines, around.before, around.region, shift)
    tail = _repeated(lines[::-1], around.after[::-1], around.region[::-1], shift)
    if head is None or tail is None:
        side = "before" if head is None else "after"
        reason = f"repeats a line {side} the region and may mean it"
        return EchoTrim(lines, Rejection("echo", reason))
    if head + tail >= len(lines) > 0:
        return EchoTrim(lines, _NOTHING_ELSE)
    rest = lines[head : len(lines) - tail]
    above = _side(rest, around.before, around.region) if not head else _LeadingOverlap()
    reversed_region = around.region[::-1]
    below = (
        _side(rest[::-1], around.after[::-1], reversed_region) if not tail else _LeadingOverlap()
    )
    if above.unclear or below.unclear:
        return EchoTrim(lines, _UNCLEAR)
    if above.count + below.count >= len(rest) > 0:
        return EchoTrim(lines, _NOTHING_ELSE)
    rest = rest[above.count : len(rest) - below.count]
    changed_above = below.count and not _bounded(rest, around.before, around.region, head, above)
    changed_below = above.count and not _bounded(
        rest[::-1], around.after[::-1], reversed_region, tail, below
    )
    if changed_above or changed_below:
        return EchoTrim(lines, _CHANGED_AROUND)
    notes = []
    if head or tail:
        notes.append("cut lines repeated from around the region")
    if above.count or below.count:
        notes.append("cut the region out of a longer answer")
    return EchoTrim(rest, None, tuple(notes))


_NOTHING_ELSE = Rejection("echo", "repeats the text around the region and nothing else")
_UNCLEAR = Rejection(
    "wrong_scope", "holds more than the region, and where that lies in it is not clear"
)
_CHANGED_AROUND = Rejection(
    "wrong_scope", "holds more than the region and changes the text around it"
)


@dataclass(frozen=True, slots=True)
class _LeadingOverlap:
    """How many lines at the start of an answer lie outside the region, by their anchor."""

    count: int = 0
    unclear: bool = False


def _filled(lines: Sequence[str]) -> list[int]:
    return [index for index, line in enumerate(lines) if line.strip()]


def _trivial(line: str) -> bool:
    return not any(character.isalnum() for character in line)


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())


def _shift(lines: Sequence[str], region: Sequence[str]) -> int | None:
    """How far the whole answer is moved to the left, read off lines shared with the region.

    ``None`` where it shares none.
    """
    known = {line.strip(): _indent(line) for line in region if not _trivial(line)}
    deltas = [known[line.strip()] - _indent(line) for line in lines if line.strip() in known]
    return max(set(deltas), key=deltas.count) if deltas else None


def _repeated(
    lines: Sequence[str], outside: Sequence[str], region: Sequence[str], shift: int | None
) -> int | None:
    """How many lines of `lines` repeat the end of `outside`; ``None`` if that cannot be told.

    For the end of an answer all three come reversed, and then it is the start of `outside`.
    """
    at, near = _filled(lines), _filled(outside)
    said = [lines[index].strip() for index in at]
    there = [outside[index].strip() for index in near]
    for count in range(min(len(said), len(there)), 0, -1):
        # The first comparison alone settles nearly every count: the second copies lists.
        if there[-count] != said[0] or there[-count:] != said[:count]:
            continue
        own = [line.strip() for line in region if line.strip()][:count]
        if own == said[:count]:
            return 0  # the region starts like the text before it
        telling = [line for line in said[:count] if not _trivial(line)]
        if len(telling) >= 2 or any(len(line) >= _SURE_LINE for line in said[:count]):
            return at[count - 1] + 1
        if not "".join(said[:count]).strip(_BRACKETS):
            return 0  # blocks end alike; one bracket too many does not parse
        return _short_repeat(
            [lines[index] for index in at[:count]],
            [outside[index] for index in near[-count:]],
            shift,
        )
    return 0


def _short_repeat(said: Sequence[str], there: Sequence[str], shift: int | None) -> int | None:
    """Judge one short repeated line: at another depth it is meant, at the same it may be not."""
    moved = {_indent(line) - _indent(own) for line, own in zip(there, said, strict=True)}
    return None if moved <= {0, shift} else 0


def _side(lines: Sequence[str], outside: Sequence[str], region: Sequence[str]) -> _LeadingOverlap:
    """Find the anchor, the end of `outside`, inside an answer (all reversed for its other end)."""
    near = [outside[index].strip() for index in _filled(outside)]
    anchor = near[-ANCHOR_LINES:]
    while len(anchor) < len(near) and all(map(_trivial, anchor)):
        anchor = near[-len(anchor) - 1 :]
    if sum(len(line) for line in anchor if not _trivial(line)) < _SURE_LINE:
        return _LeadingOverlap()
    if _found([region[index].strip() for index in _filled(region)], anchor):
        return _LeadingOverlap()  # the region itself looks like that
    at = _filled(lines)
    places = _found([lines[index].strip() for index in at], anchor)
    if len(places) > 1:
        return _LeadingOverlap(unclear=True)
    return _LeadingOverlap(at[places[0] + len(anchor) - 1] + 1) if places else _LeadingOverlap()


def _bounded(
    lines: Sequence[str],
    outside: Sequence[str],
    region: Sequence[str],
    repeated: int,
    side: _LeadingOverlap,
) -> bool:
    """Whether an answer that was cut at its other end is known to start with the region."""
    own, said = _filled(region), _filled(lines)
    if repeated or side.count or not _filled(outside):
        return True
    return bool(own and said) and region[own[0]].strip() == lines[said[0]].strip()


def _found(lines: Sequence[str], anchor: Sequence[str]) -> list[int]:
    size = len(anchor)
    return [
        index
        for index in range(len(lines) - size + 1)
        if list(lines[index : index + size]) == list(anchor)
    ]
