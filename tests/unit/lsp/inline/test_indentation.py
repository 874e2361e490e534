"""Lines of a completion stand as they should, whatever an editor does with their indentation."""

import pytest
from lsprotocol import types

from moa_lsp.lsp.inline.indentation import Indentation

AS_IS, ADJUST = types.InsertTextMode.AsIs, types.InsertTextMode.AdjustIndentation
TEXT = "for x in xs:\n        t += x\n    return t"


def client(default=None, known=None):
    support = types.ClientCompletionItemInsertTextModeOptions(known) if known else None
    item = types.ClientCompletionItemOptions(insert_text_mode_support=support)
    return types.CompletionClientCapabilities(completion_item=item, insert_text_mode=default)


@pytest.mark.parametrize(
    ("able", "mode", "text"),
    [
        (None, None, TEXT),
        (types.CompletionClientCapabilities(), None, TEXT),
        (client(), None, TEXT),
        (client(ADJUST, [AS_IS, ADJUST]), AS_IS, TEXT),
        (client(None, [AS_IS]), AS_IS, TEXT),
        (client(AS_IS), None, TEXT),
        (client(ADJUST), None, "for x in xs:\n    t += x\nreturn t"),
        (client(ADJUST, [ADJUST]), None, "for x in xs:\n    t += x\nreturn t"),
    ],
)
def test_an_item_fits_the_client(able, mode, text):
    found = Indentation.of(able)
    assert (found.mode, found.written(TEXT, "    ")) == (mode, text)


def test_lines_keep_their_ends_and_what_is_less_indented():
    found = Indentation.of(client(ADJUST))
    assert found.written("a(\r\n\t\tb\r\n\r\nc)", "\t") == "a(\r\n\tb\r\n\r\nc)"
    assert found.written("one line", "  ") == "one line"
