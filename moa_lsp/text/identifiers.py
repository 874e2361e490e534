"""Identifiers that can be taken for others: joiners in them, mixed scripts, not in NFC.

No grammar is needed: an identifier is a run of characters that any language's identifiers may
have. In prose every word is one, so callers ask for code only.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple


class SuspectIdentifier(NamedTuple):
    """An identifier to look at twice.

    Attributes:
        offset: where it begins.
        word: the identifier.
        char: the character that makes it odd.
        why: what is odd about it, as a phrase.
    """

    offset: int
    word: str
    char: str
    why: str


_WORD = re.compile(r"[0-9A-Za-z_\x80-\U0010ffff]+")
_SELECTORS = re.compile(r"[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_QUOTED = re.compile(r"[\"'`#]|//|/\*|--|^\s*[*;%]")  # a string or comment may have begun
_LOOK_BACK = 200  # characters of a line in which that is looked for

# First words of Unicode names; of other letters (MICRO SIGN, MODIFIER LETTER) none is meant.
_JOINED_SCRIPTS = (  # spelled with joiners (UAX 31, contexts A1, A2 and B)
    "ARABIC SYRIAC MONGOLIAN NKO DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL TELUGU "
    "KANNADA MALAYALAM SINHALA KHMER MYANMAR TIBETAN"
)
_OTHER_SCRIPTS = (
    "LATIN CYRILLIC GREEK ARMENIAN GEORGIAN HEBREW THAANA THAI LAO ETHIOPIC CHEROKEE COPTIC "
    "GLAGOLITIC CJK HIRAGANA KATAKANA BOPOMOFO HANGUL YI LISU CANADIAN OGHAM RUNIC TIFINAGH VAI "
    "BALINESE JAVANESE"
)
_JOINING = frozenset(_JOINED_SCRIPTS.split())
_SCRIPTS = _JOINING.union(_OTHER_SCRIPTS.split())
_USUAL_MIXES = (  # what whole languages are written in (UTS 39, highly restrictive)
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)


def odd_identifiers(text: str, replaced: str) -> Iterator[SuspectIdentifier]:
    """Each identifier of ``text`` once that mixes scripts or is not in NFC and is new."""
    known = {word for _, word in _identifiers(replaced)}
    for offset, word in _identifiers(text):
        if word in known:
            continue
        known.add(word)
        if not unicodedata.is_normalized("NFC", word):
            char = next(char for char in word if not char.isascii())
            yield SuspectIdentifier(
                offset, word, char, "identifier that is not in normal form NFC"
            )
        elif scripts := _mixed(word):
            char = next(char for char in word if _script(char) == scripts[-1])
            names = " and ".join(scripts).lower()
            yield SuspectIdentifier(offset, word, char, f"identifier of mixed scripts ({names})")


def disguises(text: str, replaced: str) -> list[int]:
    """Offsets of variation selectors in identifiers that are, without them, another's name.

    Args:
        text: of an edit.
        replaced: what it takes the place of.
    """
    if _SELECTORS.search(text) is None:
        return []
    names = {word for word in _WORD.findall(f"{text}\n{replaced}") if not _SELECTORS.search(word)}
    return [
        word.start() + found.start()
        for word in _WORD.finditer(text)
        if (found := _SELECTORS.search(word[0]))
        and (plain := _SELECTORS.sub("", word[0])) in names
        and all(map(_continues, plain))
    ]


def joiner_verdict(text: str, start: int, end: int) -> Literal["reject", "warn"] | None:
    """Verdict on the joiners (ZWJ, ZWNJ) at ``start:end``, from their neighbours alone.

    After a character of an identifier they make a second name that looks like the first. In
    scripts that are spelled with joiners they are right in strings and comments, and where no
    such is in sight the user decides.
    """
    # A variation selector is a mark, so it would pass for part of an identifier in an emoji.
    left = text[max(0, start - 8) : start].rstrip("\ufe0e\ufe0f")[-1:]
    right = text[end : end + 1]
    if not _continues(left):
        return None
    if any(_continues(char) and _script(char) not in _JOINING for char in (left, right)):
        return "reject"
    before = text[max(0, start - _LOOK_BACK) : start]
    line = before[max(before.rfind("\n"), before.rfind("\r")) + 1 :]
    return None if _QUOTED.search(line) else "warn"


def _continues(char: str) -> bool:
    """Whether ``char`` can stand in an identifier (``$`` of JavaScript and PHP included).

    Joiners themselves do not count: since Unicode 15.1, Python's newer tables say they may.
    """
    if char in ("", "\u200c", "\u200d"):
        return False
    return char == "$" or f"a{char}".isidentifier()


@lru_cache(maxsize=4096)
def _script(char: str) -> str | None:
    """The script of a letter, as its Unicode name says; ``None`` for what all scripts share."""
    words = unicodedata.name(char, "").split()
    if words and words[0] in ("FULLWIDTH", "HALFWIDTH"):
        del words[0]
    return words[0] if words and words[0] in _SCRIPTS else None


def _identifiers(text: str) -> Iterator[tuple[int, str]]:
    """Offset and text of every identifier that has characters beyond ASCII."""
    for match in _WORD.finditer(text):
        if match[0].isascii():
            continue
        start = match.start()
        for at in range(match.start(), match.end() + 1):
            if at < match.end() and _continues(text[at]):
                continue
            if not text[start:at].isascii():
                yield start, text[start:at]
            start = at + 1


def _mixed(word: Iterable[str]) -> list[str]:
    """The scripts of a word, in order, if no language is written in just these; else none."""
    scripts = [*dict.fromkeys(script for char in word if (script := _script(char)))]
    usual = len(scripts) < 2 or any(mix.issuperset(scripts) for mix in _USUAL_MIXES)
    return [] if usual else scripts
