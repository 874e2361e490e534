"""From the text of a file to what the index keeps of it: definitions, imports, names it uses.

Pure. What is local to a function is left out: nobody else can name it. Names are kept as numbers
of four bytes; that two names share one is rare and harms nothing but a rank.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

from moa_lsp.context.items import Definition
from moa_lsp.syntax.definitions import OWNERS
from moa_lsp.syntax.symbols import Symbol, symbols_of
from moa_lsp.syntax.tree import parse
from moa_lsp.text.lines import LineIndex
from moa_lsp.workspace.index.imports import Wanted, imports

MAX_FILE_DEFINITIONS = 4_000
"""Kept of one file; the longest file of the standard library has 800."""

MAX_FILE_NAMES = 20_000
"""Different names kept of one file, four bytes each."""

MAX_SIGNATURE_CHARS = 200
"""Of a definition's header, in one line: two lines of code."""

MAX_SENTENCE_CHARS = 160
"""Of the first sentence of a definition's documentation."""


_NAME = re.compile(r"[^\W\d]\w{2,}")  # a name of two characters says nothing

_DOCSTRING = re.compile(r"[rRuU]?(\"\"\"|'''|\"|')(.*?)(?:\1|\Z)", re.DOTALL)

_COMMENT = re.compile(r"/\*[*!]?<?(.*?)\*/|//[/!]?<?([^\r\n]*)", re.DOTALL)

_STAR = re.compile(r"^[ \t]*\*[ \t]?", re.MULTILINE)

_SENTENCE_END = re.compile(r"(?<=[.!?])\s|\n[ \t]*\n|\n[ \t]*[@\\:]\w")

_DOC_SOURCE_CHARS = 2_000
"""Looked at of a documentation for its first sentence."""


@dataclass(frozen=True, slots=True)
class FileExtract:
    """What the index keeps of one file.

    Attributes:
        definitions: in document order, each with whether it is the file's own and not inside
            another one.
        imports: for each the keys it may mean.
        names: codes of the names that occur in it, sorted, four bytes each.
    """

    definitions: tuple[tuple[Definition, bool], ...] = ()
    imports: tuple[Wanted, ...] = ()
    names: bytes = b""


def code_of(name: str) -> int:
    """The number that stands for a name."""
    return crc32(name.encode("utf-8", "replace"))


def extract(text: str, language: str, path: str) -> FileExtract:
    """What the index keeps of a file; nothing where its language has no grammar.

    Args:
        text: its text.
        language: LSP language identifier.
        path: below the workspace, with forward slashes.
    """
    tree = parse(text, language)
    if tree is None:
        return FileExtract()
    lines = LineIndex(text)
    found = []
    for symbol, outermost in _reachable(symbols_of(tree, lines)):
        found.append((_definition(text, language, path, symbol, lines), outermost))
        if len(found) == MAX_FILE_DEFINITIONS:
            break
    names = sorted(map(code_of, list(set(_NAME.findall(text)))[:MAX_FILE_NAMES]))
    return FileExtract(tuple(found), tuple(imports(tree, path)), array("I", names).tobytes())


def _reachable(symbols: list[Symbol]) -> Iterator[tuple[Symbol, bool]]:
    """Symbols that other files can name, each with whether no other one is around it."""
    around: list[Symbol] = []
    for symbol in symbols:
        while around and not _within(symbol, around[-1]):
            around.pop()
        nameable = all(each.kind in OWNERS or each.kind == "namespace" for each in around)
        if nameable and symbol.kind not in (
            "impl",
            "namespace",
        ):  # these give no name of their own
            owned = any(each.kind != "namespace" for each in around)
            yield symbol, not owned and symbol.kind != "method"
        around.append(symbol)


def _within(symbol: Symbol, outer: Symbol) -> bool:
    body = outer.body or outer.span
    return body.start <= symbol.header.start and symbol.header.end <= body.end


def _definition(
    text: str, language: str, path: str, symbol: Symbol, lines: LineIndex
) -> Definition:
    header = " ".join(text[symbol.header.start : symbol.header.end].split())
    signature = header.rstrip(":{ ").removesuffix(" =>").removesuffix(" =")
    doc = _docstring(text, symbol) if language == "python" else _comment(text, symbol)
    return Definition(
        symbol.name,
        symbol.qualified,
        symbol.kind,
        path,
        lines.line_of(symbol.header.start) + 1,
        _cut(signature, MAX_SIGNATURE_CHARS),
        _sentence(doc),
    )


def _docstring(text: str, symbol: Symbol) -> str:
    if symbol.body is None:
        return ""
    start = symbol.body.start
    found = _DOCSTRING.match(text, start, min(symbol.body.end, start + _DOC_SOURCE_CHARS))
    return found[2] if found else ""


def _comment(text: str, symbol: Symbol) -> str:
    above = text[symbol.span.start : symbol.header.start][:_DOC_SOURCE_CHARS]
    said = [block or line for block, line in _COMMENT.findall(above.replace("\r\n", "\n"))]
    return _STAR.sub("", "\n".join(said))


def _sentence(doc: str) -> str:
    first = _SENTENCE_END.split(doc.strip(), maxsplit=1)[0]
    return _cut(" ".join(first.split()), MAX_SENTENCE_CHARS)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
