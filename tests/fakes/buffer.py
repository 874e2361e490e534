"""An editor's buffer written from the protocol's text alone, to hold the server's edits against.

Lines end at LF, CR LF and CR only; columns count bytes, UTF-16 units or code points. An edit that
is not exactly on characters of the text is an error here, where editors would clamp or guess.
"""

import re
from typing import Any

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z|\Z")
_UNIT = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


class Buffer:
    """One open document as the client has it.

    Attributes:
        applied: the labels of the edits that went in.
    """

    def __init__(self, uri: str, text: str, encoding: str = "utf-16", version: int = 1) -> None:
        self.uri = uri
        self.text = text
        self.encoding = encoding
        self.version = version
        self.applied: list[str] = []

    def position(self, offset: int) -> dict[str, int]:
        start = line = 0
        for match in _LINE.finditer(self.text):
            start = match.start()
            last = match.end() == len(self.text) and not match[0].endswith(("\r", "\n"))
            if offset < match.end() or last:
                break
            line += 1
        return {"line": line, "character": self._units(self.text[start:offset])}

    def offset(self, position: dict[str, int]) -> int:
        lines = list(_LINE.finditer(self.text))
        match = lines[position["line"]]
        content = match[0].rstrip("\r\n")
        for length in range(len(content) + 1):
            if self._units(content[:length]) == position["character"]:
                return match.start() + length
        raise AssertionError(f"{position} is on no character of {content!r}")

    def range(self, start: int, end: int) -> dict[str, Any]:
        return {"start": self.position(start), "end": self.position(end)}

    def range_of(self, piece: str) -> dict[str, Any]:
        """Where a piece of the text stands; it must stand there once."""
        assert self.text.count(piece) == 1, piece
        start = self.text.index(piece)
        return self.range(start, start + len(piece))

    def type(self, old: str, new: str) -> dict[str, Any]:
        """Replace a piece; the parameters of the ``didChange`` to send."""
        where = self.range_of(old)
        start = self.text.index(old)
        self.splice(start, start + len(old), new)
        return self.changed([{"range": where, "text": new}])

    def whole(self, text: str) -> dict[str, Any]:
        """Replace everything; the parameters of the ``didChange`` to send."""
        self.splice(0, len(self.text), text)
        return self.changed([{"text": text}])

    def splice(self, start: int, end: int, new: str) -> None:
        """Every change of the text, whoever makes it, comes through here."""
        self.text = self.text[:start] + new + self.text[end:]

    def apply(self, params: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Take a ``workspace/applyEdit``: the answer, and the ``didChange`` that follows."""
        edit = params["edit"]
        if "documentChanges" in edit:
            (changes,) = edit["documentChanges"]
            document = changes["textDocument"]
            assert document["uri"] == self.uri
            if document["version"] != self.version:
                return {"applied": False}, None
            edits = changes["edits"]
        else:
            ((uri, edits),) = edit["changes"].items()
            assert uri == self.uri
        placed = [
            (
                self.offset(each["range"]["start"]),
                self.offset(each["range"]["end"]),
                each["newText"],
            )
            for each in edits
        ]
        ends = [0]
        for start, end, _ in sorted(placed):
            assert ends[-1] <= start <= end, "edits overlap"
            ends.append(end)
        for start, end, new in sorted(placed, reverse=True):
            self.splice(start, end, new)
        self.applied.append(params.get("label", ""))
        return {"applied": True}, self.changed([{"text": self.text}])

    def changed(self, changes: list[dict[str, Any]]) -> dict[str, Any]:
        """The next version's ``didChange`` with these changes."""
        self.version += 1
        return {
            "textDocument": {"uri": self.uri, "version": self.version},
            "contentChanges": changes,
        }

    def _units(self, text: str) -> int:
        codec, size = _UNIT[self.encoding]
        return len(text.encode(codec)) // size
