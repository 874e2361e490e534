r"""Characters written as something else: entities, ``\n``, typeset spaces and quotes.

Mended where the code itself has them, left where only strings and comments do. A text that may be
meant as it stands is rejected where nobody could tell afterwards.
"""

import html
import re

from moa_lsp.answers.original import Original
from moa_lsp.answers.rejection import Rejection
from moa_lsp.syntax.gates import stands_alone

_ENTITY = re.compile(r"&(?:(?P<name>lt|gt|amp|quot|apos|nbsp)|#\d{2,5}|#[xX][0-9a-fA-F]{2,5});")
_RAW_MARKUP = re.compile(r"</?[A-Za-z][\w:-]*(?:\s[^<>]*)?>|\?>|%>")

MIXED_ENTITIES = Rejection("artifact", "holds HTML entities, and which are meant is not clear")
LITERAL_ENDS = Rejection("artifact", r"holds \n where its lines should end")
ODD_QUOTES = Rejection("artifact", "holds typographic quotes where code has its own")


def without_entities(text: str, original: Original) -> str | Rejection | None:
    """`text` with the characters that its entities stand for."""
    if "&" not in text or not _ENTITY.search(text) or _ENTITY.search(original.text):
        return None
    if original.markup or original.prose:
        whole = "<" not in text and "&lt;" in text and "<" in original.region
        return _unescaped(text) if whole else None
    if original.may_hold_markup and (_RAW_MARKUP.search(text) or _parses(text, original)):
        return None
    return _code_unescaped(text, original)


def _code_unescaped(text: str, original: Original) -> str | Rejection | None:
    """`text` without the entities of its code, and of its strings where all of it was escaped."""
    bare = original.bare(text)
    found = list(_ENTITY.finditer(text))
    in_code = [each for each in found if _in_code(each, bare)]
    if not in_code or _names_are_meant(bare, in_code, original):
        return None
    if len(in_code) == len(found) or not re.search(r"[<>]|&(?!\w+;|#)", text):
        return _unescaped(text)
    if any(each["name"] in ("lt", "gt", "amp") for each in found if each not in in_code):
        return MIXED_ENTITIES
    pieces: list[str] = []
    done = 0
    for each in in_code:
        pieces += (text[done : each.start()], _unescaped(each.group()))
        done = each.end()
    return "".join([*pieces, text[done:]])


def _in_code(found: re.Match[str], bare: str) -> bool:
    return bool(bare[found.start()].strip())


def _parses(text: str, original: Original) -> bool:
    return original.language != "php" and stands_alone(text, original.language)


def _names_are_meant(bare: str, entities: list[re.Match[str]], original: Original) -> bool:
    """Whether an entity may be an address or a mask: its name stands somewhere by itself."""
    names = {found["name"] for found in entities if found["name"]} - {"nbsp"}
    rest = f"{original.text}\n{_ENTITY.sub(' ', bare)}"
    return any(re.search(rf"(?<![\w&]){name}\b", rest) for name in names)


def _unescaped(text: str) -> str:
    once = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    twice = _ENTITY.sub(lambda found: html.unescape(found.group()), once)
    return (twice if "&amp;" in text and _all_double(text) else once).replace("\u00a0", " ")


def _all_double(text: str) -> bool:
    """Whether a text was escaped twice: each entity in it is that of an ampersand of another."""
    return all(
        re.match(r"(?:lt|gt|amp|quot|apos|nbsp|#\w{1,6});", text[found.end() :])
        for found in _ENTITY.finditer(text)
    )


_UNICODE_ESCAPE = re.compile(r"(?<!\\)\\u00(?P<code>[2-7][0-9a-fA-F])")
"""Of an ASCII character: encoders of JSON write ``<``, ``>``, ``&`` and quotes so (Go's
encoding/json, HTMLEscape)."""


def without_unicode_escapes(text: str, original: Original) -> str | None:
    r"""`text` with the characters that ``\u003c`` and its kind in its code stand for."""
    if "\\u00" not in text or original.prose or _UNICODE_ESCAPE.search(original.text):
        return None
    bare = original.bare(text)
    return _UNICODE_ESCAPE.sub(
        lambda found: (
            chr(int(found["code"], 16)) if bare[found.start()].strip() else found.group()
        ),
        text,
    )


