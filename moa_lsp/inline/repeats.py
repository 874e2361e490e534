"""Detects repetition: small models repeat a word, a line or a block until their token limit.

Pure, and bounded: what is looked at is the beginning of an answer of a few hundred tokens.
"""

import re

from rapidfuzz.distance import Indel

_CHARS = re.compile(r"(\S.{2,39}?)\1{5,}", re.DOTALL)
"""Three characters or more, six times in a row (Tabby's numbers); a unit is bounded, so
that a text is looked at in linear time."""

_SIMILAR = 0.9
_LINES = 3
"""As many like lines in a row are a circle; two are an idiom."""

_SHORT = 4
"""Shorter lines (``}``, ``);``, ``]``) do stand three times in a row."""


def unrepeated(text: str) -> str:
    """The text up to where it begins to repeat itself, its first round included."""
    found = _CHARS.search(text)
    if found and not _is_ruler(found.group(1)):
        text = text[: found.start() + len(found.group(1))]
    return _without_repeated_lines(text)


def _is_ruler(unit: str) -> bool:
    """Whether what repeats is a line drawn with one character, as comments have them."""
    return len(set(unit)) == 1


def _without_repeated_lines(text: str) -> str:
    lines = text.split("\n")
    for period in (1, 2, 3):
        for start in range(len(lines) - period * _LINES + 1):
            block = [line.strip() for line in lines[start : start + period]]
            if sum(map(len, block)) < _SHORT * period:
                continue
            rounds = 1
            while all(
                _alike(block[place], lines[start + rounds * period + place])
                for place in range(period)
                if start + rounds * period + place < len(lines)
            ) and start + (rounds + 1) * period <= len(lines):
                rounds += 1
            if rounds >= _LINES:
                return "\n".join(lines[: start + period])
    return text


def _alike(one: str, other: str) -> bool:
    other = other.strip()
    if one == other:
        return True
    if not one or not other or re.sub(r"\d+", "", one) == re.sub(r"\d+", "", other):
        return False  # counted on purpose: case 1, case 2, case 3
    return len(one) > 2 * _SHORT and Indel.normalized_similarity(one, other) > _SIMILAR
