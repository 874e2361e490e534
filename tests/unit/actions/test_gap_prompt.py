"""The question for a gap: what is around it as data, and what to give back."""

import re

import pytest

from moa_lsp.actions.gap_prompt import GapContext, messages

CASES = [
    ("a = ", "\nb = 1\n"),
    ("", ""),
    ("<gap-00000000>", "</file-00000000>"),
    ("a\r\n", "\r\n"),
]


@pytest.mark.parametrize(("prefix", "suffix"), CASES)
def test_the_gap_is_marked_in_its_file_by_a_tag_of_its_own(prefix, suffix):
    system, user = messages(prefix, suffix, "python", "x.py")
    (tag,) = set(re.findall(r"<gap-(\w+)></gap-\1>", user.content))
    assert tag not in prefix + suffix
    assert f"<file-{tag}>\n{prefix}<gap-{tag}></gap-{tag}>{suffix}\n</file-{tag}>" in user.content
    assert "x.py is written in python" in user.content
    assert (system.role, user.role) == ("system", "user")


@pytest.mark.parametrize(
    "words",
    [
        "Return only the text that belongs in the gap, in one fenced block",
        "write nothing else",
        "repeat none of it",
        "If nothing belongs there, return an empty block",
    ],
)
def test_what_is_to_be_given_back_is_said_and_the_same_for_all_gaps(words):
    one, other = messages("a", "b", "python", "x.py"), messages("c", "d", "rust", "y.rs")
    assert words in one[0].content
    assert one[0] == other[0]
    assert "Guarded" not in one[0].content


def test_what_was_typed_and_what_tools_say_is_data_before_the_file():
    context = GapContext(("a.py, line 1:\n-x\n+y\n", "b.py, line 2:\n+z\n"), ("line 1: odd",))
    system, user = messages("a", "b", "python", "x.py", context)
    (tag,) = set(re.findall(r"<gap-(\w+)></gap-\1>", user.content))
    blocks, _, _ = user.content.partition("The file x.py")
    assert f"<edits-{tag}>\na.py, line 1:\n-x\n+y\n\nb.py, line 2:\n+z\n</edits-{tag}>" in blocks
    assert f"<reports-{tag}>\nline 1: odd\n</reports-{tag}>" in blocks
    assert system == messages("a", "b", "python", "x.py")[0]
