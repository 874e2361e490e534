"""What the extension is to the editor itself: the cases of ``editors/vscode/test/host``, each run
in the real extension host beside the installed package, with the real server."""

import json
import re

import pytest

from tests.editors.workbench import EXTENSION, PATIENCE_MS, Code, browser, install, visit
from tests.fakes.client import until
from tests.fakes.desk import fenced
from tests.fakes.faulty_server import DONE, USAGE, Hang, chunked, delta
from tests.fakes.upstreams import KEY, Upstreams

pytestmark = pytest.mark.editors

SOURCE = EXTENSION / "test" / "host" / "cases.ts"
CASES = re.findall(r"^test\('([^']+)'", SOURCE.read_text("utf-8"), re.MULTILINE)
MIXES = {
    "solo": "proposers: [{model: lab/m}]\n",
    "other": "proposers: [{model: lab/m}]\n",
    "stuck": "proposers: [{model: slow/m}]\n",
    "keyless": "proposers: [{model: mistral/m}]\n",
    "writes": "proposers: [{model: lab/m}]\naggregator: {model: endless/m}\n",
    "calls": "proposers: [{model: lab/m}]\naggregator: {model: tools/m}\n",
}
SETTINGS = "mix: solo\nreview: never\ncache: {enabled: false}\n"
FOLDER = {"moa.inline.debounceMs": 77, "moa.server.path": "/evil/moa-lsp",
          "moa.server.args": ["evil"], "moa.review": "never"}  # fmt: skip
"""Settings of the opened folder."""

CALL = {"id": "c1", "type": "function", "index": 0,
        "function": {"name": "read", "arguments": '{"path": "a.py"}'}}  # fmt: skip

BESIDE = {"name": "beside", "publisher": "moa-lsp", "version": "0.0.1", "engines": {"vscode": "*"}}
"""The editor runs tests only for an extension in development: an empty one."""


@pytest.fixture(scope="module")
def up():
    with Upstreams("lab", "slow", "endless", "tools") as made:
        made.say(lab=fenced("def total(items):\n    return sum(items)"))
        made.play("slow", chunked(Hang()))
        made.play("endless", chunked(delta("one "), Hang()))
        called = (delta(None, tool_calls=[CALL]), delta(None, "tool_calls"))
        made.play("tools", chunked(*called, USAGE, DONE))
        yield made


@pytest.fixture(scope="module")
def told(up, tmp_path_factory):
    """What became of each case; all run in one window."""
    package = install()
    home = tmp_path_factory.mktemp("host")
    work, beside, result = home / "work", home / "beside", home / "told.json"
    for path, said in (
        (work / ".vscode/settings.json", FOLDER),
        (beside / "package.json", BESIDE),
    ):
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(said))
    config = up.write(home / "config", MIXES, SETTINGS)
    environ = {f"XDG_{kind}_HOME": str(home / kind) for kind in ("STATE", "CACHE", "CONFIG")}
    environ |= {"LAB_KEY": KEY, "MOA_LSP_CONFIG": str(config), "MOA_TEST_TOLD": str(result)}
    flags = ("--enable-smoke-test-driver",)  # without it no tests are run, and nothing says so
    with Code(package, home / "code", environ, *flags) as code, browser() as chromium:
        code.settings()
        page = chromium.new_page()
        tests = EXTENSION / "dist" / "test" / "host" / "index.js"
        visit(page, code, work, extensionDevelopmentPath=beside, extensionTestsPath=tests)
        until(result.exists, len(CASES) * PATIENCE_MS / 1000)
        return json.loads(result.read_text())


@pytest.mark.parametrize("case", CASES)
def test_in_the_extension_host(told, case):
    assert told[case] is None, told[case]


def test_every_case_was_run(told):
    assert list(told) == CASES


def test_a_chat_tells_its_models_of_tools_and_leaves_them_when_it_is_cancelled(told, up):
    (asked,) = up.asked("tools")
    assert [tool["function"]["name"] for tool in asked.json["tools"]] == ["read"]
    assert "Why?" in json.dumps(asked.json["messages"])
    assert up.asked("endless")
    until(lambda: all(each.left_at is not None for each in up.asked("endless")))
