"""Which of jedi's names is offered: the only one, or the one that the document clearly prefers."""

import re
from collections import Counter
from collections.abc import Sequence

from moa_lsp.providers.base import AgentDeclines

JEDI_LEAST_CHARS = 2
"""Of the rest of a name; one character is typed sooner."""

JEDI_LEAST_USES = 2
"""Times that the document uses a name that is offered among several."""

JEDI_LEAD = 3
"""Times as often as the next one."""


_NUMBER_BEFORE = re.compile(r"(?<![\w.])\d\w*\.?\w*\Z")
_NAME = re.compile(r"\w+")


def begins_a_name(before: str, after: str) -> bool:
    """Say whether a name begins before a cursor, or a dot asks for one, and none goes on."""
    if not re.search(r"[\w.]\Z", before) or re.match(r"\w", after):
        return False
    return _NUMBER_BEFORE.search(before) is None


def choose(names: Sequence[Sequence[str]], typed: str, text: str) -> str | AgentDeclines:
    """Choose what is written after a cursor.

    Args:
        names: each with what is missing of it.
        typed: the beginning that stands there.
        text: the document, which says what is used in it.
    """
    if any(not rest for _, rest in names):
        return AgentDeclines("the name is whole")
    usable = {
        name: rest for name, rest in names if typed.startswith("_") or not name.startswith("_")
    }
    if not usable:
        return AgentDeclines("jedi knows no name for here")
    best, *others = sorted(usable, key=(uses := _uses(usable, text)).__getitem__, reverse=True)
    if others and (uses[best] < JEDI_LEAST_USES or uses[best] < JEDI_LEAD * uses[others[0]]):
        return AgentDeclines("several names are possible")
    if len(usable[best]) < JEDI_LEAST_CHARS:
        return AgentDeclines("the rest of the name is too short")
    return usable[best]


def _uses(names: dict[str, str], text: str) -> Counter[str]:
    wanted = {name.rstrip("="): name for name in names}
    return Counter(wanted[each] for each in _NAME.findall(text) if each in wanted)
