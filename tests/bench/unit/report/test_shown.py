"""Numbers as people read them."""

import traceback

import pytest

from moa_bench.report import formatting
from moa_bench.report.board import Power
from moa_bench.report.leaderboard import build
from moa_lsp.limits import MAX_SHOWN_CHARS
from tests.fakes.results import outcomes

USD = [(None, "-"), (0.0, "0"), (1e-7, "<0.00001"), (0.000618, "0.00062"), (0.0041, "0.0041"),
       (0.01234, "0.0123"), (2.5, "2.5000"), (1234.5, "1,234.50")]  # fmt: skip


@pytest.mark.parametrize(("amount", "text"), USD)
def test_usd(amount, text):
    assert formatting.usd(amount) == text


def test_what_is_not_known_is_at_least_that():
    assert formatting.usd(0.5, known=False) == "≥0.5000"
    assert formatting.usd(None, known=False) == "-"


SIGNED = [
    (0.014, "+1.4"),
    (-0.014, "\N{MINUS SIGN}1.4"),
    (0.0001, "0.0"),
    (-0.0001, "0.0"),
    (0.0, "0.0"),
]


@pytest.mark.parametrize(("share", "text"), SIGNED)
def test_signed(share, text):
    assert formatting.signed(share) == text


@pytest.mark.parametrize(("p", "text"), [(1.0, "1.000"), (0.0421, ".042"), (0.0009, "<.001")])
def test_chance(p, text):
    assert formatting.chance(p) == text


@pytest.mark.parametrize(("n", "text"), [(999, "999"), (12345, "12,345"), (2.5e6, "2.50 M")])
def test_count(n, text):
    assert formatting.count(n) == text


POWER = [
    (Power(148, 0.2, False, ((0.05, 0.24), (0.1, 0.73)), 0.11), "5 points 24 %, 10 points 73 %;"),
    (Power(148, 0.2, False, ((0.05, 0.24),), 0.11), "four times in five it takes 11 points"),
    (Power(8, 0.02, True, (), None), "never; no gap is found four times in five"),
    (Power(8, 0.02, True, (), None), "as the comparisons here have in the middle"),
]


@pytest.mark.parametrize(("power", "said"), POWER)
def test_power(power, said):
    assert said in formatting.power(power)


LEADS = [
    (outcomes("m", "PF"), "m is best with 50.0 %"),
    (
        outcomes("dear", "PF", cost_usd=1.0) + outcomes("cheap", "FP", cost_usd=0.5),
        "2 of 2 mixes share the first rank, between 50.0 and 50.0 %: the tasks cannot tell them "
        "apart; the cheapest of them is cheap with 1.0000 USD for each solved task",
    ),
    (outcomes("m", "M"), "no mix has enough scored tasks for a rank"),
]


@pytest.mark.parametrize(("results", "said"), LEADS)
def test_the_lead(results, said):
    (table,) = build(results).tables
    assert formatting.lead(table) == said


def test_the_head_says_when_there_was_no_sandbox():
    (table,) = build(outcomes("m", "P", sandbox="none")).tables
    assert "NOT SANDBOXED" in formatting.head(table)


def raised(error):
    """What the driver of a sandbox says of an error."""

    def program():
        raise error

    try:
        program()
    except Exception as caught:
        return "".join(traceback.format_exception(caught))


SECOND = ValueError("second")
SECOND.__context__ = KeyError("first")


DIFFERS = "AssertionError: Lists differ: [1] != [2]\n\nFirst differing element 0:\n1\n2\n"
CAUSES = {
    "a script": (raised(AssertionError("1 is 2")), "AssertionError: 1 is 2"),
    "of several lines": (raised(ValueError("one\n  two\nthree")), "ValueError: one"),
    "a second error": (raised(SECOND), "ValueError: second"),
    "without a message": (raised(AssertionError()), "AssertionError"),
    "a syntax error": (
        raised(SyntaxError("'(' was never closed", ("main.py", 1, 4, "x = (", 1, 5))),
        "SyntaxError: '(' was never closed",
    ),
    "a group": (
        raised(ExceptionGroup("two", [TypeError("a"), OSError("b")])),
        "ExceptionGroup: two (2 sub-exceptions)",
    ),
    "the end of a traceback": ('e\n  File "m.py", line 3\n    f()\nE: x\nDONE', "E: x"),
    "test cases": (
        f'Traceback (most recent call last):\n  File "m.py", line 3, in test_a\n    a()\n{DIFFERS}'
        "failed: test_a, test_b",
        "AssertionError: Lists differ: [1] != [2]",
    ),
    "test cases without a traceback": ("skipped while it ran: no\nfailed: test_a",
                                       "skipped while it ran: no"),
    "a command": ("exit code 1\nFAIL: total\nexpected 3\nBUILD DONE", "exit code 1"),
    "a command of Python": (f"exit code 1\n{raised(ValueError('no'))}\nBUILD DONE",
                            "ValueError: no"),
    "one line": ("timeout", "timeout"),
    "nothing": ("\n", "it failed without a word"),
    "an escape": ("\x1b[2J", "\\x1b[2J"),
    "a long line": ("x" * 9999, "x" * (MAX_SHOWN_CHARS - 1) + "…"),
}  # fmt: skip


@pytest.mark.parametrize("what", CAUSES)
def test_a_cause_is_the_line_that_tells_most(what):
    why, told = CAUSES[what]
    assert formatting.cause(why) == told
