"""Writes a model file as llama.cpp reads it (GGUF version 3, little-endian, 32-bit floats)."""

import struct
import sys
from array import array
from collections.abc import Sequence
from pathlib import Path

ALIGNMENT = 32
_U32, _I32, _F32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_FLOAT_TENSOR = 0

Value = bool | int | float | str | Sequence[int] | Sequence[str]


class Gguf:
    """A file in the making: ``put`` facts and ``tensor`` weights in any order, then ``write``."""

    def __init__(self) -> None:
        self._facts: list[bytes] = []
        self._tensors: list[tuple[str, tuple[int, ...], array[float]]] = []

    def put(self, name: str, value: Value) -> None:
        """A fact about the model."""
        kind, data = _packed(value)
        self._facts.append(_text(name) + struct.pack("<I", kind) + data)

    def tensor(self, name: str, shape: tuple[int, ...], values: "array[float]") -> None:
        """Weights; ``shape`` names the outermost dimension first, as usual."""
        assert len(values) == _product(shape), name
        self._tensors.append((name, shape, values))

    def write(self, path: Path) -> None:
        """All of it, whole or not at all."""
        head = struct.pack("<4sIQQ", b"GGUF", 3, len(self._tensors), len(self._facts))
        head += b"".join(self._facts)
        at = 0
        for name, shape, values in self._tensors:
            # the file names the innermost dimension first
            sizes = struct.pack(f"<I{len(shape)}Q", len(shape), *reversed(shape))
            head += _text(name) + sizes + struct.pack("<IQ", _FLOAT_TENSOR, at)
            at += _padded(4 * len(values))
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(head.ljust(_padded(len(head)), b"\0"))
            for _, _, values in self._tensors:
                data = _little(values)
                file.write(data.ljust(_padded(len(data)), b"\0"))
        part.replace(path)


def _packed(value: Value) -> tuple[int, bytes]:
    match value:
        case bool():
            return _BOOL, struct.pack("<?", value)
        case int():
            return _U32, struct.pack("<I", value)
        case float():
            return _F32, struct.pack("<f", value)
        case str():
            return _STRING, _text(value)
    if isinstance(value[0], str):
        kind, data = _STRING, b"".join(map(_text, value))
    else:
        kind, data = _I32, struct.pack(f"<{len(value)}i", *value)
    return _ARRAY, struct.pack("<IQ", kind, len(value)) + data


def _text(text: object) -> bytes:
    data = str(text).encode()
    return struct.pack("<Q", len(data)) + data


def _little(values: "array[float]") -> bytes:
    if sys.byteorder == "big":
        values = array("f", values)
        values.byteswap()
    return values.tobytes()


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product
