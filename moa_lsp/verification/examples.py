"""Examples of a docstring as a test file of their own. Pure.

The examples are those of the text before any change: a proposal does not choose by what it is
judged. Python alone: ``>>>`` as doctest has it.
"""

import doctest
import posixpath
import re

from moa_lsp.text.eol import to_lf
from moa_lsp.text.lines import split_lines

FILE_NAME = "test_moa_examples.py"
"""In the copy of the workspace alone, beside the changed file."""

MAX_EXAMPLES = 50
"""Examples of one target that are run; a docstring has two or three."""

_TEST = '''"""The examples of {path}, each a test."""

import doctest
import importlib
import pathlib
import sys
import unittest

EXAMPLES = {examples!r}
MODULE, ROOT = {module!r}, {root!r}


def run(number):
    top = str(pathlib.Path(__file__).resolve().parents[ROOT])
    sys.path[:0] = [] if top in sys.path else [top]
    names = dict(vars(importlib.import_module(MODULE)))
    said = []
    for setup, source, want in EXAMPLES[number]:
        test = doctest.DocTest(
            [doctest.Example(source, want)], names, "example", None, 0, None
        )
        ran = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
        failed = ran.run(test, out=said.append, clear_globs=False).failed
        names = test.globs
        if failed and not setup:
            raise AssertionError("".join(said))


class TestExamples(unittest.TestCase):
    """Each shown value, after the lines that stand before it."""


for place in range(len(EXAMPLES)):
    def test(self, place=place):
        run(place)
    test.__doc__ = None
    setattr(TestExamples, f"test_example_{{place + 1}}", test)
'''


_STRINGS = re.compile(r'("""|\'\'\')(.*?)(?:\1|\Z)', re.DOTALL)
_COMMENT = re.compile(r"^[ \t]*#[ \t]?", re.MULTILINE)


def examples_of(text: str) -> list[list[tuple[str, str]]]:
    """The examples in a text's docstrings and comments, as doctest reads them.

    Returns:
        For each docstring that has any, source and expected output of its examples, in order.
    """
    strings = [found[2] for found in _STRINGS.finditer(text)]
    lines = split_lines(_STRINGS.sub("", text))
    comments = "".join(_COMMENT.sub("", line) if _COMMENT.match(line) else "\n" for line in lines)
    return [found for part in (*strings, comments) if (found := _read(part))]


def _read(text: str) -> list[tuple[str, str]]:
    try:
        found = doctest.DocTestParser().get_examples(to_lf(text).expandtabs())
    except ValueError:  # what looks like examples and is none
        return []
    return [(each.source, each.want) for each in found if each.source.strip()]


def examples_file(text: str, path: str) -> tuple[str, str] | None:
    """Where a target's examples go as tests, and these.

    Args:
        text: the target as it is, docstring and all.
        path: of its file below the workspace, with forward slashes.

    Returns:
        Path and text of the test file; ``None`` where there is no example, or the file cannot be
        imported by its name.
    """
    cases = [case for group in examples_of(text) for case in _cases(group)][:MAX_EXAMPLES]
    parts = posixpath.splitext(path)[0].split("/")
    if parts[-1] == "__init__":
        parts = parts[:-1]
    if not cases or not parts or not all(each.isidentifier() for each in parts):
        return None
    folder = posixpath.dirname(path)
    made = _TEST.format(
        path=path.replace('"', "'").replace("\\", "/"),
        examples=cases,
        module=".".join(parts),
        root=len(folder.split("/")) if folder else 0,
    )
    return posixpath.join(folder, FILE_NAME), made


def _cases(examples: list[tuple[str, str]]) -> list[list[tuple[bool, str, str]]]:
    """One case a shown value: all lines before it, whatever they give, then it."""
    return [
        [*((True, *earlier) for earlier in examples[:place]), (False, *example)]
        for place, example in enumerate(examples)
        if example[1]
    ]
