"""Removes what an answer repeats of the text around its gap: its own line, and the lines below.

Pure. Lines are compared without the space around them; texts have LF line endings.
"""

import re
from collections.abc import Sequence

_THIN = re.compile(r"[\s)\]}>'\"`;:,.]*\Z")
"""A line of only these says nothing when it stands twice."""

_TELLING = 8
"""Characters from which a line that stands twice is no accident."""

_KEYWORD_ENDS = frozenset(
    {"end", "fi", "done", "esac", "endif", "endfor", "endwhile", "else:", "else"}
)

_OPENS = (":", "{", "(", "[", "=>", "->", "do", "then")


def without_head(text: str, head: str, typed: str) -> str:
    """The text without the part of its own line that the model wrote once more."""
    said = head.strip()
    first = text.lstrip(" \t")
    if len(said) > 2 and first.startswith(said):
        return first[len(said) :]
    if len(typed) > 2 and first.startswith(typed) and len(first) > len(typed):
        following = first[len(typed)]
        if following.isalnum() or following in "_(.":
            return first[len(typed) :]
    return text


def without_blank_start(text: str) -> str:
    """The text from its first line that holds something: the cursor's own line is blank."""
    lines = text.split("\n")
    filled = next((number for number, line in enumerate(lines) if line.strip()), 0)
    return "\n".join(lines[filled:])


def without_margin(text: str, head: str, above: str) -> str:
    """The text without space that the line already has.

    Args:
        text: what goes behind ``head``.
        head: the line up to the cursor.
        above: the last line before it that holds something.
    """
    if text.startswith("\n") or not text[:1].isspace():
        return text
    if head.strip():
        return text.lstrip(" \t") if head.endswith((" ", "\t")) else text
    if not head:
        return text
    outer = above[: len(above) - len(above.lstrip())]
    if above.rstrip().endswith(_OPENS) and len(head) <= len(outer):
        return text  # the editor did not indent, the model does
    return text.lstrip(" \t")


def without_tail(text: str, tail: str) -> str:
    """A line without its end where that is what stands right of the cursor already."""
    there = tail.rstrip()
    if not there:
        return text
    for length in range(len(there), 0, -1):
        piece = there[:length]
        if length < len(there) and not _THIN.match(piece):
            continue
        if text.endswith(piece):
            return text[: -len(piece)]
    return text


def without_following(text: str, following: Sequence[str]) -> str:
    """The text without the lines at its end, or from a telling line on, that stand below already.

    Args:
        text: what goes into the gap.
        following: the lines below the cursor's.
    """
    below = [line for line in following if line.strip()]
    if not below:
        return text
    lines = text.split("\n")
    for place in range(1, len(lines)):
        rest = [line.strip() for line in lines[place:] if line.strip()]
        if not rest or rest[0] != below[0].strip():
            continue
        same = rest == [line.strip() for line in below[: len(rest)]]
        telling = len(rest[0]) >= _TELLING and not _THIN.match(rest[0])
        keyword = rest[0] in _KEYWORD_ENDS and _margin(lines[place]) == _margin(below[0])
        if telling or keyword or (same and not _THIN.match("".join(rest))):
            return "\n".join(lines[:place])
    return text


def repeats_neighbour(line: str, above: str, below: str) -> str | None:
    """Why a whole line is worth nothing: it says what the one above or below it says."""
    said = line.strip()
    if not said or _THIN.match(said):
        return None
    if said == below.strip():
        return "it repeats the next line"
    if said == above.strip() and len(said) >= _TELLING:
        return "it repeats the line above"
    return None


def within_scope(text: str, head: str) -> str:
    """The text up to the first line that stands further out than the cursor's line."""
    lines = text.split("\n")
    base = len(_margin(head))
    kept = [lines[0]]
    for line in lines[1:]:
        if len(_margin(line)) < base and not _THIN.match(
            line
        ):  # what closes may stand further out
            return "\n".join(kept).rstrip()
        kept.append(line)
    return text


def _margin(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
