"""How far an action reaches, and what it never touches."""

from dataclasses import replace

import pytest

from moa_lsp import limits
from moa_lsp.actions.definition import builtin
from moa_lsp.task import File, Snapshot
from moa_lsp.workspace.related_files import (
    MAX_OTHER_FILES,
    OTHER_FILES_CHARS,
    add_related_files,
    allowed,
    reaches,
)
from tests.fakes.runs import task

WHOLE = replace(builtin()["refactor"], id="everywhere", scope="file")
LONG = "".join(f"x{n} = {n}\n" for n in range(limits.WHOLE_FILE_LINES + 10))


def other(path="b.py", text="y = 1\n"):
    return File(path, Snapshot(f"file:///w/{path}", text, "python"))


def whole(text):
    return task(text, start=text[:1], action="refactor")


def test_only_actions_on_a_whole_file_reach_further():
    assert reaches(WHOLE)
    assert not any(reaches(action) for action in builtin().values())
    assert not reaches(None)
    assert not reaches(replace(WHOLE, prompt="{{region}}")), "what is not shown is not changed"
    assert not reaches(replace(WHOLE, output="document"))


FORMS = [
    # text, others, may create, form, files
    ("x = 1\n", (), False, "region", 0),
    (LONG, (), False, "changes", 1),
    ("x = 1\n", (other(),), False, "changes", 2),
    ("x = 1\n", (), True, "changes", 1),
]


@pytest.mark.parametrize(("text", "others", "may_create", "form", "count"), FORMS)
def test_form(text, others, may_create, form, count):
    found = add_related_files(WHOLE, whole(text), "a.py", others, may_create=may_create)
    assert (found.form, len(found.files)) == (form, count)
    assert not found.files or found.files[0].snapshot is found.snapshot


def test_a_selection_stays_a_region():
    found = add_related_files(
        builtin()["refactor"], whole(LONG), "a.py", (other(),), may_create=True
    )
    assert (found.form, found.files) == ("region", ())


def test_what_does_not_fit_is_left_out_whole():
    big = other("big.py", "z" * OTHER_FILES_CHARS)
    found = add_related_files(
        WHOLE, whole("x\n"), "a.py", (other(), big, other("c.py")), may_create=False
    )
    assert [each.path for each in found.files] == ["a.py", "b.py", "c.py"]
    many = [other(f"m{n}.py") for n in range(20)]
    found = add_related_files(
        WHOLE, whole("x\n"), "a.py", (*many, other("a.py")), may_create=False
    )
    assert len(found.files) == MAX_OTHER_FILES + 1


@pytest.mark.parametrize("path", ["a.py", "src/deep/b.ts", "docs/readme.md", "src/id.py"])
def test_ordinary_files_may_be_shown(path):
    assert allowed(path, ("secrets/**",))


HIDDEN = [
    ".env", "src/.env.local", ".vscode/settings.json", ".git/config", "x.pem", "keys/a.KEY",
    "id_rsa", "deploy/id_ed25519.pub", "credentials.json", "a.code-workspace", "AGENTS.md",
    "sub/claude.md", "secrets/x.py", "terraform.tfstate",
]  # fmt: skip


@pytest.mark.parametrize("path", HIDDEN)
def test_A05_A12_neither_secrets_nor_what_configures_tools(path):
    assert not allowed(path, ("secrets/**",))
