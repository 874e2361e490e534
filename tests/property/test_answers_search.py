"""SEARCH blocks distorted as models distort them: the right place, or none, never another.

Regions are lines of standard library modules. Reproduces the matcher table of the design: with a
line number that is a little off, text to the letter is found in all but a few of a hundred cases,
and no distortion is ever put at a wrong place.
"""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, strategies

from moa_lsp.answers.changes import Changes, SearchReplaceBlock, WholeFile, read, written
from moa_lsp.answers.file_changes import fit
from moa_lsp.answers.paths import refused
from moa_lsp.answers.rejection import RejectedAnswer
from moa_lsp.answers.search import SearchMiss, find
from moa_lsp.task import File, Snapshot
from tests.property.test_answers_distortion import MODULES, source

REGIONS = 500
SIZES = [(2, 3), (5, 8), (12, 20)]
OFF = 4
"""Lines by which a hint is off at most: models count badly."""


@dataclass(frozen=True)
class Region:
    document: list[str]
    first: int
    lines: list[str]


def regions(size: tuple[int, int]) -> list[Region]:
    random = Random(f"{size}")
    found = []
    while len(found) < REGIONS:
        document = source(random.choice(MODULES)).split("\n")
        count = random.randint(*size)
        first = random.randrange(len(document) - count)
        lines = document[first : first + count]
        if lines[0].strip() and lines[-1].strip():
            found.append(Region(document, first, lines))
    return found


def typo(lines: list[str], random: Random) -> list[str]:
    at = random.choice([n for n, line in enumerate(lines) if line.strip()])
    where = random.randrange(len(lines[at]) - len(lines[at].lstrip()), len(lines[at]))
    changed = f"{lines[at][:where]}§{lines[at][where + 1 :]}"
    return [*lines[:at], changed, *lines[at + 1 :]]


def one_moved(lines: list[str], random: Random) -> list[str]:
    at = random.choice([n for n, line in enumerate(lines) if line.strip()])
    return [*lines[:at], f" {lines[at]}", *lines[at + 1 :]]


Distortion = Callable[[list[str], Random], list[str]]

DISTORTIONS: dict[str, Distortion] = {
    "exact": lambda lines, _: lines,
    "trailing": lambda lines, random: [
        f"{line}{random.choice(['', ' ', chr(9)])}" for line in lines
    ],
    "dedented": lambda lines, _: textwrap.dedent("\n".join(lines)).split("\n"),
    "indented": lambda lines, _: textwrap.indent("\n".join(lines), "    ").split("\n"),
    "curly": lambda lines, _: [
        line.replace("'", "\u2019").replace("-", "\u2013") for line in lines
    ],
    "typo": typo,
    "one moved": one_moved,
}

LEAST_FOUND = {
    # of a hundred: (2-3 lines, 5-8 lines, 12-20 lines)
    "exact": (97, 99, 100), "trailing": (97, 99, 100), "dedented": (80, 95, 99),
    "indented": (80, 95, 99), "curly": (80, 95, 99), "typo": (0, 0, 0), "one moved": (0, 0, 0),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", DISTORTIONS)
def test_a_distorted_search_is_found_where_it_was_or_not_at_all(name, size):
    random = Random(name)
    found = wrong = 0
    for region in regions(size):
        search = DISTORTIONS[name](list(region.lines), random)
        hint = region.first + random.randint(-OFF, OFF)
        place = find(search, region.document, hint)
        if not isinstance(place, SearchMiss):
            found += place.first == region.first
            wrong += place.first != region.first
    assert wrong == 0
    assert found >= LEAST_FOUND[name][SIZES.index(size)] * REGIONS / 100


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_without_a_hint_what_stands_twice_is_not_found(size):
    wrong = 0
    for region in regions(size):
        place = find(region.lines, region.document)
        wrong += not isinstance(place, SearchMiss) and place.first != region.first
    assert wrong == 0


PIECES = strategies.sampled_from(
    ["x = 1", "    y", "", "=======", "<<<<<<< SEARCH", ">>>>>>> REPLACE", "\\=======", "```",
     "```python", "-----", "+++++ REPLACE", "a.py", "src/b.py", "\\\\<<<<<", "# 5", "@line 3"],
)  # fmt: skip
LINES = strategies.lists(PIECES, max_size=6).map(tuple)
HUNKS = strategies.builds(
    SearchReplaceBlock,
    strategies.sampled_from(["src/a.py", "src/b.py"]),
    LINES,
    LINES,
    strategies.integers(1, 99),
)
WHOLES = strategies.builds(
    WholeFile,
    strategies.just("src/c.py"),
    strategies.lists(PIECES, min_size=1, max_size=6)
    .map("\n".join)
    .filter(lambda text: text.strip() and "SEARCH" not in text and "REPLACE" not in text),
)


@given(strategies.lists(HUNKS, max_size=4), strategies.lists(WHOLES, max_size=1))
def test_what_was_written_is_read_again(hunks, wholes):
    changes = Changes(tuple(hunks), tuple(wholes))
    if hunks or wholes:
        assert read(written(changes), ("src/a.py", "src/b.py")) == changes


DOCUMENT = "x = 1\n    y\n\n# 5\n=======\n```\n"
FILES = (
    File("src/a.py", Snapshot("file:///w/src/a.py", DOCUMENT, "plaintext")),
    File("src/b.py", Snapshot("file:///w/src/b.py", DOCUMENT.replace("\n", "\r\n"), "plaintext")),
)
SAID = strategies.lists(
    strategies.one_of(PIECES, strategies.sampled_from(["src/a.py", "prose.", "rm src/a.py"])),
    max_size=30,
).map("\n".join)


@given(strategies.one_of(SAID, strategies.text(max_size=200)))
def test_any_answer_is_fitted_or_refused(answer):
    """And what is fitted stays inside its documents, in order, without overlaps."""
    try:
        found = fit(read(answer, [each.path for each in FILES]), FILES, may_create=True)
    except RejectedAnswer:
        return
    for each in found.files:
        assert each.after != each.before
        spans = [place.span for place in each.places]
        assert all(one.end <= other.start for one, other in pairwise(spans))
    assert all(refused(each.path) is None for each in found.created)
