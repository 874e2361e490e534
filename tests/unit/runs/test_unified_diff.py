"""Unified diffs: what ``patch`` takes, and what a user reads before agreeing."""

import shutil
import subprocess

import pytest

from moa_lsp.runs import unified_diff

DIFFS = [
    ("a\nb\n", "a\nc\n"),
    ("a\r\nb\r\n", "a\r\nc\r\n"),
    ("a\nb", "a\nc"),
    ("a\nb", "a\nb\n"),
    ("a\n", "a"),
    ("a\x0cb\u2028c\rd\n", "a\x0cb\u2028c\rD\n"),
    ("a\n", ""),
    ("x\n" * 50 + "a\n" + "y\n" * 50, "x\n" * 50 + "b\nc\n" + "y\n" * 50),
    ("".join(f"{n}\n" for n in range(300)), "".join(f"{n}\n" for n in range(300) if n % 70)),
]


@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no patch program here")
@pytest.mark.parametrize(("old", "new"), DIFFS)
def test_patch_takes_a_diff(tmp_path, old, new):
    (tmp_path / "m").write_bytes(old.encode())
    subprocess.run(
        ["patch", "-p1", "--binary", "--silent"],
        cwd=tmp_path,
        input=unified_diff.diff(old, new, "m").encode(),
        check=True,
    )
    left = (tmp_path / "m").read_bytes() if (tmp_path / "m").exists() else b""
    assert left == new.encode()


def test_no_change_is_no_diff():
    assert unified_diff.diff("a\n", "a\n", "m") == ""


def test_only_what_differs_is_compared():
    """Two texts of 200,000 lines; the library alone would take minutes for them."""
    lines = [f"{n % 1000}\n" for n in range(200_000)]
    changed = [*lines[:150_000], "new\n", *lines[150_000:]]
    made = unified_diff.diff("".join(lines), "".join(changed), "m")
    assert "@@ -149998,6 +149998,7 @@\n" in made
    assert made.count("\n+new\n") == 1


def test_A11_what_hides_is_visible_in_a_diff_that_is_agreed_to():
    shown = unified_diff.visible("a\r\nb\r\n", "a\r\nb\u202e\x1b\r\n", "m\u202e.py")
    assert "+b\\u202e\\x1b\n" in shown
    assert "\r" not in shown
    assert "\\r" not in shown, "a document of CRLF shows no CR"
    assert "+++ b/m\\u202e.py\n" in shown
    mixed = unified_diff.visible("a\r\nb\r\n", "a\r\nb\n", "m")
    assert "-b\\r\n+b\n" in mixed, "a lost CR is a change that must be seen"


def test_a_long_diff_is_cut_where_it_can_be_seen():
    shown = unified_diff.visible("", "line\n" * 100, "m", limit=120)
    assert len(shown) < 200
    assert shown.endswith("more lines are not shown]\n")
    assert unified_diff.visible("a\n", "a\n", "m") == ""
