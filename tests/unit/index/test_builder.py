"""The index stays equal to its workspace, and answers by rank: on real files and databases."""

import os
from contextlib import closing

import pytest

from moa_lsp import limits
from moa_lsp.index import queries, tables
from moa_lsp.index.builder import Builder
from moa_lsp.index.folder import Folder
from moa_lsp.index.hiding import hiding
from moa_lsp.index.tables import SCHEMA, UNSAVED
from moa_lsp.store.database import Database


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
        folder = Folder(self.root.resolve(), hiding(self.root))
        self.builder = Builder(folder, self.database, self.read.extend, **how)

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

    async def outline(self, limit=100):
        found = await self.database.read(lambda within: queries.outline(within, limit), None)
        return [(each.path, each.name) for each in found]

    async def known(self):
        return await self.database.read(tables.known, None)


@pytest.fixture
async def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    await made.database.close()


# --- following the disk -------------------------------------------------------------------------


async def test_a_first_scan_reads_everything_and_a_second_nothing(desk):
    desk.write("a.py", "def one(): pass\n")
    desk.write("pkg/b.py", "def two(): pass\n")
    assert await desk.scan() == ["a.py", "pkg/b.py"]
    assert await desk.defined("one", "two") == [("a.py", "one"), ("pkg/b.py", "two")]
    desk.begin()
    assert await desk.scan() == []
    assert await desk.defined("two") == [("pkg/b.py", "two")]


async def test_a_warm_scan_reads_what_changed_and_forgets_what_is_gone(desk):
    for name in "abc":
        desk.write(f"{name}.py", f"def {name}_one(): pass\n")
    await desk.scan()
    desk.write("a.py", "def a_two(): pass\n")
    (desk.root / "b.py").unlink()
    desk.write("d.py", "def d_one(): pass\n")
    desk.begin()
    assert await desk.scan() == ["a.py", "d.py"]
    names = ("a_one", "a_two", "b_one", "c_one", "d_one")
    assert await desk.defined(*names) == [("a.py", "a_two"), ("c.py", "c_one"), ("d.py", "d_one")]


async def test_one_change_reads_one_file(desk):
    for name in "abc":
        desk.write(f"{name}.py", f"def {name}_one(): pass\n")
    await desk.scan()
    desk.write("b.py", "def b_two(): pass\n")
    assert await desk.changed("b.py") == ["b.py"]
    assert await desk.defined("b_one", "b_two") == [("b.py", "b_two")]


async def test_made_removed_and_renamed(desk):
    desk.write("a.py", "def one(): pass\n")
    await desk.scan()
    desk.write("new.py", "def two(): pass\n")
    await desk.changed("new.py")
    assert await desk.defined("two") == [("new.py", "two")]
    (desk.root / "a.py").rename(desk.root / "moved.py")
    await desk.changed("a.py", "moved.py")
    assert await desk.defined("one") == [("moved.py", "one")]
    (desk.root / "moved.py").unlink()
    await desk.changed("moved.py")
    assert await desk.defined("one") == []
    assert set(await desk.known()) == {"new.py"}


async def test_a_folder_is_renamed_with_what_is_in_it(desk):
    desk.write("old/a.py", "def one(): pass\n")
    desk.write("old/deep/b.py", "def two(): pass\n")
    desk.write("older/c.py", "def three(): pass\n")
    await desk.scan()
    (desk.root / "old").rename(desk.root / "new")
    await desk.changed("old", "new")
    assert set(await desk.known()) == {"new/a.py", "new/deep/b.py", "older/c.py"}


async def test_paths_from_outside_and_hidden_ones_are_not_read(desk):
    desk.write(".hidden/a.py", "def one(): pass\n")
    desk.write("../outside.py", "def two(): pass\n")
    await desk.scan()
    await desk.changed("../outside.py", ".hidden/a.py", "/etc/passwd", "no.py")
    assert await desk.known() == {}


async def test_a_file_that_becomes_a_link_is_forgotten(desk):
    desk.write("a.py", "def one(): pass\n")
    await desk.scan()
    desk.write("../outside.py", "def one(): pass\n")
    (desk.root / "a.py").unlink()
    (desk.root / "a.py").symlink_to(desk.root.parent / "outside.py")
    await desk.changed("a.py")
    assert await desk.known() == {}


