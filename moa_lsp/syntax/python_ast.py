"""Python's own parser, for one thread at a time.

Python up to 3.11.7 keeps the depth of the tree that it makes for the whole interpreter: two
threads that parse at once can end in a ``SystemError``. All parsing
goes through this module. Warnings of the parser about foreign code, such as odd escapes, are
suppressed.
"""

import ast
import threading
import warnings

_one_at_a_time = threading.RLock()


def reads(text: str, version: tuple[int, int]) -> bool:
    """Whether an older Python reads a text, as far as this one can tell."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(text, feature_version=version)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def parse(text: str) -> ast.Module:
    """The tree of a text.

    Raises:
        SyntaxError: it is not Python.
        ValueError: it holds characters that no source may hold.
        RecursionError: it is nested too deeply.
        MemoryError: the same, found by the parser.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
