"""The index of the opened folder in the real server: begun late, told of changes, never left."""

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.fakes.client import SERVER, until
from tests.fakes.desk import Desk as Editor
from tests.fakes.desk import fenced, write_config
from tests.fakes.upstreams import KEY, Upstreams

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at /proc"),
]

WATCHES = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}


class Desk:
    """A folder, a server, and what its index holds."""

    def __init__(self, start, folder):
        self._start = start
        self.root = folder / "root"
        self.root.mkdir()
        self.cache = folder / "cache"
        self.config = write_config(folder / "config", "mix: embedded\n")
        (self.root / "a.py").write_text("def one(): pass\n")

    def begin(self, root=True, **params):
        """A server, initialised."""
        environ = {"XDG_CACHE_HOME": str(self.cache), "MOA_LSP_CONFIG": str(self.config)}
        environ["MOA_LSP_LOG"] = "info"
        client = self._start(SERVER, env=environ)
        uri = self.root.as_uri() if root else None
        client.initialize({"rootUri": uri, "capabilities": {}, **params})
        client.command("moa.mixes")  # the setup is read
        return client

    def uri(self, name):
        return (self.root / name).as_uri()

    def defined(self):
        """Names in all indexes by file, as they are now."""
        found = {}
        for path in self.cache.glob("moa-lsp/index/*.db"):
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as index:
                found |= dict(
                    index.execute(
                        "SELECT f.path, d.name FROM definitions d JOIN files f ON f.id = d.file"
                    )
                )
        return found

    def until_defined(self, **wanted):
        named = {f"{name}.py": defined for name, defined in wanted.items()}
        until(lambda: self._defines(named))

    def _defines(self, named):
        try:
            return self.defined() == named
        except sqlite3.OperationalError:  # its tables are being made
            return False


@pytest.fixture
def runner(start, tmp_path):
    return Desk(start, tmp_path)


def workers(pid):
    """Processes of an index that a process has started."""
    children = [
        int(child)
        for listed in Path(f"/proc/{pid}/task").glob("*/children")
        for child in listed.read_text().split()
    ]
    return [child for child in children if b"moa_lsp.workspace.index" in command(child)]


def command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def gone(pid):
    try:
        return "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True


def test_it_is_there_while_the_server_is(runner):
    client = runner.begin()
    (worker,) = until(lambda: workers(client.process.pid))
    runner.until_defined(a="one")
    assert client.quit() == 0
    assert gone(worker)


def test_it_ends_when_the_server_is_killed(runner):
    client = runner.begin()
    (worker,) = until(lambda: workers(client.process.pid))
    os.kill(client.process.pid, signal.SIGKILL)
    until(lambda: gone(worker))


def test_it_ends_when_the_editor_just_goes(runner):
    client = runner.begin()
    (worker,) = until(lambda: workers(client.process.pid))
    client.process.stdin.close()
    client.wait()
    until(lambda: gone(worker))


def test_saved_and_watched_files_are_read_again(runner):
    client = runner.begin()
    runner.until_defined(a="one")
    (runner.root / "a.py").write_text("def two(): pass\n")
    client.notify("textDocument/didSave", {"textDocument": {"uri": runner.uri("a.py")}})
    runner.until_defined(a="two")
    (runner.root / "b.py").write_text("def three(): pass\n")
    (runner.root / "a.py").unlink()
    changes = [{"uri": runner.uri("b.py"), "type": 1}, {"uri": runner.uri("a.py"), "type": 3}]
    elsewhere = [{"uri": "untitled:x", "type": 2}, {"uri": "file:///elsewhere.py", "type": 1}]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes + elsewhere})
    runner.until_defined(b="three")


def test_unsaved_text_counts_once_it_rests_and_until_it_is_closed(runner):
    client = runner.begin()
    runner.until_defined(a="one")
    client.open(runner.uri("a.py"), "def one(): pass\n")
    client.open("untitled:new", "def nowhere(): pass\n")
    client.change(runner.uri("a.py"), 2, {"text": "def typed(): pass\n"})
    runner.until_defined(a="typed")
    client.notify("textDocument/didClose", {"textDocument": {"uri": runner.uri("a.py")}})
    runner.until_defined(a="one")


