"""Files of results: a line of JSON for each question, written once and read strictly.

A line is ``{"v": 1, "result": {…}}``, or ``{"v": 1, "about": {…}}`` with what the results below it
are results of. A file is only ever added to. What a crash left of its last line has no end of
line: it is no result, is cut off when the file is opened again, and was asked for nothing.
"""

import json
import math
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from pydantic import TypeAdapter, ValidationError

from moa_bench.values import About, Result, TaskDetail
from moa_lsp.errors import ConfigError, Problem, UsageError
from moa_lsp.limits import MAX_SHOWN_CHARS
from moa_lsp.store.locations import private_file
from moa_lsp.text.sanitize import escape

MAX_DRILL_CHARS = 64 * 2**10
"""Of one text kept beside a result for who wants to see why: a whole file of a thousand lines."""

MAX_RESULT_BYTES = 16 * 2**20
"""One line of a file of results: thirty proposals of ``MAX_DRILL_CHARS``, each at its longest in
JSON."""


VERSION = 1
"""Of a line; a reader takes no other."""

ENDING = ".results.jsonl"
"""Of the name of a file of results."""

_HALVES = re.compile(r"[\ud800-\udfff]")
"""Halves of characters, which some models send and no UTF-8 can hold."""


@dataclass(frozen=True, slots=True)
class ResultsFolder:
    """What a folder holds.

    Attributes:
        abouts: each once; where a sweep came to name another baseline, as its file said last.
        torn: files whose last line a crash cut off; nothing is lost but that line.
    """

    results: tuple[Result, ...]
    abouts: tuple[About, ...] = ()
    torn: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _ResultLine:
    v: int
    result: Result | None = None
    about: About | None = None


@cache
def _lines() -> TypeAdapter[_ResultLine]:
    return TypeAdapter(_ResultLine)


class ResultsFile:
    """A file of results to be added to, by one writer.

    Used as a context manager. Each result is handed to the system as one write as soon as it is
    there, so that killing the process loses none. Only its user can read it.
    """

    def __init__(self, path: Path, about: About | None = None) -> None:
        self.path = path
        self._about = about
        self._file: BinaryIO | None = None

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            private_file(self.path)
            _cut_torn(self.path)
            self._file = open(self.path, "ab", buffering=0, opener=_private)
        except OSError as err:
            said = err.strerror or err
            raise UsageError(f"{escape(str(self.path))} cannot be written: {said}") from err
        if self._about is not None:
            self._write(_written({"about": asdict(self._about)}))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None

    def append(self, result: Result) -> None:
        """Write one result; texts for its readers are cut to ``limits.MAX_DRILL_CHARS``."""
        line = _written({"result": asdict(replace(result, drill=_bounded(result.drill)))})
        if len(line) > MAX_RESULT_BYTES:
            bare = replace(result, drill=TaskDetail(detail="its texts are too long to be kept"))
            line = _written({"result": asdict(bare)})
        self._write(line)

    def _write(self, line: bytes) -> None:
        if self._file is None:
            raise RuntimeError("the file of results is not open")
        self._file.write(line)


def read_folder(folder: Path, *, texts: bool = True) -> ResultsFolder:
    """Everything in the files of results below a folder, in the order of their names.

    Args:
        folder: where to look.
        texts: keep the texts for readers; without them a result takes a tenth of the memory.

    Raises:
        UsageError: there is no such folder, or no file of results in it.
        ConfigError: a line is no result; every file is looked at up to its first mistake.
    """
    if not folder.is_dir():
        raise UsageError(
            f"there is no folder {escape(str(folder))}; name one that `bench run` wrote"
        )
    paths = sorted(path for path in folder.rglob(f"*{ENDING}") if path.is_file())
    if not paths:
        raise UsageError(
            f"no file of results (*{ENDING}) in {escape(str(folder))}; "
            "run `moa-lsp bench run` first"
        )
    return read_files(paths, texts=texts)


def read_files(paths: Iterable[Path], *, texts: bool = True) -> ResultsFolder:
    """As ``read_folder``, for these files."""
    found = _FileScan(texts)
    for path in paths:
        try:
            found.read(path)
        except ConfigError as err:
            found.problems += err.problems
    if found.problems:
        raise ConfigError(found.problems)
    return ResultsFolder(tuple(found.results), tuple(found.abouts), tuple(found.torn))


