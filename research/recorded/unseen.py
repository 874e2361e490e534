"""What can be told of tasks of which only the answers were recorded, whole files each.

The language, the tasks that are translations of each other, and the names that a file left
undefined before it was edited: all from what the answers have in common.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from moa_lsp.syntax import gates

LANGUAGES = ("python", "javascript", "typescriptreact")
"""That are tried, in this order: the first under which most answers parse."""

SAMPLE = 5
"""Versions that are parsed to find their language."""

ALIKE = 0.5
"""Share of identifiers that two tasks must have in common to be one in two translations: at 0.5
most clusters have the four members that the data is made of, above they fall apart."""

_NO_CODE = re.compile(
    r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|#.*|//.*|/\*[\s\S]*?\*/'
    r'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`'
)
_FENCE = re.compile(r"^```.*$", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]+")


def language(answers: Sequence[str]) -> str:
    """The language of the file that these are versions of; the first few tell it."""
    answers = answers[:SAMPLE]
    shares: dict[str, int] = {}
    for each in LANGUAGES:
        shares[each] = sum(gates.stands_alone(_FENCE.sub("", text), each) for text in answers)
        if 2 * shares[each] > len(answers):
            return each
    return max(shares, key=shares.__getitem__)


def clusters(texts: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """By task: a name that it shares with tasks about the same code.

    Args:
        texts: by task, versions of its file.
    """
    words = {name: _words("\n".join(each)) for name, each in texts.items()}
    leader: dict[str, str] = {}
    members: dict[str, list[str]] = {}
    for name, mine in words.items():
        near = {
            leader[other]
            for other in leader
            if len(mine & words[other]) >= ALIKE * len(mine | words[other])
        }
        for each in near:
            for member in members.pop(each):
                leader[member] = name
                members.setdefault(name, []).append(member)
        leader[name] = name
        members.setdefault(name, []).append(name)
    return leader


def common(undefined: Sequence[Sequence[str]]) -> frozenset[str]:
    """Names that most versions of a file use and do not define: it came with them."""
    found = Counter(name for each in undefined for name in set(each))
    return frozenset(name for name, count in found.items() if 2 * count > len(undefined))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_NO_CODE.sub("", text)))
