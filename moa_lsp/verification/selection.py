"""Which tests belong to a change: chosen from what the index knows. Pure.

A test file belongs to a change if it imports the changed file, or names what is changed. Nearest
first: both before one, then the file that is named after the changed one, then by common folders.
"""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from moa_lsp.syntax.languages import akin, by_path
from moa_lsp.verification import limits

_NAMES: Mapping[str, re.Pattern[str]] = {
    "python": re.compile(r"(?:test_.*|.*_test|tests?)\.py"),
    "javascript": re.compile(r".*[._-](?:test|spec)\.[cm]?[jt]sx?|test\.[cm]?[jt]sx?"),
    "go": re.compile(r".*_test\.go"),
    "java": re.compile(r"Test.*\.java|.*Tests?\.java|.*IT\.java"),
}
"""How files of tests are named, by language: the defaults of pytest, node --test, jest and vitest,
go test, and Maven Surefire and Failsafe."""

_FAMILY = {
    "typescript": "javascript",
    "javascriptreact": "javascript",
    "typescriptreact": "javascript",
}

_FOLDERS = {"rust": "tests", "javascript": "__tests__"}
"""Folders whose files are all tests, by language: of cargo, and of jest."""


@dataclass(frozen=True, slots=True)
class FileUse:
    """How a file uses what is changed.

    Attributes:
        path: below the workspace, with forward slashes.
        imports: whether it imports the changed file.
        names: whether it has the name of something that is changed.
    """

    path: str
    imports: bool = False
    names: bool = False


def is_test(path: str) -> bool:
    """Whether a file holds tests, by its name."""
    language = by_path(path)
    family = _FAMILY.get(language, language)
    folder, name = posixpath.split(path)
    pattern = _NAMES.get(family)
    if pattern is not None and pattern.fullmatch(name):
        return True
    return family in _FOLDERS and _FOLDERS[family] in folder.split("/")


def choose_tests(
    uses: Iterable[FileUse], path: str, language: str, most: int = limits.MAX_TEST_FILES
) -> list[str]:
    """The test files that are run for a change, nearest first.

    Args:
        uses: files that have to do with what is changed.
        path: of the changed file.
        language: of the changed file.
        most: files that are chosen.
    """
    found = [
        each
        for each in uses
        if (each.imports or each.names)
        and is_test(each.path)
        and akin(by_path(each.path), language)
    ]
    own = [FileUse(path, imports=True, names=True)] if is_test(path) else []
    ranked = sorted(
        {each.path: each for each in (*found, *own)}.values(),
        key=lambda each: (each.path != path, *_rank(each, path)),
    )
    return [each.path for each in ranked[:most]]


def _rank(use: FileUse, path: str) -> tuple[bool, bool, bool, int, int, str]:
    stem = posixpath.splitext(posixpath.basename(path))[0]
    name = posixpath.splitext(posixpath.basename(use.path))[0]
    named_after = stem in re.split(r"[._-]", name) or stem in name
    return (
        not (use.imports and use.names),
        not named_after,
        not use.imports,
        -len(posixpath.commonprefix([posixpath.dirname(use.path), posixpath.dirname(path)])),
        len(use.path),
        use.path,
    )


def mentions(texts: Mapping[str, bytes], path: str, symbols: Sequence[str]) -> list[FileUse]:
    """The same as the index knows, by words alone: for where there is no index.

    Args:
        texts: files of the workspace by path.
        path: of the changed file.
        symbols: names of what is changed.
    """
    stem = posixpath.splitext(posixpath.basename(path))[0]
    if stem == "__init__":
        stem = posixpath.basename(posixpath.dirname(path))
    module = _word(stem)
    named = [_word(each) for each in symbols]
    return [
        FileUse(
            other,
            imports=module is not None and module.search(data) is not None,
            names=any(word is not None and word.search(data) for word in named),
        )
        for other, data in texts.items()
        if is_test(other)
    ]


def _word(name: str) -> re.Pattern[bytes] | None:
    return re.compile(rb"\b" + re.escape(name.encode()) + rb"\b") if name.strip() else None