@pytest.mark.parametrize("able", [True, False])
def test_files_are_watched_where_the_client_can(runner, able):
    client = runner.begin(capabilities=WATCHES if able else {})
    until(lambda: workers(client.process.pid))
    runner.until_defined(a="one")
    client.command("moa.mixes")

    def asked():
        sent = [message for way, message in client.transcript if way == "<-"]
        named = [each for each in sent if each.get("method") == "client/registerCapability"]
        return [
            watcher["globPattern"]
            for each in named
            for one in each["params"]["registrations"]
            if one["method"] == "workspace/didChangeWatchedFiles"
            for watcher in one["registerOptions"]["watchers"]
            if ".moa" not in watcher["globPattern"]
        ]

    if able:
        until(asked)
        assert "py," in asked()[0]
    else:
        assert asked() == []


@pytest.mark.parametrize("why", ["no folder is open", "switched off"])
def test_there_is_none(runner, why):
    if why == "switched off":
        runner.config.write_text("mix: embedded\nindex: {enabled: false}\n")
    client = runner.begin(root=why != "no folder is open")
    client.wait_for_log(f"nothing is indexed: {why}")
    assert workers(client.process.pid) == []
    assert client.quit() == 0
    assert not runner.cache.exists()


def test_a_prompt_has_what_the_index_knows_and_nothing_that_is_hidden(start, tmp_path):
    root = tmp_path / "root"
    for name, text in {
        "lib/far.py": 'def make_client(host, tries=3):\n    """Opens a client. Slowly."""\n',
        "gen/made.py": "def make_client(generated): pass\n",
        ".gitignore": "gen/\n",
        "app.py": "client = make_client('x')\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    with Upstreams("a") as up:
        up.say(a=fenced("client = make_client('y')"))
        config = up.write(
            tmp_path / "config", {"solo": "proposers: [{model: a/m}]\n"}, "mix: solo\n"
        )
        environ = {"MOA_LSP_CONFIG": str(config), "LAB_KEY": KEY, "XDG_CACHE_HOME": str(tmp_path)}
        editor = Editor(start(SERVER, env=environ))
        editor.initialize(root=root)
        indexes = tmp_path / "moa-lsp" / "index"
        until(lambda: any(b"make_client" in each.read_bytes() for each in indexes.glob("*.db*")))
        buffer = editor.open((root / "app.py").as_uri(), "client = make_client('x')\n")
        record = editor.result(editor.run(buffer.range(0, 25)))
        assert (record["state"], buffer.text) == ("done", "client = make_client('y')\n"), record
        (seen,) = up.asked("a")
        prompt = "".join(message["content"] for message in seen.json["messages"])
    assert "lib/far.py:1: def make_client(host, tries=3)" in prompt
    assert "Opens a client." in prompt
    assert "generated" not in prompt


def test_switching_it_off_and_on_counts_at_once(runner):
    client = runner.begin()
    (worker,) = until(lambda: workers(client.process.pid))
    runner.config.write_text("mix: embedded\nindex: {enabled: false}\n")
    until(lambda: gone(worker))
    runner.config.write_text("mix: embedded\n")
    until(lambda: workers(client.process.pid))


def test_another_folder_is_another_index(runner):
    client = runner.begin()
    runner.until_defined(a="one")
    other = runner.root.parent / "other"
    other.mkdir()
    (other / "b.py").write_text("def three(): pass\n")
    folder = {"uri": runner.root.as_uri(), "name": "root"}
    event = {"added": [{"uri": other.as_uri(), "name": "other"}], "removed": [folder]}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    runner.until_defined(a="one", b="three")  # each in an index of its own


def test_a_broken_configuration_starts_none_and_harms_nothing(runner):
    runner.config.write_text("index: {enabled: perhaps}\n")
    client = runner.begin()
    assert client.quit() == 0
