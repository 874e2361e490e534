"""Places in a text that ask for code: comments, to-do notes, and bodies without code.

Languages with a grammar are read by it; of the others lines that start with a comment sign, and
block comments, are known by their signs.
"""

import re

from moa_lsp.syntax.languages import Language, by_id
from moa_lsp.syntax.symbols import Symbol
from moa_lsp.syntax.tree import parse
from moa_lsp.text.span import Span

_NOTE = r"\b(?:TODO|FIX(?:ME|IT)|XX[X]|HACK)\b"

# Possessive or atomic where two parts could share characters: a banner of # must not be tried in
# all ways. Only what cannot backtrack is repeated by `*+`: of others Python up to 3.11.4, which
# Debian 12 has, misses matches (python/cpython#106052).
_COMMENTS = r"(?>(?:(?:(?:\#|//)[^\r\n]*+|/\*[\s\S]*?\*/)\s*+)*)"
_SAID = r"[^\r\n]{0,60}?not\s+(?:yet\s+)?implemented[^\r\n]*+"
_STUB = re.compile(
    rf"""\s*+\{{?\s*+
        (?>(?:\"\"\"[\s\S]*?\"\"\"|'''[\s\S]*?''')\s*+)?  # a docstring
        {_COMMENTS}
        (?:pass|\.\.\.|raise\s+NotImplementedError\b(?:\([^\r\n]*?\))?
           |(?:todo|unimplemented|unreachable)!\([^\r\n]*?\)
           |throw\s+new\s+\w*(?:NotImplemented|UnsupportedOperation)\w*\([^\r\n]*?\)
           |throw\s+(?:new\s+)?[\w:]*(?:error|exception)\(\s*{_SAID}
           |return\b[^\r\n]{{0,40}}?\b(?:errors\.New|fmt\.Errorf)\(\s*{_SAID}
           |panic!?\([^\r\n]*?\)|(?:std::)?abort\(\)|assert\((?:0|false)\))?
        \s*+;?\s*+{_COMMENTS}\}}?\s*+""",
    re.VERBOSE | re.IGNORECASE,
)

_DEFAULTED = re.compile(
    rf"""\s*+\{{?\s*+{_COMMENTS}
        return\s*+(?:null|nullptr|nil|none|undefined|false|true|-?[01](?:\.0)?|\"\"|''|\{{\}}|\[\])?
        \s*+;?\s*+{_COMMENTS}\}}?\s*+""",
    re.VERBOSE | re.IGNORECASE,
)
"""What tools put into a body so that it compiles; a stub where a note stands beside it."""


def is_stub(text: str, symbol: Symbol) -> bool:
    """Whether a function's body holds nothing but a docstring, comments and a placeholder."""
    body = symbol.body
    if body is None:
        return False
    if _STUB.fullmatch(text, body.start, body.end):
        return True
    noted = re.compile(_NOTE).search(text, body.start, body.end) is not None
    return noted and _DEFAULTED.fullmatch(text, body.start, body.end) is not None


def wish_at(text: str, language: str, line: Span) -> int | None:
    """Where a comment on a line ends, with the comments that go on below it.

    A comment behind code counts where it notes work to be done.

    Args:
        text: the document.
        language: LSP language identifier.
        line: without its ending, not blank.

    Returns:
        The end of a line, or ``None`` where the line holds no such comment.
    """
    tree = parse(text, language)
    if tree is None:
        known = by_id(language)
        return _by_signs(text, known, line) if known else None
    end: int | None = None
    for leaf in tree.leaves(_KINDS):
        if leaf.type not in _KINDS:
            continue
        span = tree.span(leaf)
        start, stop = span.start, span.start + len(text[span.start : span.end].rstrip())
        alone = not text[_line_start(text, start) : start].strip()
        if end is None:
            here = start <= line.end and line.start <= stop
            whole = alone or re.search(_NOTE, text[start:stop]) is not None
            end = stop if here and whole else None
        elif alone and _next_line(text[end:start]):
            end = stop
        elif start > end:
            break
    return None if end is None else _line_end(text, end)


_KINDS = frozenset({"comment", "line_comment", "block_comment"})


def _by_signs(text: str, language: Language, line: Span) -> int | None:
    sign, block = language.line_comment, language.block_comment
    if sign is not None and text[line.start : line.end].lstrip().startswith(sign):
        end = line.end
        while True:
            start = end + (2 if text.startswith("\r\n", end) else 1)
            below = text[start : _line_end(text, start)] if start <= len(text) else ""
            if not below.lstrip().startswith(sign):
                return end
            end = start + len(below)
    if block is None:
        return None
    opened = text.rfind(block[0], 0, line.end)
    closed = text.find(block[1], opened + len(block[0])) if opened >= 0 else -1
    if closed < line.start or text[_line_start(text, opened) : opened].strip():
        return None
    return _line_end(text, closed)


def _next_line(between: str) -> bool:
    """Whether nothing but one line ending and indentation lies between two comments."""
    return not between.strip() and len(re.findall(r"\r\n|\r|\n", between)) == 1


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _line_end(text: str, at: int) -> int:
    found = re.compile(r"[\r\n]|\Z").search(text, at)
    return found.start() if found else len(text)
