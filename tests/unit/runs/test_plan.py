"""From an answer to edits: as few as can be, inside the target, with the document's line ends."""

from dataclasses import replace
from pathlib import Path

import pytest

from moa_lsp.answers.file_changes import CreatedFile
from moa_lsp.runs import plan as plans
from moa_lsp.runs.plan import LARGE_CHANGE_LINES, SHRINKING_LINES
from moa_lsp.syntax.imports import ProjectImports
from moa_lsp.task import File, Snapshot, Task
from moa_lsp.text.edits import Edit
from moa_lsp.text.span import Span
from tests.fakes.runs import task

CODE = "import os\n\n\ndef f(a):\n    b = a\n    return b\n\n\ny = 2\n"


PLACE = Path("made.py")


def made(about: Task, text: str) -> plans.EditPlan:
    """The plan, checked for what holds of every plan of one region."""
    found = plans.make(about, text)
    assert isinstance(found, plans.EditPlan)
    ((target, edits),) = found.parts[0].pieces
    assert target.end == about.target.end or (not text and about.output == "replace")
    for edit in edits:
        assert target.start <= edit.span.start <= edit.span.end <= target.end
    assert list(edits) == sorted(edits)
    return found


def after(plan: plans.EditPlan) -> str:
    """The one document that a plan changes, as it leaves it."""
    (text,) = plan.texts("")
    return text.after


PLACES = [
    ("replace", "def f", "return b", "def f(a):\n    return a"),
    ("insert_before", "    b", "b = a", "    check(a)"),
    ("comment", "    b", "b = a", "    # why\n    # so"),
    ("insert_after", "    b", "b = a", "    check(b)"),
    ("insert_after", "y", "y = 2", "z = 3"),
    ("insert_before", "import", "os", "# top"),
]
EXPECTED = [
    "import os\n\n\ndef f(a):\n    return a\n\n\ny = 2\n",
    "import os\n\n\ndef f(a):\n    check(a)\n    b = a\n    return b\n\n\ny = 2\n",
    "import os\n\n\ndef f(a):\n    # why\n    # so\n    b = a\n    return b\n\n\ny = 2\n",
    "import os\n\n\ndef f(a):\n    b = a\n    check(b)\n    return b\n\n\ny = 2\n",
    f"{CODE}z = 3\n",
    f"# top\n{CODE}",
]


