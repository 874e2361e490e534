"""Examples of docstrings as tests."""

import sys
import unittest

import pytest

from moa_lsp.verification.examples import FILE_NAME, examples_file, examples_of

TARGET = '''\
def double(number):
    """Twice a number.

    >>> start = 2
    >>> double(start)
    4
    >>> double(3)
    6
    """
'''


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TARGET, [[("start = 2\n", ""), ("double(start)\n", "4\n"), ("double(3)\n", "6\n")]]),
        ("'''>>> f(1)\n1'''", [[("f(1)\n", "1\n")]]),
        ("# Adds.\n# >>> f(1)\n# 1\n", [[("f(1)\n", "1\n")]]),
        ('"""\r\n>>> f(1)\r\n1\r\n', [[("f(1)\n", "1\n")]]),
        ('""">>>f(1)"""', []),
        ("x = 1\n", []),
    ],
    ids=["docstring", "ends beside it", "comment", "not closed", "no example", "nothing"],
)
def test_examples_are_read_as_doctest_reads_them(text, found):
    assert examples_of(text) == found


@pytest.mark.parametrize(
    ("body", "failed"),
    [("    return 2 * number\n", []), ("    return number + 2\n", ["test_example_2"])],
)
def test_each_shown_value_is_a_test(tmp_path, monkeypatch, body, failed):
    path, made = examples_file(TARGET, "examined/twice.py")
    assert path == f"examined/{FILE_NAME}"
    folder = tmp_path / "examined"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "twice.py").write_text(TARGET + body)
    (tmp_path / path).write_text(made)
    monkeypatch.syspath_prepend(tmp_path)
    names = {"__file__": str(tmp_path / path), "__name__": "made"}
    exec(compile(made, path, "exec"), names)
    result = unittest.TestResult()
    try:
        unittest.defaultTestLoader.loadTestsFromTestCase(names["TestExamples"]).run(result)
    finally:
        for name in [each for each in sys.modules if each.split(".")[0] == "examined"]:
            del sys.modules[name]
    assert result.testsRun == 2
    assert not result.errors
    assert [test._testMethodName for test, _ in result.failures] == failed


@pytest.mark.parametrize("path", ["not-a-name.py", "a b/c.py"])
def test_what_cannot_be_imported_by_name_has_no_tests_of_its_own(path):
    assert examples_file(TARGET, path) is None
    assert examples_file("def f(): ...", "a.py") is None