@dataclass(slots=True)
class _FileScan:
    texts: bool
    results: list[Result] = field(default_factory=list)
    abouts: list[About] = field(default_factory=list)
    torn: list[Path] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def read(self, path: Path) -> None:
        abouts: list[About] = []
        for number, line in _whole_lines(path, self.torn):
            read = _line(path, number, line)
            if read.result is not None:
                bare = TaskDetail(detail=read.result.drill.detail)
                self.results.append(
                    read.result if self.texts else replace(read.result, drill=bare)
                )
            if read.about is not None:
                abouts.append(read.about)
        for about in _of_one_mind(abouts):
            if about not in self.abouts:
                self.abouts.append(about)


def _of_one_mind(abouts: list[About]) -> Iterator[About]:
    """What one file says, with the baseline that it named last.

    A sweep whose file was changed goes on in the same files of results.
    """
    last = {(each.set, each.digest): each.baseline for each in abouts if each.baseline is not None}
    for each in abouts:
        yield replace(each, baseline=last.get((each.set, each.digest)))


def _whole_lines(path: Path, torn: list[Path]) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_RESULT_BYTES + 1):
                number += 1
                if line.endswith(b"\n"):
                    yield number, line
                elif len(line) > MAX_RESULT_BYTES:
                    raise _wrong(path, number, f"a line of over {MAX_RESULT_BYTES:,} bytes")
                else:
                    torn.append(path)
    except OSError as err:
        raise _wrong(path, 1, f"cannot be read ({err.strerror})") from err


def _line(path: Path, number: int, line: bytes) -> _ResultLine:
    try:
        read = _lines().validate_json(line, strict=True, extra="forbid")
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        said = _version_of(line) or f"{place + ': ' if place else ''}{first['msg']}"
        raise _wrong(path, number, said) from None
    if read.v != VERSION:
        raise _wrong(path, number, _of_version(read.v))
    if (read.result is None) == (read.about is None):
        raise _wrong(path, number, "neither a result nor what results are about")
    if read.result is not None:
        _check(path, number, read.result)
    return read


def _check(path: Path, number: int, result: Result) -> None:
    """Numbers that would spoil every sum that they go into."""
    for name in ("seconds", "slowest", "cost_usd", "spent_usd", "sample", "proposed", "rejected"):
        value = getattr(result, name)
        if not math.isfinite(value) or value < 0:
            raise _wrong(path, number, f"result.{name}: {value} is no amount")
    usage = result.usage
    if min(usage.input, usage.output, usage.cached) < 0:
        raise _wrong(path, number, "result.usage: a number of tokens is below 0")


def _version_of(line: bytes) -> str:
    """What to say if a line that cannot be read is of another version."""
    try:
        version = json.loads(line)["v"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return _of_version(version) if version != VERSION else ""


def _of_version(version: object) -> str:
    said = escape(str(version), MAX_SHOWN_CHARS)
    return f"version {said} of results, this moa-lsp reads {VERSION}: use the one that wrote them"


def _wrong(path: Path, number: int, message: str) -> ConfigError:
    return ConfigError([Problem(str(path), number, 1, escape(message, MAX_SHOWN_CHARS))])


def _private(path: str, flags: int) -> int:
    """Open for this user alone: results quote prompts and answers."""
    return os.open(path, flags, 0o600)


def _cut_torn(path: Path) -> None:
    """Cut off what a crash left of a last line, so that it does not run into the next one."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        kept = size
        while kept:
            start = max(0, kept - MAX_RESULT_BYTES)
            file.seek(start)
            at = file.read(kept - start).rfind(b"\n")
            kept = start + at + 1
            if at >= 0:
                break
        if kept < size:
            file.truncate(kept)


def _written(what: dict[str, Any]) -> bytes:
    text = json.dumps({"v": VERSION, **what}, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8") + b"\n"


def _bounded(drill: TaskDetail) -> TaskDetail:
    return TaskDetail(
        _cut(drill.prompt),
        tuple((agent, _cut(text)) for agent, text in drill.proposals),
        None if drill.answer is None else _cut(drill.answer),
        _cut(drill.detail),
    )


def _cut(text: str) -> str:
    text = _HALVES.sub("\N{REPLACEMENT CHARACTER}", text)
    if len(text) <= MAX_DRILL_CHARS:
        return text
    return f"{text[:MAX_DRILL_CHARS]}\n… {len(text) - MAX_DRILL_CHARS:,} more characters"