async def test_a_huge_file_is_looked_at_once(desk):
    desk.write("a.py", "x = 1\n" * (limits.MAX_INDEXED_BYTES // 4))
    assert await desk.scan() == ["a.py"]
    desk.begin()
    assert await desk.scan() == []


async def test_what_ended_a_process_twice_is_left_out(desk):
    desk.write("a.py", "def one(): pass\n")
    desk.write("evil.py", "def two(): pass\n")
    desk.begin(skip=["evil.py"])
    await desk.scan()
    assert set(await desk.known()) == {"a.py"}


async def test_a_change_comes_before_what_is_only_new(desk):
    for number in range(limits.INDEX_BATCH_FILES * 2):
        desk.write(f"f{number:03}.py", "pass\n")
    await desk.builder.scan()
    await desk.builder.changed(["f063.py"])
    await desk.builder.step()
    assert desk.read == ["f063.py"]
    assert desk.builder.settled
    assert desk.builder.waiting


# --- unsaved text -------------------------------------------------------------------------------


async def test_an_open_document_counts_as_it_stands(desk):
    desk.write("a.py", "def saved(): pass\n")
    await desk.scan()
    await desk.typed("a.py", "def unsaved(): pass\n")
    assert await desk.defined("saved", "unsaved") == [("a.py", "unsaved")]
    desk.write("a.py", "def behind(): pass\n")
    await desk.changed("a.py")  # somebody else wrote it: the document still counts
    assert await desk.defined("behind", "unsaved") == [("a.py", "unsaved")]
    await desk.typed("a.py", None)
    assert await desk.defined("behind", "unsaved") == [("a.py", "behind")]


async def test_the_next_process_reads_the_disk_again(desk):
    desk.write("a.py", "def saved(): pass\n")
    await desk.typed("a.py", "def unsaved(): pass\n")
    assert (await desk.known())["a.py"].mtime_ns == UNSAVED
    desk.begin()
    assert await desk.scan() == ["a.py"]
    assert await desk.defined("saved", "unsaved") == [("a.py", "saved")]


async def test_a_document_as_it_is_on_the_disk_is_the_file(desk):
    desk.write("a.py", "def saved(): pass\n")
    await desk.typed("a.py", "def saved(): pass\n")
    desk.begin()
    assert await desk.scan() == []


async def test_an_open_document_that_is_hidden_now_is_forgotten(desk):
    desk.write("a.py", "def saved(): pass\n")
    await desk.typed("a.py", "def unsaved(): pass\n")
    root = desk.root.resolve()
    await desk.builder.scan(Folder(root, hiding(root, ["a.py"])))
    await desk.work()
    assert await desk.known() == {}


async def test_a_document_that_is_no_file_is_not_kept(desk):
    await desk.typed("new.py", "def one(): pass\n")
    assert await desk.known() == {}


async def test_the_text_typed_longest_ago_gives_way(desk):
    for number in range(limits.MAX_TYPED_TEXTS + 1):
        desk.write(f"f{number}.py", "def saved(): pass\n")
        desk.builder.typed(f"f{number}.py", f"def typed{number}(): pass\n")
    await desk.work()
    assert await desk.defined("typed0") == []
    assert await desk.defined("typed1") == [("f1.py", "typed1")]


# --- answers ------------------------------------------------------------------------------------


async def test_definitions_are_ranked(desk):
    desk.write("app/main.py", "from lib.near import helper\ndef helper(): pass\n")
    desk.write("lib/near.py", "def helper(): pass\n")
    desk.write("app/beside.py", "def helper(): pass\n")
    desk.write("aaa.py", "class K:\n    def helper(self): pass\n")
    desk.write("zzz.py", "def helper(): pass\n")
    desk.write("web.ts", "export function helper() {}\n")
    await desk.scan()
    assert await desk.defined("helper", near="app/main.py") == [
        ("lib/near.py", "helper"),  # imported
        ("app/beside.py", "helper"),  # in the same folder
        ("zzz.py", "helper"),
        ("aaa.py", "K.helper"),  # inside something
    ]


async def test_private_and_common_names_come_last(desk):
    for number in range(limits.COMMON_FILES + 1):
        desk.write(f"m{number}.py", "def common(): pass\n")
    desk.write("a.py", "def _private(): pass\ndef rare(): pass\n")
    await desk.scan()
    found = await desk.defined("common", "_private", "rare")
    assert found[0] == ("a.py", "rare")
    desk.write("main.py", "import m3\nfrom a import _private\n")
    await desk.changed("main.py")
    found = await desk.defined("common", "_private", "rare", near="main.py")
    assert found[:3] == [("m3.py", "common"), ("a.py", "_private"), ("a.py", "rare")]  # imported


async def test_answers_are_bounded(desk):
    for number in range(limits.MAX_FOUND + 30):
        desk.write(f"m{number}.py", f"def one(): pass\ndef f{number}(): pass\nimport hub\n")
    desk.write("hub.py", "".join(f"import m{number}\n" for number in range(90)))
    await desk.scan()
    assert len(await desk.defined("one")) == limits.MAX_FOUND
    assert len(await desk.neighbours("hub.py")) == limits.MAX_FOUND
    assert len(await desk.outline(7)) == 7
    assert await desk.outline(0) == await desk.outline(-3) == []
    names = [f"f{number}" for number in range(500)]
    assert len(await desk.defined(*names)) <= limits.MAX_FOUND


async def test_neighbours_are_imported_then_used_then_importing(desk):
    desk.write("src/app/main.py", "from . import part\nfrom lib.tool import go\nspecial_thing()\n")
    desk.write("src/app/part.py", "")
    desk.write("lib/tool.py", "def go(): pass\n")
    desk.write("far/away.py", "def special_thing(): pass\n")
    desk.write("tests/test_main.py", "from app.main import x\n")
    desk.write("other.py", "y = 1\n")
    await desk.scan()
    assert await desk.neighbours("src/app/main.py") == [
        "src/app/part.py",
        "lib/tool.py",
        "far/away.py",
        "tests/test_main.py",
    ]
    assert await desk.neighbours("lib/tool.py") == ["src/app/main.py"]
    assert await desk.neighbours("no/such.py") == []


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
async def test_imports_find_files(desk, files, path, expected):
    for name, text in files.items():
        desk.write(name, text)
    await desk.scan()
    assert await desk.neighbours(path) == expected


async def test_the_outline_has_what_is_used_most_first(desk):
    desk.write("zz.py", "def used_everywhere(): pass\ndef unused(): pass\n")
    desk.write("aa.py", "def used_once(): pass\nclass Unused: pass\n")
    for number in range(3):
        desk.write(f"m{number}.py", "from zz import used_everywhere\nused_everywhere()\n")
    desk.write("n.py", "import aa\naa.used_once()\n")
    await desk.scan()
    assert await desk.outline(1) == [("zz.py", "used_everywhere")]
    assert await desk.outline() == [
        ("zz.py", "used_everywhere"),
        ("aa.py", "used_once"),
        ("aa.py", "Unused"),
        ("zz.py", "unused"),
    ]


async def test_files_of_one_go_package_use_each_other_without_importing(desk):
    desk.write("p/a.go", "package p\nfunc Used() {}\nfunc Other() {}\n")
    desk.write("p/b.go", "package p\nvar x = Used()\n")
    desk.write("q/a.go", "package q\nvar x = Other()\n")
    await desk.scan()
    assert await desk.outline(1) == [("p/a.go", "Used")]


async def test_lone_surrogates_of_an_editor_are_stored(desk):
    desk.write("a.py", "")
    await desk.typed("a.py", 'def one(x="\ud800"): """\udfff"""\n')
    assert await desk.defined("one") == [("a.py", "one")]


async def test_S05_two_processes_may_keep_the_same_index(desk, tmp_path):
    desk.write("a.py", "def one(): pass\n")
    other = Database(tmp_path / "own" / "index.db", SCHEMA, lambda _: None)
    second = Builder(Folder(desk.root.resolve(), hiding(desk.root)), other)
    await second.scan()
    await desk.builder.scan()
    await second.step()
    await desk.work()
    assert await desk.defined("one") == [("a.py", "one")]
    await other.close()


async def test_a_locked_index_is_tried_again_and_then_left(desk, tmp_path):
    import sqlite3

    await desk.known()
    desk.write("a.py", "def one(): pass\n")
    await desk.builder.scan()
    with closing(sqlite3.connect(tmp_path / "own" / "index.db", isolation_level=None)) as held:
        held.execute("BEGIN IMMEDIATE")
        await desk.builder.step()
        assert desk.builder.waiting == 1
        held.execute("ROLLBACK")
        await desk.work()
        assert await desk.defined("one") == [("a.py", "one")]
        await desk.builder.changed(["a.py"])
        held.execute("BEGIN IMMEDIATE")
        for _ in range(limits.INDEX_RESTARTS + 1):
            await desk.builder.step()
        assert desk.builder.waiting == 0
