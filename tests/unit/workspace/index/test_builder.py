"""The index stays equal to its workspace, and answers by rank: on real files and databases."""

import os
from contextlib import closing

import pytest

from moa_lsp.store.database import Database
from moa_lsp.workspace import limits
from moa_lsp.workspace.index import queries, tables
from moa_lsp.workspace.index.builder import INDEX_BATCH_FILES, IndexBuilder
from moa_lsp.workspace.index.folder import WorkspaceFolder
from moa_lsp.workspace.index.path_filter import hiding
from moa_lsp.workspace.index.queries import MAX_FOUND
from moa_lsp.workspace.index.tables import SCHEMA, UNSAVED


class Desk:
    """A workspace, its index, and short words for both."""

    def __init__(self, tmp_path):
        self.root = tmp_path / "root"
        self.root.mkdir()
        self.read = []
        self.database = Database(tmp_path / "own" / "index.db", SCHEMA, lambda _: None)
        self.begin()

    def begin(self, **how):
        """A new process, as it were."""
        folder = WorkspaceFolder(self.root.resolve(), hiding(self.root))
        self.builder = IndexBuilder(folder, self.database, self.read.extend, **how)

    def write(self, path, text):
        at = self.root / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(text)
        # A test writes faster than some clocks of file systems tick.
        self.tick = getattr(self, "tick", 10**18) + 10**6
        os.utime(at, ns=(self.tick, self.tick))

    async def work(self):
        """Everything that waits is done; returns the files that were read for it."""
        self.read.clear()
        while self.builder.waiting:
            await self.builder.step()
        await self.builder.rank()
        return sorted(self.read)

    async def scan(self):
        await self.builder.scan()
        return await self.work()

    async def changed(self, *paths):
        await self.builder.changed(paths)
        return await self.work()

    async def typed(self, path, text):
        self.builder.typed(path, text)
        return await self.work()

    async def defined(self, *names, near="elsewhere.py", language="python"):
        found = await self.database.read(
            lambda within: queries.definitions(within, names, language, near), None
        )
        return [(each.path, each.qualified) for each in found]

    async def neighbours(self, path):
        return await self.database.read(lambda within: queries.neighbours(within, path), None)

    async def users(self, path, *names):
        return await self.database.read(lambda within: queries.users(within, path, names), None)

    async def outline(self, limit=100):
        found = await self.database.read(lambda within: queries.outline(within, limit), None)
        return [(each.path, each.name) for each in found]

    async def known(self):
        return await self.database.read(tables.known, None)


@pytest.fixture
async def runner(tmp_path):
    made = Desk(tmp_path)
    yield made
    await made.database.close()


# --- following the disk -------------------------------------------------------------------------


async def test_a_first_scan_reads_everything_and_a_second_nothing(runner):
    runner.write("a.py", "def one(): pass\n")
    runner.write("pkg/b.py", "def two(): pass\n")
    assert await runner.scan() == ["a.py", "pkg/b.py"]
    assert await runner.defined("one", "two") == [("a.py", "one"), ("pkg/b.py", "two")]
    runner.begin()
    assert await runner.scan() == []
    assert await runner.defined("two") == [("pkg/b.py", "two")]


async def test_a_warm_scan_reads_what_changed_and_forgets_what_is_gone(runner):
    for name in "abc":
        runner.write(f"{name}.py", f"def {name}_one(): pass\n")
    await runner.scan()
    runner.write("a.py", "def a_two(): pass\n")
    (runner.root / "b.py").unlink()
    runner.write("d.py", "def d_one(): pass\n")
    runner.begin()
    assert await runner.scan() == ["a.py", "d.py"]
    names = ("a_one", "a_two", "b_one", "c_one", "d_one")
    assert await runner.defined(*names) == [
        ("a.py", "a_two"),
        ("c.py", "c_one"),
        ("d.py", "d_one"),
    ]


async def test_one_change_reads_one_file(runner):
    for name in "abc":
        runner.write(f"{name}.py", f"def {name}_one(): pass\n")
    await runner.scan()
    runner.write("b.py", "def b_two(): pass\n")
    assert await runner.changed("b.py") == ["b.py"]
    assert await runner.defined("b_one", "b_two") == [("b.py", "b_two")]


