"""Changes fitted into documents: where they belong, all of them or none, through every gate."""

import pytest

from moa_lsp.answers.changes import read
from moa_lsp.answers.file_changes import fit
from moa_lsp.answers.rejection import RejectedAnswer
from moa_lsp.task import File, Snapshot
from tests.unit.answers.test_changes import block

A = """\
import os


def f(a):
    b = a
    return b


class C:
    def g(self):
        return 1
"""
B = "x = 1\ny = 2\n"


def files(a=A, b=B, language="python"):
    return (
        File("src/a.py", Snapshot("file:///w/src/a.py", a, language)),
        File("src/b.py", Snapshot("file:///w/src/b.py", b, language)),
    )


def fitted(answer, shown=None, **how):
    shown = shown or files()
    return fit(read(answer, [each.path for each in shown]), shown, **how)


def after(answer, shown=None):
    """The texts of the files that change, by path."""
    return {each.file.path: each.after for each in fitted(answer, shown).files}


def in_a(*blocks):
    return "".join(f"src/a.py\n{each}" for each in blocks)


FITS = [
    (in_a(block("    b = a", "    b = a + 1")), A.replace("b = a", "b = a + 1")),
    # moved in and out: REPLACE moves along
    (
        in_a(block("def g(self):\n    return 1", "def g(self):\n    if x:\n        return 2")),
        A.replace("        return 1", "        if x:\n            return 2"),
    ),
    (in_a(block("        b = a", "        b = 2")), A.replace("b = a", "b = 2")),
    # deleted with its line ending; at the end of the file too
    (in_a(block("    b = a", None)), A.replace("    b = a\n", "")),
    (in_a(block("    def g(self):\n        return 1", None)), A.partition("    def g")[0]),
    # two neighbours, the later one first, one of them deleted
    (
        in_a(block("    return b", "    return 0"), block("    b = a", None)),
        A.replace("    b = a\n    return b", "    return 0"),
    ),
    # blank lines that the document does not have at the edges
    (in_a(block("\n    b = a\n", "\n    b = 2\n")), A.replace("b = a", "b = 2")),
    # said twice
    (in_a(block("    b = a", "    b = 2"), block("    b = a", "    b = 2")),
     A.replace("b = a", "b = 2")),
    # inserted
    (in_a(block("import os", "import os\nimport sys")), A.replace("os\n", "os\nimport sys\n", 1)),
]  # fmt: skip


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(("answer", "expect"), FITS)
def test_blocks_go_where_they_belong(answer, expect, mark, eol):
    shown = files(mark + A.replace("\n", eol))
    assert after(answer, shown) == {"src/a.py": mark + expect.replace("\n", eol)}


def test_several_files_and_what_changes_nothing():
    answer = in_a(block("    b = a", "    b = a")) + f"src/b.py\n{block('y = 2', 'y = 3')}"
    assert after(answer) == {"src/b.py": "x = 1\ny = 3\n"}
    assert fitted(in_a(block("    b = a", "    b = a"))).files == ()
    assert fitted("no change").files == ()


def test_an_empty_file_is_filled():
    assert after(f"src/b.py\n{block(None, 'z = 1')}", files(b="")) == {"src/b.py": "z = 1"}


def test_a_short_file_as_a_whole():
    answer = "src/b.py\n```python\nx = 1\ny = 3\nz = 4\n```\n"
    assert after(answer) == {"src/b.py": "x = 1\ny = 3\nz = 4\n"}


REFUSED = [
    (in_a(block("    c = a", "    d = a")), "cannot be placed in src/a.py: its SEARCH stands no"),
    (in_a(block("    return b\n\n", ""), block("    b = a\n    return b", "x")), "same lines"),
    (in_a(block(None, "x = 1")), "empty SEARCH"),
    (in_a(block("    b = a", "    # ... existing code ...")), "leaves out code"),
    (in_a(block("    b = a", "    b = a\n||||||| base")), "merge conflict"),
    (in_a(block("    b = a", "    b = 'a\u202e'")), "hidden or control characters"),
    (in_a(block("    b = a", "    b = a\x1b")), "hidden or control characters"),
    (in_a(block("    b = a", "    b = '" + "x" * 70_000 + "'")), "larger than"),
    (f"src/c.py\n{block()}", "changes src/c.py, which it was not shown"),
    (f"../../x.py\n{block()}", "changes a file, which it was not shown"),
    ("src/c.py\n```python\nx = 1\n```\n", "new file, which cannot be agreed to here"),
    ("src/a.py\n```python\ndef f(a):\n    return a\n```\n", "a part of src/a.py"),
    (f"src/b.py\n```python\nx = 1\ny = 3\n```\nsrc/b.py\n{block()}", "as a whole and changes it"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "reason"), REFUSED)
def test_one_bad_part_refuses_all(answer, reason):
    with pytest.raises(RejectedAnswer, match=reason):
        fitted(
            f"{answer}\nsrc/b.py\n{block('y = 2', 'y = 3')}" if "b.py" not in answer else answer
        )


def test_a_long_file_is_not_given_as_a_whole():
    long = "".join(f"x{n} = {n}\n" for n in range(200))
    with pytest.raises(RejectedAnswer, match="too long for that"):
        fitted(f"src/b.py\n```python\n{long}y = 1\n```\n", files(b=long))


def test_new_files():
    answer = "src/c.py\n```python\n\nz = 1\n```\n"
    (made,) = fitted(answer, files(A.replace("\n", "\r\n")), may_create=True).created
    assert (made.path, made.text, made.language) == ("src/c.py", "z = 1\r\n", "python")


NOT_NEW = [
    ("../c.py", "below the workspace"), (".vscode/c.py", "configure tools"),
    ("tasks.json", "not that of source code"), ("/etc/c.py", "below the workspace"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "reason"), NOT_NEW)
def test_A05_A06_new_files_that_may_not_be(path, reason):
    with pytest.raises(RejectedAnswer, match=reason):
        fitted(f"{path}\n```\nz = 1\n```\n", may_create=True)


def test_the_same_new_file_twice():
    with pytest.raises(RejectedAnswer, match="same new file twice"):
        fitted("c.py\n```\nz = 1\n```\n\nC.py\n```\nz = 1\n```\n", may_create=True)
