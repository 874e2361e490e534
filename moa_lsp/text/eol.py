r"""Line endings of a text: which one it uses, and how to give another text the same.

Only ``\n``, ``\r\n`` and ``\r`` are endings (text/lines.py).
"""

import re
from typing import Literal

Eol = Literal["\n", "\r\n", "\r"]

_ANY = re.compile(r"\r\n|\r|\n")


def dominant(text: str) -> Eol:
    r"""The ending that most lines have; of equals the first in the text, ``\n`` if none is."""
    pairs = text.count("\r\n")
    counts: dict[Eol, int] = {
        "\n": text.count("\n") - pairs,
        "\r\n": pairs,
        "\r": text.count("\r") - pairs,
    }
    most = max(counts.values())
    tied = [eol for eol, count in counts.items() if count == most]
    if len(tied) == 1 or most == 0:
        return tied[0]
    # "\r" is found inside "\r\n" too: the longer ending wins at the same place.
    return min(tied, key=lambda eol: (text.index(eol), -len(eol)))


def to_lf(text: str) -> str:
    r"""``text`` with every ending as ``\n``."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def convert(text: str, eol: Eol) -> str:
    """``text`` with every ending as ``eol``."""
    return to_lf(text) if eol == "\n" else _ANY.sub(eol, text)
