"""Every row of ``docs/faults.md`` has a test that carries its id, or a reason why it has none.

P: providers; L: clients; S: the system; H: the protocol library; A: threats. A test carries a row
in its name (``test_P23_…``, also as one of several); rows of one table are found by that name too.
"""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

ROWS = dict(
    re.findall(
        r"^\| ([PLSHA]\d+) \| ([^|]+) \|",
        (ROOT / "docs" / "faults.md").read_text("utf-8"),
        re.MULTILINE,
    )
)
"""Fault by id."""

COUNTS = {"P": 45, "L": 22, "S": 20, "H": 19, "A": 24}

NOT_HERE = {
    "S20": "one interpreter on one system runs these tests; a matrix needs several machines",
    "A18": "the lock file carries hashes, and `make setup` installs with --require-hashes",
}
"""Rows that `make test` and `make test-slow` cannot have, with the reason."""

ELSEWHERE = {
    "H2": "test_L03_every_method_answers_wrong_parameters",
    "H3": "test_L04_before_initialize_and_L13_after_shutdown",
    "H7": "test_offset_walks_as_the_reference",
    "H11": "test_survived",
    "H16": "test_a_large_document_takes_a_selection",
    "H17": "test_every_split_gives_the_same",
    "H18": "test_s11_refused_with_its_place",
    "H19": "test_errors_are_no_errors",
    "A14": "test_escaped_text_neither_acts_nor_exceeds",
    "A17": "test_P34_a_huge_answer_is_dropped_at_its_bound",
    "A24": "test_L08_inside_the_target_nothing_is_applied_and_the_user_told_once",
}
"""Rows held by a test with another name."""


@cache
def all_tests() -> frozenset[str]:
    """The name of every test function."""
    texts = (path.read_text("utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py")))
    return frozenset(re.findall(r"^\s*(?:async )?def (test_\w+)", "\n".join(texts), re.MULTILINE))


@cache
def named() -> frozenset[str]:
    """Every row that the name of a test carries; rows H also in an id of a table."""
    names = "\n".join(all_tests()).upper()
    rows = set(re.findall(r"_([PLSA]\d\d)(?=_)", names))
    others = sorted(set((ROOT / "tests").rglob("test_*.py")) - {Path(__file__)})
    text = "\n".join(path.read_text("utf-8") for path in others)
    hazards = re.findall(r"def test_(?:\w+_)?H0?(\d+)(?=_)|[\"'](?:test_\w*)?H0?(\d+)[ _]", text)
    return frozenset(rows | {f"H{name or cell}" for name, cell in hazards})


def test_the_matrix_is_whole():
    counts = {letter: sum(row[0] == letter for row in ROWS) for letter in COUNTS}
    assert counts == COUNTS
    assert set(NOT_HERE) | set(ELSEWHERE) <= set(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_has_its_test(row):
    elsewhere = row in NOT_HERE or row in ELSEWHERE
    assert (row in named()) != elsewhere, f"{row}: {ROWS[row]}"
    assert ELSEWHERE.get(row, next(iter(all_tests()))) in all_tests(), row


def test_no_test_carries_a_row_that_does_not_exist():
    assert {row for row in named() if row not in ROWS} == set()
