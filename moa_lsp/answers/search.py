"""Where the lines of a SEARCH block stand in a document: at one place, or nowhere.

Four ways of comparing, the strictest first: to the letter, without white space at the ends of
lines, moved in or out as a whole, and with the punctuation that models swap. A way that finds
several places takes the one that a line number points to, or none: the first of several is the
wrong one for six of a hundred blocks of two or three lines. Nothing that is merely alike is taken.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

HINT_REACH = 20
"""Lines between where an answer says that its SEARCH stands and where it does."""

HINT_MARGIN = 5
"""Lines that the next such place must lie further away."""

NAMED_PLACES = 4
"""Places of a SEARCH that a reason names."""

NAMED_LIKENESS = 0.6
"""How like a line must be to be named as what a SEARCH that stands nowhere may have meant."""


_PUNCTUATION = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000", " "),
        "\u2026": "...",
    }
)
_LEADING = re.compile(r"[ \t]*")

Key = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class IndentShift:
    """White space that the document's lines have more, or less, than those of SEARCH."""

    space: str
    inwards: bool

    def moved(self, lines: Sequence[str]) -> list[str] | None:
        """The lines moved by as much, or ``None`` where one has not enough to lose."""
        if self.inwards:
            return [self.space + line if line.strip() else line for line in lines]
        if any(line.strip() and not line.startswith(self.space) for line in lines):
            return None
        return [line.removeprefix(self.space) if line.strip() else line for line in lines]


@dataclass(frozen=True, slots=True)
class LineRange:
    """The lines from ``first`` up to ``end``, counted from 0."""

    first: int
    end: int
    shift: IndentShift | None = None


@dataclass(frozen=True, slots=True)
class SearchMiss:
    """Why there is no one place; ``nowhere``: because there is none at all."""

    reason: str
    nowhere: bool = False


def find(
    search: Sequence[str], lines: Sequence[str], hint: int | None = None
) -> LineRange | SearchMiss:
    """Find the one place of some lines.

    Args:
        search: at least one line that is not blank.
        lines: the document's, without their endings.
        hint: the line, counted from 0, at which an answer says that they start.
    """
    for way, places in enumerate(_ways(search, lines)):
        place = places[0] if len(places) == 1 else _pointed_at(places, hint)
        rivals = list(places)
        if place is not None:
            rivals = [*_nearer(search, lines, way, place, hint), place]
        if place is not None and len(rivals) == 1:
            return place
        if rivals:
            return SearchMiss(
                f"its SEARCH stands at lines {_listed([each.first for each in rivals])}"
            )
    near = nearest(search, lines)
    meant = f"; did you mean lines {near.first + 1} to {near.end}" if near else ""
    return SearchMiss(f"its SEARCH stands nowhere{meant}", nowhere=True)


def nearest(search: Sequence[str], lines: Sequence[str]) -> LineRange | None:
    """The lines most like those of a SEARCH that stands nowhere: to be named, never changed."""
    wanted = [line.strip() for line in search]
    known = {line for line in wanted if any(map(str.isalnum, line))}
    votes: dict[int, int] = {}
    for at, line in enumerate(lines):
        if line.strip() in known:
            for offset, said in enumerate(wanted):
                if said == line.strip():
                    votes[at - offset] = votes.get(at - offset, 0) + 1
    if not votes:
        return _alike(wanted, lines)
    first = max(votes, key=lambda start: (votes[start], -start))
    return LineRange(max(first, 0), min(first + len(search), len(lines)))


def _alike(wanted: Sequence[str], lines: Sequence[str]) -> LineRange | None:
    from rapidfuzz import process
    from rapidfuzz.distance import Indel

    telling = max(wanted, key=len)
    found = process.extractOne(
        telling,
        [line.strip() for line in lines],
        scorer=Indel.normalized_similarity,
        score_cutoff=NAMED_LIKENESS,
    )
    if found is None:
        return None
    first = max(found[2] - wanted.index(telling), 0)
    return LineRange(first, min(first + len(wanted), len(lines)))


def _ways(search: Sequence[str], lines: Sequence[str]) -> Iterator[list[LineRange]]:
    """The places that each way of comparing finds, the strictest first."""
    yield _places(search, lines, str)
    yield _places(search, lines, str.rstrip)
    yield _shifted(search, lines, str.rstrip)
    yield _places(search, lines, _plain)
    yield _shifted(search, lines, _plain)


def _nearer(
    search: Sequence[str], lines: Sequence[str], way: int, place: LineRange, hint: int | None
) -> list[LineRange]:
    """Places that looser ways find nearer to the line that was named.

    Lines that were moved in or out may stand to the letter in another place.
    """
    if hint is None or place.first == hint:
        return []
    away = min(abs(place.first - hint), HINT_REACH + 1)
    loose = (
        {each.first: each for each in _shifted(search, lines, _plain)} if way < _LOOSEST else {}
    )
    return [each for each in loose.values() if abs(each.first - hint) < away]


_LOOSEST = 4
"""Number of the last of the ways."""


def _plain(line: str) -> str:
    return line.translate(_PUNCTUATION).rstrip()


def _places(search: Sequence[str], lines: Sequence[str], key: Key) -> list[LineRange]:
    wanted, there = [key(line) for line in search], [key(line) for line in lines]
    return [LineRange(at, at + len(wanted)) for at in _starts(wanted, there)]


def _shifted(search: Sequence[str], lines: Sequence[str], key: Key) -> list[LineRange]:
    said, has = [key(line) for line in search], [key(line) for line in lines]
    bare = [line.lstrip(" \t") for line in has]
    found = []
    for at in _starts([line.lstrip(" \t") for line in said], bare):
        shift = _shift(said, has[at : at + len(said)])
        if shift is not None:
            found.append(LineRange(at, at + len(said), shift))
    return found


def _shift(said: Sequence[str], there: Sequence[str]) -> IndentShift | None:
    """By how much all lines that are not blank are moved alike."""
    shifts = set()
    for one, other in zip(said, there, strict=True):
        if not one.strip():
            continue
        own, real = _LEADING.match(one), _LEADING.match(other)
        less, more = (own.group() if own else ""), (real.group() if real else "")
        if more.endswith(less):
            shifts.add(IndentShift(more[: len(more) - len(less)], inwards=True))
        elif less.endswith(more):
            shifts.add(IndentShift(less[: len(less) - len(more)], inwards=False))
        else:
            return None
    return shifts.pop() if len(shifts) == 1 else None


def _starts(wanted: Sequence[str], there: Sequence[str]) -> Iterator[int]:
    """Where the wanted lines stand; the longest is looked for first, since it is the rarest."""
    size, anchor = len(wanted), max(range(len(wanted)), key=lambda at: len(wanted[at]))
    for at, line in enumerate(there):
        start = at - anchor
        if line != wanted[anchor] or start < 0 or start + size > len(there):
            continue
        if there[start : start + size] == wanted:
            yield start


def _pointed_at(places: Sequence[LineRange], hint: int | None) -> LineRange | None:
    """The place that a line number means: near it, and clearly nearer than the others."""
    if hint is None or not places:
        return None
    ranked = sorted(places, key=lambda each: abs(each.first - hint))
    best, second = (abs(each.first - hint) for each in ranked[:2])
    near = best <= HINT_REACH and second - best >= HINT_MARGIN
    return ranked[0] if near else None


def _listed(starts: Sequence[int]) -> str:
    shown = [str(each + 1) for each in starts[:NAMED_PLACES]]
    more = len(starts) - len(shown)
    return f"{', '.join(shown)} and {more} more" if more else " and ".join(shown)
