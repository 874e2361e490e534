"""The table of what an edit, a prompt and a log may hold, row by row."""

import sys
import unicodedata

import pytest

from moa_lsp.text.sanitize import MAX_FINDINGS, clean_prompt, escape, inspect_edit

SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"

CONTROL = ["\x00", "\x07", "\x08", "\x1b", "\x1f", "\x7f", "\x80", "\x84", "\x86", "\x9b", "\x9f"]
BIDI = [*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"]
DEFAULT_IGNORABLE = [  # Unicode 16, DerivedCoreProperties.txt
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5)),
    *((0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164)),
    *((0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8)),
    *((0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
]
JOINERS = "\u200c\u200d"
UNSEEN = [
    *("\U000e0000", "\U000e0001", "\U000e0041", "\U000e007f", "\U000e0100", "\U000e01ef"),
    *("\u2060", "\u2061", "\u2064", "\u180e", "\u115f", "\u1160", "\u3164", "\uffa0", "\u200b"),
]
FORM = ["\x0b", "\x0c"]
LINE = ["\x85", "\u2028", "\u2029"]
SURROGATE = ["\ud800", "\udbff", "\udc00", "\udfff"]
INNOCENT = [
    "\t",
    "\n",
    "\r",
    "\r\n",
    "é",
    "漢",
    "\U0001f600",
    "\u00a0",
    "\u0301",
    SCOTLAND,
]


def verdicts(new, replaced="", language="python"):
    return [(f.code_point, f.verdict) for f in inspect_edit(new, replaced, language)]


@pytest.mark.parametrize("char", [*CONTROL, *UNSEEN, *SURROGATE, "\ufeff"])
def test_an_edit_never_brings(char):
    refused = [(ord(char), "reject")]
    assert verdicts(f"x = '{char}'") == refused
    assert verdicts(f"x = '{char}'", f"y = '{char}'") == refused
    assert verdicts(f"x {char} y", "", "markdown") == refused


@pytest.mark.parametrize("char", [*FORM, *BIDI, *LINE, "\ufffd"])
def test_an_edit_brings_only_what_was_there(char):
    assert verdicts(f"x = '{char}'") == [(ord(char), "reject")]
    assert verdicts(f"x = '{char}'", f"y = '{char}'") == []
    assert verdicts(f"x = '{char}'", "y = '\\u202e'") == [(ord(char), "reject")]


@pytest.mark.parametrize("char", INNOCENT)
def test_innocent(char):
    assert verdicts(f"x = '{char}'") == []
    assert clean_prompt(f"x = '{char}'") == (f"x = '{char}'", [])


@pytest.mark.parametrize(
    ("new", "replaced", "refused"),
    [
        ("\ufeffx = 1", "\ufeffy = 1", False),  # the file's own mark stays where it is
        ("\ufeffx = 1", "y = 1", True),
        ("x\ufeff = 1", "\ufeffy = 1", True),
    ],
)
def test_byte_order_mark(new, replaced, refused):
    assert bool(verdicts(new, replaced)) is refused


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        (SCOTLAND, 0),
        (SCOTLAND + SCOTLAND, 0),
        (SCOTLAND[:-1], 5),  # no end
        (SCOTLAND[1:], 6),  # no flag
        (SCOTLAND[0] + "\U000e0068\U000e0069\U000e007f", 3),  # a flag that hides "hi"
        (SCOTLAND + "\U000e0041", 1),
    ],
)
def test_tags_belong_to_flags_only(text, tags):
    assert len(verdicts(text)) == tags
    cleaned, findings = clean_prompt(text)
    assert len(text) - len(cleaned) == len(findings) == tags