async def test_made_removed_and_renamed(runner):
    runner.write("a.py", "def one(): pass\n")
    await runner.scan()
    runner.write("new.py", "def two(): pass\n")
    await runner.changed("new.py")
    assert await runner.defined("two") == [("new.py", "two")]
    (runner.root / "a.py").rename(runner.root / "moved.py")
    await runner.changed("a.py", "moved.py")
    assert await runner.defined("one") == [("moved.py", "one")]
    (runner.root / "moved.py").unlink()
    await runner.changed("moved.py")
    assert await runner.defined("one") == []
    assert set(await runner.known()) == {"new.py"}


async def test_a_folder_is_renamed_with_what_is_in_it(runner):
    runner.write("old/a.py", "def one(): pass\n")
    runner.write("old/deep/b.py", "def two(): pass\n")
    runner.write("older/c.py", "def three(): pass\n")
    await runner.scan()
    (runner.root / "old").rename(runner.root / "new")
    await runner.changed("old", "new")
    assert set(await runner.known()) == {"new/a.py", "new/deep/b.py", "older/c.py"}


async def test_paths_from_outside_and_hidden_ones_are_not_read(runner):
    runner.write(".hidden/a.py", "def one(): pass\n")
    runner.write("../outside.py", "def two(): pass\n")
    await runner.scan()
    await runner.changed("../outside.py", ".hidden/a.py", "/etc/passwd", "no.py")
    assert await runner.known() == {}


async def test_a_file_that_becomes_a_link_is_forgotten(runner):
    runner.write("a.py", "def one(): pass\n")
    await runner.scan()
    runner.write("../outside.py", "def one(): pass\n")
    (runner.root / "a.py").unlink()
    (runner.root / "a.py").symlink_to(runner.root.parent / "outside.py")
    await runner.changed("a.py")
    assert await runner.known() == {}


