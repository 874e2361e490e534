"""The sanitiser: what passes is clean, what is escaped can do nothing."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from moa_lsp.text.eol import convert, dominant, to_lf
from moa_lsp.text.sanitize import clean_prompt, escape, inspect_edit
from tests.property.texts import texts

odd = st.one_of(
    texts,
    st.text(max_size=20),
    st.lists(
        st.integers(0, 0x10FFFF).map(chr) | st.sampled_from("\u202e\u200b\ufeff\x1b a\U000e0041"),
        max_size=12,
    ).map("".join),
)


INHERITED = "\x0b\x0c\x85\u2028\u2029\u202d\u202e\u2066\u2067\u200e\u061c\ufffd"
KEPT = "\t\n\r\x85\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def acts(char):
    """Whether a terminal or a reader would not see ``char`` as itself."""
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or char in "\u202e\u2066\u200b"


@given(odd, st.integers(0, 30), st.booleans())
def test_escaped_text_neither_acts_nor_exceeds(text, limit, keep_lines):
    whole = escape(text, keep_lines=keep_lines)
    allowed = "\n\t" if keep_lines else ""
    assert not [char for char in whole if acts(char) and char not in allowed]
    shown = escape(text, limit, keep_lines=keep_lines)
    assert len(shown) <= limit
    if len(whole) <= limit:
        assert shown == whole
    else:
        assert whole.startswith(shown[:-1])
        assert shown[-1:] in ("", "\u2026")


@given(odd)
def test_a_cleaned_prompt_is_clean(text):
    cleaned, findings = clean_prompt(text)
    again, left = clean_prompt(cleaned)
    assert again == cleaned
    assert all(unicodedata.category(chr(f.code_point)) == "Cf" for f in left)  # bidi marks stay
    assert {finding.verdict for finding in findings} <= {"warn"}
    assert not [char for char in cleaned if acts(char) and char not in KEPT]
    assert findings or cleaned == text.removeprefix("\ufeff")


@given(odd)
def test_what_an_edit_may_keep_does_not_stop_it(text):
    """A refusal of unchanged text is about characters that are never the user's own."""
    for finding in inspect_edit(text, text, "python"):
        assert chr(finding.code_point) not in INHERITED
        assert chr(finding.code_point) in text[finding.offset :]


@given(odd, st.sampled_from(["\n", "\r\n", "\r"]))
def test_endings_convert_and_come_back(text, eol):
    same = convert(text, eol)
    assert to_lf(same) == to_lf(text)
    if "\n" in to_lf(text):
        assert dominant(same) == eol
    assert convert(same, eol) == same
