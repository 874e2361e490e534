"""How several lines of an ordinary completion keep their indentation (LSP 3.18, InsertTextMode).

A suggestion's lines carry their own indentation. A client that adjusts it puts that of the
cursor's line before each, which is twice.
"""

import re
from dataclasses import dataclass

from lsprotocol import types


@dataclass(frozen=True, slots=True)
class PopupIndent:
    """What is done to an item.

    Attributes:
        mode: said with the item, where the client knows it.
        removed: taken from the front of every line but the first.
    """

    mode: types.InsertTextMode | None = None
    removed: str = ""

    def laid(self, text: str) -> str:
        """The text as it is to be sent."""
        return re.sub(rf"(?<=\n){re.escape(self.removed)}", "", text) if self.removed else text


def style(client: types.ClientCapabilities, line: str) -> PopupIndent:
    """What this client needs for an item in ``line``."""
    text_document = client.text_document
    able = text_document.completion if text_document else None
    if able is None:
        return PopupIndent()
    modes = able.completion_item.insert_text_mode_support if able.completion_item else None
    if modes is not None and types.InsertTextMode.AsIs in modes.value_set:
        return PopupIndent(types.InsertTextMode.AsIs)
    if able.insert_text_mode == types.InsertTextMode.AdjustIndentation:
        return PopupIndent(removed=line[: len(line) - len(line.lstrip(" \t"))])
    return PopupIndent()
