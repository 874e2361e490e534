"""Signs that code in an answer is not whole: elisions, merge conflict markers, diffs.

A line that stands verbatim in the original document is never such a sign. What is rejected here
would otherwise delete the user's code in silence, so the rules lean to rejecting.
"""

import re
from collections.abc import Iterator

from moa_lsp.answers.rejection import Rejection
from moa_lsp.syntax.languages import by_id
from moa_lsp.syntax.symbols import Symbol, symbols

MAX_COMMENT_CHARS = 500
"""A longer line is not looked at for an elision or a conflict marker, which are short."""


_DOTS = r"(?:\.{3,}|…)"
_COMMENT = re.compile(
    r"^\s*\{?\s*(?:\#+|//+|/\*+|\*(?!\S)|<!--|--+|;+|%+|\(\*|\{-|\"\"\"|''')\s*(?P<said>.*?)"
    r"\s*(?:\*+/|-->|\*\)|-\}|\"\"\"|''')?\s*\}?\s*$"
)
_TRAILING = re.compile(rf"(?:#|//|/\*|--)\s*(?P<said>{_DOTS}.*?)\s*(?:\*/)?\s*$")
_WHAT = (
    r"(?:code|file|function|functions|class|classes|method|methods|implementation|body|logic"
    r"|module|content|contents|script|program|lines?|statements?|imports?|definitions?|fields?"
    r"|properties|attributes|tests?|cases?|original|document|text|component)"
)
_ELIDING = re.compile(
    rf"""\b(?: existing | unchanged | omitted | elided | truncated | snip(?:ped)? | remaining
      | (?:the\s)?rest\sof | remainder | same\sas | as\sbefore | previous(?:ly)? | original
      | other\s{_WHAT} | more\s{_WHAT} | your\s{_WHAT} | {_WHAT}\s(?:here|above|below|continues)
      | similar(?:ly)?\sfor | and\sso\son | etc )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_WHOLE_ELISION = re.compile(
    rf"""\W* (?:(?:todo|fixme|note)\W+)?
    (?:(?:keep|leave|with|the|your|all|of|and|insert|add|put|include|copy)\s)*
    (?: (?:existing|original|previous|remaining|unchanged|other)\s(?:\w+\s){{0,2}}{_WHAT}
      | (?:rest|remainder)\sof\s(?:the\s|your\s|this\s|its\s)?(?:\w+\s){{0,3}}{_WHAT}
      | (?:same\s(?:\w+\s)?as\s(?:before|above|original|the\soriginal))
      | (?:(?:\w+\s){{0,2}}{_WHAT}|everything(?:\selse)?|the\srest|all\s(?:else|others?))\s
        (?:remains?|stays?|is|are|left)\s(?:the\ssame|unchanged|as\sis)
      | (?:{_WHAT}\s)?(?:unchanged|omitted) | snip(?:ped)?
      | no\schanges?(?:\s(?:here|needed|required|above|below)(?:\sthis\s\w+)?)?
      | your\s(?:\w+\s)?{_WHAT} )
    (?:\s(?:here|unchanged|omitted|above|below|follows|continues|remains?|stays?|goes|for|brevity
        |the|same|as|is|are|before|in|this|it|was|left|to|be))* \W*""",
    re.IGNORECASE | re.VERBOSE,
)
_IDLE = re.compile(
    r"^\s*(?:pass|return|continue)?\s*;?\s*(?:#|//|/\*)\s*(?P<said>.*?)\s*(?:\*/)?\s*$"
)
"""A comment behind a statement that does nothing: it says what should stand there."""

_BARE = re.compile(rf"^\s*{_DOTS}\s*[;,]?\s*(?:(?:#|//).*)?$")
_BRACKETED = re.compile(r"[\[(<{]+(?P<said>[^\[\](){}<>]+)[\])>}]+")
"""Words in brackets and nothing else."""

_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?:\s|$)")
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@")


def damage(code: str, original: str, region: str, language: str) -> Rejection | None:
    """Why `code` cannot be taken as whole, or ``None``.

    Args:
        code: the code of an answer, LF line endings.
        original: the whole document before.
        region: the part of it that `code` replaces, ``""`` for an insertion.
        language: LSP language identifier of the document.
    """
    known: set[str] | None = None
    for line in code.split("\n"):
        found = _suspicion(line, language)
        if found is None:
            continue
        known = known if known is not None else {line.strip() for line in original.split("\n")}
        if line.strip() in known:
            continue
        if found == _ELISION and _BARE.match(line) and language == "python" and "…" not in line:
            continue  # judged by syntax below
        return found
    if language == "python" and re.search(r"\.\.\.", code):
        return _python_elision(code, original, region)
    return None


_ELISION = Rejection("elided", "leaves out code instead of writing it")


def _suspicion(line: str, language: str) -> Rejection | None:
    if len(line) > MAX_COMMENT_CHARS:
        return None
    if _CONFLICT.match(line):
        return Rejection("diff", "holds merge conflict markers")
    if _HUNK.match(line):
        return Rejection("diff", "is a diff instead of code")
    return _ELISION if _elides(line) or _elides_otherwise(line, language) else None


def _elides_otherwise(line: str, language: str) -> bool:
    """Whether a line leaves code out behind the language's own sign, or in brackets alone."""
    known = by_id(language)
    said = line.strip()
    sign = known.line_comment if known else None
    block = known.block_comment if known else None
    if sign is not None and said.startswith(sign):
        said = said.removeprefix(sign)
    elif block is not None and said.startswith(block[0]) and said.endswith(block[1]):
        said = said.removeprefix(block[0]).removesuffix(block[1])
    elif bracketed := _BRACKETED.fullmatch(said):
        said = bracketed["said"]
    else:
        return False
    said = said.strip()
    eliding = re.search(_DOTS, said) is not None and _ELIDING.search(said) is not None
    return eliding or (bool(said) and _WHOLE_ELISION.fullmatch(said) is not None)


def _elides(line: str) -> bool:
    if _BARE.match(line):
        return True
    comment = _COMMENT.match(line) or _IDLE.match(line)
    if comment is not None:
        said = comment["said"]
        if re.search(_DOTS, said) is not None and (
            _ELIDING.search(said) is not None or not re.search(r"\w", said)
        ):
            return True
        return bool(said) and _WHOLE_ELISION.fullmatch(said) is not None
    trailing = _TRAILING.search(line)
    return trailing is not None and _ELIDING.search(trailing["said"]) is not None


def _python_elision(code: str, original: str, region: str) -> Rejection | None:
    """Judge the statements ``...`` of Python.

    One is a body of its own, a stub, where it is the only statement of a block but for a
    docstring. It stands for left-out code where other statements share its block, where it is
    not in a block at all, and where a definition of the same name had a real body before. One
    below the same line as in the original document was there before.
    """
    lines = code.split("\n")
    known = {above for _, above in _dots(original.split("\n"))}
    for index, above in _dots(lines):
        if above not in known and not _is_body(lines, index):
            return _ELISION
    had = {symbol.qualified: _is_stub(symbol, region) for symbol in symbols(region, "python")}
    for symbol in symbols(code, "python"):
        if had.get(symbol.qualified) is False and _is_stub(symbol, code):
            return _ELISION
    return None


def _dots(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Index of each line ``...`` and the line above it that is not blank, stripped."""
    above = ""
    for index, line in enumerate(lines):
        said = line.strip()
        if said.partition("#")[0].rstrip() == "...":
            yield index, above
        above = said or above


def _is_stub(symbol: Symbol, text: str) -> bool:
    if symbol.body is None or symbol.kind == "class":
        return True  # a class may be emptied by moving its members; functions are what is elided
    body = text[symbol.body.start : symbol.body.end].rstrip()
    if body == "...":
        return True
    return body.endswith(("\n...", " ...", "\t...")) and body.startswith(('"""', "'''", '"', "'"))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_body(lines: list[str], index: int) -> bool:
    own = _indent(lines[index])
    above = next((line for line in reversed(lines[:index]) if line.strip()), "")
    below = next((line for line in lines[index + 1 :] if line.strip()), "")
    if above.lstrip().startswith((">>>", "... ")) or below.lstrip().startswith(">>>"):
        return True  # a doctest inside a docstring
    opens = above.rstrip().split("  #")[0].rstrip().endswith((":", '"""', "'''", '"', "'"))
    return opens and (not below or _indent(below) < own)
