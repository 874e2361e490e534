"""Several lines of an ordinary completion keep their indentation in every client."""

import pytest
from lsprotocol import types

from moa_lsp.lsp.inline.popup_indent import style
from moa_lsp.lsp.rpc.converter import create_converter

TEXT = "for x in xs:\n        t += x\n    return t\nlast"
RELATIVE = "for x in xs:\n    t += x\nreturn t\nlast"
KNOWS_BOTH = {"completionItem": {"insertTextModeSupport": {"valueSet": [1, 2]}}}
KNOWS_ADJUSTING = {"completionItem": {"insertTextModeSupport": {"valueSet": [2]}}}


@pytest.mark.parametrize(
    ("completion", "mode", "text"),
    [
        (None, None, TEXT),
        ({}, None, TEXT),
        ({"insertTextMode": 1}, None, TEXT),
        ({"insertTextMode": 2}, None, RELATIVE),
        ({"insertTextMode": 2, **KNOWS_BOTH}, 1, TEXT),
        ({"insertTextMode": 1, **KNOWS_BOTH}, 1, TEXT),
        ({"insertTextMode": 2, **KNOWS_ADJUSTING}, None, RELATIVE),
        ({"insertTextMode": 9}, None, TEXT),
    ],
    ids=str,
)
def test_a_client_inserts_what_was_suggested(completion, mode, text):
    asked = {"textDocument": {} if completion is None else {"completion": completion}}
    client = create_converter().structure(asked, types.ClientCapabilities)
    found = style(client, "    ")
    assert (found.mode, found.laid(TEXT)) == (mode, text)
