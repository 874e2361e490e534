"""The early answer to ``initialize`` is the whole server's, or there is none."""

import copy
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs import capabilities
from moa_lsp.handshake.answer import initialize_answer
from moa_lsp.handshake.framing import FrameDecoder
from moa_lsp.lsp.app import create_server
from tests.fakes.client import ROOT
from tests.fakes.editors import EDITORS
from tests.fakes.wire import Wire

ENCODINGS = (
    None,
    [],
    ["utf-8"],
    ["utf-16"],
    ["utf-32", "utf-8"],
    ["utf-7", "utf-8", "utf-16"],
    ["utf-7"],
    ["UTF-8"],
)

OPTIONS = (
    None,
    {},
    [],
    "fallback",
    {"trusted": True},
    {"completion": {"fallback": True}},
    {"completion": {"fallback": False}},
    {"moa": {"completion": {"fallback": True}}},
    {"completion.fallback": True},
    {"completion": {"fallback": "yes"}},
    {"fallback": True},
)

ODD = (
    {"processId": "x"},
    {"capabilities": None},
    {"capabilities": {"general": []}},
    {"capabilities": {"general": {"positionEncodings": ["utf-8"], "markdown": 5}}},
    {"capabilities": {"workspace": 5, "textDocument": [], "notebookDocument": {}}},
    {"capabilities": {"textDocument": {"rename": {"prepareSupport": True}}}},
    {"rootUri": "untitled:x", "rootPath": "/home/\N{LATIN SMALL LETTER U WITH DIAERESIS}"},
    {"workspaceFolders": [{"uri": "file:///a", "name": "a"}, {"uri": "file:///b"}]},
    {"workspaceFolders": {"uri": "x"}},
    {"workspaceFolders": None, "rootUri": None, "rootPath": None},
    {"trace": "loud"},
    {"clientInfo": 5, "locale": []},
    {"unknown": {"deep": [{}]}},
)

FOREIGN = (
    {"method": "initialized"},
    {"method": "shutdown"},
    {"jsonrpc": "1.0"},
    {"id": None},
    {"id": True},
    {"id": []},
    {"params": None},
    {"params": []},
    {"params": {"rootUri": "file://["}},
    {"params": {"rootUri": 5}},
    {"params": {"workspaceFolders": [5]}},
    {"params": {"capabilities": 5}},
    {"params": {"capabilities": {"general": 5}}},
    {"params": {"capabilities": {"general": {"positionEncodings": "utf-8"}}}},
    {"params": {"capabilities": {"general": {"positionEncodings": ["utf-8", {}]}}}},
)
"""Changes that make of an ``initialize`` what the whole server has to judge."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)


def message(params, **changes):
    return {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params, **changes}


def early(sent):
    """The early answer as JSON, or ``None``."""
    answer = initialize_answer(json.dumps(sent).encode())
    if answer is None:
        return None
    decoder = FrameDecoder()
    decoder.feed(answer)
    return json.loads(decoder.next())


def whole(sent):
    """What the server with all features answers."""
    wire = Wire(create_server())
    wire.give(copy.deepcopy(sent))
    return wire.sent[-1]


@pytest.mark.parametrize("options", OPTIONS, ids=json.dumps)
@pytest.mark.parametrize("encodings", ENCODINGS, ids=json.dumps)
def test_the_answer_is_the_whole_servers_for_encodings_and_settings(encodings, options):
    general = {} if encodings is None else {"general": {"positionEncodings": encodings}}
    sent = message({"capabilities": general, "initializationOptions": options})
    assert early(sent) == whole(sent)


@pytest.mark.parametrize("name", EDITORS)
def test_the_answer_is_the_whole_servers_for_well_known_editors(name):
    sent = message(EDITORS[name][0], id="first")
    assert early(sent) == whole(sent)


@pytest.mark.parametrize("params", ODD, ids=str)
def test_the_answer_is_the_whole_servers_for_odd_clients(params):
    sent = message({"capabilities": {}, **params}, id=1.5)
    assert early(sent) == whole(sent)


@pytest.mark.heavy
@given(
    st.sampled_from(
        ("processId", "rootUri", "rootPath", "workspaceFolders", "capabilities", "trace")
    ),
    JSON,
    st.sampled_from(((), ("general",), ("general", "positionEncodings"), ("workspace",))),
)
def test_whatever_a_client_says_the_answer_is_the_whole_servers_or_there_is_none(key, value, path):
    params = {"capabilities": {}}
    if key == "capabilities":
        for name in reversed(path):
            value = {name: value}
    params[key] = value
    sent = message(params)
    answer = early(sent)
    assert answer is None or answer == whole(sent)


@pytest.mark.parametrize("changes", FOREIGN, ids=str)
def test_what_is_no_ordinary_initialize_gets_no_answer(changes):
    assert early(message({"capabilities": {}})) is not None
    assert early({**message({"capabilities": {}}), **changes}) is None


@pytest.mark.parametrize(
    "body", [b"", b"{", b"5", b"[]", b"\xff", b'{"id": NaN}', b"[" * 100_000, b'{"id": 1e999}']
)
def test_what_is_no_json_gets_no_answer(body):
    assert initialize_answer(body) is None


def test_the_capabilities_on_disk_are_those_of_the_features():
    assert capabilities.FILE.read_text("utf-8") == capabilities.text()


def test_a_capability_that_the_features_do_not_have_would_be_seen(tmp_path, monkeypatch, capsys):
    """``--check`` of another file fails, and writing it once mends it."""
    monkeypatch.setattr(capabilities, "FILE", tmp_path / "capabilities.json")
    capabilities.FILE.write_text("{}")
    assert capabilities.main(["--check"]) == 1
    assert "make docs" in capsys.readouterr().err
    assert capabilities.main([]) == 0
    assert capabilities.main(["--check"]) == 0


def test_answering_imports_the_standard_library_alone():
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "from moa_lsp.handshake import first_message, stdio\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} - before))\n"
    )
    told = subprocess.run(
        [sys.executable, "-S", "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    loaded = set(told.stdout.split()) - {"moa_lsp"}
    assert loaded <= sys.stdlib_module_names
    assert loaded.isdisjoint({"typing", "dataclasses", "pathlib", "asyncio", "logging"}), loaded
