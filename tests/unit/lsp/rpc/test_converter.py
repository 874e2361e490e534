"""Parameters of every method of the protocol, right and wrong."""

import subprocess
import sys

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from moa_lsp.lsp.app import create_server
from moa_lsp.lsp.rpc.converter import MAX_DIAGNOSTICS, create_converter, params_of
from tests.fakes.client import ROOT
from tests.fakes.wire import Wire

REQUESTS = sorted(
    method
    for method, (request, response, params, _) in types.METHOD_TO_TYPES.items()
    if response is not None
    and params is not None
    and method not in ("initialize", "shutdown", "workspace/executeCommand")
    and types.message_direction(method) != "serverToClient"
)

WRONG = (
    None,
    [],
    [1],
    5,
    "x",
    True,
    {"textDocument": None},
    {"textDocument": [1], "position": []},
    {"textDocument": {"uri": None}, "position": {"line": {}, "character": "x"}},
    {"item": 5, "range": {"start": 1, "end": None}, "context": "x", "files": 1, "kind": {}},
    {"textDocument": {"uri": "x"}, "range": {"start": {"line": 1}}, "positions": [{}]},
)


@pytest.mark.parametrize("method", REQUESTS)
async def test_L03_every_method_answers_wrong_parameters(method):
    server = create_server(())
    server.feature(method)(lambda _params: None)
    wire = Wire(server)
    await wire.initialize()
    codes = []
    for params in WRONG:
        response = await wire.ask(method, params)
        codes.append(response.get("error", {"code": 0})["code"])
    assert set(codes) <= {0, -32602}
    assert codes[1:6] == [-32602] * 5
    assert [each for each in wire.sent if "method" in each] == []
    assert len(wire.sent) == 1 + len(WRONG)


@pytest.mark.parametrize("more", [-1, 0, 1, 10 * MAX_DIAGNOSTICS])
def test_of_very_many_diagnostics_the_first_count(more):
    start = {"line": 0, "character": 0}
    span = {"start": start, "end": start}
    said = [{"range": span, "message": str(each)} for each in range(MAX_DIAGNOSTICS + more)]
    asked = {"textDocument": {"uri": "x"}, "range": span, "context": {"diagnostics": said}}
    params = params_of(create_converter(), "textDocument/codeAction", asked)
    kept = [each.message for each in params.context.diagnostics]
    assert kept == [each["message"] for each in said][:MAX_DIAGNOSTICS]


def test_what_does_not_fit_is_named_but_not_quoted():
    converter = create_converter()
    with pytest.raises(JsonRpcInvalidParams) as caught:
        params_of(converter, "textDocument/hover", {"textDocument": {"uri": "secret"}})
    assert (
        caught.value.message == "parameters of textDocument/hover do not fit: position is missing"
    )
    wrong = {"textDocument": {"uri": "x"}, "position": {"line": "secret", "character": 0}}
    with pytest.raises(JsonRpcInvalidParams) as caught:
        params_of(converter, "textDocument/hover", wrong)
    assert caught.value.message == "parameters of textDocument/hover do not fit: wrong type"


def test_438_unknown_values_stay_plain_and_known_ones_become_members():
    converter = create_converter()
    params = {"textDocument": {"uri": "x"}, "position": {"line": 0, "character": 0}}
    for sent, got in ((1, types.InlineCompletionTriggerKind.Invoked), (0, 0), (9, 9)):
        asked = {**params, "context": {"triggerKind": sent}}
        made = params_of(converter, "textDocument/inlineCompletion", asked)
        assert made.context.trigger_kind == got
        assert type(made.context.trigger_kind) is type(got)


@pytest.mark.parametrize("params", [None, 5, [1], {"jsonrpc": "2.0", "a": {"jsonrpc": 1}}])
def test_methods_of_our_own_take_plain_values(params):
    assert params_of(create_converter(), "moa/anything", params) is params


def test_messages_do_not_print_their_content():
    """In a process of its own: here, a test may have loaded lsprotocol first."""
    program = (
        "import attrs, moa_lsp.lsp\n"
        "from lsprotocol import types\n"
        "@attrs.define\n"
        "class Other: x: int = 1\n"
        "assert 'canary' not in repr(types.TextDocumentItem('canary', 'x', 1, 'canary'))\n"
        "assert types.Position(1, 2) == types.Position(1, 2)\n"
        "assert repr(Other()) == 'Other(x=1)', 'attrs itself must be as it was'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, timeout=60)
