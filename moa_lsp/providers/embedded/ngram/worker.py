"""The process that reads a workspace and indexes it, so that the server never stalls for it.

It reads one JSON object from stdin, writes ``packed`` indexes to stdout, and ends. It runs nothing
and writes nothing else; it lowers its own priority, since nobody waits for it.
"""

import contextlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from moa_lsp.files.reading import Refusal, read_file
from moa_lsp.providers.embedded.ngram.index import build
from moa_lsp.providers.embedded.ngram.lexer import TokenSequence, lex
from moa_lsp.providers.embedded.ngram.packed import PackedIndexes, pack
from moa_lsp.providers.embedded.ngram.secret import looks_secret
from moa_lsp.syntax.languages import akin, by_id

MAX_NGRAM_WORDS = 400_000
"""Words of the index of a workspace: 50,000 lines, 2 s of another process, 13 bytes each. The
files nearest to the open ones come first, and are most of the gain."""

MAX_NGRAM_FILE_BYTES = 512 * 2**10
"""A longer file of a workspace is generated."""

MAX_NGRAM_LINE_CHARS = 250
"""A file with longer lines on average is data, or made small by a program."""


_NICE = 10


def index_files(
    files: Sequence[tuple[str, str]], near: Iterable[str] = (), most: int = MAX_NGRAM_WORDS
) -> PackedIndexes:
    """Index files of a workspace.

    Args:
        files: path and language identifier of each.
        near: folders whose files come first.
        most: words of all files together.
    """
    lexed: dict[str, list[tuple[str, TokenSequence]]] = defaultdict(list)
    left, left_out = most, 0
    for path, language in _first(files, near):
        known = by_id(language)
        text = _text(path) if left > 0 and not (known and known.prose) else None
        if text is None:
            left_out += 1
            continue
        found = lex(text, language, looks_secret)
        if len(found.words) > left:
            left_out += 1
            continue
        left -= len(found.words)
        group = next((each for each in lexed if akin(each, language)), language)
        lexed[group].append((path, found))
    indexes = {language: build(group) for language, group in lexed.items()}
    return PackedIndexes(indexes, left_out, _memory())


def _first(files: Sequence[tuple[str, str]], near: Iterable[str]) -> list[tuple[str, str]]:
    """Put those nearest to the folders first, and among equals the latest."""
    folders = [Path(each).parts for each in near]

    def rank(file: tuple[str, str]) -> tuple[int, float]:
        parts = Path(file[0]).parent.parts
        return -max((_shared(parts, each) for each in folders), default=0), -_changed(file[0])

    return sorted(files, key=rank)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many folders two places share; more if one is the other."""
    same = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        same += 1
    return same + (same == len(one) == len(other))


def _changed(path: str) -> float:
    try:
        return Path(path).stat().st_mtime
    except (OSError, ValueError):
        return 0.0


def _text(path: str) -> str | None:
    """The text of a file, or ``None`` for what is no ordinary file of code."""
    try:
        found = read_file(Path(path), MAX_NGRAM_FILE_BYTES)
        if isinstance(found, Refusal) or not found.whole:
            return None
        text = found.data.decode("utf-8")
    except ValueError:
        return None
    lines = text.count("\n") + text.count("\r") + 1
    return None if "\0" in text or len(text) > lines * MAX_NGRAM_LINE_CHARS else text


def _memory() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 0
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def main() -> None:
    """Answer the one question on stdin."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):  # a sandbox may forbid it
            os.nice(_NICE)
    asked = json.loads(sys.stdin.buffer.read())
    files = [(path, language) for path, language in asked["files"]]
    sys.stdout.buffer.write(pack(index_files(files, asked["near"])))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
