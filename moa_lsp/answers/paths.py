"""Paths that an answer names: what it means by one, and which may become a new file.

A name is never opened or looked for here; what is allowed still has to be checked against the
disk (A05 and A06 in docs/faults.md).
"""

import re
import unicodedata
from collections.abc import Sequence

from moa_lsp.answers import limits
from moa_lsp.syntax.languages import PLAINTEXT, by_id, by_path

_DECORATION = "`*_\"'<>()[]"
_LABEL = re.compile(
    r"^(?:#{1,6}\s+|[-*+]\s+|\d{1,3}[.)]\s+|//+\s*|#+\s*|--\s+|/\*+\s*|<!--\s*)?"
    r"(?:\*\*)?(?:(?:new\s+)?(?:file|path|filename|create|in|edit|update|changes?\s+(?:to|in))"
    r"[:*]*\s+)?(?P<path>\S+?)(?:\*\*)?\s*(?:\*/|-->)?\s*(?:\((?:new|new file)\))?\s*:?$",
    re.IGNORECASE,
)
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\:*?\"<>|]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_DATA = frozenset(
    {"json", "jsonc", "yaml", "toml", "ini", "properties", "dockerfile", "makefile", "cmake"}
    | {"shellscript", "powershell", "bat", "viml", "diff"}
)
"""What configures tools and editors, or is run by a name alone: no answer makes such a file."""


def named(line: str) -> str | None:
    """The path that a line of an answer consists of, but for what decorates it, or ``None``."""
    if len(line) > 2 * limits.MAX_PATH_CHARS:
        return None
    found = _LABEL.match(line.strip())
    if found is None:
        return None
    path = found["path"].rstrip(":,").strip(_DECORATION).rstrip(":").strip(_DECORATION)
    looks = "/" in path or "." in path.strip(".") or by_path(path) != PLAINTEXT
    return path if looks and re.search(r"\w", path) and "://" not in path else None


def meant(path: str, known: Sequence[str]) -> str | None:
    """Which of the known paths an answer's own spelling means; ``None`` for none or for several.

    Models write ``./src/a.py``, ``a/src/a.py`` as diffs do, the name alone, or folders above.
    """
    said = path.replace("\\", "/").removeprefix("./")
    if said in known:
        return said
    for bare in (said, re.sub(r"^[ab]/", "", said)):
        ends = [
            each
            for each in known
            if each == bare or each.endswith(f"/{bare}") or bare.endswith(f"/{each}")
        ]
        if len(ends) == 1:
            return ends[0]
    return None


def refused(path: str) -> str | None:
    """Why no file may be made at a path, or ``None``."""
    parts = path.split("/")
    odd = unicodedata.normalize("NFC", path) != path or not path.isprintable()
    language = by_id(by_path(path))
    stem, dot, _ = parts[-1].rpartition(".")
    if odd or len(path) > limits.MAX_PATH_CHARS or any(map(_odd, parts)):
        return "its name holds what no name should"
    if _FORBIDDEN.search(path) or path.startswith("~") or not {"", ".", ".."}.isdisjoint(parts):
        return "it does not lie below the workspace"
    if any(part.startswith(".") for part in parts):
        return "files and folders with a dot configure tools"
    if not (stem and dot) or language is None or language.prose or language.id in _DATA:
        return "its name is not that of source code"
    return None


def _odd(part: str) -> bool:
    """Whether a system would take a name for another one, or for a device."""
    return part.strip(".") != "" and (
        part.endswith((" ", ".")) or _RESERVED.fullmatch(part) is not None
    )
