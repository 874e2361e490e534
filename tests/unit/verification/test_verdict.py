"""What counts of what tests say."""

import pytest

from moa_lsp.verification.limits import MAX_REPORTED_NAMES
from moa_lsp.verification.verdict import (
    TestVerdict,
    counted,
    fails_what_passed,
    most_passed,
    report,
)

BEFORE = TestVerdict(("a", "b"), ("old",))


@pytest.mark.parametrize(
    ("found", "new", "others", "passed", "failed"),
    [
        (TestVerdict(("a", "b"), ("old",)), False, [], ("a", "b"), ()),
        (TestVerdict(("a",), ("b", "old")), False, [], ("a",), ("b",)),
        (TestVerdict(("a", "old"), ("b",)), False, [], ("a",), ("b",)),
        (TestVerdict((), ("old",)), False, [], None, None),
        (TestVerdict(("a",), ("old",)), True, [], ("a",), ()),
        (TestVerdict(("a",), ("old",)), True, [TestVerdict(("old",), ())], ("a",), ("old",)),
        (TestVerdict(("a", "old"), ()), True, [], ("a", "old"), ()),
    ],
    ids=[
        "fails as before", "breaks one", "mends an old one", "says nothing", "nobody can",
        "another can", "it can itself",
    ],
)  # fmt: skip
def test_what_failed_before_does_not_count_unless_it_is_what_was_asked_for(
    found, new, others, passed, failed
):
    said = counted(found, BEFORE, others, new=new)
    assert (said and said.passed, said and said.failed) == (passed, failed)


def test_the_best_are_those_that_pass_most():
    two, one = TestVerdict(("a", "b"), ("c",)), TestVerdict(("a",), ("b", "c"))
    ended = TestVerdict((), ("the tests take longer than 1 s",))
    assert most_passed({0: one, 1: two, 2: two, 3: ended}) == {1, 2}
    assert most_passed({}) == frozenset()


@pytest.mark.parametrize(
    ("others", "lost"),
    [
        ([], ()),
        ([TestVerdict(("a",), ("b",))], ("a",)),
        ([TestVerdict(("c",), ("a", "b"))], ()),
        ([TestVerdict(("c",))], ("a", "b")),  # it passes all, whatever names it has
    ],
)
def test_what_a_proposal_passed_a_synthesis_must_pass(others, lost):
    assert fails_what_passed(TestVerdict((), ("a", "b")), others) == lost


def test_a_report_names_tests_and_shows_the_first_failure():
    verdict = TestVerdict((), ("a", "b"), {"b": "assert 1 == 2"})
    assert report(verdict) == "failed: a\nfailed: b\n\nassert 1 == 2"
    many = TestVerdict((), tuple(map(str, range(MAX_REPORTED_NAMES + 3))))
    assert report(many).endswith("failed: 9\nand 3 more")


def test_a_verdict_in_a_line():
    assert TestVerdict(("a",)).words == "ok (1 passed)"
    assert TestVerdict((), ("a", "b")).words == "2 failed: a, b"
