"""Unified diffs: one that ``patch`` takes, and one that a user agrees to."""

import difflib
import re
from collections.abc import Sequence

from moa_lsp import limits
from moa_lsp.runs.plan import FileTexts
from moa_lsp.text.sanitize import escape

MAX_PREVIEW_CHARS = 256 * 2**10
"""Of a diff that a user is asked to agree to; nobody reads more, and an editor must show it."""


_CONTEXT = 3
_PLACES = re.compile(r"^@@ -(\d+)((?:,\d+)?) \+(\d+)((?:,\d+)?) @@")


def diff(old: str, new: str, name: str) -> str:
    """A unified diff that ``patch -p1`` takes, ``""`` when nothing changed.

    A missing final newline is said as git says it.
    """
    before, after = _lines(old), _lines(new)
    # The library compares in squares: only what differs is given to it.
    head = max(0, _shared(before, after) - _CONTEXT)
    before, after = before[head:], after[head:]
    tail = max(0, _shared(before[::-1], after[::-1]) - _CONTEXT)
    made = difflib.unified_diff(
        before[: len(before) - tail],
        after[: len(after) - tail],
        f"a/{name}" if old else "/dev/null",
        f"b/{name}",
        n=_CONTEXT,
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in (_placed(each, head) for each in made)
    )


def visible(old: str, new: str, name: str, limit: int = MAX_PREVIEW_CHARS) -> str:
    """A unified diff to be read: hidden characters as escapes, a cut said at its end.

    Of texts whose lines all end in CRLF the CR is not shown.
    """
    if _all_crlf(old) and _all_crlf(new):
        old, new = old.replace("\r\n", "\n"), new.replace("\r\n", "\n")
    lines = diff(old, new, escape(name, limits.MAX_SHOWN_CHARS)).split("\n")
    shown: list[str] = []
    room = limit
    for number, line in enumerate(lines):
        said = escape(line, keep_lines=True)
        room -= len(said) + 1
        if room < 0:
            shown.append(f"[{len(lines) - number - 1:,} more lines are not shown]\n")
            break
        shown.append(said)
    return "\n".join(shown)


def all_visible(texts: Sequence[FileTexts], limit: int = MAX_PREVIEW_CHARS) -> str:
    """As ``visible``, of several files."""
    shown = (visible(each.before or "", each.after, each.path, limit) for each in texts)
    return "".join(shown)


def _shared(left: list[str], right: list[str]) -> int:
    """How many leading lines are equal."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(left), len(right)))


def _placed(line: str, head: int) -> str:
    """A line of a diff made without the first ``head`` lines of both texts."""
    found = _PLACES.match(line) if head else None
    if found is None:
        return line
    old, new = int(found[1]) + head, int(found[3]) + head
    return f"@@ -{old}{found[2]} +{new}{found[4]} @@{line[found.end() :]}"


def _all_crlf(text: str) -> bool:
    rest = text.replace("\r\n", "")
    return "\n" not in rest and "\r" not in rest


def _lines(text: str) -> list[str]:
    r"""Lines as ``patch`` counts them: up to ``\n``; the last one may lack it."""
    pieces = text.split("\n")
    lines = [f"{piece}\n" for piece in pieces[:-1]]
    return [*lines, pieces[-1]] if pieces[-1] else lines
