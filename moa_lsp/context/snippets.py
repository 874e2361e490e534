"""Snippets of other files that are similar to the target. Pure.

Files are cut where definitions begin; pieces are ranked by BM25 over identifiers, which gives
words that occur everywhere no weight. Pieces that the document or another piece already contains
are left out.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from moa_lsp import limits
from moa_lsp.context.items import SourceFile
from moa_lsp.syntax.symbols import symbols
from moa_lsp.text.lines import LineIndex, split_lines

MAX_SNIPPETS = 12
"""Pieces of other files in one prompt, if there is room: the tenth is hardly ever of use."""

MAX_SNIPPET_LINES = 60
"""Of one piece: a long function."""


_IDENTIFIER = re.compile(r"[^\W\d]\w{2,60}")
_COMMON = frozenset({
    "and", "async", "await", "bool", "break", "case", "class", "const", "continue", "def",
    "default", "else", "enum", "export", "extends", "false", "final", "for", "from", "func",
    "function", "impl", "import", "int", "interface", "let", "match", "mut", "new", "nil", "none",
    "not", "null", "package", "private", "pub", "public", "raise", "return", "self", "static",
    "str", "string", "struct", "super", "switch", "this", "throw", "true", "try", "type", "use",
    "var", "void", "where", "while", "with", "yield",
})  # fmt: skip
"""Words that say nothing of what code is about; lower case."""
_K1, _B = 1.2, 0.75  # the usual constants of BM25
_LEAST_SHARED = 2
"""Identifiers that a piece must share with the query; a single one may be coincidence."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a file.

    Attributes:
        line: of its first line in that file, from 1.
    """

    path: str
    line: int
    text: str


def ranked(sources: Sequence[SourceFile], query: str, document: str) -> list[Snippet]:
    """The best pieces, the best first.

    Args:
        sources: other files; those that come first win ties.
        query: the code that is worked on.
        document: the text of its document, which is shown anyway.
    """
    wanted = Counter(_words(query))
    pieces = [piece for source in sources[: limits.MAX_SOURCES] for piece in _pieces(source)]
    words = [Counter(_words(piece.text)) for piece in pieces]
    seen = Counter(word for each in words for word in each)
    length = sum(sum(each.values()) for each in words) / max(1, len(words))
    scored = []
    for number, (piece, has) in enumerate(zip(pieces, words, strict=True)):
        if sum(word in has for word in wanted) >= _LEAST_SHARED:
            score = _score(wanted, has, seen, len(pieces), length)
            if score > 0:
                scored.append((-score, number, piece))
    known = set(map(_bare, split_lines(document)))
    found: list[Snippet] = []
    for _, _, piece in sorted(scored):
        lines = {line for line in map(_bare, split_lines(piece.text)) if len(line) > 2}
        if len(lines - known) * 10 > len(lines):  # more than a tenth is news
            found.append(piece)
            known |= lines
        if len(found) == MAX_SNIPPETS:
            break
    return found


def _words(text: str) -> list[str]:
    return [word for word in _IDENTIFIER.findall(text) if word.lower() not in _COMMON]


def _score(
    wanted: Counter[str], has: Counter[str], seen: Counter[str], count: int, mean: float
) -> float:
    size = sum(has.values()) / max(1.0, mean)
    score = 0.0
    for word in wanted:
        if word in has:
            rare = math.log(1 + (count - seen[word] + 0.5) / (seen[word] + 0.5))
            score += rare * has[word] * (_K1 + 1) / (has[word] + _K1 * (1 - _B + _B * size))
    return score


def _bare(line: str) -> str:
    return "".join(line.split())


def _pieces(source: SourceFile) -> Iterator[Snippet]:
    """Cut a file at its definitions, and long ones into stretches; blank ends go."""
    text = source.text[: limits.MAX_SOURCE_CHARS]
    index = LineIndex(text)
    last = index.line_count
    starts = {0}
    long_until = -1  # line up to which the members of a long definition are pieces of their own
    for symbol in symbols(text, source.language):
        first, end = index.line_of(symbol.span.start), index.line_of(symbol.span.end)
        if first > long_until or "." in symbol.qualified:
            if "." in symbol.qualified and first > long_until:
                continue
            starts |= {first, end + 1}
        if end - first >= MAX_SNIPPET_LINES:
            long_until = max(long_until, end)
    borders = sorted(start for start in starts if start < last)
    for start, end in zip(borders, [*borders[1:], last], strict=True):
        for first in range(start, end, MAX_SNIPPET_LINES):
            after = min(first + MAX_SNIPPET_LINES, end)
            piece = text[index.line_span(first).start : index.line_span(after - 1).end]
            bare = piece.strip("\r\n")
            if bare.strip():
                lead = len(piece) - len(piece.lstrip("\r\n"))
                skipped = len(split_lines(piece[:lead])) - 1
                yield Snippet(source.path, first + skipped + 1, bare)
