"""Keys of files, and which of them an import may mean."""

import pytest

from moa_lsp.workspace.index.keys import beside, distance, key_of, means, stem_of


@pytest.mark.parametrize(
    ("path", "language", "key", "stem"),
    [
        ("a.py", "python", "a", "a"),
        ("pkg/a.py", "python", "pkg/a", "a"),
        ("pkg/__init__.py", "python", "pkg", "pkg"),
        ("__init__.py", "python", "", ""),
        ("src/index.ts", "typescript", "src", "src"),
        ("src/a.test.ts", "typescript", "src/a.test", "a.test"),
        ("types/a.d.ts", "typescript", "types/a", "a"),
        ("src/net/mod.rs", "rust", "src/net", "net"),
        ("src/index.rs", "rust", "src/index", "index"),
        ("pkg/sub/file.go", "go", "pkg/sub", "sub"),
        ("com/x/Y.java", "java", "com/x/Y", "Y"),
        ("inc/a.h", "cpp", "inc/a", "a"),
    ],
)
def test_a_file_has_the_key_by_which_it_is_imported(path, language, key, stem):
    assert key_of(path, language) == key
    assert stem_of(key) == stem


@pytest.mark.parametrize(
    ("wanted", "key", "folder", "expected"),
    [
        ("/pkg/a", "pkg/a", "other", True),
        ("/pkg/a", "src/pkg/a", "other", False),  # exactly
        ("pkg/a", "pkg/a", "", True),
        ("pkg/a", "src/pkg/a", "", True),
        ("pkg/a", "deep/down/pkg/a", "", True),
        ("pkg/a", "mypkg/a", "", False),
        ("json", "json", "", True),
        ("json", "src/json", "x", True),
        ("json", "tests/json", "x", False),  # the standard library's is meant
        ("json", "tests/json", "tests", True),  # a script beside it
    ],
)
def test_what_an_import_may_mean(wanted, key, folder, expected):
    assert means(wanted, key, folder) is expected


def test_the_nearest_of_several_comes_first():
    keys = ["z/pkg/a", "app/src/pkg/a", "app/pkg/a", "pkg/a"]
    ordered = sorted(keys, key=lambda key: distance(key, "app/src/tools"))
    assert ordered == ["app/src/pkg/a", "app/pkg/a", "pkg/a", "z/pkg/a"]


@pytest.mark.parametrize(
    ("folder", "relative", "key"),
    [
        ("a/b", "./c", "/a/b/c"),
        ("a/b", "../c", "/a/c"),
        ("a", "..", "/"),
        ("a", "../../c", ""),  # outside
        ("", "../etc/passwd", ""),
        ("", "c", "/c"),
    ],
)
def test_a_relative_import_stays_in_the_workspace(folder, relative, key):
    assert beside(folder, relative) == key
