"""Small diffs of what was typed, and whether they touch a secret."""

import pytest

from moa_lsp.context.recent_edits import RecentEdit

KEY = [
    "-----BEGIN PRIVATE KEY-----\n",
    *(f"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC{number:04}\n" for number in range(5)),
    "-----END PRIVATE KEY-----\n",
]


def test_a_diff_names_its_place_and_says_what_went_and_what_came():
    edit = RecentEdit("file:///w/a.py", "a\nb\nc\n", 1, ("x\r\n", "y\r\n"), 1, "w/a.py")
    assert edit.diff == "w/a.py, line 2:\n-x\n-y\n+b\n"


@pytest.mark.parametrize(
    ("lines", "line", "before", "count", "secret"),
    [
        (["a\n", *KEY], 0, ("b\n",), 1, False),
        (["a\n", *KEY], 3, ("b\n",), 1, True),
        ([*KEY[:3], "b\n", *KEY[4:]], 3, (KEY[3],), 1, True),
        (["a\n"], 0, tuple(KEY), 1, True),
        (["a\n", f"token = 'ghp_{'aB3dE6gHi1' * 4}'\n"], 1, (), 1, True),
    ],
)
def test_a12_a_line_of_a_secret_is_one(lines, line, before, count, secret):
    edit = RecentEdit("file:///w/a.py", "".join(lines), line, before, count)
    assert edit.holds_secret is secret
