"""Characters that hide, reorder or forge what is read: refused in edits, taken out of prompts.

One table for three places (A08 and A14 in docs/faults.md). It holds every character of the general
categories Cc, Cf and Cs, every Default_Ignorable_Code_Point (Unicode 16,
DerivedCoreProperties.txt), and two whose glyph is blank. An edit is refused as a whole, since a
character deleted in silence changes a meaning; what the replaced text already had is the user's
own where the table says so. A prompt is cleaned and reported. What goes to logs, terminals and
messages is escaped.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import accumulate, islice
from typing import Literal, NamedTuple

from moa_lsp.text.identifiers import disguises, joiner_verdict, odd_identifiers
from moa_lsp.text.lines import LineIndex

MAX_FINDINGS = 100
"""Hidden characters reported of one text: the first says what to do, a hundred show the
pattern."""


Verdict = Literal["reject", "warn"]
Prompted = Literal["strip", "replace", "report", "keep"]


class Finding(NamedTuple):
    """A character that should not be there, or an identifier to look at twice.

    Attributes:
        offset: where it is, in code points of the inspected text.
        code_point: the character; of an identifier, the one that makes it odd.
        name: its Unicode name; of an identifier, what is odd about it.
        verdict: ``reject`` forbids an edit, ``warn`` is shown.
        message: one phrase with code point, name, line and column (both from 1), what to do.
    """

    offset: int
    code_point: int
    name: str
    verdict: Verdict
    message: str


class _CharacterRule(NamedTuple):
    """How one class of characters is treated.

    Attributes:
        chars: ranges for a regular expression, escaped: this file must pass its own rules.
        advice: what to do about one in an edit.
        inherited: allowed in an edit if the replaced text has the same character.
        prompt: treatment in a prompt; all but ``keep`` are reported.
        escaped: whether logs and messages show an escape.
    """

    chars: str
    advice: str
    inherited: bool = False
    prompt: Prompted = "strip"
    escaped: bool = True


_PROMPT_NEWS: dict[Prompted, str] = {
    "strip": "left out of what the models see",
    "replace": "replaced by U+FFFD in what the models see",
    "report": "it reorders what is shown, the models see it",
}

_UNSEEN = "it cannot be seen: write it as an escape or remove it"
_ACTING = "it can act on what shows the text: write it as an escape or remove it"
_TABLE = {
    "control": _CharacterRule(r"\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f", _ACTING),
    "form": _CharacterRule(r"\x0b\x0c", _ACTING, inherited=True),
    "bidi": _CharacterRule(
        r"\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c",
        "it reorders what is shown: write it as an escape or remove it",
        inherited=True,
        prompt="report",
    ),
    "unseen": _CharacterRule(
        r"\u115f\u1160\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\uffa0\ufff0-\ufff8"
        r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff",
        _UNSEEN,
    ),
    "selector": _CharacterRule(
        r"\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef",
        "it changes how the character before it is drawn, which has no other form: remove it",
    ),
    "soft": _CharacterRule(r"\u00ad\u034f\u17b4\u17b5", _UNSEEN, inherited=True),
    "format": _CharacterRule(
        r"\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u2800\ufff9-\ufffb"
        r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001d159",
        "it changes how others are drawn, or is blank: write it as an escape or remove it",
        inherited=True,
        prompt="keep",
    ),
    "bom": _CharacterRule(r"\ufeff", _UNSEEN),
    "joiner": _CharacterRule(
        r"\u200c\u200d",
        "it can make two names look the same: remove it",
        prompt="keep",
        escaped=False,
    ),
    "line": _CharacterRule(
        r"\x85\u2028\u2029",
        "some tools end a line there: write it as an escape or remove it",
        inherited=True,
        prompt="keep",
    ),
    "surrogate": _CharacterRule(
        r"\ud800-\udfff",
        "it is half a character, so the answer is damaged: run the action again",
        prompt="replace",
    ),
    "lost": _CharacterRule(
        r"\ufffd",
        "it stands for one lost in decoding, so the answer is damaged: run the action again",
        inherited=True,
        prompt="keep",
        escaped=False,
    ),
}
# A run of joiners is one match: what matters is what they join.
_SUSPECT = re.compile(
    "|".join(
        f"(?P<{name}>[{row.chars}]{'+' if name == 'joiner' else ''})"
        for name, row in _TABLE.items()
    )
)
_ODD = re.compile(f"[{''.join(row.chars for row in _TABLE.values())}]")
"""The same characters as one class: looking for none of them takes a tenth of the time."""

_ACTS = "".join(row.chars for row in _TABLE.values() if row.escaped)

# Variation selectors behind a base that Unicode gives another form with them: emoji and keycaps
# (emoji-variation-sequences.txt), mathematical signs, ideographs, Mongolian letters
# (StandardizedVariants.txt, IVD). One each: of a second one the base would be the first.
_TAKEN = (
    r"[\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
    r"[\ufe0e\ufe0f]"
    r"|[0-9#*]\ufe0f\u20e3"
    r"|[\u2200-\u22ff\u2a00-\u2aff]\ufe00"
    r"|[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    r"[\ufe00-\ufe02\U000e0100-\U000e01ef]"
    r"|[\u1807\u1820-\u18aa][\u180b-\u180d\u180f]"
)
_SELECTED = re.compile(_TAKEN)
_UNIT = re.compile(rf"{_TAKEN}|.", re.DOTALL)
_ESCAPED = re.compile(rf"(?P<kept>{_TAKEN})|[{_ACTS}\t\n\r]")
_ESCAPED_BUT_LINES = re.compile(rf"(?P<kept>{_TAKEN})|[{_ACTS}\r]")
_SHORT_ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}

# Subdivision flags that are drawn; any other tag sequence shows a black flag and hides its text.
_REGIONS = ("gbeng", "gbsct", "gbwls")
_TAGGED = ("".join(chr(0xE0000 + ord(letter)) for letter in region) for region in _REGIONS)
_FLAG = re.compile(f"\U0001f3f4(?:{'|'.join(_TAGGED)})\U000e007f")

_PROSE = frozenset({"markdown", "plaintext", "restructuredtext", "latex", "tex", "asciidoc"})

_CONTROLS = {
    "\x00": "NULL",
    "\x07": "ALERT",
    "\x08": "BACKSPACE",
    "\x0b": "LINE TABULATION",
    "\x0c": "FORM FEED",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
    "\x85": "NEXT LINE",
    "\x9b": "CONTROL SEQUENCE INTRODUCER",
}


def inspect_edit(new: str, replaced: str, language: str) -> list[Finding]:
    """What forbids putting ``new`` in the place of ``replaced``, or is worth a warning.

    Args:
        new: the text to be written.
        replaced: the text that it takes the place of.
        language: LSP language identifier; in prose no word is an identifier.

    Returns:
        Rejections before warnings, each by offset, at most ``MAX_FINDINGS``. The edit is fine if
        none says ``reject``.
    """
    code = language not in _PROSE
    disguised = [] if not code or new.isascii() else disguises(new, replaced)
    # Rejections first before anything is cut: warnings must not crowd one out.
    hits = sorted(
        {*_hits(new, replaced, code=code), *((at, "selector", "reject") for at in disguised)},
        key=lambda hit: (hit[2], hit[0]),
    )
    index = LineIndex(new)
    found = [
        _reported(index, offset, verdict, _TABLE[name].advice)
        for offset, name, verdict in hits[:MAX_FINDINGS]
    ]
    if code and not new.isascii():
        odd = islice(odd_identifiers(new, replaced), MAX_FINDINGS - len(found))
        for offset, word, char, why in odd:
            message = (
                f"{why} '{escape(word, 40)}' with {_named(char)} {_place(index, offset)}: "
                "check that it is the name you mean"
            )
            found.append(Finding(offset, ord(char), why, "warn", message))
    return sorted(found, key=lambda finding: (finding.verdict, finding.offset))


def clean_prompt(text: str) -> tuple[str, list[Finding]]:
    """``text`` as a model may see it, and what was found in it: at most ``MAX_FINDINGS`` ``warn``.

    Control and invisible characters go, half characters become U+FFFD, bidi marks stay but are
    reported. A byte order mark at the very start goes without a finding: files have it.
    """
    if _ODD.search(text) is None:
        return text, []
    flags = _visible(text)
    found: list[tuple[int, Prompted]] = []
    kept: list[str] = []
    done = 0
    for match in _SUSPECT.finditer(text):
        at, name = match.start(), match.lastgroup or ""
        action = _TABLE[name].prompt
        if action == "keep" or at in flags:
            continue
        if name != "bom" or at:
            found.append((at, action))
        if action != "report":
            kept += (text[done:at], "\ufffd" if action == "replace" else "")
            done = at + 1
    kept.append(text[done:])
    index = LineIndex(text if found else "")
    return "".join(kept), [
        _reported(index, offset, "warn", _PROMPT_NEWS[action])
        for offset, action in found[:MAX_FINDINGS]
    ]


def escape(text: str, limit: int | None = None, *, keep_lines: bool = False) -> str:
    r"""``text`` for a log, a terminal or a message: what acts or hides is written as an escape.

    Args:
        text: any text.
        limit: code points of the result at most, a cut shown by an ellipsis; whole without it.
        keep_lines: let ``\n`` and ``\t`` through; by default the result is one line.
    """
    pattern = _ESCAPED_BUT_LINES if keep_lines else _ESCAPED
    if limit is None:
        return pattern.sub(_as_escape, text)
    units = _UNIT.findall(text[: limit + 1])
    pieces = [pattern.sub(_as_escape, unit) for unit in units]
    if sum(map(len, pieces)) <= limit:
        return "".join(pieces)
    ends = accumulate(map(len, pieces))
    shown = (piece for piece, end in zip(pieces, ends, strict=True) if end < limit)
    return "".join(shown) + "\u2026"[:limit]


def _hits(new: str, replaced: str, *, code: bool) -> Iterator[tuple[int, str, Verdict]]:
    """Offset, row and verdict of every character that an edit should not bring."""
    if _ODD.search(new) is None:
        return
    own = frozenset(replaced)
    flags = _visible(new)
    for match in _SUSPECT.finditer(new):
        at, name = match.start(), match.lastgroup or ""
        if at in flags or (_TABLE[name].inherited and match[0] in own):
            continue
        if name == "bom" and at == 0 and replaced.startswith(match[0]):
            continue
        if name != "joiner":
            yield at, name, "reject"
        elif code and (verdict := joiner_verdict(new, at, match.end())):
            yield at, name, verdict


def _visible(text: str) -> frozenset[int]:
    """Offsets of the tags of flags, and of the selectors behind a base that takes them."""
    if text.isascii():
        return frozenset()
    tags = {at for flag in _FLAG.finditer(text) for at in range(flag.start() + 1, flag.end())}
    return frozenset(tags.union(found.start() + 1 for found in _SELECTED.finditer(text)))


def _reported(index: LineIndex, offset: int, verdict: Verdict, advice: str) -> Finding:
    char = index.text[offset]
    message = f"{_named(char)} {_place(index, offset)}: {advice}"
    return Finding(offset, ord(char), _name(char), verdict, message)


def _place(index: LineIndex, offset: int) -> str:
    line, character = index.position(offset, "utf-32")
    return f"at line {line + 1}, column {character + 1}"


def _named(char: str) -> str:
    return f"U+{ord(char):04X} {_name(char)}"


def _name(char: str) -> str:
    if "\ud800" <= char <= "\udfff":
        return "LONE SURROGATE"
    unnamed = "CONTROL CHARACTER" if char <= "\xff" else "UNASSIGNED CHARACTER"
    return unicodedata.name(char, _CONTROLS.get(char, unnamed))


def _as_escape(match: re.Match[str]) -> str:
    if match["kept"]:
        return match[0]
    char, code = match[0], ord(match[0])
    if char in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[char]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
