"""The estimate of tokens: near enough for a bound, and its ends are ends of tokens."""

import pytest

from moa_lsp.text.tokens import ASTRAL_TOKENS, end_of, tokens

COUNTS = [
    ("", 0),
    ("a", 1),
    ("return total", 2),
    ("internationalisation", 3),  # seven letters a token
    ("1234567", 3),
    ("f(x)\n    y", 6),
    ("==!=", 2),
    ("\n\n\n", 1),
    ("漢字仮名交じり文", 8),
    ("한국어", 3),
    ("テスト、です。", 7),
    ("🤖🦾", 6),
    ("x 🤖 y", 5),
    ("привет", 3),
]


@pytest.mark.parametrize(("text", "count"), COUNTS)
def test_counted(text, count):
    assert tokens(text) == count


@pytest.mark.parametrize("text", [text for text, _ in COUNTS])
def test_a_text_ends_where_its_tokens_end(text):
    whole = tokens(text)
    assert end_of(text, 0) == 0
    assert end_of(text, -1) == 0
    assert end_of(text, whole + 1) == len(text)
    ends = [end_of(text, count) for count in range(whole + 1)]
    assert ends == sorted(ends)
    for count, end in enumerate(ends):
        assert count - ASTRAL_TOKENS < tokens(text[:end]) <= count
