"""The rest of a line, word by word, as long as it is likely enough.

A suggestion ends where the line is thought to end, behind a bracket that it closes, or, where it
is a little more likely, behind any word, number or string: never behind the sign of an operator or
an opening bracket. Words like ``and`` and ``import`` are right as often as names.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from moa_lsp.providers.embedded.ngram.blend import IndexSource, begun, next_words
from moa_lsp.providers.embedded.ngram.lexer import END, LONG
from moa_lsp.providers.embedded.ngram.limits import NGRAM_BROKEN, NGRAM_SHOWN

NGRAM_WORDS = 32
"""Words of one suggestion; a line that goes on longer is no longer foreseen."""


_OPENS = frozenset("([{")
_CLOSES = frozenset(")]}")
_QUOTES = ('"', "'", "`")
_ENDS = re.compile(r"[\w\"'`)\]}]\Z")


@dataclass(frozen=True, slots=True)
class Guess:
    """Text for the cursor.

    Attributes:
        share: how likely it is to be right, as estimated.
    """

    text: str
    share: float


NOTHING = Guess("", 0.0)


def rest_of_line(
    sources: Sequence[IndexSource],
    context: Sequence[str],
    typed: str = "",
    *,
    spaced: bool = False,
    after: str = "",
    secret: Callable[[str], bool] = lambda _word: False,
    cut: float = NGRAM_SHOWN,
    broken: float = NGRAM_BROKEN,
) -> Guess:
    """Go on with a line.

    Args:
        sources: what is known; the last is the nearest to the cursor.
        context: words before it.
        typed: the beginning of the word at it.
        spaced: whether a space stands before it.
        after: what stands after it on its line.
        secret: says of a word whether it must not be written.
        cut: the estimate below which no further word is added.
        broken: the least estimate of a text that ends with neither the line nor a bracket.

    Returns:
        The longest that is likely enough and may end where it does; empty if there is none.
    """
    words, text, share, depth = list(context), "", 1.0, 0
    found = NOTHING
    after = after.strip()
    for number in range(NGRAM_WORDS):
        begins = bool(typed) and number == 0
        shares = begun(sources, words, typed) if begins else next_words(sources, words)
        word, part = shares.likeliest()
        share *= part
        if not word or share < cut:
            break
        if word == "\n":
            return found if after else Guess(text, share)
        if word in (LONG, END) or secret(word) or not word.isprintable():
            break
        closes = word in _CLOSES
        if closes and depth == 0 and after.startswith(word):
            return Guess(text, share)  # it stands there already
        if begins and _quoted(word, after):
            return Guess(word[len(typed) : -1], share)
        depth += (word in _OPENS) - closes
        gap = "" if number == 0 and (spaced or typed) else " " * shares.spaces.get(word, 0)
        text += gap + (word[len(typed) :] if begins else word)
        words.append(word)
        if (closes and depth <= 0) or (share >= broken and _ENDS.search(word)):
            found = Guess(text, share)
    return found


def _quoted(word: str, after: str) -> bool:
    """Whether the quote that ends a string stands there already."""
    return word.endswith(_QUOTES) and after.startswith(word[-1])
