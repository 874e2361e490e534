"""Files of conventions: which are looked for, and which are read, by whom."""

import os

import pytest

from moa_lsp.config.settings import ContextSettings
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.span import Span
from moa_lsp.workspace.conventions import (
    MAX_CONVENTION_BYTES,
    MAX_CONVENTION_ENTRIES,
    MAX_CONVENTION_FILES,
    NOT_TRUSTED,
    TOO_LARGE,
    TOO_MANY,
    candidates,
    read,
)
from moa_lsp.workspace.gather import WorkspaceContext, gather

FILES = {
    "AGENTS.md": "root",
    "CLAUDE.md": "claude",
    ".github/copilot-instructions.md": "copilot",
    "src/AGENTS.md": "src",
    "src/deep/AGENTS.md": "deep",
    "other/AGENTS.md": "other",
    "docs/style.md": "style",
    "docs/more/tests.md": "tests",
    "docs/.git/x.md": "git",
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        write(tmp_path, name, text)
    return tmp_path


def write(root, name, text):
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


USUAL = ["AGENTS.md", "CLAUDE.md", ".github/copilot-instructions.md"]


@pytest.mark.parametrize(
    ("document", "patterns", "paths"),
    [
        ("a.py", (), USUAL),
        ("", (), USUAL),
        ("src/deep/a.py", (), ["src/deep/AGENTS.md", "src/AGENTS.md", *USUAL]),
        ("a.py", ("docs/style.md",), ["docs/style.md", *USUAL]),
        ("a.py", ("docs/*.md",), ["docs/style.md", *USUAL]),
        ("a.py", ("docs/**/*.md",), ["docs/style.md", "docs/more/tests.md", *USUAL]),
        ("a.py", ("docs/",), ["docs/style.md", "docs/more/tests.md", *USUAL]),
        ("a.py", ("tests.md",), ["docs/more/tests.md", *USUAL]),
        ("a.py", ("gone.md", "../*.md", "/etc/passwd"), USUAL),
    ],
)
def test_what_the_user_names_comes_first_then_the_nearest(root, document, patterns, paths):
    assert candidates(root, document, patterns) == paths


def test_a_folder_with_very_many_names_is_not_searched_to_its_end(root, monkeypatch):
    seen = []

    class Many:
        def __enter__(self):
            return iter([Entry(str(number)) for number in range(2 * MAX_CONVENTION_ENTRIES)])

        def __exit__(self, *_):
            return None

    class Entry:
        def __init__(self, name):
            self.name = name

        def is_dir(self, *, follow_symlinks):
            seen.append(follow_symlinks)
            return True

    monkeypatch.setattr(os, "scandir", lambda _folder: Many())
    assert candidates(root, "a.py", ("style.md",)) == USUAL
    assert len(seen) == 2 * MAX_CONVENTION_ENTRIES, "one folder is listed, none below it"


def nothing(_path):
    return None


def test_without_trust_nothing_is_read_and_each_is_named(root):
    found, out = read(root, USUAL, nothing, trusted=False)
    assert found == []
    assert [(each.what, each.why) for each in out] == [(path, NOT_TRUSTED) for path in USUAL]


def test_a06_only_regular_files_below_the_root_and_none_that_is_hidden(tmp_path):
    root = tmp_path / "w"
    root.mkdir()
    (tmp_path / "outside.md").write_text("outside")
    write(root, "AGENTS.md", "\ufeffmine")
    write(root, "same.md", "mine")
    write(root, "empty.md", " \n")
    write(root, "large.md", "x" * (MAX_CONVENTION_BYTES + 1))
    (root / "nul.md").write_bytes(b"a\0b")
    (root / "out.md").symlink_to(tmp_path / "outside.md")
    (root / "inner.md").symlink_to(root / "AGENTS.md")
    (root / "folder.md").mkdir()
    os.mkfifo(root / "pipe.md")
    names = [
        "AGENTS.md", "same.md", "inner.md", "empty.md", "large.md", "nul.md", "out.md",
        "folder.md", "pipe.md", "hidden.md",
    ]  # fmt: skip
    found, out = read(root, names, {"hidden.md": "a rule"}.get, trusted=True)
    assert [(each.path, each.text) for each in found] == [("AGENTS.md", "mine")]
    assert [(each.what, each.why) for each in out] == [
        ("large.md", TOO_LARGE),
        ("nul.md", "it is no text"),
        ("out.md", "does not lie below its folder"),
        ("folder.md", "is not a regular file"),
        ("pipe.md", "is not a regular file"),
        ("hidden.md", "a rule"),
    ]


def test_no_more_files_than_fit(root):
    names = [f"{number}.md" for number in range(MAX_CONVENTION_FILES + 1)]
    for name in names:
        write(root, name, name)
    found, out = read(root, names, nothing, trusted=True)
    assert [each.path for each in found] == names[:-1]
    assert [(each.what, each.why) for each in out] == [(names[-1], TOO_MANY)]


def task(root):
    snapshot = Snapshot((root / "src/a.py").as_uri(), "x = 1\n", "python", 1)
    return Task("refactor", "replace", snapshot, Span(0, 5), 0)


@pytest.mark.parametrize("trusted", [True, False])
async def test_a07_a_run_reads_them_below_a_trusted_root_alone(root, trusted):
    around = WorkspaceContext(root, trusted=lambda: trusted)
    found = await gather(task(root), around, ContextSettings())
    paths = ["src/AGENTS.md", *USUAL]
    assert [each.path for each in found.conventions] == (paths if trusted else [])
    assert [each.what for each in found.left_out] == ([] if trusted else paths)


async def test_a12_a_link_to_a_denied_file_is_none(root):
    """A repository can commit a link to what it ignores: the rules count where links lead."""
    (root / "AGENTS.md").unlink()
    write(root, ".env", "KEY=1")
    write(root, ".gitignore", "private/\n")
    write(root, "private/notes.md", "private")
    (root / "AGENTS.md").symlink_to(".env")
    (root / "CLAUDE.md").unlink()
    (root / "CLAUDE.md").symlink_to("private/notes.md")
    context = ContextSettings(rules=("docs/style.md",), exclude=("docs/**",))
    found = await gather(task(root), WorkspaceContext(root, trusted=lambda: True), context)
    assert [each.path for each in found.conventions] == ["src/AGENTS.md", USUAL[-1]]
    why = {each.what: each.why for each in found.left_out}
    assert why == {
        "AGENTS.md": "`.env*`, which holds secrets by its name",
        "CLAUDE.md": "`private/` of .gitignore",
        "docs/style.md": "`docs/**` of context.exclude",
    }
