"""When two proposals are the same answer, and how alike two are.

`normalised` is a key: proposals with equal keys differ at most in layout and comments. It is never
shown or applied.
"""

import ast
import re
import textwrap
from functools import lru_cache

from rapidfuzz.distance import Indel

from moa_lsp.syntax import python_ast
from moa_lsp.syntax.tree import parse
from moa_lsp.text.lines import split_lines

KEPT_CHARS = 16 * 2**10
"""Texts below this have their keys kept: an answer's is asked for by the aggregator's steps, and
again where proposals are listed."""

KEPT_KEYS = 32
"""The answers of some three runs; a key is as long as its syntax tree written out."""

_STRINGS = frozenset(
    {
        "string",
        "string_literal",
        "raw_string_literal",
        "template_string",
        "interpreted_string_literal",
        "char_literal",
        "character_literal",
    }
)
"""Nodes whose spaces are content, so that they are kept whole."""

_QUOTED = r'"(?:[^"\\\n]|\\.)*"' + r"|'(?:[^'\\\n]|\\.)*'"
_COMMENTS = frozenset({"comment", "line_comment", "block_comment"})

_TOKEN = re.compile(_QUOTED + r"|\w+|[^\w\s]")

_SEPARATOR = "\x1f"
"""Between tokens: the sanitiser lets no control character into code."""


def normalised(code: str, language: str) -> str:
    """A key that is equal for equal answers.

    Python that parses, once dedented, is compared by its syntax tree, docstrings included;
    everything else by its tokens without comments, and Python also by its indentation.
    """
    return (_kept if len(code) < KEPT_CHARS else _read)(code, language)


def _read(code: str, language: str) -> str:
    if language == "python":
        by_tree = _python_tree(code)
        if by_tree is not None:
            return by_tree
    tree = parse(code, language)
    if tree is None:
        return _SEPARATOR.join(_TOKEN.findall(code))
    tokens = [
        tree.source(leaf)
        for leaf in tree.leaves(_STRINGS | _COMMENTS)
        if leaf.type not in _COMMENTS and leaf.type != ";"
    ]
    if language == "python":
        tokens.append(",".join(_levels(code)))
    return _SEPARATOR.join(token for token in tokens if token)


_kept = lru_cache(KEPT_KEYS)(_read)


def only_margins(one: str, other: str) -> bool:
    """Whether at most white space at the ends of lines, and blank lines around, differ."""
    return _trimmed(one) == _trimmed(other)


def _trimmed(text: str) -> list[str]:
    lines = [line.rstrip() for line in split_lines(text)]
    filled = [index for index, line in enumerate(lines) if line]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def similarity(one: str, other: str) -> float:
    """How alike two texts are, from 0 to 1: the share of characters in order in both."""
    return Indel.normalized_similarity(one, other)


def _python_tree(code: str) -> str | None:
    try:
        return ast.dump(python_ast.parse(textwrap.dedent(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _levels(code: str) -> list[str]:
    """The indentation of each line that has code, relative to the least of them."""
    lines = [line.expandtabs(8) for line in split_lines(code)]
    depths = [
        len(line) - len(line.lstrip())
        for line in lines
        if line.strip() and not line.lstrip().startswith("#")
    ]
    least = min(depths, default=0)
    return [str(depth - least) for depth in depths]
