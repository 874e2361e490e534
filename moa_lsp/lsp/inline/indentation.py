"""How a client writes the lines of a completion below the first: as they are, or moved in.

LSP 3.17, `InsertTextMode`: by `adjustIndentation` the editor adds the indentation of the cursor's
line to each; by `asIs` it adds nothing. A client says which it knows and which is its default.
"""

from dataclasses import dataclass

from lsprotocol import types

from moa_lsp.text.lines import split_lines


@dataclass(frozen=True, slots=True)
class Indentation:
    """What items say of their lines, and how these are written.

    Attributes:
        mode: what an item says, ``None`` for nothing.
        moved: whether the client adds the indentation of the cursor's line by itself.
    """

    mode: types.InsertTextMode | None = None
    moved: bool = False

    @classmethod
    def of(cls, able: types.CompletionClientCapabilities | None) -> "Indentation":
        """What fits a client."""
        item = able.completion_item if able else None
        support = item.insert_text_mode_support if item else None
        if support is not None and types.InsertTextMode.AsIs in support.value_set:
            return cls(types.InsertTextMode.AsIs)
        default = able.insert_text_mode if able else None
        return cls(moved=default == types.InsertTextMode.AdjustIndentation)

    def written(self, text: str, margin: str) -> str:
        """A text whose lines have their own indentation, as this client is to be given it.

        Args:
            text: what is inserted.
            margin: the white space that the cursor's line begins with.
        """
        if not self.moved or not margin:
            return text
        first, *rest = split_lines(text)
        return first + "".join(line.removeprefix(margin) for line in rest)
