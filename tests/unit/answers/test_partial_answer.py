"""What is shown of an answer at every moment of its writing."""

import pytest

from moa_lsp.answers.partial_answer import code, words

ANSWER = (
    "<think>hm ```py\nno\n```</think>Sure:\n\n"
    "```python\ndef f():\n    '``'\n    return 1\n```\nDone.\n"
)


def test_code_only_grows_and_is_never_prose_reasoning_or_a_fence():
    shown = [code(ANSWER[:end]) for end in range(len(ANSWER) + 1)]
    whole = "def f():\n    '``'\n    return 1"
    assert shown[-1] == whole
    begun = [text for text in shown if text]
    assert all(whole.startswith(text.rstrip("\n")) for text in begun)
    assert shown[ANSWER.index("def")] == ""


CODES = {
    "nothing": ("", ""),
    "the last block counts": ("```py\na\n```\nor\n```py\nb\n", "b"),
    "tildes": ("~~~\na\n~~", "a"),
    "CRLF": ("```\r\na\r\nb\r\n```", "a\nb"),
    "hidden": ("```\na\u202e\n", "a\\u202e"),
}


@pytest.mark.parametrize("name", CODES)
def test_code(name):
    answer, wanted = CODES[name]
    assert code(answer) == wanted


def test_words_are_safe_at_every_moment():
    answer = "See ![x](http://e.x/?q=1) and [a][b].\n\n[b]: http://e.x\n"
    assert words(answer) == "See image: x (`e.x/`) and a (`e.x`)."
    for end in range(len(answer)):
        shown = words(answer[:end])
        assert "![x](" not in shown
        assert "[b]:" not in shown.replace("\\[b\\]:", "")


def test_both_are_bounded():
    assert len(code("```\n" + "x" * 100, limit=10)) == 10
    assert len(words("word " * 100, limit=200)) <= 200
