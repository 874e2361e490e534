"""Which tests belong to a change."""

import pytest

from moa_lsp.verification.selection import FileUse, choose_tests, is_test, mentions


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("tests/test_a.py", True), ("a_test.py", True), ("tests.py", True),
        ("app/tests/a.py", False),
        ("contest.py", False), ("a.test.ts", True), ("a.spec.jsx", True), ("test.mjs", True),
        ("__tests__/a.js", True), ("latest.js", False), ("a_test.go", True), ("a.go", False),
        ("tests/a.rs", True), ("src/a.rs", False), ("ATest.java", True), ("test_a.txt", False),
    ],
)  # fmt: skip
def test_files_of_tests_are_known_by_their_names(path, holds):
    assert is_test(path) == holds


def test_the_nearest_tests_come_first_and_no_more_than_the_bound():
    uses = [
        FileUse("far/test_z.py", names=True),
        FileUse("tests/test_other.py", imports=True, names=True),
        FileUse("tests/test_words.py", imports=True, names=True),
        FileUse("tests/test_imports.py", imports=True),
        FileUse("tests/test_neither.py"),
        FileUse("pkg/user.py", imports=True, names=True),
        FileUse("tests/words.test.js", imports=True, names=True),
    ]
    wanted = ["tests/test_words.py", "tests/test_other.py", "tests/test_imports.py"]
    assert choose_tests(uses, "pkg/words.py", "python") == [*wanted, "far/test_z.py"]
    assert choose_tests(uses, "pkg/words.py", "python", most=2) == wanted[:2]


def test_a_test_file_that_is_changed_is_its_own_test():
    uses = [FileUse("tests/test_b.py", imports=True, names=True)]
    assert choose_tests(uses, "tests/test_a.py", "python") == [
        "tests/test_a.py",
        "tests/test_b.py",
    ]


def test_without_an_index_tests_are_found_by_words():
    files = {
        "tests/test_a.py": b"from pkg.words import split",
        "tests/test_b.py": b"swords, splitter",
        "pkg/user.py": b"words",
    }
    assert mentions(files, "pkg/words.py", ["split"]) == [
        FileUse("tests/test_a.py", imports=True, names=True),
        FileUse("tests/test_b.py"),
    ]
    package = {"test_p.py": b"import pkg"}
    assert mentions(package, "pkg/__init__.py", [""]) == [FileUse("test_p.py", imports=True)]
