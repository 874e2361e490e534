"""What an index can be asked: reading work for ``store.database``, bounded in rows.

While files are still being read the answers are those of the files that were.
"""

import posixpath
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from moa_lsp.context.items import Definition
from moa_lsp.store.database import Connection
from moa_lsp.syntax.languages import akin
from moa_lsp.workspace import limits
from moa_lsp.workspace.index.extract import code_of
from moa_lsp.workspace.index.keys import distance, means, stem_of

if TYPE_CHECKING:
    from moa_lsp.syntax.definitions import Kind

MAX_INDEX_NAMES = 100
"""Names looked up at once; those of one region."""

MAX_NAMESAKES = 100
"""Definitions of one name that are compared; of more than a few none is the one that is meant."""

MAX_FOUND = 50
"""Definitions or files in one answer of the index."""


_COLUMNS = "d.name, d.qualified, d.kind, f.path, d.line, d.signature, d.doc"

_SLICE = 500
"""Values of one ``IN``; SQLite takes 32766, older ones 999."""


def definitions(
    within: Connection, names: Sequence[str], language: str, near: str
) -> list[Definition]:
    """What other files define under these names, the likeliest first.

    Args:
        within: the index.
        names: the first ``MAX_INDEX_NAMES`` count.
        language: of the file that uses them: only languages akin to it are looked at.
        near: that file's path; what it imports itself comes before its folder, and that before
            all others.
    """
    imported = set(_imported(within, near))
    folder = posixpath.dirname(near)
    ranked: list[tuple[tuple[object, ...], Definition]] = []
    for place, name in enumerate(dict.fromkeys(names[:MAX_INDEX_NAMES])):
        rows = within.execute(
            f"SELECT {_COLUMNS}, d.outermost, f.language FROM definitions d"  # noqa: S608  # constant
            " JOIN files f ON f.id = d.file WHERE d.code = ? AND d.name = ? LIMIT ?",
            (code_of(name), name, MAX_NAMESAKES),
        ).fetchall()
        found = [row for row in rows if akin(row[-1], language)]
        common = len({row[3] for row in found}) > limits.COMMON_FILES
        for row in found:
            made = _definition(row)
            if made.path == near:
                continue
            near_by = posixpath.dirname(made.path) == folder
            proximity = 0 if made.path in imported else 1 if near_by else 2
            late = proximity and (common or name.startswith("_"))
            key = (late, proximity, not row[-2], place, made.path, made.line)
            ranked.append((key, made))
    ranked.sort(key=lambda pair: pair[0])
    return [made for _, made in ranked[:MAX_FOUND]]


def neighbours(within: Connection, path: str) -> list[str]:
    """Files that have to do with one: those it imports, define what it uses, import it."""
    found = dict.fromkeys(_imported(within, path))
    found.update(dict.fromkeys(_defining(within, path)))
    found.update(dict.fromkeys(_importing(within, path)))
    found.pop(path, None)
    return list(found)[:MAX_FOUND]


def users(within: Connection, path: str, names: Sequence[str]) -> list[tuple[str, bool, bool]]:
    """Files that import a file or have one of these names: path, and which of both."""
    importing = set(_importing(within, path))
    row = within.execute("SELECT language FROM files WHERE path = ?", (path,)).fetchone()
    wanted = {code_of(name) for name in names[:MAX_INDEX_NAMES]}
    naming: set[str] = set()
    if wanted and row is not None:
        for other, codes, language in within.execute("SELECT path, names, language FROM files"):
            if akin(language, row[0]):
                held = array("I")
                held.frombytes(codes)
                if not wanted.isdisjoint(held):
                    naming.add(other)
    found = sorted((importing | naming) - {path})
    return [(other, other in importing, other in naming) for other in found]


def outline(within: Connection, limit: int) -> list[Definition]:
    """The most used outermost definitions, those first; who shows them sorts what has room."""
    rows = within.execute(
        f"SELECT {_COLUMNS} FROM outline o JOIN definitions d ON d.rowid = o.definition"  # noqa: S608  # constant
        " JOIN files f ON f.id = d.file ORDER BY o.rank LIMIT ?",
        (max(0, min(limit, limits.MAX_RANKED)),),
    )
    return list(map(_definition, rows))


