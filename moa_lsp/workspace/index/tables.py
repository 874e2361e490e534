"""The tables of an index, and what changes them: pieces of work for ``store.database``.

An index can be made again at any time, so a new version of a table, or of what is read out of a
file, is a step that empties it.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from moa_lsp.store.database import Connection, Schema
from moa_lsp.workspace import limits
from moa_lsp.workspace.index.extract import FileExtract, code_of
from moa_lsp.workspace.index.keys import key_of, stem_of

MAX_INDEX_BYTES = 256 * 2**20
"""One index; the standard library takes 20 MiB."""


SCHEMA = Schema(
    "index",
    (
        """
        CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE files (
            id INTEGER PRIMARY KEY,
            path TEXT NOT NULL UNIQUE,
            key TEXT NOT NULL,
            stem TEXT NOT NULL,
            language TEXT NOT NULL,
            mtime_ns INTEGER NOT NULL,
            size INTEGER NOT NULL,
            names BLOB NOT NULL
        );
        CREATE INDEX files_by_stem ON files (stem);
        CREATE TABLE definitions (
            file INTEGER NOT NULL,
            code INTEGER NOT NULL,
            outermost INTEGER NOT NULL,
            line INTEGER NOT NULL,
            name TEXT NOT NULL,
            qualified TEXT NOT NULL,
            kind TEXT NOT NULL,
            signature TEXT NOT NULL,
            doc TEXT NOT NULL
        );
        CREATE INDEX definitions_by_file ON definitions (file);
        CREATE INDEX definitions_by_code ON definitions (code);
        CREATE INDEX outermost_by_code ON definitions (code, file) WHERE outermost;
        CREATE TABLE imports (
            file INTEGER NOT NULL,
            number INTEGER NOT NULL,
            wanted TEXT NOT NULL,
            stem TEXT NOT NULL
        );
        CREATE INDEX imports_by_file ON imports (file);
        CREATE INDEX imports_by_stem ON imports (stem);
        CREATE TABLE outline (rank INTEGER PRIMARY KEY, definition INTEGER NOT NULL)
        """,
    ),
    max_bytes=MAX_INDEX_BYTES,
)

UNSAVED = -1
"""The time of a file whose text is that of an open document: no file on a disk has it, so that
the disk counts again when the next process looks."""


_PACKAGES = frozenset({"go", "java"})
"""Languages where files of one folder see each other without importing."""


@dataclass(frozen=True, slots=True)
class FileStamp:
    """Which state of a file was read: its time of change in nanoseconds and its bytes."""

    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file as it was read; ``extract`` is empty of one that is not to be looked at again."""

    path: str
    language: str
    stamp: FileStamp
    extract: FileExtract


def known(within: Connection) -> dict[str, FileStamp]:
    """The files that the index has, by path, as they were when they were read."""
    rows = within.execute("SELECT path, mtime_ns, size FROM files")
    return {path: FileStamp(mtime_ns, size) for path, mtime_ns, size in rows}


def keep(within: Connection, files: Iterable[FileRecord], gone: Iterable[str] = ()) -> bool:
    """Put files in the place of what was known of them, and forget those that are gone."""
    forget(within, gone)
    for read in files:
        forget(within, [read.path])
        key = key_of(read.path, read.language)
        file = within.execute(
            "INSERT INTO files (path, key, stem, language, mtime_ns, size, names)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                read.path,
                key,
                stem_of(key),
                read.language,
                read.stamp.mtime_ns,
                read.stamp.size,
                read.extract.names,
            ),
        ).lastrowid
        within.executemany(
            "INSERT INTO definitions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    file,
                    code_of(each.name),
                    outermost,
                    each.line,
                    _storable(each.name),
                    _storable(each.qualified),
                    each.kind,
                    _storable(each.signature),
                    _storable(each.doc),
                )
                for each, outermost in read.extract.definitions
            ],
        )
        within.executemany(
            "INSERT INTO imports VALUES (?, ?, ?, ?)",
            [
                (file, number, _storable(key), _storable(stem_of(key)))
                for number, wanted in enumerate(read.extract.imports)
                for key in wanted
            ],
        )
    return True


def _storable(text: str) -> str:
    """Without lone surrogates, which the text of an editor may have and SQLite does not take."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def forget(within: Connection, paths: Iterable[str]) -> None:
    """Forget files."""
    for path in paths:
        row = within.execute("SELECT id FROM files WHERE path = ?", (path,)).fetchone()
        if row is not None:
            for table in ("definitions", "imports"):
                within.execute(f"DELETE FROM {table} WHERE file = ?", row)  # noqa: S608  # two names
            within.execute("DELETE FROM files WHERE id = ?", row)


def below(within: Connection, folder: str) -> list[str]:
    """Paths of the files in a folder, however deep."""
    start = f"{folder}/"
    rows = within.execute(
        "SELECT path FROM files WHERE path >= ? AND path < ?", (start, f"{folder}0")
    )  # "0" is what follows "/"
    return [path for (path,) in rows]


def rank(within: Connection) -> bool:
    """Rank the outermost definitions for a map: by how many files use their names.

    A name counts as used by a file that has it and imports something called as the file that
    defines it; words such as ``text`` would else come first.
    """
    rows = within.execute(
        "SELECT d.rowid, d.file, d.code, d.name FROM definitions d JOIN files f ON f.id = d.file"
        " WHERE d.outermost ORDER BY f.path, d.line"
    ).fetchall()
    owned: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for row, file, code, name in rows:
        owned[file].append((row, code, name))
    definers = Counter(code for each in owned.values() for code in {code for _, code, _ in each})
    weights: Counter[int] = Counter()
    for used, files in _relations(within):
        for file in files:
            for row, code, name in owned.get(file, ()):
                if code in used:
                    weights[row] += _weight(name, definers[code])
    best = sorted((row for row, *_ in rows), key=lambda row: -weights[row])[: limits.MAX_RANKED]
    within.execute("DELETE FROM outline")
    within.executemany("INSERT INTO outline VALUES (?, ?)", enumerate(best))
    return True


def _relations(within: Connection) -> Iterator[tuple[frozenset[int], set[int]]]:
    """For each file the codes of its names, and the other files that it may have them from."""
    by_stem: dict[str, set[int]] = defaultdict(set)
    by_package: dict[str, set[int]] = defaultdict(set)
    for file, stem, key, language in within.execute("SELECT id, stem, key, language FROM files"):
        by_stem[stem].add(file)
        if language in _PACKAGES:
            by_package[_package(key, language)].add(file)
    wanted: dict[int, set[str]] = defaultdict(set)
    for file, stem in within.execute("SELECT file, stem FROM imports"):
        wanted[file].add(stem)
    for file, key, language, names in within.execute("SELECT id, key, language, names FROM files"):
        others = set().union(*(by_stem.get(stem, ()) for stem in wanted[file]))
        others |= by_package.get(_package(key, language), set())
        others.discard(file)
        codes = array("I")
        codes.frombytes(names)
        yield frozenset(codes), others


def _package(key: str, language: str) -> str:
    return key if language == "go" else key.rpartition("/")[0]


def _weight(name: str, definers: int) -> int:
    """How much one use of a name tells; aider's repository map has the same weights."""
    return 1 if definers > limits.COMMON_FILES or name.startswith("_") else 10


def note(within: Connection, name: str, value: str) -> bool:
    """Write down a fact about the index."""
    within.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
    return True


def fact(within: Connection, name: str) -> str:
    """A fact about the index, ``""`` where it is not known."""
    row = within.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""
