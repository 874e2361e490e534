"""What is found around a document: within a root, within a time, and never what is denied."""

import asyncio
import os
import threading

import pytest

from moa_lsp import limits
from moa_lsp.config.settings import ContextSettings
from moa_lsp.context.items import ContextItems, Definition
from moa_lsp.context.recent_edits import RecentEdit
from moa_lsp.errors import MoaError
from moa_lsp.task import Snapshot, Task
from moa_lsp.text.span import Span
from moa_lsp.workspace import limits as workspace_limits
from moa_lsp.workspace.gather import TOO_SLOW, WorkspaceContext, gather, read_rules

TEXT = "from b import total\n\nx = total(orders)\n"


class Index:
    """Knows what it is told; slow or broken where that is wanted."""

    def __init__(self, *, definitions=(), neighbours=(), outline=(), hangs=False, error=None):
        self.known = {"definitions": definitions, "neighbours": neighbours, "outline": outline}
        self.hangs = hangs
        self.error = error
        self.asked = {}

    async def _answer(self, what, *about):
        self.asked[what] = about
        if self.error:
            raise self.error
        if self.hangs:
            await asyncio.Event().wait()
        return list(self.known[what])

    async def definitions(self, names, language, near):
        return await self._answer("definitions", names, language, near)

    async def neighbours(self, path):
        return await self._answer("neighbours", path)

    async def outline(self, limit):
        return await self._answer("outline", limit)


def define(path):
    return Definition("total", "total", "function", path, 1, "def total(orders):")


@pytest.fixture
def root(tmp_path):
    files = {
        "src/a.py": TEXT,
        "src/b.py": "def total(orders): ...\n",
        "src/.env": "KEY=1\n",
        "src/pyproject.toml": "[project]\nrequires-python = '>=3.12'\n",
        "pyproject.toml": "[project]\nrequires-python = '>=3.9'\n",
        "package.json": "{}",
        ".gitignore": "gen/\n",
        "src/.moaignore": "private.py\n",
        "src/private.py": "x = 1\n",
        "gen/c.py": "x = 1\n",
        "secrets/d.py": "x = 1\n",
    }
    for name, text in files.items():
        (tmp_path / "w" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "w" / name).write_text(text)
    (tmp_path / "outside.py").write_text("x = 1\n")
    return tmp_path / "w"


def snapshot(root, path, text="y = 2\n"):
    return Snapshot((root / path).as_uri(), text, "python", 1)


def task(root, path="src/a.py", text=TEXT):
    start = text.index("x = total")
    return Task(
        "refactor", "replace", snapshot(root, path, text), Span(start, len(text) - 1), start
    )


def around(root, *opened, index=None):
    return WorkspaceContext(root, tuple(opened), index)


async def test_what_is_found(root):
    index = Index(
        definitions=[define("src/b.py"), define("gen/c.py"), define("src/a.py")],
        neighbours=["src/b.py"],
        outline=[define("src/b.py"), define("src/private.py")],
    )
    opened = snapshot(root, "src/e.py"), snapshot(root, "src/.env")
    found = await gather(task(root), around(root, *opened, index=index), ContextSettings())
    assert [(one.path, one.text, one.opened) for one in found.open_documents] == [
        ("src/e.py", "y = 2\n", True)
    ]
    assert [(one.path, one.language) for one in found.neighbours] == [("src/b.py", "python")]
    assert [one.path for one in found.definitions] == ["src/b.py"]
    assert [one.path for one in found.outline] == ["src/b.py"]
    assert "3.12" in found.manifests["pyproject.toml"]  # the nearest one
    assert set(found.manifests) == {"pyproject.toml", "package.json"}
    assert [(one.what, one.why) for one in found.left_out] == [
        ("src/.env", "`.env*`, which holds secrets by its name")
    ]
    assert index.asked == {
        "definitions": (["total", "orders"], "python", "src/a.py"),
        "neighbours": ("src/a.py",),
        "outline": (workspace_limits.MAX_OUTLINE,),
    }


async def test_a12_what_was_typed_is_shown_of_documents_that_may_be(root):
    def typed(path, text="new = 1\n"):
        return RecentEdit((root / path).as_uri(), text, 0, ("old = 1\n",), 1)

    secret = typed("src/e.py", f"key = 'ghp_{'aB3dE6gHi1' * 4}'\n")
    edits = (*map(typed, ("src/.env", "gen/c.py", "secrets/d.py", "src/private.py")), secret)
    edits += (typed("../outside.py"), typed("src/a.py"), typed("src/b.py"))
    found = await gather(task(root), WorkspaceContext(root, edits=edits), ContextSettings())
    assert [each.diff for each in found.edits] == [
        "src/a.py, line 1:\n-old = 1\n+new = 1\n",
        "src/b.py, line 1:\n-old = 1\n+new = 1\n",
    ]
    assert len(found.left_out) == 6