@pytest.mark.parametrize(
    ("text", "language", "verdict"),
    [
        ("is_\u200dadmin = 1", "python", "reject"),
        ("is_\u200cadmin = 1", "python", "reject"),
        ("admin\u200d = 1", "javascript", "reject"),  # JavaScript has it in identifiers
        ("$\u200dx = 1", "javascript", "reject"),
        ("a\u200c\u200d\u200cb = 1", "python", "reject"),
        ("\u0645\u200cadmin = 1", "python", "reject"),  # one side does not need it
        ("admin\u200c\u0645 = 1", "python", "reject"),
        ("# \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "python", None),  # Persian spelling
        ("x = '\u0915\u094d\u200d\u0937'", "python", None),  # Hindi
        ("a = 1\n  \u0645\u06cc\u200c\u062e = 2", "python", "warn"),
        ("\u0645\u06cc\u200c\u062e\u0648", "python", "warn"),
        ("x = '\U0001f469\u200d\U0001f4bb'", "python", None),
        ("x = '\u2764\ufe0f\u200d\U0001f525'", "python", None),
        ("x = '\U0001f468\U0001f3fd\u200d\U0001f4bb'", "python", None),
        ("x = ' \u200d '", "python", None),
        ("\u200dx", "python", None),
        ("Auf\u200clage", "markdown", None),  # prose has no identifiers
    ],
)
def test_joiners(text, language, verdict):
    assert [v for _, v in verdicts(text, "", language)] == ([verdict] if verdict else [])
    assert clean_prompt(text) == (text, [])


@pytest.mark.parametrize(
    ("text", "language", "why"),
    [
        ("p\u0430ypal = 1", "python", "identifier of mixed scripts (latin and cyrillic)"),
        ("x = \u03b1_value", "python", "identifier of mixed scripts (greek and latin)"),
        ("\uff50\u0430 = 1", "python", "identifier of mixed scripts (latin and cyrillic)"),
        ("cafe\u0301 = 1", "python", "identifier that is not in normal form NFC"),
        ("café = 1", "python", None),
        ("\u00b5s = 1", "python", None),  # the micro sign belongs to all scripts
        ("\u0438\u043c\u044f_1 = 1", "python", None),
        ("api名前テスト = 1", "python", None),  # what Japanese is written in
        ("p\u0430ypal", "plaintext", None),
        ("e\u0301t\u00e9", "markdown", None),
        ("a-\u0430 = 1", "python", None),  # two words
    ],
)
def test_identifiers(text, language, why):
    findings = inspect_edit(text, "", language)
    assert [f.name for f in findings] == ([why] if why else [])
    assert {f.verdict for f in findings} <= {"warn"}
    assert inspect_edit(text, text, language) == []
    assert clean_prompt(text) == (text, [])


def test_an_identifier_is_reported_once():
    text = "p\u0430y = 1\nprint(p\u0430y)\n"
    (finding,) = inspect_edit(text, "", "python")
    assert finding.message == (
        "identifier of mixed scripts (latin and cyrillic) 'p\u0430y' with "
        "U+0430 CYRILLIC SMALL LETTER A at line 1, column 1: check that it is the name you mean"
    )


@pytest.mark.parametrize(
    ("char", "name"),
    [
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\x1b", "U+001B ESCAPE"),
        ("\x01", "U+0001 CONTROL CHARACTER"),
        ("\ud83d", "U+D83D LONE SURROGATE"),
        ("\U000e0041", "U+E0041 TAG LATIN CAPITAL LETTER A"),
        ("\U000e0000", "U+E0000 UNASSIGNED CHARACTER"),
        ("\u2028", "U+2028 LINE SEPARATOR"),
    ],
)
def test_a_message_names_the_character_and_its_place(char, name):
    (finding,) = inspect_edit(f"a\r\n\U0001f600b{char}c\n", "", "go")
    assert finding.message.startswith(f"{name} at line 2, column 3: ")
    assert (finding.offset, finding.name) == (5, name.split(" ", 1)[1])


def test_warnings_cannot_crowd_out_a_rejection():
    warnings = "".join(f"p\u0430{n} " for n in range(2 * MAX_FINDINGS))
    joined = "\u0645\u200c\u0645\n" * (2 * MAX_FINDINGS)
    findings = inspect_edit(f"{warnings}\n{joined}\u202e", "", "python")
    assert findings[0].code_point == 0x202E
    assert [f.verdict for f in findings] == ["reject"] + ["warn"] * (MAX_FINDINGS - 1)
    assert len(inspect_edit("\x00" * (2 * MAX_FINDINGS), "", "c")) == MAX_FINDINGS


@pytest.mark.parametrize(
    ("text", "cleaned", "reported"),
    [
        ("a\x00\x1b[0mb", "a[0mb", ["\x00", "\x1b"]),
        ("a\x0cb\x0bc", "abc", ["\x0c", "\x0b"]),
        ("a\u202eb", "a\u202eb", ["\u202e"]),
        ("a\u200bb\ufeffc", "abc", ["\u200b", "\ufeff"]),
        ("\ufeffabc", "abc", []),
        ("a\ud800b", "a\ufffdb", ["\ud800"]),
        ("a\x85b\u2028c\ufffd", "a\x85b\u2028c\ufffd", []),
    ],
)
def test_clean_prompt(text, cleaned, reported):
    found, findings = clean_prompt(text)
    assert found == cleaned
    assert [(chr(f.code_point), f.verdict) for f in findings] == [(c, "warn") for c in reported]
    assert [text[f.offset] for f in findings] == reported


def test_clean_prompt_cleans_more_than_it_reports():
    cleaned, findings = clean_prompt("a\u200b" * (2 * MAX_FINDINGS))
    assert cleaned == "a" * (2 * MAX_FINDINGS)
    assert len(findings) == MAX_FINDINGS
    assert findings[0].message == (
        "U+200B ZERO WIDTH SPACE at line 1, column 2: left out of what the models see"
    )


@pytest.mark.parametrize(
    ("text", "limit", "escaped"),
    [
        ("plain é 漢 \U0001f469\u200d\U0001f4bb \ufffd C:\\new", None, None),
        ("a\tb\nc\rd", None, r"a\tb\nc\rd"),
        ("\x1b[31m\x07\x9b", None, r"\x1b[31m\x07\x9b"),
        ("\u202e\u200b\ufeff\x85\u2028\x0c", None, r"\u202e\u200b\ufeff\x85\u2028\x0c"),
        ("\U000e0041\ud800", None, r"\U000e0041\ud800"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde\u2026"),
        ("abc\u202e", 6, "abc\u2026"),  # an escape is not cut
        ("a\u202e", 7, r"a\u202e"),
        ("abc", 1, "\u2026"),
        ("abc", 0, ""),
        ("", 0, ""),
    ],
)
def test_escape(text, limit, escaped):
    assert escape(text, limit) == (text if escaped is None else escaped)


def test_escape_can_keep_lines():
    assert escape("a\tb\r\n\x1b", keep_lines=True) == "a\tb\\r\n\\x1b"


def invisible():
    """Every character that the properties call invisible, and two whose glyph is blank."""
    ignorable = {code for first, last in DEFAULT_IGNORABLE for code in range(first, last + 1)}
    format_ = {c for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) == "Cf"}
    return sorted(ignorable | format_ | {0x2800, 0x1D159})


def test_no_edit_brings_a_character_that_cannot_be_seen():
    found = [chr(code) for code in invisible()]
    assert len(found) > 4_190
    passed = [c for c in found if (ord(c), "reject") not in verdicts(f"x = 'a{c}b'", "x = 'ab'")]
    assert passed == []
    passed = [c for c in found if (ord(c), "reject") not in verdicts(f"a{c}b = 1", "ab = 1")]
    assert passed == []


def test_no_log_hides_a_character_that_cannot_be_seen():
    kept = [code for code in invisible() if chr(code) in escape(f"a{chr(code)}b")]
    assert [chr(code) for code in kept] == [*JOINERS]


@pytest.mark.parametrize(
    "text",
    [
        "\u2764\ufe0f",  # an emoji
        "\u2764\ufe0e",
        "\U0001f441\ufe0f\u200d\U0001f5e8\ufe0f",
        "1\ufe0f\u20e3",  # a keycap
        "\u2229\ufe00",  # a mathematical sign
        "\u8fbb\U000e0100",  # an ideograph
        "\u820d\ufe00",
        "\u1820\u180b",  # a Mongolian letter
    ],
)
def test_a_variation_selector_stays_behind_a_base_that_takes_it(text):
    assert verdicts(f"x = '{text}'") == []
    assert clean_prompt(f"x = '{text}'") == (f"x = '{text}'", [])
    assert escape(text) == text
    twice = text + text[-1]
    if "\u20e3" not in text:
        assert verdicts(f"x = '{twice}'") == [(ord(text[-1]), "reject")]
        assert clean_prompt(twice)[0] == text


@pytest.mark.parametrize(
    "text",
    ["a\ufe0f", "1\ufe0f", "\u2764\ufe00", "\u8fbb\ufe0f", "\u8fbb\u180b", "\u2764\U000e0100"],
)
def test_a_variation_selector_behind_any_other_is_refused_shown_and_not_sent(text):
    assert (ord(text[-1]), "reject") in verdicts(f"x = '{text}'")
    assert clean_prompt(text)[0] == text[:-1]
    assert text[-1] not in escape(text)


def test_bytes_cannot_be_smuggled_in_variation_selectors():
    payload = "".join(chr(0xFE00 + half) for byte in b"os" for half in (byte >> 4, byte & 15))
    assert {verdict for _, verdict in verdicts(f"x = '{payload}'")} == {"reject"}
    assert clean_prompt(f"x = '{payload}'")[0] == "x = ''"


@pytest.mark.parametrize(
    ("new", "replaced", "refused"),
    [
        ("\u8fbb\U000e0100 = 1\n\u8fbb = 2\n", "", True),
        ("\u8fbb\U000e0100 = 1\n", "\u8fbb = 1\n", True),
        ("\u8fbb\U000e0100 = 1\n", "\u5c71 = 1\n", False),
        ("is_\ufe00admin = 1", "is_admin = 1", True),
        ("x = '\u2764\ufe0f'", "x = '\u2764'", False),  # no identifier
    ],
)
def test_an_identifier_that_looks_like_another_of_the_text_is_refused(new, replaced, refused):
    assert ("reject" in {verdict for _, verdict in verdicts(new, replaced)}) is refused
    assert inspect_edit(new, replaced, "markdown") == [] or "is_" in new


@pytest.mark.parametrize("char", ["\u00ad", "\u034f", "\u2800", "\u0600"])
def test_what_has_its_use_in_texts_stays_where_it_was(char):
    assert verdicts(f"x = '{char}'", f"y = '{char}'") == []
