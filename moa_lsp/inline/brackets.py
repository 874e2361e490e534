"""Brackets around a gap: which are open before it, and which of those the text after it closes.

Pure. Strings and comments are passed over as far as a line shows them; no grammar is asked, since
a line that is being written seldom parses.
"""

import re
from functools import cache

from moa_lsp.syntax.languages import by_id

PAIRS = {")": "(", "]": "[", "}": "{"}
_OPENERS = frozenset(PAIRS.values())
_CHAR_QUOTE = frozenset({"rust", "c", "cpp", "java", "go", "csharp", "kotlin", "swift", "zig"})
"""Languages whose ``'`` holds one character; in Rust it also names a lifetime."""


def unmatched(text: str, language: str) -> tuple[list[int], list[int]]:
    """Offsets of brackets without a partner: first the closing ones, then the opening ones."""
    closers: list[int] = []
    openers: list[int] = []
    for found in _scanner(language).finditer(text):
        bracket = found.group("bracket")
        if bracket is None:
            continue
        if bracket in _OPENERS:
            openers.append(found.start())
        elif openers and text[openers[-1]] == PAIRS[bracket]:
            openers.pop()
        else:
            closers.append(found.start())
    return closers, openers


def closable(before: str, after: str, language: str) -> list[str]:
    """The closing brackets that a text between these may still bring, the first one first.

    A bracket that is closed behind the gap must not be closed inside it.
    """
    _, open_before = unmatched(before, language)
    closed_after, _ = unmatched(after, language)
    wanted = [_CLOSING[before[offset]] for offset in reversed(open_before)]
    there = [after[offset] for offset in closed_after]
    return wanted[: max(0, len(wanted) - len(there))]


def balanced(text: str, allowed: list[str], language: str) -> str:
    """The text up to the first closing bracket that is not allowed.

    Args:
        text: what goes into the gap.
        allowed: as ``closable`` gives it.
        language: LSP language identifier.
    """
    closers, _ = unmatched(text, language)
    for number, offset in enumerate(closers):
        if number >= len(allowed) or text[offset] != allowed[number]:
            return text[:offset]
    return text


def completed(text: str, before: str, after: str, language: str) -> str:
    """The text with those brackets closed that it opened and that nothing behind it closes."""
    _, openers = unmatched(text, language)
    _, open_before = unmatched(before, language)
    closed_after, _ = unmatched(after, language)
    spare = max(0, len(closed_after) - len(open_before))
    lacking = openers[spare:]
    return text + "".join(_CLOSING[text[offset]] for offset in reversed(lacking))


_CLOSING = {opener: closer for closer, opener in PAIRS.items()}


@cache
def _scanner(language: str) -> re.Pattern[str]:
    known = by_id(language)
    parts: list[str] = []
    if language == "python":
        parts += [r'"""[\s\S]*?(?:"""|\Z)', r"'''[\s\S]*?(?:'''|\Z)"]
    if known and known.block_comment and not known.prose:
        opens, closes = map(re.escape, known.block_comment)
        parts.append(rf"{opens}[\s\S]*?(?:{closes}|\Z)")
    if known and known.line_comment:
        parts.append(rf"{re.escape(known.line_comment)}[^\r\n]*")
    if not (known and known.prose):
        parts.append(r'"(?>(?:\\.|[^"\\\r\n])*)"?')
        if language in _CHAR_QUOTE:
            parts.append(r"'(?:\\[^\r\n]{1,8}|[^'\\\r\n])'")
        else:
            parts.append(r"'(?>(?:\\.|[^'\\\r\n])*)'?")
        parts.append(r"`(?>(?:\\.|[^`\\])*)`")
    parts.append(r"(?P<bracket>[()\[\]{}])")
    return re.compile("|".join(parts))