def _definition(row: Sequence[object]) -> Definition:
    name, qualified, kind, path, line, signature, doc = row[:7]
    return Definition(
        str(name),
        str(qualified),
        cast("Kind", kind),
        str(path),
        cast("int", line),
        str(signature),
        str(doc),
    )


def _imported(within: Connection, path: str) -> list[str]:
    """Files that a file imports, in the order of its imports."""
    rows = within.execute(
        "SELECT i.number, i.wanted, i.stem, f.language FROM imports i"
        " JOIN files f ON f.id = i.file WHERE f.path = ? ORDER BY i.rowid",
        (path,),
    ).fetchall()
    folder = posixpath.dirname(path)
    settled: dict[int, list[str]] = {}
    for number, wanted, stem, language in rows:
        if number not in settled and (hits := _meant(within, wanted, stem, language, folder)):
            settled[number] = hits
    return [each for hits in settled.values() for each in hits if each != path]


def _meant(within: Connection, wanted: str, stem: str, language: str, folder: str) -> list[str]:
    """The files with the nearest key that an import may mean."""
    rows = within.execute(
        "SELECT path, key, language FROM files WHERE stem = ? LIMIT ?",
        (stem, MAX_NAMESAKES),
    ).fetchall()
    keys = [
        (distance(key, folder), path, key)
        for path, key, other in rows
        if akin(other, language) and means(wanted, key, folder)
    ]
    if not keys:
        return []
    nearest = min(keys)[2]
    return sorted(path for _, path, key in keys if key == nearest)


def _defining(within: Connection, path: str) -> list[str]:
    """Files that define names which a file uses, those that define more and rarer ones first."""
    row = within.execute("SELECT names, language FROM files WHERE path = ?", (path,)).fetchone()
    if row is None:
        return []
    codes = array("I")
    codes.frombytes(row[0])
    definers: dict[int, list[int]] = defaultdict(list)
    for code, file in _sliced(
        within,
        "SELECT DISTINCT code, file FROM definitions WHERE outermost AND code IN ({})",
        codes,
    ):
        definers[code].append(file)
    weights: Counter[int] = Counter()
    for files in definers.values():
        if len(files) <= limits.COMMON_FILES:
            for file in files:
                weights[file] += 60 // len(files)  # 60 divides by each count up to COMMON_FILES
    best = [file for file, _ in weights.most_common(2 * MAX_FOUND)]
    paths = {
        file: (other, language)
        for file, other, language in _sliced(
            within, "SELECT id, path, language FROM files WHERE id IN ({})", best
        )
    }
    ordered = sorted(best, key=lambda file: (-weights[file], paths[file]))
    found = [paths[file][0] for file in ordered if akin(paths[file][1], row[1])]
    return found[: MAX_FOUND // 2]


def _importing(within: Connection, path: str) -> list[str]:
    """Files that import a file."""
    row = within.execute("SELECT key, language FROM files WHERE path = ?", (path,)).fetchone()
    if row is None:
        return []
    key, language = row
    rows = within.execute(
        "SELECT i.wanted, f.path, f.language FROM imports i JOIN files f ON f.id = i.file"
        " WHERE i.stem = ? LIMIT ?",
        (stem_of(key), 10 * MAX_NAMESAKES),
    ).fetchall()
    return sorted(
        other
        for wanted, other, of in rows
        if akin(of, language) and means(wanted, key, posixpath.dirname(other))
    )


def _sliced(within: Connection, statement: str, values: Iterable[int]) -> list[Any]:
    """Rows of a statement with one ``IN``, however many values that has."""
    wanted, rows = list(values), []
    for start in range(0, len(wanted), _SLICE):
        some = wanted[start : start + _SLICE]
        marks = ",".join("?" * len(some))
        rows += within.execute(statement.format(marks), some).fetchall()
    return rows