def test_a06_links_and_odd_files_are_not_followed(root, tmp_path):
    (root / "link.py").symlink_to(tmp_path / "outside.py")
    (root / "inner.py").symlink_to(root / "src" / "b.py")
    (root / "circle.py").symlink_to(root / "circle.py")
    (root / "hidden.py").symlink_to(root / "src" / ".env")
    (root / "up").symlink_to(tmp_path)
    os.mkfifo(root / "pipe.py")
    (root / "binary.py").write_bytes(b"a\0b")
    (root / "large.py").write_text("#" * (limits.MAX_SOURCE_CHARS + 1))
    (root / "folder.py").mkdir()
    names = [
        "link.py", "../outside.py", "up/outside.py", str(tmp_path / "outside.py"), "circle.py",
        "hidden.py", "pipe.py", "binary.py", "large.py", "folder.py", "gone.py", "a\0b.py",
        "x" * 5000, "inner.py",
    ]  # fmt: skip

    async def read():
        return await gather(
            task(root), around(root, index=Index(neighbours=names)), ContextSettings()
        )

    found = asyncio.run(read())
    assert [one.path for one in found.neighbours] == ["inner.py"]


DENIED = ["src/.env", "gen/c.py", "secrets/d.py", "src/private.py"]


@pytest.mark.parametrize("path", DENIED)
async def test_a12_what_is_denied_is_not_shown(root, path):
    index = Index(neighbours=[path])
    for opened in ((), (snapshot(root, path),)):
        found = await gather(task(root), around(root, *opened, index=index), ContextSettings())
        assert found.neighbours == found.open_documents == ()
        assert path in [one.what for one in found.left_out]


async def test_an_open_document_counts_and_not_its_file(root):
    opened = snapshot(root, "src/b.py", "z = 3\n"), snapshot(root, "src/a.py", TEXT)
    found = await gather(
        task(root),
        around(root, opened[0], index=Index(neighbours=["src/b.py"])),
        ContextSettings(),
    )
    assert [(one.path, one.text) for one in found.open_documents] == [("src/b.py", "z = 3\n")]
    assert found.neighbours == ()


async def test_a_document_of_another_folder_is_not_shown(root, tmp_path):
    (root / "link.py").symlink_to(tmp_path / "outside.py")
    opened = snapshot(tmp_path, "outside.py"), snapshot(root, "link.py")
    found = await gather(task(root), around(root, *opened), ContextSettings())
    assert found.open_documents == ()
    assert {one.why for one in found.left_out} == {"it lies outside the opened folder"}


async def test_a_slow_index_costs_its_pieces_and_no_run(root):
    found = await gather(task(root), around(root, index=Index(hangs=True)), ContextSettings())
    # The disk is asked after the index, so that nothing of it is left to wait for either.
    assert {one.why for one in found.left_out} == {TOO_SLOW}
    assert found.definitions == found.outline == ()


@pytest.mark.parametrize("error", [MoaError("broken"), OSError("gone")])
async def test_a_broken_index_is_no_index(root, error):
    found = await gather(task(root), around(root, index=Index(error=error)), ContextSettings())
    assert found.definitions == ()
    assert "pyproject.toml" in found.manifests
    assert len(found.left_out) == 3


async def test_cancelling_leaves_nothing(root):
    work = asyncio.ensure_future(
        gather(task(root), around(root, index=Index(hangs=True)), ContextSettings())
    )
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_stuck_disk_is_not_waited_for(root):
    """A manifest that never ends: a thread waits for it, and nobody for the thread."""
    begun, gate = threading.Event(), threading.Event()

    class Stuck(type(root)):
        def resolve(self, strict=False):
            begun.set()
            gate.wait(30)
            return super().resolve(strict)

    try:
        found = await gather(task(root), around(Stuck(root)), ContextSettings())
    except TypeError:
        pytest.skip("this Python's paths cannot be subclassed")
    finally:
        gate.set()
    assert begun.is_set()
    assert [one.why for one in found.left_out] == [TOO_SLOW]


async def test_without_a_root_only_open_documents_are_shown(root):
    opened = snapshot(root, "src/e.py"), Snapshot("untitled:One", "q = 1\n", "python")
    found = await gather(task(root), WorkspaceContext(None, opened), ContextSettings())
    assert [one.path for one in found.open_documents] == ["e.py", "One"]
    assert found.manifests == {}
    assert await gather(task(root), WorkspaceContext(), ContextSettings()) == ContextItems()


