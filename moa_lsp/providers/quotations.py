"""Takes out of a provider's words what it quotes of the request: the user's text is not for logs.

Gateways that check requests quote them in their errors (FastAPI's 422 has the whole input).
"""

import re
from collections.abc import Iterable, Sequence

QUOTED_TOKENS = 3
"""Words in a row that make a quotation; what a provider says of itself has fewer in common with a
text."""

QUOTED_CHARS = 12
"""A word of so many characters is a quotation by itself: a name that somebody chose."""


QUOTED = "<quoted>"

_TOKEN = re.compile(r"\w+")
_ESCAPED_BLANK = re.compile(r"\\+[nrt]")


def without_quotations(said: str, sent: Iterable[str]) -> str:
    """``said``, with a mark for each stretch that is also in what was ``sent``.

    A stretch is ``QUOTED_TOKENS`` words in a row, whatever stands between them, or one word of
    ``QUOTED_CHARS`` characters. A cut word at the very end goes with the stretch before it.
    """
    said = _ESCAPED_BLANK.sub(" ", said)
    tokens = list(_TOKEN.finditer(said))
    words = [token[0] for token in tokens]
    quoted = [False] * len(words)
    rows = set(_rows(words))
    names = {word for word in words if len(word) >= QUOTED_CHARS}
    found_rows: set[tuple[str, ...]] = set()
    found_names: set[str] = set()
    for text in sent:
        theirs = _TOKEN.findall(text)
        found_rows.update(row for row in _rows(theirs) if row in rows)
        found_names |= names.intersection(theirs)
    for at, row in enumerate(_rows(words)):
        if row in found_rows:
            quoted[at : at + len(row)] = [True] * len(row)
    quoted = [
        is_quoted or word in found_names for is_quoted, word in zip(quoted, words, strict=True)
    ]
    if len(quoted) > 1 and quoted[-2]:
        quoted[-1] = True
    return _marked(said, tokens, quoted)


def _rows(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    size = QUOTED_TOKENS
    return (tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def _marked(said: str, tokens: Sequence[re.Match[str]], quoted: Sequence[bool]) -> str:
    pieces: list[str] = []
    end = 0
    marked = False
    for token, is_quoted in zip(tokens, quoted, strict=True):
        if not (marked and is_quoted):
            pieces.append(said[end : token.start()])
            pieces.append(QUOTED if is_quoted else token[0])
        end, marked = token.end(), is_quoted
    if not marked:
        pieces.append(said[end:])
    return "".join(pieces)
