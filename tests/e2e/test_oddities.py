"""What editors say in ``initialize``, today's and tomorrow's: each gets an answer.

In one process: no process shows more here.
"""

import pytest

from moa_lsp.lsp.app import create_server
from tests.fakes.editors import EDITORS
from tests.fakes.wire import Wire

pytestmark = pytest.mark.e2e

CODE_ACTION = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["refactor.new"]}}}

ODDITIES = {
    "symbol_kind_27": {"workspace": {"symbol": {"symbolKind": {"valueSet": [26, 27, 99]}}}},
    "symbol_tag_2": {"workspace": {"symbol": {"tagSupport": {"valueSet": [1, 2]}}}},
    "markup_kind": {"textDocument": {"hover": {"contentFormat": ["asciidoc", "markdown"]}}},
    "diagnostic_tag_3": {
        "textDocument": {"publishDiagnostics": {"tagSupport": {"valueSet": [1, 2, 3]}}}
    },
    "resource_operation": {"workspace": {"workspaceEdit": {"resourceOperations": ["chmod"]}}},
    "failure_handling": {"workspace": {"workspaceEdit": {"failureHandling": "hope"}}},
    "position_encoding": {"general": {"positionEncodings": ["utf-7", "utf-8"]}},
    "position_encodings_unknown": {"general": {"positionEncodings": ["utf-7"]}},
    "position_encodings_empty": {"general": {"positionEncodings": []}},
    "code_action_kind": {"textDocument": {"codeAction": CODE_ACTION}},
    "completion_kind_99": {
        "textDocument": {"completion": {"completionItemKind": {"valueSet": [1, 99]}}}
    },
    "insert_text_mode_9": {"textDocument": {"completion": {"insertTextMode": 9}}},
    "token_format": {
        "textDocument": {
            "semanticTokens": {
                "requests": {"range": {}, "full": {}},
                "tokenTypes": ["x"],
                "tokenModifiers": [],
                "formats": ["absolute"],
            }
        }
    },
    "folding_kind": {
        "textDocument": {"foldingRange": {"foldingRangeKind": {"valueSet": ["moon"]}}}
    },
    "prepare_support": {"textDocument": {"rename": {"prepareSupportDefaultBehavior": 7}}},
    "unknown_sections": {"weather": {"rain": True}, "textDocument": {"smell": {"x": 1}}},
    "experimental_anything": {"experimental": [1, {"jsonrpc": "2.0"}]},
    "nulls": {"workspace": None, "textDocument": {"hover": None}, "general": None},
    "code_action_tag": {"textDocument": {"codeAction": {"tagSupport": {"valueSet": [1, 5]}}}},
}
"""Legal as the specification grows: accepted without a word."""

WRONG = {
    "capability_is_a_boolean": {"textDocument": {"codeAction": True, "hover": {}}},
    "section_is_a_list": {"workspace": [1, 2]},
    "section_is_a_string": {"window": "yes"},
    "operations_is_a_number": {"workspace": {"workspaceEdit": {"resourceOperations": 5}}},
    "value_set_missing": {"textDocument": {"publishDiagnostics": {"tagSupport": {}}}},
    "encodings_hold_lists": {"general": {"positionEncodings": [["utf-8"]]}},
}
"""Wrong, but no reason to leave an editor without its server."""


async def accepted(**params):
    """Whether a server answers these parameters and works afterwards."""
    wire = Wire(create_server(()))
    result = await wire.initialize(**params)
    assert result["serverInfo"]["name"] == "moa-lsp"
    assert result["capabilities"]["textDocumentSync"]["change"] == 2
    item = {"uri": "file:///a", "languageId": "x", "version": 1, "text": "text"}
    wire.tell("textDocument/didOpen", {"textDocument": item})
    assert wire.server.documents.snapshot("file:///a").text == "text"
    assert [message for message in wire.sent if "method" in message] == []
    return wire.server, result


@pytest.mark.parametrize("name", ODDITIES)
async def test_capability_oddity(name, caplog):
    await accepted(capabilities=ODDITIES[name])
    assert "left out" not in caplog.text


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_capability(name, caplog):
    server, _ = await accepted(
        capabilities={**WRONG[name], "experimental": {"kept": True}}, rootUri="file:///r"
    )
    assert server.client_capabilities.experimental == {"kept": True}
    assert server.workspace.root_uri == "file:///r"
    if not name.startswith("section"):  # such a section counts as an empty one
        assert "left out" in caplog.text


async def test_of_a_wrong_section_only_the_wrong_part_is_left_out():
    server, _ = await accepted(capabilities=WRONG["capability_is_a_boolean"])
    assert server.client_capabilities.text_document.hover is not None
    assert server.client_capabilities.text_document.code_action is None


@pytest.mark.parametrize(
    "params",
    [
        {"trace": "loud"},
        {"trace": 5},
        {"capabilities": None},
        {"capabilities": []},
        {"workspaceFolders": None},
        {"workspaceFolders": "here"},
        {"workspaceFolders": [{"uri": "file:///a"}]},
        {"rootPath": "", "rootUri": None},
        {"rootUri": 5},
        {"processId": "4711x"},
        {"clientInfo": {"version": "1"}},
        {"initializationOptions": "a string"},
        {"locale": 3},
    ],
    ids=str,
)
async def test_wrong_or_odd_field(params):
    await accepted(**params)


async def test_L03_initialize_without_params_can_be_tried_again():
    wire = Wire(create_server(()))
    assert "error" in await wire.ask("initialize", [1])
    assert "result" in await wire.ask("initialize", {})


@pytest.mark.parametrize("editor", EDITORS)
async def test_editor(editor):
    params, encoding = EDITORS[editor]
    server, result = await accepted(**params)
    assert server.encoding == encoding
    assert result["capabilities"]["positionEncoding"] == encoding


async def test_L12_capabilities_are_typed_for_features():
    server, _ = await accepted(**EDITORS["vscode"][0])
    action = server.client_capabilities.text_document.code_action
    assert list(action.resolve_support.properties) == ["edit", "command"]
    assert server.client_capabilities.workspace.workspace_edit.document_changes is True
    assert server.client_capabilities.window.show_document.support is True