@pytest.mark.parametrize("eol", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("final", [True, False])
@pytest.mark.parametrize(("row", "expect"), list(zip(PLACES, EXPECTED, strict=True)))
def test_placement_and_line_ends(row, expect, final, eol):
    output, start, end, text = row
    document, wanted = (each if final else each.rstrip("\n") for each in (CODE, expect))
    document, wanted = document.replace("\n", eol), wanted.replace("\n", eol)
    about = task(document, start=start, end=end, output=output)
    assert after(made(about, text)) == wanted
    assert after(made(about, text.replace("\n", eol))) == wanted


INSERTS = [
    ("", 0, "x = 1", "x = 1"),
    ("a\n", 2, "b", "a\nb"),
    ("a\n\nc\n", 2, "b", "a\nb\nc\n"),
    ("a\nc\n", 1, "b", "a\nb\nc\n"),
    ("a", 1, "b", "a\nb"),
    ("a\r\nc\r\n", 1, "b\nx", "a\r\nb\r\nx\r\nc\r\n"),
]


@pytest.mark.parametrize(("document", "at", "text", "expect"), INSERTS)
def test_insertion_makes_lines_of_its_own(document, at, text, expect):
    about = task(document or " ", start="", output="insert")
    about = Task("generate", "insert", about.snapshot, Span(at, at), at)
    if not document:
        about = task("\n", start="\n", output="insert")
        about = Task("generate", "insert", about.snapshot, Span(0, 0), 0)
        expect += "\n"
    assert after(made(about, text)) == expect


HEADS = [
    # document, start of the target, expected with the comment `# c` above
    ("#!/bin/sh\nx=1\n", 0, "#!/bin/sh\n# c\nx=1\n"),
    ("#!/bin/sh\r\nx=1\r\n", 0, "#!/bin/sh\r\n# c\r\nx=1\r\n"),
    ("#!/usr/bin/python\n# -*- coding: latin-1 -*-\nx=1\n", 0,
     "#!/usr/bin/python\n# -*- coding: latin-1 -*-\n# c\nx=1\n"),
    ("# vim: set fileencoding=utf-8\nx=1\n", 0, "# vim: set fileencoding=utf-8\n# c\nx=1\n"),
    ("\ufeffx=1\n", 0, "\ufeff# c\nx=1\n"),
    ("\ufeff#!/bin/sh\nx=1\n", 0, "\ufeff#!/bin/sh\n# c\nx=1\n"),
    ("#!/bin/sh\n", 0, "#!/bin/sh\n# c\n"),
    ("#!/bin/sh", 0, "#!/bin/sh\n# c"),
    ("# say\nx=1\n", 0, "# c\n# say\nx=1\n"),
    ("y\n#!x\n", 2, "y\n# c\n#!x\n"),
]  # fmt: skip


@pytest.mark.parametrize("output", ["comment", "insert_before"])
@pytest.mark.parametrize(("document", "start", "expect"), HEADS)
def test_what_must_stay_first_stays_first(document, start, expect, output):
    end = len(document.rstrip("\r\n"))
    snapshot = task(document, start=document[:1], output=output).snapshot
    about = Task("document", output, snapshot, Span(start, end), start)
    assert after(made(about, "# c")) == expect


DELETED = [
    ("import os\nx = 1\n", "import os", "x = 1\n"),
    ("a\r\nimport os\r\nx\r\n", "import os", "a\r\nx\r\n"),
    ("a\rimport os\rx\r", "import os", "a\rx\r"),
    ("a\n\nimport os\n\nx\n", "import os", "a\n\n\nx\n"),
    ("x = 1\nimport os", "import os", "x = 1\n"),
    ("import os", "import os", ""),
]


@pytest.mark.parametrize(("document", "line", "expect"), DELETED)
def test_a_deleted_line_leaves_no_blank_one(document, line, expect):
    about = task(document, start=line, end=line)
    found = made(about, "")
    assert after(found) == expect
    assert found.parts[0].pieces[0][0].start == about.target.start


def test_edits_are_minimal():
    about = task(CODE, start="def f", end="return b")
    found = made(about, "def f(a):\n    b = a\n    return b + 1")
    at = CODE.index("return b") + len("return b")
    assert found.parts[0].edits == (Edit(Span(at, at), " + 1"),)
    assert not found.risky


def test_mixed_line_ends_stay_where_nothing_changed():
    document = "a = 1\r\nb = 2\nc = 3\r\nd = 4\r\n"
    about = task(document, start="a", end="d = 4")
    found = made(about, "a = 1\nb = 2\nc = 33\ne = 5\nd = 4")
    assert after(found) == "a = 1\r\nb = 2\nc = 33\r\ne = 5\r\nd = 4\r\n"


def test_a_document_is_shown_and_a_file_is_new():
    about = task(output="document")
    assert plans.make(about, "# It") == plans.ShowPlan(about.target, "# It")
    crlf = task("a\r\nb\r\n", start="a", output="new_file")
    for text, whole in (("x\ny", "x\r\ny\r\n"), ("x\r\n", "x\r\n")):
        plan = plans.make(crlf, text, new_file=PLACE)
        assert plan == plans.NewFilePlan(PLACE, whole)
        assert plan.texts("it.py") == [plans.FileTexts("it.py", None, whole)]
    with pytest.raises(ValueError, match="needs its place"):
        plans.make(crlf, "x")


CREATED = CreatedFile("c.py", "z = 1\n", "python")
CONFIRMATIONS = [
    # plan, whether it is asked about by a review of `auto`, `always` and `never`
    (plans.EditPlan(()), (False, True, False)),
    (plans.EditPlan((), risky=True), (True, True, False)),
    (plans.EditPlan((), (CREATED,)), (True, True, True)),
    (plans.NewFilePlan(PLACE, ""), (True, True, True)),
]


@pytest.mark.parametrize(("plan", "asked"), CONFIRMATIONS)
def test_what_a_review_asks_about(plan, asked):
    assert tuple(map(plan.needs_confirmation, ("auto", "always", "never"))) == asked


TWO = "def f():\n    return 1\n\n\nclass A:\n    def g(self):\n        return 2\n"
CLASS = TWO[TWO.index("class") : -1]
LOSSES = [
    (TWO[:-1].replace("return 1", "return 9"), "", False, ()),
    (CLASS, "", True, ("removes f",)),
    (CLASS, "Remove f", False, ("removes f",)),
    (TWO[:-1].replace("def g", "def h"), "", True, ("removes A.g",)),
    (TWO[:-1].replace("def f", "def h"), "please rename f", False, ("removes f",)),
]


@pytest.mark.parametrize(("text", "said", "risky", "warnings"), LOSSES)
def test_lost_definitions(text, said, risky, warnings):
    found = made(task(TWO, start="def f", instruction=said), text)
    assert (found.risky, found.warnings) == (risky, warnings)


def test_lost_lines():
    body = "".join(f"    a{number} = {number}\n" for number in range(SHRINKING_LINES - 1))
    about = task(f"def f():\n{body}", start="def f")
    assert made(about, "def f():\n    pass").warnings == ("leaves 2 of 6 lines",)
    assert made(about, "def f():\n    a = 1\n    b = 2").warnings == ()
    short = task("def f():\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n", start="def f")
    assert made(short, "def f():\n    pass").warnings == ()


def test_what_only_warns_is_told():
    about = task(CODE, start="def f", end="return b")
    found = made(about, "def f(a):\n    \u0440ath = a\n    return \u0440ath")
    assert any("identifier of mixed scripts" in warning for warning in found.warnings)
    inherited = task("x = 'a\u202eb'\n", start="x")
    assert made(inherited, "x = 'a\u202ebc'").parts[0].edits


def test_worsens():
    assert plans.worsens("x = 1\n", "x = 2\n", "python") is None
    assert plans.worsens("x = (\n", "x = ((\n", "python") is None
    assert "does not parse" in (plans.worsens("x = 1\n", "x = (\n", "python") or "")


def test_A08_hidden_characters_that_go_are_told():
    """The models do not see them, so a rewritten line loses them."""
    text = "x = 1  # a\u200bb\n"
    (warning,) = made(task(text, start="x", end="b"), "x = 2  # ab").warnings
    assert warning == "removes hidden characters: ZERO WIDTH SPACE"
    assert made(task(CODE, start="y", end="2"), "y = 3").warnings == ()


# --- several places and documents ---------------------------------------------------------------


def changes(text: str, created: str = "", other: str = "k = 1\n", **more):
    first = task(CODE, start="def f", action="refactor", **more)
    files = (
        File("a.py", first.snapshot),
        File("b.py", Snapshot("file:///w/b.py", other, "python")),
    )
    about = replace(first, form="changes", files=files, may_create=bool(created))
    return about, plans.make(about, f"{text}\n{created}")


def hunk(search: str, new: str, path: str = "a.py") -> str:
    return f"{path}\n<<<<<<< SEARCH\n{search}\n=======\n{new}\n>>>>>>> REPLACE\n"


def test_changes_are_edits_inside_their_pieces():
    about, plan = changes(hunk("    b = a", "    b = a + 1") + hunk("y = 2", "y = 3"))
    (part,) = plan.parts
    assert part.file.snapshot is about.snapshot
    for target, edits in part.pieces:
        assert all(target.start <= e.span.start <= e.span.end <= target.end for e in edits)
    assert [CODE[span.start : span.end] for span, _ in part.pieces] == ["    b = a", "y = 2"]
    assert part.edits == tuple(sorted(part.edits))
    assert (plan.warnings, plan.risky) == ((), False)
    (text,) = plan.texts("a.py")
    assert text == plans.FileTexts(
        "a.py", CODE, CODE.replace("b = a", "b = a + 1").replace("y = 2", "y = 3")
    )


def test_other_documents_and_new_files_are_told_and_asked_about():
    _, plan = changes(hunk("k = 1", "k = 2", "b.py"), "c.py\n```\nz = 1\n```\n")
    assert plan.warnings == ("also changes b.py", "makes the new file c.py")
    assert plan.risky
    assert [(each.path, each.before, each.after) for each in plan.texts("a.py")] == [
        ("b.py", "k = 1\n", "k = 2\n"),
        ("c.py", None, "z = 1\n"),
    ]


@pytest.mark.parametrize(("instruction", "risky"), [("", True), ("remove f", False)])
def test_what_changes_lose_is_told(instruction, risky):
    _, plan = changes(hunk("def f(a):\n    b = a\n    return b", "g = 1"), instruction=instruction)
    assert plan.warnings == ("a.py: removes f",)
    assert plan.risky is risky


PROJECT = ProjectImports({"w/pyproject.toml": '[project]\ndependencies = ["requests"]'})

IMPORTS = {
    "an import that nothing knows": (
        "import os\nimport reqeusts\nx = 2\n",
        ("adds imports: reqeusts, not in this project",),
    ),
    "imports that are known": ("import os\nimport requests\nx = 2\n", ()),
    "many": (
        "".join(f"import fake{n}\n" for n in range(8)),
        ("adds imports: fake0, fake1, fake2, fake3, fake4 and 3 more, not in this project",),
    ),
}


@pytest.mark.parametrize("name", IMPORTS)
@pytest.mark.parametrize("output", ["replace", "insert", "new_file"])
def test_A09_new_imports_that_nothing_knows_need_a_look(name, output):
    text, warnings = IMPORTS[name]
    about = task("x = 1\n", start="x", output=output)
    found = plans.make(about, text, PROJECT, PLACE)
    assert (found.warnings, found.risky) == (warnings, bool(warnings))


def test_a_change_that_nobody_takes_in_at_a_glance_needs_a_look():
    old = "".join(f"x{number} = {number}\n" for number in range(LARGE_CHANGE_LINES))
    new = "".join(f"y{number} = {number}\n" for number in range(LARGE_CHANGE_LINES + 50))
    found = plans.make(task(old, start="x0"), new.rstrip("\n"))
    assert found.warnings == ("changes much: 199 lines become 249",)
    assert found.risky
