"""What tests say about a text, and what of it counts. Pure.

Names and lines in a verdict come from what a proposal's own run printed: they are data, never
instructions, and a proposal could print what it likes. A verdict is advice about honest mistakes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from moa_lsp.verification import limits

COMMAND = "the command"
"""In place of a test's name: the whole command failed, and named no test."""

NO_TESTS = "no test was run"
"""In place of a test's name: the command succeeded, and told of no test."""


@dataclass(frozen=True, slots=True)
class TestVerdict:
    """What one run of some tests says.

    Attributes:
        passed: names of tests that passed, as the runner spells them.
        failed: names of those that failed; of a command that names no test ``COMMAND``.
        failures: the lines of failures, by name, as far as the runner printed them.
    """

    __test__ = False  # it is said about tests, and is none

    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    failures: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.failed

    @property
    def first_failure(self) -> str:
        """The lines of the first failure, ``""`` where there are none."""
        return next((self.failures[name] for name in self.failed if self.failures.get(name)), "")

    @property
    def words(self) -> str:
        """In a line: ``ok (12 passed)``, or ``2 failed: a, b``."""
        if self.ok:
            return f"ok ({len(self.passed)} passed)"
        return f"{len(self.failed)} failed: {', '.join(self.failed[:SHOWN_NAMES])}"

    def as_json(self) -> dict[str, object]:
        """As plain JSON values."""
        return {
            "ok": self.ok,
            "passed": list(self.passed),
            "failed": list(self.failed),
            "failure": self.first_failure,
        }


SHOWN_NAMES = 5
"""Failed tests that a line names; the first ones say where to look."""


class TestRuns(Protocol):
    """Runs the tests that belong to one task."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What its user should know: why tests were not run, or not all of them."""

    @property
    def plan(self) -> str:
        """What is run, in a few words, for those who wait; ``""`` where nothing is."""

    def known(self, text: str) -> TestVerdict | None:
        """What tests have said about an answer, ``None`` where they have said nothing."""

    async def judge(self, texts: Sequence[str], stop_at: float) -> Mapping[str, TestVerdict]:
        """What tests say about answers.

        Args:
            texts: usable answers to the task.
            stop_at: loop time at which no verdict is waited for any more.

        Returns:
            Verdicts by text; nothing for a text about which there is none.
        """


def counted(
    found: TestVerdict,
    before: TestVerdict,
    others: Iterable[TestVerdict] = (),
    *,
    new: bool = False,
) -> TestVerdict | None:
    """A verdict without the failures that are not the text's own.

    Args:
        found: of the text.
        before: of the unchanged text: what fails there does not count.
        others: of other answers to the same task.
        new: whether the task is to make the text do what it does not do yet. Then a test that
            fails on the unchanged text counts as soon as one of the answers passes it.

    Returns:
        ``None`` where tests say nothing about the text.
    """
    excused = set(before.failed)
    if new:
        excused -= {name for each in (found, *others) for name in each.passed}
    failed = tuple(name for name in found.failed if name not in excused)
    passed = tuple(name for name in found.passed if name not in excused)
    return replace(found, passed=passed, failed=failed) if failed or passed else None


def most_passed(verdicts: Mapping[int, TestVerdict]) -> frozenset[int]:
    """Those that pass the most tests; one whose run did not come to its end passes none."""
    most = max((len(each.passed) for each in verdicts.values()), default=0)
    return frozenset(order for order, each in verdicts.items() if len(each.passed) == most)


def fails_what_passed(found: TestVerdict, others: Iterable[TestVerdict]) -> tuple[str, ...]:
    """The tests that a text fails and another one passes; of one that passes all, all."""
    lost: dict[str, None] = {}
    for other in others:
        passed = set(other.passed)
        lost |= dict.fromkeys(name for name in found.failed if other.ok or name in passed)
    return tuple(lost)


def report(verdict: TestVerdict) -> str:
    """A failed verdict as data for a model: the names, then the first failure's lines."""
    names = "\n".join(f"failed: {name}" for name in verdict.failed[: limits.MAX_REPORTED_NAMES])
    more = len(verdict.failed) - limits.MAX_REPORTED_NAMES
    listed = f"{names}\nand {more} more" if more > 0 else names
    first = verdict.first_failure
    return f"{listed}\n\n{first}" if first else listed