async def test_a_huge_file_is_looked_at_once(runner):
    runner.write("a.py", "x = 1\n" * (limits.MAX_INDEXED_BYTES // 4))
    assert await runner.scan() == ["a.py"]
    runner.begin()
    assert await runner.scan() == []


async def test_what_ended_a_process_twice_is_left_out(runner):
    runner.write("a.py", "def one(): pass\n")
    runner.write("evil.py", "def two(): pass\n")
    runner.begin(skip=["evil.py"])
    await runner.scan()
    assert set(await runner.known()) == {"a.py"}


async def test_a_change_comes_before_what_is_only_new(runner):
    for number in range(INDEX_BATCH_FILES * 2):
        runner.write(f"f{number:03}.py", "pass\n")
    await runner.builder.scan()
    await runner.builder.changed(["f063.py"])
    await runner.builder.step()
    assert runner.read == ["f063.py"]
    assert runner.builder.settled
    assert runner.builder.waiting


# --- unsaved text -------------------------------------------------------------------------------


async def test_an_open_document_counts_as_it_stands(runner):
    runner.write("a.py", "def saved(): pass\n")
    await runner.scan()
    await runner.typed("a.py", "def unsaved(): pass\n")
    assert await runner.defined("saved", "unsaved") == [("a.py", "unsaved")]
    runner.write("a.py", "def behind(): pass\n")
    await runner.changed("a.py")  # somebody else wrote it: the document still counts
    assert await runner.defined("behind", "unsaved") == [("a.py", "unsaved")]
    await runner.typed("a.py", None)
    assert await runner.defined("behind", "unsaved") == [("a.py", "behind")]


async def test_the_next_process_reads_the_disk_again(runner):
    runner.write("a.py", "def saved(): pass\n")
    await runner.typed("a.py", "def unsaved(): pass\n")
    assert (await runner.known())["a.py"].mtime_ns == UNSAVED
    runner.begin()
    assert await runner.scan() == ["a.py"]
    assert await runner.defined("saved", "unsaved") == [("a.py", "saved")]


async def test_a_document_as_it_is_on_the_disk_is_the_file(runner):
    runner.write("a.py", "def saved(): pass\n")
    await runner.typed("a.py", "def saved(): pass\n")
    runner.begin()
    assert await runner.scan() == []


async def test_an_open_document_that_is_hidden_now_is_forgotten(runner):
    runner.write("a.py", "def saved(): pass\n")
    await runner.typed("a.py", "def unsaved(): pass\n")
    root = runner.root.resolve()
    await runner.builder.scan(WorkspaceFolder(root, hiding(root, ["a.py"])))
    await runner.work()
    assert await runner.known() == {}


async def test_a_document_that_is_no_file_is_not_kept(runner):
    await runner.typed("new.py", "def one(): pass\n")
    assert await runner.known() == {}


async def test_the_text_typed_longest_ago_gives_way(runner):
    for number in range(limits.MAX_TYPED_TEXTS + 1):
        runner.write(f"f{number}.py", "def saved(): pass\n")
        runner.builder.typed(f"f{number}.py", f"def typed{number}(): pass\n")
    await runner.work()
    assert await runner.defined("typed0") == []
    assert await runner.defined("typed1") == [("f1.py", "typed1")]


# --- answers ------------------------------------------------------------------------------------


async def test_definitions_are_ranked(runner):
    runner.write("app/main.py", "from lib.near import helper\ndef helper(): pass\n")
    runner.write("lib/near.py", "def helper(): pass\n")
    runner.write("app/beside.py", "def helper(): pass\n")
    runner.write("aaa.py", "class K:\n    def helper(self): pass\n")
    runner.write("zzz.py", "def helper(): pass\n")
    runner.write("web.ts", "export function helper() {}\n")
    await runner.scan()
    assert await runner.defined("helper", near="app/main.py") == [
        ("lib/near.py", "helper"),  # imported
        ("app/beside.py", "helper"),  # in the same folder
        ("zzz.py", "helper"),
        ("aaa.py", "K.helper"),  # inside something
    ]


async def test_private_and_common_names_come_last(runner):
    for number in range(limits.COMMON_FILES + 1):
        runner.write(f"m{number}.py", "def common(): pass\n")
    runner.write("a.py", "def _private(): pass\ndef rare(): pass\n")
    await runner.scan()
    found = await runner.defined("common", "_private", "rare")
    assert found[0] == ("a.py", "rare")
    runner.write("main.py", "import m3\nfrom a import _private\n")
    await runner.changed("main.py")
    found = await runner.defined("common", "_private", "rare", near="main.py")
    assert found[:3] == [("m3.py", "common"), ("a.py", "_private"), ("a.py", "rare")]  # imported


async def test_answers_are_bounded(runner):
    for number in range(MAX_FOUND + 30):
        runner.write(f"m{number}.py", f"def one(): pass\ndef f{number}(): pass\nimport hub\n")
    runner.write("hub.py", "".join(f"import m{number}\n" for number in range(90)))
    await runner.scan()
    assert len(await runner.defined("one")) == MAX_FOUND
    assert len(await runner.neighbours("hub.py")) == MAX_FOUND
    assert len(await runner.outline(7)) == 7
    assert await runner.outline(0) == await runner.outline(-3) == []
    names = [f"f{number}" for number in range(500)]
    assert len(await runner.defined(*names)) <= MAX_FOUND


async def test_users_import_a_file_or_have_a_name(runner):
    runner.write("pkg/words.py", "def split(): pass\n")
    runner.write("tests/test_words.py", "from pkg.words import split\n")
    runner.write("tests/test_import.py", "import pkg.words\n")
    runner.write("tests/test_name.py", "helper.split()\n")
    runner.write("tests/test_other.py", "splitter()\n")
    runner.write("web/split.js", "split()\n")
    await runner.scan()
    assert await runner.users("pkg/words.py", "split") == [
        ("tests/test_import.py", True, False),
        ("tests/test_name.py", False, True),
        ("tests/test_words.py", True, True),
    ]
    assert await runner.users("no/such.py", "split") == []


async def test_neighbours_are_imported_then_used_then_importing(runner):
    runner.write(
        "src/app/main.py", "from . import part\nfrom lib.tool import go\nspecial_thing()\n"
    )
    runner.write("src/app/part.py", "")
    runner.write("lib/tool.py", "def go(): pass\n")
    runner.write("far/away.py", "def special_thing(): pass\n")
    runner.write("tests/test_main.py", "from app.main import x\n")
    runner.write("other.py", "y = 1\n")
    await runner.scan()
    assert await runner.neighbours("src/app/main.py") == [
        "src/app/part.py",
        "lib/tool.py",
        "far/away.py",
        "tests/test_main.py",
    ]
    assert await runner.neighbours("lib/tool.py") == ["src/app/main.py"]
    assert await runner.neighbours("no/such.py") == []


@pytest.mark.parametrize(
    ("files", "path", "expected"),
    [
        ({"a/x.ts": "", "a/y.ts": "import './x'"}, "a/y.ts", ["a/x.ts"]),
        ({"a/lib/index.ts": "", "a/y.ts": "import './lib'"}, "a/y.ts", ["a/lib/index.ts"]),
        ({"a/x.ts": "", "a/y.ts": "import './x.js'"}, "a/y.ts", ["a/x.ts"]),
        ({"src/net/mod.rs": "", "src/lib.rs": "mod net;"}, "src/lib.rs", ["src/net/mod.rs"]),
        ({"src/net.rs": "", "src/a.rs": "use crate::net::Tcp;"}, "src/a.rs", ["src/net.rs"]),
        (
            {"pkg/sub/a.go": "package sub", "pkg/sub/b.go": "package sub",
             "m.go": 'package m\nimport "example.com/mod/pkg/sub"'},
            "m.go",
            ["pkg/sub/a.go", "pkg/sub/b.go"],
        ),
        ({"src/main/java/com/x/Y.java": "", "T.java": "import com.x.Y;"}, "T.java",
         ["src/main/java/com/x/Y.java"]),
        ({"inc/net/tcp.h": "", "src/m.c": '#include "net/tcp.h"'}, "src/m.c", ["inc/net/tcp.h"]),
        ({"a.py": "", "a.ts": "", "m.py": "import a"}, "m.py", ["a.py"]),
        ({"pkg/__init__.py": "", "pkg/a.py": "", "m.py": "from pkg import a, B"}, "m.py",
         ["pkg/a.py", "pkg/__init__.py"]),
        ({"one/pkg/a.py": "", "two/pkg/a.py": "", "two/m.py": "import pkg.a"}, "two/m.py",
         ["two/pkg/a.py"]),
    ],
)  # fmt: skip
async def test_imports_find_files(runner, files, path, expected):
    for name, text in files.items():
        runner.write(name, text)
    await runner.scan()
    assert await runner.neighbours(path) == expected


async def test_the_outline_has_what_is_used_most_first(runner):
    runner.write("zz.py", "def used_everywhere(): pass\ndef unused(): pass\n")
    runner.write("aa.py", "def used_once(): pass\nclass Unused: pass\n")
    for number in range(3):
        runner.write(f"m{number}.py", "from zz import used_everywhere\nused_everywhere()\n")
    runner.write("n.py", "import aa\naa.used_once()\n")
    await runner.scan()
    assert await runner.outline(1) == [("zz.py", "used_everywhere")]
    assert await runner.outline() == [
        ("zz.py", "used_everywhere"),
        ("aa.py", "used_once"),
        ("aa.py", "Unused"),
        ("zz.py", "unused"),
    ]


async def test_files_of_one_go_package_use_each_other_without_importing(runner):
    runner.write("p/a.go", "package p\nfunc Used() {}\nfunc Other() {}\n")
    runner.write("p/b.go", "package p\nvar x = Used()\n")
    runner.write("q/a.go", "package q\nvar x = Other()\n")
    await runner.scan()
    assert await runner.outline(1) == [("p/a.go", "Used")]


async def test_lone_surrogates_of_an_editor_are_stored(runner):
    runner.write("a.py", "")
    await runner.typed("a.py", 'def one(x="\ud800"): """\udfff"""\n')
    assert await runner.defined("one") == [("a.py", "one")]


async def test_S05_two_processes_may_keep_the_same_index(runner, tmp_path):
    runner.write("a.py", "def one(): pass\n")
    other = Database(tmp_path / "own" / "index.db", SCHEMA, lambda _: None)
    second = IndexBuilder(WorkspaceFolder(runner.root.resolve(), hiding(runner.root)), other)
    await second.scan()
    await runner.builder.scan()
    await second.step()
    await runner.work()
    assert await runner.defined("one") == [("a.py", "one")]
    await other.close()


async def test_a_locked_index_is_tried_again_and_then_left(runner, tmp_path):
    import sqlite3

    await runner.known()
    runner.write("a.py", "def one(): pass\n")
    await runner.builder.scan()
    with closing(sqlite3.connect(tmp_path / "own" / "index.db", isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        await runner.builder.step()
        assert runner.builder.waiting == 1
        held.execute("ROLLBACK")
        await runner.work()
        assert await runner.defined("one") == [("a.py", "one")]
        await runner.builder.changed(["a.py"])
        held.execute("BEGIN IMMEDIATE")
        for _ in range(limits.INDEX_RESTARTS + 1):
            await runner.builder.step()
        assert runner.builder.waiting == 0
