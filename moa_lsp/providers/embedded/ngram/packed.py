"""Indexes as bytes, from the process that makes them to the one that asks them.

Lengths first, then a JSON object, then the arrays as they lie in memory: both processes are of one
machine and one program. What does not add up is refused, so a process that dies half way harms
nobody.
"""

import json
import struct
from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from moa_lsp.errors import BadReply
from moa_lsp.providers.embedded.ngram.index import SequenceIndex, SequenceRange

MAX_NGRAM_PACKED_BYTES = 64 * 2**20
"""An index on its way from the process that made it: ``MAX_NGRAM_WORDS`` different words of
``NGRAM_WORD_CHARS`` fit."""


_LENGTH = struct.Struct("<Q")
HEAD_BYTES = _LENGTH.size


@dataclass(frozen=True, slots=True)
class PackedIndexes:
    """The indexes of a workspace.

    Attributes:
        indexes: by language identifier; languages that are akin share the first one's.
        left_out: files that were not read, or beyond the bounds.
        memory: bytes that the process which made them took at most; 0 if unknown.
    """

    indexes: Mapping[str, SequenceIndex]
    left_out: int = 0
    memory: int = 0


def pack(built: PackedIndexes) -> bytes:
    """Make bytes of indexes."""
    parts: list[bytes] = []
    described = []
    for language, index in built.indexes.items():
        described.append(
            {
                "language": language,
                "words": list(index.words),
                "files": [[name, each.start, each.end] for name, each in index.files.items()],
                "sequence": len(index.sequence),
                "order": len(index.order),
            }
        )
        parts += index.kinds.tobytes(), index.sequence.tobytes(), index.spaces
        parts += index.order.tobytes(), index.alike.tobytes()
    told = {"indexes": described, "left_out": built.left_out, "memory": built.memory}
    head = json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")
    body = _LENGTH.pack(len(head)) + head + b"".join(parts)
    return _LENGTH.pack(len(body)) + body


def length_of(head: bytes) -> int:
    """Read how many bytes follow.

    Raises:
        BadReply: more than an index may have.
    """
    length: int = _LENGTH.unpack(head)[0]
    if length > MAX_NGRAM_PACKED_BYTES:
        raise BadReply("the index of the workspace is larger than it can be, nothing was taken")
    return length


def unpack(body: bytes) -> PackedIndexes:
    """Make indexes of the bytes that follow the first length.

    Raises:
        BadReply: they are no such bytes.
    """
    try:
        start = HEAD_BYTES + _LENGTH.unpack_from(body)[0]
        told = json.loads(body[HEAD_BYTES:start].decode("utf-8", "surrogatepass"))
        indexes: dict[str, SequenceIndex] = {}
        for each in told["indexes"]:
            words = each["words"]
            kinds, start = _numbers(body, start, len(words))
            sequence, start = _numbers(body, start, each["sequence"])
            spaces, start = body[start : start + len(sequence)], start + len(sequence)
            order, start = _numbers(body, start, each["order"])
            alike, start = _numbers(body, start, each["order"])
            files = {name: SequenceRange(first, last) for name, first, last in each["files"]}
            indexes[each["language"]] = SequenceIndex(
                words, kinds, sequence, spaces, order, alike, files
            )
        if start != len(body):
            raise ValueError(start)  # noqa: TRY301  # the same message for all that is wrong
        return PackedIndexes(indexes, told["left_out"], told["memory"])
    except (ValueError, KeyError, TypeError, struct.error) as err:
        raise BadReply("the index of the workspace came in pieces, it is not used") from err


def _numbers(body: bytes, start: int, count: int) -> "tuple[array[int], int]":
    numbers = array("I")
    end = start + count * numbers.itemsize
    if end > len(body):
        raise ValueError(count)
    numbers.frombytes(body[start:end])
    return numbers, end
