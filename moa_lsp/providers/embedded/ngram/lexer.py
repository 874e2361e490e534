"""Code as a sequence of words, in any language: what ``embedded/ngram`` counts.

Comments are left out, and so are strings that are prose or data: a triple-quoted, a multi-line or
a long one, and one that looks like a secret, is the word ``LONG``. A line's end is a word that
says how the next filled line is indented, in levels (``+1``, ``0``, ``-2`` behind a line feed), so
that code is comparable wherever it stands. Spaces before a word are no part of it: they are
counted beside, and ``spelled`` puts them back.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from moa_lsp.syntax.languages import by_id

NGRAM_STRING_CHARS = 32
"""A longer string is not learnt: it is prose or data, and seldom written twice."""

NGRAM_WORD_CHARS = 80
"""A longer name or number is data."""


LONG = '"…"'
"""Stands for a string that is not kept; it can be seen but not written."""

END = "\0"
"""Stands between two files, and before the first."""

Inside = Literal["code", "comment", "string"]


@dataclass(frozen=True, slots=True)
class LineBreak:
    """An end of a line: a place from which lexing can begin anew.

    Attributes:
        start: offset of the whitespace or comment before it.
        count: words before it.
        indents: columns of the open levels before it.
    """

    start: int
    count: int
    indents: tuple[int, ...]


@dataclass(slots=True)
class TokenSequence:
    """Words with the spaces before each.

    Attributes:
        words: in order.
        spaces: columns before each word, at most 255; 0 for a line's end.
        breaks: the line ends.
        inside: what the text's end is inside of.
        typed: how the text's last word or open string begins, where more may belong to it.
    """

    words: list[str] = field(default_factory=list)
    spaces: bytearray = field(default_factory=bytearray)
    breaks: list[LineBreak] = field(default_factory=list)
    inside: Inside = "code"
    typed: str = ""


def lex(
    text: str,
    language_id: str,
    secret: Callable[[str], bool] = lambda _text: False,
    indents: tuple[int, ...] = (0,),
) -> TokenSequence:
    """Make words of a text.

    Args:
        text: the whole, or a piece that begins at a ``LineBreak``.
        language_id: LSP language identifier; any other text is lexed as C-like code.
        secret: says of a string whether it must not be kept.
        indents: those of that break.
    """
    found = TokenSequence()
    words, spaces, breaks = found.words, found.spaces, found.breaks
    kept: dict[str, str] = {}
    last = ""
    for match in _pattern(language_id).finditer(text):
        kind = match.lastgroup
        if kind == "word" or kind == "sign":
            last = match[kind]
            words.append(last if len(last) <= NGRAM_WORD_CHARS else LONG)
            spaces.append(min(match.start(kind) - match.start(), 255))
        elif kind == "line":
            last = ""
            breaks.append(LineBreak(match.start(), len(words), indents))
            step, indents = _step(indents, _indent(match[kind]))
            words.append(step)
            spaces.append(0)
        elif kind == "string" or kind == "long":
            last = match[kind]
            if last not in kept:
                short = kind == "string" and len(last) <= NGRAM_STRING_CHARS and not secret(last)
                kept[last] = last if short else LONG
            words.append(kept[last])
            spaces.append(min(match.start(kind) - match.start(), 255))
            last = ""
        elif kind == "open":
            found.typed = match[kind]
        elif kind == "prose":
            found.inside = "string"
        elif kind == "comment":
            found.inside = "comment"
    if found.inside == "code" and _WORD.fullmatch(last) and text.endswith(last):
        found.typed = last
    return found


def spelled(words: Sequence[str], spaces: Sequence[int]) -> str:
    """Write words of one line as text; what stands before the first is left out."""
    parts = [words[0]] if words else []
    for word, space in zip(words[1:], spaces[1:], strict=True):
        parts += " " * space, word
    return "".join(parts)


_WORD = re.compile(r"\w+")


def _indent(lines: str) -> str:
    return lines[max(lines.rfind("\n"), lines.rfind("\r")) + 1 :]


def _step(indents: tuple[int, ...], indent: str) -> tuple[str, tuple[int, ...]]:
    """The word for an indentation after those that are open, and what is open then."""
    width = len(indent.expandtabs(_TAB))
    if width == indents[-1]:
        return "\n0", indents
    if width > indents[-1]:
        return "\n+1", (*indents, width)
    left = tuple(each for each in indents if each <= width) or (width,)
    return f"\n-{len(indents) - len(left)}", left


_TAB = 4
"""Columns of a tab: which ones only matters where tabs and spaces are mixed."""


@cache
def _pattern(language_id: str) -> re.Pattern[str]:
    """One pattern for all words; its group says the kind, what is in no group is left out."""
    known = by_id(language_id)
    line = known.line_comment if known else "//"
    block = known.block_comment if known else ("/*", "*/")
    closed, unclosed = [], []
    if block:
        opens, closes = map(re.escape, block)
        closed.append(rf"(?>{opens}(?s:.*?){closes})")
        unclosed.append(rf"{opens}(?s:.*)")
    if line:
        closed.append(rf"(?>{re.escape(line)}[^\r\n]*)(?!\Z)")
        unclosed.append(rf"{re.escape(line)}[^\r\n]*")
    quiet = "|".join(closed) or r"(?!)"
    open_end = "|".join(unclosed) or r"(?!)"
    ends = r"(?:\r\n|\r|\n)"
    alternatives = [
        rf"(?P<line>(?:(?:{quiet})?[ \t\f]*{ends}[ \t\f]*)+)",
        rf"(?:{quiet})",
        rf"(?P<comment>(?:{open_end})\Z)",
        *_strings(language_id),
        r"(?P<word>\w+)",
        rf"(?P<sign>{_SIGNS}|\S)",
    ]
    return re.compile(rf"[ \t\f]*(?:{'|'.join(alternatives)})")


_SIGNS = "|".join(
    re.escape(sign)
    for sign in (
        ">>>=", "...", "===", "!==", "**=", "//=", "<<=", ">>=", "&&=", "||=", "??=", "->", "=>",
        "::", ":=", "==", "!=", "<=", ">=", "&&", "||", "??", "?.", "++", "--", "+=", "-=", "*=",
        "/=", "%=", "&=", "|=", "^=", "<<", ">>", "**", "//", "..", "<-",
    )
)  # fmt: skip


def _strings(language_id: str) -> list[str]:
    if language_id == "python":
        head = r"(?:[rbufRBUF]{1,2})?"
        return [
            rf"(?P<long>{head}(?:\"\"\"(?s:\\.|[^\\])*?\"\"\"|'''(?s:\\.|[^\\])*?'''))",
            rf"(?P<prose>{head}(?:\"\"\"|''')(?s:.*)\Z)",
            rf"(?P<string>{head}(?:\"(?:\\.|[^\"\\\r\n])*\"|'(?:\\.|[^'\\\r\n])*'))",
            rf"(?P<open>{head}(?:\"(?:\\.|[^\"\\\r\n])*|'(?:\\.|[^'\\\r\n])*)\Z)",
        ]
    single = r"'(?:\\.|[^'\\\r\n])*'"
    if language_id in _LIFETIMES:
        single = r"'(?:\\[^'\r\n]{1,10}|[^'\\\r\n])'"
    found = [
        rf"(?P<string>\"(?:\\.|[^\"\\\r\n])*\"|{single})",
        r"(?P<open>\"(?:\\.|[^\"\\\r\n])*\Z" + ("|'[^'\r\n]*\\Z)" if "*" in single else ")"),
    ]
    if language_id in _BACKTICKS:
        found[:0] = [r"(?P<long>`(?:\\.|[^`\\])*`)", r"(?P<prose>`(?s:.*)\Z)"]
    return found


_LIFETIMES = frozenset({"rust", "haskell", "ocaml", "scala", "clojure", "lisp", "scheme"})
"""Languages where a quote alone is no string."""

_BACKTICKS = frozenset(
    {"javascript", "javascriptreact", "typescript", "typescriptreact", "go", "vue", "svelte"}
)
"""Languages whose strings between backticks may go on over lines."""
