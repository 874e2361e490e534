"""Suggestions as items of the protocol: inline completions, and completions of a popup."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types

from moa_lsp.lsp.inline.indentation import Indentation

if TYPE_CHECKING:
    from moa_lsp.inline.memory import Suggestion

ACCEPTED = "moa.accepted"
"""The command by which a client says that an item was accepted."""


@dataclass(frozen=True, slots=True)
class ItemRange:
    """Where an item goes.

    Attributes:
        range: in the client's units: from where the typed part begins to the cursor.
        typed: the text in it, which an item repeats.
        margin: the white space that the cursor's line begins with.
    """

    range: types.Range
    typed: str
    margin: str = ""


def inline_item(spot: ItemRange, offer: "Suggestion") -> types.InlineCompletionItem:
    """One item of ``textDocument/inlineCompletion``."""
    text = f"{spot.typed}{offer.text}"
    return types.InlineCompletionItem(
        insert_text=text,
        filter_text=text,
        range=spot.range,
        command=_command(offer),
    )


def popup_item(
    spot: ItemRange, offer: "Suggestion", indentation: Indentation
) -> types.CompletionItem:
    """One item of ``textDocument/completion``, for clients without inline completion."""
    text = indentation.written(f"{spot.typed}{offer.text}", spot.margin)
    first = text.strip().split("\n", 1)[0].strip()
    return types.CompletionItem(
        label=first,
        label_details=types.CompletionItemLabelDetails(description="moa"),
        kind=types.CompletionItemKind.Snippet,
        detail=f"Moa · {offer.agent}",
        sort_text="~",  # behind what the language's own server knows
        filter_text=spot.typed or first,
        insert_text_format=types.InsertTextFormat.PlainText,
        insert_text_mode=indentation.mode,
        text_edit=types.TextEdit(spot.range, text),
        command=_command(offer),
    )


def _command(offer: "Suggestion") -> types.Command:
    return types.Command(title="Moa: accepted", command=ACCEPTED, arguments=[{"run": offer.run}])