_SPACE = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")


def with_plain_spaces(text: str, original: Original) -> str | None:
    """`text` with ordinary spaces for the typeset ones in its code."""
    if text.isascii() or not _SPACE.search(text) or original.prose:
        return None
    if _SPACE.search(original.text):
        return None
    bare = original.bare(text)
    if not _SPACE.search(bare):
        return None
    if " " not in text:
        return _SPACE.sub(" ", text)
    return "".join(
        " " if _SPACE.match(char) and code == char else char
        for char, code in zip(text, bare, strict=True)
    )


_QUOTES = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"'}
_QUOTE = re.compile("[\u2018\u2019\u201c\u201d\u201e]")
_APOSTROPHE = re.compile("\\w\u2019\\w")
_QUOTING_LANGUAGES = frozenset({"raku", "applescript", "apl"})
"""Languages with quotes of that kind of their own."""


def with_plain_quotes(text: str, original: Original) -> str | Rejection | None:
    """`text` with straight quotes for the typographic ones in its code."""
    if text.isascii() or not _QUOTE.search(text) or original.prose:
        return None
    if _QUOTE.search(original.text) or original.language in _QUOTING_LANGUAGES:
        return None
    bare = original.bare(text)
    if not _QUOTE.search(bare):
        return None
    inside_single = re.search("\u2018[^\u2018\u2019\n]*\\w\u2019\\w[^\n]*\u2019", bare)
    doubles = bare.count("\u201c") + bare.count("\u201d") + bare.count("\u201e")
    singles = bare.count("\u2018") + bare.count("\u2019") - len(_APOSTROPHE.findall(bare))
    if inside_single or doubles % 2 or singles % 2:
        return ODD_QUOTES
    return "".join(
        _QUOTES.get(char, char) if code == char else char
        for char, code in zip(text, bare, strict=True)
    )


_LITERAL_END = re.compile(r"(?<!\\)\\(?:r\\)?n")
_TRAILING_END = re.compile(r"(?<!\\)\\n[ \t]*$", re.MULTILINE)
_LAMBDA = re.compile(r"\\n\s*(?:->|\.|→)")
_OWN_ESCAPES = frozenset({"latex", "bibtex"})
"""Languages with commands that begin as `\\n` does."""


def with_line_ends(text: str, original: Original) -> str | Rejection | None:
    r"""`text` with line ends for literal ``\n``, and what goes with it: ``\t``, ``\"``."""
    if "\\n" not in text or original.prose or original.language in _OWN_ESCAPES:
        return None
    stripped = text.strip()
    if "\n" not in stripped:
        return _unrolled(stripped, original)
    bare = original.bare(text)
    ends = [found for found in _TRAILING_END.finditer(bare) if found.group().strip()]
    if not ends or _TRAILING_END.search(original.bare(original.text)):
        return None
    filled = sum(bool(line.strip()) for line in text.strip("\n").split("\n"))
    if len(ends) < filled - 1:
        return LITERAL_ENDS
    return _TRAILING_END.sub("", text) if len(ends) == len(_TRAILING_END.findall(text)) else None


def _unrolled(line: str, original: Original) -> str | None:
    """The lines of a text that was escaped as a whole."""
    if _LAMBDA.search(line):
        return None
    quotes = re.findall(r'\\?"', line)
    escaped = bool(quotes) and all(len(quote) == 2 for quote in quotes)
    bare = line if escaped else original.bare(line, comments=False)
    ends = _LITERAL_END.findall(bare)
    if not ends or (len(ends) == 1 and not re.search(r"\\n(?=.)", bare)):
        return None
    if escaped:
        return _decoded(line)
    pieces: list[str] = []
    done = 0
    for found in re.finditer(r"(?<!\\)\\(?:r\\n|n|t)", bare):
        pieces += (line[done : found.start()], "\t" if found.group() == "\\t" else "\n")
        done = found.end()
    return "".join([*pieces, line[done:]]).strip("\n")


_SHORT = {"n": "\n", "t": "\t", "r": "", '"': '"', "'": "'", "\\": "\\", "/": "/"}


def _decoded(line: str) -> str:
    return re.sub(r"\\([\s\S])", lambda found: _SHORT.get(found[1], found.group()), line).strip(
        "\n"
    )
