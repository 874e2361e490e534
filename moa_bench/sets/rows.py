"""Rows of a JSONL file, strictly: each is an object of a known shape, or the file is refused.

What is read is somebody else's file. A row that is not as its authors describe it would become a
task that nobody asked, so the first one stops the reading with its file and line.
"""

import codecs
import gzip
import io
import zlib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from moa_bench import limits as bench_limits
from moa_lsp import limits
from moa_lsp.errors import UsageError
from moa_lsp.text.sanitize import escape

MAX_TASK_DATA_BYTES = 256 * 2**20
"""A task set unpacked: the largest known one has 30 MB."""

MAX_TASKS = 100_000
"""Tasks of one set; nobody asks a model more often, and each is held in memory."""


_GZIP = b"\x1f\x8b"


class TaskRow(BaseModel):
    """The fields that we use of one line; others are left alone."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


Shape = TypeVar("Shape", bound=TaskRow)


def content_of(path: Path) -> bytes:
    """The bytes of a data file.

    Raises:
        UsageError: it cannot be read, or is larger than such files are.
    """
    try:
        with path.open("rb") as file:
            content = file.read(bench_limits.MAX_TASK_FILE_BYTES + 1)
    except OSError as err:
        cause = (err.strerror or type(err).__name__).lower()
        raise UsageError(f"{path} cannot be read: {cause}") from err
    if len(content) > bench_limits.MAX_TASK_FILE_BYTES:
        raise UsageError(
            f"{path} is larger than {bench_limits.MAX_TASK_FILE_BYTES:,} bytes; "
            "is it the right file?"
        )
    return content


def unpacked(content: bytes, where: str) -> bytes:
    """What a file holds, which may be compressed with gzip, without a byte order mark.

    Raises:
        UsageError: the compression is damaged, or what comes out is too large.
    """
    if not content.startswith(_GZIP):
        return content.removeprefix(codecs.BOM_UTF8)
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            plain = file.read(MAX_TASK_DATA_BYTES + 1)
    except (OSError, EOFError, zlib.error) as err:
        raise UsageError(f"{where} is damaged: it is no whole gzip file; get it anew") from err
    if len(plain) > MAX_TASK_DATA_BYTES:
        raise UsageError(
            f"{where} unpacks to more than {MAX_TASK_DATA_BYTES:,} bytes; is it the right file?"
        )
    return plain.removeprefix(codecs.BOM_UTF8)


def rows(content: bytes, where: str, shape: type[Shape]) -> list[tuple[str, Shape]]:
    """Each row with its place as ``path:line``; empty lines are no rows.

    Args:
        content: of the file, compressed or not.
        where: what the file is called in messages.
        shape: of every row.

    Raises:
        UsageError: a line is no such row, or there is none.
    """
    found: list[tuple[str, Shape]] = []
    plain = unpacked(content, where).removeprefix(codecs.BOM_UTF8)
    for number, line in enumerate(plain.split(b"\n"), 1):
        if not line.strip():
            continue
        place = f"{where}:{number}"
        if len(found) >= MAX_TASKS:
            raise UsageError(f"{place}: a set has {MAX_TASKS:,} tasks at most")
        try:
            found.append((place, shape.model_validate_json(line)))
        except ValidationError as err:
            raise UsageError(f"{place}: {_sentence(err)}") from err
    if not found:
        raise UsageError(f"{where} has no rows; it should have one JSON object on each line")
    return found


def _sentence(err: ValidationError) -> str:
    first = err.errors(include_url=False, include_input=False)[0]
    field = ".".join(map(str, first["loc"]))
    what = first["msg"][:1].lower() + first["msg"][1:]
    said = f"`{field}`: {what}" if field else what
    return escape(said, limits.MAX_SHOWN_CHARS)
