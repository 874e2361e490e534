"""Reading answers that change several places: markers, paths, order, and what is refused."""

import pytest

from moa_lsp.answers.changes import (
    UNTOUCHED,
    Changes,
    SearchReplaceBlock,
    WholeFile,
    read,
    written,
)
from moa_lsp.answers.rejection import RejectedAnswer

ONE = ("src/a.py",)
TWO = ("src/a.py", "src/b.py")


def block(search="x = 1", replace="x = 2", opened="<<<<<<< SEARCH", middle="=======",
          closed=">>>>>>> REPLACE"):  # fmt: skip
    lines = [opened, search, middle, replace, closed]
    return "\n".join(line for line in lines if line is not None) + "\n"


def hunk(search="x = 1", replace="x = 2", path="src/a.py", hint=None):
    parts = [tuple(part.split("\n")) if part is not None else () for part in (search, replace)]
    return SearchReplaceBlock(path, *parts, hint)


READ = [
    # answer, known files, hunks
    (f"src/a.py\n{block()}", TWO, [hunk()]),
    (f"Sure!\n\n**src/a.py**\n\n```python\n{block()}```\nThat is all.\n", TWO, [hunk()]),
    (f"```python src/b.py\n{block()}```\n", TWO, [hunk(path="src/b.py")]),
    (f"```python\nsrc/b.py\n{block()}```\n", TWO, [hunk(path="src/b.py")]),
    (block(), ONE, [hunk()]),
    (f"src/a.py\nIt is two now:\n{block()}", TWO, [hunk()]),
    (f"src/a.py\n{block()}\n{block('y = 1', 'y = 2')}", TWO, [hunk(), hunk("y = 1", "y = 2")]),
    (
        f"src/a.py\n{block()}\nsrc/b.py\n{block()}",
        TWO,
        [hunk(), hunk(path="src/b.py")],
    ),
    (block(opened="<<<<< SEARCH", middle="=====", closed=">>>>> REPLACE"), ONE, [hunk()]),
    (block(opened="<<<<<<<<< SEARCH", closed=">>>>>>> REPLACE"), ONE, [hunk()]),
    (block(opened="------- SEARCH", closed="+++++++ REPLACE"), ONE, [hunk()]),
    (block(opened="<<<<<<< search", closed=">>>>>>> replace"), ONE, [hunk()]),
    (block(opened="<<<<<<< SEARCH>", closed=">>>>>>> REPLACE>"), ONE, [hunk()]),
    (block(closed=">>>>>>>"), ONE, [hunk()]),
    (block(opened="<<<<<<< ORIGINAL", closed=">>>>>>> UPDATED"), ONE, [hunk()]),
    (block(opened="<<<<<<< SEARCH @line 12"), ONE, [hunk(hint=12)]),
    (block(opened="<<<<<<< SEARCH (line 12)"), ONE, [hunk(hint=12)]),
    (block(search="@line 12\nx = 1"), ONE, [hunk(hint=12)]),
    (block(search=":start_line:12\n-------\nx = 1"), ONE, [hunk(hint=12)]),
    (block().replace("\n", "\r\n"), ONE, [hunk()]),
    (f"\ufeff<think>\nFirst {block()}</think>\n{block('y', 'z')}", ONE, [hunk("y", "z")]),
    (block(replace=None), ONE, [hunk(replace=None)]),
    (block(search=None), ONE, [hunk(search=None)]),
    # markers that are text
    (
        block("T\n\\=======\n\\<<<<<<< x", "U\n\\======="),
        ONE,
        [hunk("T\n=======\n<<<<<<< x", "U\n=======")],
    ),
    (block("T\n=====", "U\n====="), ONE, [hunk("T\n=====", "U\n=====")]),  # a shorter underline
    (block("a\n```\nb", "c\n```\nd"), ONE, [hunk("a\n```\nb", "c\n```\nd")]),
    # a list item
    ("- it:\n  <<<<<<< SEARCH\n  x = 1\n  =======\n  x = 2\n  >>>>>>> REPLACE\n", ONE, [hunk()]),
    # code that only shows something
    (f"Like this:\n```python\nexample()\n```\n\nsrc/a.py\n{block()}", TWO, [hunk()]),
    (f"Remove the old names.\nMove on.\nsrc/a.py\n{block()}", TWO, [hunk()]),
]


@pytest.mark.parametrize(("answer", "known", "hunks"), READ)
def test_blocks(answer, known, hunks):
    found = read(answer, known)
    assert found == Changes(tuple(hunks))
    assert read(written(found), known) == found


WHOLES = [
    ("src/a.py\n```python\nx = 2\n```\n", [WholeFile("src/a.py", "x = 2")]),
    (
        "New file: src/c.py\n\n```python\nx = 2\n\n\ny\n```\n",
        [WholeFile("src/c.py", "x = 2\n\n\ny")],
    ),
    ("```python src/c.py\nx = 2\n```\n", [WholeFile("src/c.py", "x = 2")]),
    ("```python\n# src/c.py\nx = 2\n```\n", [WholeFile("src/c.py", "x = 2")]),
    ("src/c.py\n````\na\n```\nb\n```\n````\n", [WholeFile("src/c.py", "a\n```\nb\n```")]),
]


@pytest.mark.parametrize(("answer", "wholes"), WHOLES)
def test_whole_files(answer, wholes):
    found = read(answer, TWO)
    assert found == Changes((), tuple(wholes))
    assert read(written(found), TWO) == found


@pytest.mark.parametrize("answer", ["no change", "No changes needed.", "**No change**\n"])
def test_nothing_to_change(answer):
    assert read(answer, TWO) == UNTOUCHED


REFUSED = [
    (block()[:-16], ONE, "does not end"),
    ("<<<<<<< SEARCH\nx = 1\n=======\n", ONE, "does not end"),
    (f"<<<<<<< SEARCH\nx\n{block()}", ONE, "begins before the one above it has ended"),
    (">>>>>>> REPLACE\n", ONE, "out of order"),
    (block(middle="x"), ONE, "no line of = divides"),
    (block("T\n=======", "U"), ONE, "more than one line of = divides"),
    (block(), TWO, "names no file"),
    ("src/a.py\n```python\nx = 2\n", TWO, "fence is not closed"),
    ("I am sorry, but I cannot help with that.", TWO, "no SEARCH/REPLACE block"),
    ("", TWO, "the answer is empty"),
    ("<think>hm", TWO, "the reasoning does not end"),
    (f"{block()}\nDELETE src/a.py\n", ONE, "wants to delete a file"),
    (f"{block()}\n*** Delete File: `src/a.py`\n", ONE, "wants to delete a file"),
    (f"{block()}\n- Rename src/a.py to src/c.py\n", ONE, "wants to rename a file"),
    (f"{block()}\n```\ngit mv src/a.py src/c.py\n```\n", ONE, "wants to git mv a file"),
    (f"{block()}\nrm src/other.py\n", ONE, "wants to rm a file"),
    (block() * 200, ONE, "200 blocks of changes"),
]


@pytest.mark.parametrize(("answer", "known", "reason"), REFUSED)
def test_refused(answer, known, reason):
    with pytest.raises(RejectedAnswer, match=reason):
        read(answer, known)
