"""What runners are told and what their output says, on output as they print it."""

import pytest

from moa_lsp.verification import limits
from moa_lsp.verification.runners import runner_of, verdict
from moa_lsp.verification.verdict import COMMAND, NO_TESTS

PYTEST = """\
.F\x1b[31mE\x1b[0m                                                     [100%]
=================================== ERRORS ====================================
______________________ ERROR collecting tests/test_c.py _______________________
ImportError while importing test module 'tests/test_c.py'.
E   ModuleNotFoundError: No module named 'x'
=================================== FAILURES ===================================
________________________________ TestB.test_two ________________________________

    def test_two(self):
>       assert f() == 2
E       assert 1 == 2

tests/test_b.py:3: AssertionError
=========================== short test summary info ============================
PASSED tests/test_a.py::test_one[a - b]
PASSED tests/test_a.py::test_three
FAILED tests/test_b.py::TestB::test_two - assert 1 == 2
ERROR tests/test_c.py
========================= 1 failed, 1 passed in 0.02s =========================
"""
UNITTEST = """\
test_one (tests.test_a.A.test_one) ... ok
test_told (tests.test_a.A.test_told)
What it is about. ... ok
test_two (tests.test_a.A.test_two) ... FAIL
tests.test_b (unittest.loader._FailedTest.tests.test_b) ... ERROR

======================================================================
ERROR: tests.test_b (unittest.loader._FailedTest.tests.test_b)
----------------------------------------------------------------------
ImportError: Failed to import test module: tests.test_b
======================================================================
FAIL: test_two (tests.test_a.A.test_two)
----------------------------------------------------------------------
Traceback (most recent call last):
AssertionError: 1 != 2

----------------------------------------------------------------------
Ran 3 tests in 0.001s
"""
NODE = """\
TAP version 13
# Subtest: adds
ok 1 - adds
  ---
  duration_ms: 1.2
  ...
# Subtest: group
    # Subtest: fails
    not ok 1 - fails
      ---
      error: 'Expected values to be strictly equal: 1 !== 2'
      ...
not ok 2 - group
  ---
  error: '1 subtest failed'
  ...
"""
GO = """\
=== RUN   TestA
--- PASS: TestA (0.00s)
=== RUN   TestB
    b_test.go:7: got 1
--- FAIL: TestB (0.00s)
FAIL
"""
CARGO = "running 2 tests\ntest tests::one ... ok\ntest tests::two ... FAILED\n"


@pytest.mark.parametrize(
    ("command", "output", "passed", "failed", "first"),
    [
        (
            ("python", "-m", "pytest", "-x"), PYTEST,
            ("tests/test_a.py::test_one[a - b]", "tests/test_a.py::test_three"),
            ("tests/test_b.py::TestB::test_two", "tests/test_c.py"),
            "assert 1 == 2",
        ),
        (
            ("python", "-m", "unittest"), UNITTEST,
            ("test_one (tests.test_a.A.test_one)", "test_told (tests.test_a.A.test_told)"),
            (
                "test_two (tests.test_a.A.test_two)",
                "tests.test_b (unittest.loader._FailedTest.tests.test_b)",
            ),
            "AssertionError: 1 != 2",
        ),
        (("node", "--test"), NODE, ("adds",), ("fails", "group"), "strictly equal"),
        (("/opt/go/bin/go", "test", "./..."), GO, ("TestA",), ("TestB",), "b_test.go:7: got 1"),
        (("cargo", "test"), CARGO, ("tests::one",), ("tests::two",), ""),
        (("make", "check"), "it is\nwrong\n", (), (COMMAND,), "it is\nwrong"),
    ],
    ids=["pytest", "unittest", "node", "go", "cargo", "another"],
)  # fmt: skip
def test_tests_are_known_by_name(command, output, passed, failed, first):
    said = verdict(runner_of(command), output, succeeded=False)
    assert (said.passed, said.failed) == (passed, failed)
    assert first in said.first_failure


@pytest.mark.parametrize(
    ("command", "run"),
    [
        (
            ("python", "-m", "pytest", "-x", "a.py"),
            "python -m pytest -x a.py -rA --color=no -p no:cacheprovider --maxfail=0",
        ),
        (("python", "-m", "unittest", "-f", "a.py"), "python -m unittest -v a.py"),
        (("node", "--test", "a.js"), "node --test --test-reporter=tap a.js"),
        (("go", "test", "./..."), "go test -v ./..."),
        (("make", "test"), "make test"),
        (("python", "-m"), "python -m"),
    ],
)
def test_a_command_is_run_so_that_it_names_every_test(command, run):
    assert " ".join(runner_of(command).prepare(command)) == run


def test_the_exit_code_has_the_last_word():
    pytest_run = runner_of(("pytest",))
    told = verdict(pytest_run, "PASSED a.py::test_a\nFAILED a.py::test_b\n", succeeded=True)
    assert (told.passed, told.failed) == (("a.py::test_a",), ())
    assert verdict(pytest_run, "", succeeded=True).failed == (NO_TESTS,)
    silent = verdict(pytest_run, "Segmentation fault\n", succeeded=False)
    assert (silent.failed, silent.first_failure) == ((COMMAND,), "Segmentation fault")
    assert verdict(runner_of(("make",)), "", succeeded=True).passed == (COMMAND,)


def test_whatever_is_printed_a_verdict_stays_small():
    lines = "".join(f"FAILED t.py::t{n}{'x' * 500}\n" for n in range(5000))
    said = verdict(runner_of(("pytest",)), lines, succeeded=False)
    assert len(said.failed) == limits.MAX_TEST_NAMES
    assert max(map(len, said.failed)) == limits.MAX_TEST_NAME_CHARS
    long = verdict(runner_of(("make",)), "word\n" * 5000, succeeded=False)
    assert len(long.first_failure) <= limits.MAX_FAILURE_CHARS
    acting = verdict(runner_of(("pytest",)), "FAILED a\x07\u202eb\x1b]0;t\x07\n", succeeded=False)
    assert all(name.isprintable() for name in acting.failed)
