"""Syntax trees with offsets in code points.

tree-sitter counts bytes of UTF-8; everything else here counts code points, and `Tree` is where
one becomes the other. The text given to a parser may differ from the document's in two ways, both
of equal length in code points: a carriage return that ends a line by itself is a line feed (the
grammars know no other line end), and a lone surrogate is U+FFFD. Rows of tree-sitter are never
used. Nothing recurses, so depth of nesting costs no stack.

Some grammars read on to the next line of code at every line, so that a text made for it costs them
the square of its length: Python's does behind an indented block with many comments. A parser is
given so much to read and no more; the tree of such a text ends where that was used up.
"""

import importlib
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache

from tree_sitter import Language as Grammar
from tree_sitter import Node, Parser, Query, QueryCursor

from moa_lsp.text.span import Span

PARSE_PIECE_BYTES = 4096
"""What a grammar is given at once. A text is read in 25 pieces more for 100 kB, 1 ms; between them
other threads run."""

MAX_PARSE_READ_BYTES = 64 * 2**20
"""What a grammar may read of a text beside `MAX_PARSE_READ_TIMES` its length, half a second. It is
what 1,500 lines cost Python's that are commented out behind an indented block; 20,000 cost 9 s."""

MAX_PARSE_READ_TIMES = 4
"""Of 1,000 files in six languages none is read more than three times over."""


_GRAMMARS = {
    "python": ("tree_sitter_python", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "javascriptreact": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "typescriptreact": ("tree_sitter_typescript", "language_tsx"),
    "rust": ("tree_sitter_rust", "language"),
    "go": ("tree_sitter_go", "language"),
    "java": ("tree_sitter_java", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
}
"""Module and function of each language's grammar."""

_LONE_CR = re.compile(r"\r(?!\n)")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTINUATION = re.compile(rb"[\x80-\xbf]")


@cache
def _grammar(language: str) -> Grammar:
    module, function = _GRAMMARS[language]
    return Grammar(getattr(importlib.import_module(module), function)())


@cache
def _query(language: str, pattern: str) -> Query:
    return Query(_grammar(language), pattern)


def has_grammar(language: str) -> bool:
    """Whether `parse` knows this LSP language identifier."""
    return language in _GRAMMARS


class Tree:
    """A parsed text.

    Attributes:
        text: the text that was parsed, as given.
        language: LSP language identifier.
        root: tree-sitter's node of the whole, or of what was read; its own offsets are bytes, use
            `span`. Its `text` reads a buffer that is gone, use `source`.
    """

    __slots__ = ("_continuations", "_source", "language", "root", "text")

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.language = language
        readable = _LONE_CR.sub("\n", _SURROGATE.sub("\ufffd", text))
        self._source = readable.encode()
        self._continuations = (
            []
            if len(self._source) == len(text)
            else [match.start() for match in _CONTINUATION.finditer(self._source)]
        )
        self.root = _root(self._source, language)

    def _offset(self, byte: int) -> int:
        # Every code point has one byte that does not continue another.
        return byte - bisect_left(self._continuations, byte)

    def span(self, node: Node) -> Span:
        """Where a node of this tree lies, in code points."""
        return Span(self._offset(node.start_byte), self._offset(node.end_byte))

    def source(self, node: Node) -> str:
        """The text of a node of this tree."""
        span = self.span(node)
        return self.text[span.start : span.end]

    def captured(self, pattern: str) -> list[tuple[str, Node]]:
        """What a tree-sitter query captures, in document order: the captures' names and nodes.

        Args:
            pattern: a query for this tree's grammar, compiled once.
        """
        found = QueryCursor(_query(self.language, pattern)).captures(self.root)
        pairs = [(name, node) for name, nodes in found.items() for node in nodes]
        return sorted(pairs, key=lambda pair: (pair[1].start_byte, -pair[1].end_byte))

    def nodes(self, enter: Callable[[Node], bool] = lambda _: True) -> Iterator[Node]:
        """All nodes, parents first, in document order.

        Args:
            enter: whether to go on to the children of a node that was just given.
        """
        cursor = self.root.walk()
        while (node := cursor.node) is not None:
            yield node
            if enter(node) and cursor.goto_first_child():
                continue
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return

    def leaves(self, opaque: frozenset[str] = frozenset()) -> Iterator[Node]:
        """Nodes without children in document order; one of a type in `opaque` counts as a leaf."""
        for node in self.nodes(lambda node: node.type not in opaque):
            if node.child_count == 0 or node.type in opaque:
                yield node

    def faults(self) -> int:
        """How many ERROR and MISSING nodes the tree has."""
        if not self.root.has_error:
            return 0
        return sum(node.is_error or node.is_missing for node in self.nodes(_has_error))


def _has_error(node: Node) -> bool:
    return node.has_error


def _root(source: bytes, language: str) -> Node:
    """Parse, as far as `MAX_PARSE_READ_BYTES` go; other threads may run between two pieces."""
    left = MAX_PARSE_READ_BYTES + MAX_PARSE_READ_TIMES * len(source)
    with _borrowed() as pieces:

        def piece(start: int, _: object) -> memoryview:
            nonlocal left
            found = pieces.of(source, start if left > 0 else len(source))
            left -= len(found)
            return found

        return Parser(_grammar(language)).parse(piece).root_node


class _Pieces:
    """A buffer that holds the piece a parser reads, and the views of it that are handed out.

    py-tree-sitter 0.26 takes the buffer of whatever its callable returns and never releases it
    (tree_sitter/binding/parser.c, `parser_read_wrapper`): each object is kept for good. So the
    same few are returned each time. A parser reads a piece no more once it asks for the next.
    """

    __slots__ = ("_buffer", "_views")

    def __init__(self) -> None:
        self._buffer = memoryview(bytearray(PARSE_PIECE_BYTES))
        sizes = {*range(_WHOLE_BYTES + 1), PARSE_PIECE_BYTES}
        size = _WHOLE_BYTES
        while (size := 2 * size) < PARSE_PIECE_BYTES:
            sizes.add(size)
        self._views = {size: self._buffer[:size] for size in sizes}

    def of(self, source: bytes, start: int) -> memoryview:
        """The piece that begins there; never an end of a character, but where the text ends."""
        size = min(PARSE_PIECE_BYTES, max(0, len(source) - start))
        if size not in self._views:
            size = 1 << (size.bit_length() - 1)
        self._buffer[:size] = source[start : start + size]
        return self._views[size]


_WHOLE_BYTES = 64
"""Rests of a text that are given in one piece. A parser asks again from the start of a character
that a piece cuts off, and takes it for broken if the next piece cuts it off too."""

_idle: list[_Pieces] = []
"""Buffers that no parse is using: as many as there ever were parses at once."""


@contextmanager
def _borrowed() -> Iterator[_Pieces]:
    try:
        pieces = _idle.pop()
    except IndexError:
        pieces = _Pieces()
    try:
        yield pieces
    finally:
        _idle.append(pieces)


def parse(text: str, language: str) -> Tree | None:
    """Parse a text; ``None`` for a language without a grammar."""
    return Tree(text, language) if has_grammar(language) else None


@lru_cache(maxsize=4)  # proposals of one run are compared with the same text, one after another
def faults(text: str, language: str) -> int | None:
    """How many syntax faults (ERROR and MISSING nodes) a text has; ``None`` without a grammar."""
    tree = parse(text, language)
    return None if tree is None else tree.faults()