RULES = [
    ("src/a.py", None),
    ("src/.env", "`.env*`, which holds secrets by its name"),
    ("gen/c.py", "`gen/` of .gitignore"),
    ("src/private.py", "`private.py` of src/.moaignore"),
    ("secrets/d.py", "`secrets/**` of context.exclude"),
]


@pytest.mark.parametrize(("path", "why"), RULES)
def test_rules(root, path, why):
    uri = (root / path).as_uri()
    assert read_rules(root, ContextSettings(), [uri]).why_hidden(uri) == why


UNPLACED = [
    # URI or path beside the root, whether it is never shown
    ("../outside.py", True),
    ("../w2/secrets/a.py", True),
    ("file://[/src/a.py", True),
    ("file://server/w/src/a.py", True),
    ("file:///w/a%00.py", True),
    ("untitled:Untitled-1", False),
    ("vscode-notebook-cell:/w/src/a.ipynb#W1", False),
    ("vscode-notebook-cell:/w/secrets/a.ipynb#W1", True),
    ("git:/w/secrets/deep/a.py?x", True),
    ("git:/w/src/a.py?x", False),
]


@pytest.mark.parametrize(("where", "hidden"), UNPLACED)
def test_what_cannot_be_placed_below_the_root_is_not_sent(root, where, hidden):
    uri = where if ":" in where else (root.parent / where.removeprefix("../")).as_uri()
    assert (read_rules(root, ContextSettings(), [uri]).why_hidden(uri) is not None) is hidden


def test_a_file_of_another_folder_is_shown_where_the_user_allows_it(root, tmp_path):
    uri = (tmp_path / "outside.py").as_uri()
    assert read_rules(root, ContextSettings(allow=("outside.py",)), [uri]).why_hidden(uri) is None


def test_without_a_folder_an_exclusion_counts_for_all_that_a_path_may_be(tmp_path):
    uri = (tmp_path / "secrets" / "deep" / "d.py").as_uri()
    assert (
        read_rules(None, ContextSettings(), [uri]).why_hidden(uri)
        == "`secrets/**` of context.exclude"
    )


def test_rules_follow_links_to_what_they_hide(root):
    (root / "ok.py").symlink_to(root / "gen" / "c.py")
    uri = (root / "ok.py").as_uri()
    # The link's own folders are read, and those that it leads to.
    assert read_rules(root, ContextSettings(), [uri]).why_hidden(uri) == "`gen/` of .gitignore"


def test_rules_without_a_root_go_by_names(tmp_path):
    (tmp_path / ".ssh").mkdir()
    for name, hidden in ((".ssh/config", True), ("id_rsa", True), ("x.py", False)):
        uri = (tmp_path / name).as_uri()
        assert (read_rules(None, ContextSettings(), [uri]).why_hidden(uri) is not None) is hidden
    rules = read_rules(None, ContextSettings(), ["untitled:.env"])
    assert rules.why_hidden("untitled:.env")
    assert rules.why_hidden("file://[/x") is None


def test_allowed(root):
    context = ContextSettings(allow=("src/.env", "gen/**", "CLAUDE.md", "secrets/d.py"))
    uris = [(root / path).as_uri() for path in ("src/.env", "gen/c.py", "CLAUDE.md")]
    rules = read_rules(root, context, uris)
    assert [rules.why_hidden(uri) for uri in uris] == [None, None, None]
    assert rules.why_guarded(uris[2]) is None
    assert rules.why_hidden((root / "secrets/d.py").as_uri()) is not None


def test_a05_guarded(root, tmp_path):
    (root / ".vscode").mkdir()
    (root / ".vscode" / "settings.json").write_text("{}")
    (root / "plain.json").symlink_to(root / ".vscode" / "settings.json")
    for path, guarded in ((".vscode/settings.json", True), ("plain.json", True), ("a.py", False)):
        uri = (root / path).as_uri()
        assert (read_rules(root, ContextSettings(), [uri]).why_guarded(uri) is not None) is guarded
    inside = tmp_path / ".claude" / "worktrees" / "w"  # a project that an agent checked out
    uri = (inside / "a.py").as_uri()
    assert read_rules(inside, ContextSettings(), [uri]).why_guarded(uri) is None
    assert read_rules(None, ContextSettings(), [uri]).why_guarded(uri) == ".claude/"
    uri = (tmp_path / ".vscode" / "x.json").as_uri()
    assert (
        read_rules(tmp_path / ".vscode", ContextSettings(), [uri]).why_guarded(uri) == ".vscode/"
    )
