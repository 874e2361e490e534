"""The file that a command is about: its text, and the part of it that was named.

Only a regular file of UTF-8 text is read, once; what is worked on is what was read.
"""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moa_lsp.errors import UsageError
from moa_lsp.files.reading import Refusal, read_file
from moa_lsp.limits import MAX_DOCUMENT_CHARS
from moa_lsp.syntax.languages import by_path
from moa_lsp.task import Diagnostic, File, Snapshot
from moa_lsp.text.lines import LineIndex
from moa_lsp.text.span import Span

STDIN = "-"
"""In place of a file: the text of stdin."""

STDIN_NAME = "stdin.txt"
"""What the text of stdin is called when nobody says; no language is known of it."""

_RANGE = re.compile(r"(?P<path>.+?):(?P<start>\d{1,9})(?:-(?P<end>\d{1,9}))?\Z", re.DOTALL)

_MAX_BYTES = 4 * MAX_DOCUMENT_CHARS
"""A code point takes four bytes at most in UTF-8."""


@dataclass(frozen=True, slots=True)
class FileSelection:
    """What a run works on.

    Attributes:
        path: the file; of stdin the name that its text was given.
        selection: offsets in the snapshot, empty at a cursor.
        stdin: whether the text came from there, and goes back to stdout.
    """

    path: Path
    snapshot: Snapshot
    selection: Span
    stdin: bool = False


def read(path: Path) -> str:
    """The text of a file, byte for byte: no newline is translated, a mark at its start stays.

    Raises:
        UsageError: it cannot be read, is no regular file, too large or no UTF-8 text.
    """
    try:
        if path.exists() and not path.is_file():
            kind = "a folder" if path.is_dir() else "not a regular file"
            raise UsageError(f"{path} is {kind}; name a text file")
    except (OSError, ValueError) as err:
        cause = err.strerror or err if isinstance(err, OSError) else err
        raise UsageError(f"{path} cannot be read: {str(cause).lower()}") from err
    found = read_file(path, _MAX_BYTES, follow=True)
    if isinstance(found, Refusal):
        raise UsageError(f"{path} {found.text}")
    return _decoded(found.data, str(path), whole=found.whole)


def read_stdin() -> str:
    """The text of stdin to its end, as ``read``.

    Raises:
        UsageError: it is too large or no UTF-8 text.
    """
    content = sys.stdin.buffer.read(_MAX_BYTES + 1)
    return _decoded(content[:_MAX_BYTES], "stdin", whole=len(content) <= _MAX_BYTES)


def _decoded(content: bytes, name: str, *, whole: bool) -> str:
    if not whole:
        raise UsageError(
            f"{name} is larger than {_MAX_BYTES >> 20} MiB; split it, no action is run on it"
        )
    if b"\0" in content:
        raise UsageError(f"{name} is not text: it holds NUL bytes; name a text file")
    try:
        return content.decode()
    except UnicodeDecodeError as err:
        raise UsageError(
            f"{name} is not UTF-8 text (byte {err.start + 1}); save it as UTF-8 first"
        ) from err


def locate(where: str, name: str | None = None) -> FileSelection:
    """``FILE[:START[-END]]`` as a path, its text and a selection in it.

    A file whose own name ends like a range is meant itself.

    Args:
        where: what the user wrote; ``-`` as FILE is stdin.
        name: what the text of stdin is called.

    Raises:
        UsageError: there is no such text file, or it has no such lines.
    """
    found = None if _exists(where) else _RANGE.match(where)
    named = found["path"] if found else where
    stdin = named == STDIN
    path = Path((name or STDIN_NAME) if stdin else named)
    text = read_stdin() if stdin else read(path)
    return _source(path, text, found, stdin=stdin)


def relocate(source: FileSelection, where: str, text: str) -> FileSelection:
    """The same place in a text that changed below it.

    Raises:
        UsageError: the text has no such lines any more.
    """
    found = None if _exists(where) else _RANGE.match(where)
    return _source(source.path, text, found, stdin=source.stdin)


def _source(path: Path, text: str, found: "re.Match[str] | None", *, stdin: bool) -> FileSelection:
    snapshot = Snapshot(path.resolve().as_uri(), text, by_path(str(path)))
    if found is None:
        return FileSelection(path, snapshot, Span(0, len(text)), stdin)
    start = int(found["start"])
    end = None if found["end"] is None else int(found["end"])
    return FileSelection(path, snapshot, _lines(path, text, start, end), stdin)


def _lines(path: Path, text: str, start: int, end: int | None) -> Span:
    """Lines ``start`` to ``end`` of a text; without ``end`` the cursor on the first word there.

    Raises:
        UsageError: the text has no such lines, or nothing is in them.
    """
    index = LineIndex(text)
    if not 1 <= start <= (end or start) <= index.line_count:
        asked = f"{start}" if end is None else f"{start}-{end}"
        raise UsageError(f"{path} has lines 1 to {index.line_count}, not {asked}")
    first = index.line_span(start - 1)
    if end is None:
        line = text[first.start : first.end]
        cursor = first.start + len(line) - len(line.lstrip())
        return Span(cursor, cursor)
    span = Span(first.start, index.line_span(end - 1).end)
    if span.start == span.end:
        # An empty selection would be a cursor, and mean the whole function or file around it.
        raise UsageError(
            f"line {start} of {path} is empty; for the cursor there, say {path}:{start}"
        )
    return span


def beside(names: Sequence[str], path: Path) -> list[tuple[Path, File]]:
    """Files that may be changed beside another one, by their names and texts.

    Raises:
        UsageError: one cannot be read, or is the other one.
    """
    found: list[tuple[Path, File]] = []
    for name in names:
        other = Path(name)
        text = read(other)
        real = other.resolve()
        if real in (path.resolve(), *(each.resolve() for each, _ in found)):
            raise UsageError(f"{name} is named twice; name it once")
        called = below(other, Path.cwd())
        found.append((other, File(called, Snapshot(real.as_uri(), text, by_path(name)))))
    return found


def parse_diagnostics(diagnostics: Sequence[str], snapshot: Snapshot) -> tuple[Diagnostic, ...]:
    """What tools say about lines of a file, given as ``LINE:MESSAGE``.

    Raises:
        UsageError: one is not of that shape, or there is no such line.
    """
    index = LineIndex(snapshot.text)
    found = []
    for each in diagnostics:
        line, colon, message = each.partition(":")
        if not (colon and message.strip() and re.fullmatch(r"\d{1,9}", line)):
            raise UsageError(f"a diagnostic is LINE:MESSAGE, not {each}")
        if not 1 <= int(line) <= index.line_count:
            raise UsageError(f"the file has lines 1 to {index.line_count}, not {line}")
        found.append(Diagnostic(index.line_span(int(line) - 1), message.strip()))
    return tuple(found)


def below(path: Path, folder: Path) -> str:
    """A path as a user writes it in this folder; outside of it, the file's name."""
    real, home = path.resolve(), folder.resolve()
    return real.relative_to(home).as_posix() if real.is_relative_to(home) else real.name


def root_of(path: Path) -> Path | None:
    """The folder in which one works, if the file is in it."""
    here = Path.cwd().resolve()
    return here if path.resolve().is_relative_to(here) else None


def _exists(where: str) -> bool:
    try:
        return Path(where).exists()
    except (OSError, ValueError):
        return False  # `read` says what is wrong with it
