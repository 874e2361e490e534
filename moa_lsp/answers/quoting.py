"""Whether a place in a text lies within quotes, so that what stands there is data.

Lines are read one by one, as a human would: no language's grammar is asked.
"""

import re

_LINE_REACH = 300
"""Characters of a line that are looked at on either side of a place, so that a single endless
line full of markers costs no more than its length."""

_PAIRS = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u2018": "\u2019"}


def line_around(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands on a line before `start` and behind `end`, as far as is looked at."""
    reach = max(0, start - _LINE_REACH)
    first = text.rfind("\n", reach, start)
    last = text.find("\n", end, end + _LINE_REACH)
    head = text[first + 1 if first >= 0 else reach : start]
    return head, text[end : last if last >= 0 else end + _LINE_REACH]


def between_quotes(text: str, start: int, end: int) -> bool:
    """Whether a piece of text is all or the start of what stands in quotes."""
    before, after = text[start - 1 : start], text[end : end + 1]
    return before in _PAIRS and bool(before) and after in (_PAIRS[before], "\\")


def in_string(head: str, tail: str) -> bool:
    """Whether the place between two halves of a line lies within a string of most languages."""
    if head.count('"') % 2 and '"' in tail:
        return True
    return bool(head.count("'") % 2 and "'" in tail and not re.search(r"\w'\w", head + tail))


def in_code_span(head: str, tail: str) -> bool:
    """Whether the place between two halves of a line lies within Markdown's inline code."""
    before, after = (re.sub("`{3,}", "", half) for half in (head, tail))
    return bool(before.count("`") % 2 and "`" in after)
