"""S18: a malicious repository, opened untrusted and trusted; it gets nothing that it wants."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from moa_lsp.context.facts import MANIFESTS
from moa_lsp.workspace.index.path_filter import IGNORE_FILES
from tests.fakes.client import ROOT, ServerError
from tests.fakes.desk import Desk, fenced
from tests.fakes.malicious import PRIVATE, WORDS, build
from tests.fakes.monitors import forbidden
from tests.fakes.upstreams import KEY, Upstreams

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the repository holds a pipe"),
]

SERVER = (sys.executable, "-I", str(ROOT / "tests" / "fakes" / "audited_server.py"))

MIXES = {
    "mine": "proposers: [{model: mine/m}]\n",
    "dear": "proposers: [{model: mine/dear}]\nbudget: {usd: 1000}\n",
}
MORE = (
    "mix: mine\nauto_order: [embedded]\ninline: {mix: embedded-inline}\nreview: always\n"
    "budget: {usd_per_run: 0.5, usd_per_day: 2}\n"
)
DEAR = "  mine/dear: {price: {input: 1000, output: 10000}, max_output: 1000}\n"
ANSWER = "def total(items):\n    return sum(items)"


@pytest.fixture
def up():
    with Upstreams("mine") as made:
        made.say(mine=fenced(ANSWER))
        yield made


def strace():
    """The program that tells what the kernel was asked, where there is one that may trace."""
    found = shutil.which("strace")
    test = (found, "-o", os.devnull, "true") if found else ("false",)
    return None if subprocess.run(test, capture_output=True, check=False).returncode else found


@pytest.fixture
def opened(up, start, tmp_path):
    """``opened(trusted)``: a desk, its repository, and where the server's doings are recorded."""

    def begin(trusted, *tracer):
        repository = build(tmp_path, forbidden().url)
        config = up.write(tmp_path / "config", MIXES, DEAR + MORE)
        record = tmp_path / "record"
        path = os.pathsep.join((str(repository.root), os.environ["PATH"]))
        env = {"MOA_LSP_CONFIG": str(config), "LAB_KEY": KEY, "PATH": path}
        client = start(
            (*tracer, *SERVER, str(record)), env=env, canaries=[KEY], cwd=repository.root
        )
        runner = Desk(client)
        runner.initialize(ANNOTATED, root=repository.root, trusted=trusted)
        return runner, repository, record

    return begin


ANNOTATED = {
    "workspace": {
        "applyEdit": True,
        "workspaceEdit": {
            "documentChanges": True,
            "changeAnnotationSupport": {"groupsOnLabel": True},
        },
    },
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
}


def use(runner, repository, mixes):
    """Every source with every mix: offers, and a refactoring of its function."""
    records = []
    for uri, text in repository.sources.items():
        for mix in mixes:
            buffer = runner.open(uri, text)
            where = buffer.range(text.index("def total"), len(text) - 1)
            titles = {each["title"].partition(" · ")[0] for each in runner.offers(where)}
            assert {"Moa: Refactor", "Moa: Generate", "Moa: Explain"} <= titles
            assert "Moa: theirs" not in titles
            action_request = {} if mix is None else {"mix": mix}
            if mix != "embedded":
                action_request["instruction"] = f"shorter, {mix}"
            record = runner.result(runner.run(where, **action_request))
            if mix != "embedded":  # of those texts ruff has nothing to say, or what is refused
                assert (record["state"], record["text"]) == ("done", ANSWER), record
                assert record["needs_confirmation"] is True, "review may only get stricter"
            records.append(record)
            runner.client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    return records


@pytest.mark.parametrize("trusted", [False, True], ids=["untrusted", "trusted"])
def test_S18_a_malicious_repository_gets_nothing(opened, up, trusted):
    runner, repository, record = opened(trusted)
    listed = {each["name"] for each in runner.client.command("moa.mixes")}
    theirs = {name for name in listed if name.endswith("(workspace)")}
    sound = {f"{name} (workspace)" for name in ("embedded", "mine", "theirs", "dear")}
    assert theirs == (sound if trusted else set())
    assert "evil" not in listed
    mixes = [None, "mine", "embedded", *(("theirs (workspace)",) if trusted else ())]
    records = use(runner, repository, mixes)
    assert {each["mix"] for each in records} == {each or "mine" for each in mixes}
    check_refusals(runner, repository, theirs)
    check_requests(up)
    assert runner.client.quit() == 0
    check_audit(record, runner.client, repository, up, trusted)
    assert not repository.trace.exists(), "something of the repository ran"
    assert (repository.outside / "private.yaml").read_text().count(PRIVATE) == 1
    assert sorted(each.name for each in repository.outside.iterdir()) == OUTSIDE
    told = json.dumps([message for way, message in runner.client.transcript if way == "<-"])
    assert PRIVATE not in told + runner.client.stderr_text
    assert "\x1b" not in runner.client.stderr_text
    assert WORDS not in runner.client.stderr_text
    for path in runner.client.home.rglob("*"):
        if path.is_file() and path.parent.name != "index":  # which has what their files define
            assert WORDS.encode() not in path.read_bytes(), path


OUTSIDE = ["private.yaml", "ruff.toml", "secret.py"]


def check_refusals(runner, repository, theirs):
    """Their mix and their money are refused, whatever their files say."""
    uri, text = next(iter(repository.sources.items()))
    buffer = runner.open(uri, text)
    where = buffer.range(text.index("def total"), len(text) - 1)
    for mix in ("evil", "linked", "theirs"):
        with pytest.raises(ServerError, match="no mix"):
            runner.run(where, mix=mix)
    for mix in ("dear", *({"dear (workspace)"} & theirs)):
        refused = runner.result(runner.run(where, mix=mix))
        assert refused["state"] == "failed"
        assert "could cost" in refused["reason"]
    with pytest.raises(ServerError, match="no action"):
        runner.run(where, action="theirs")


def check_requests(up):
    """The user's provider got the user's key and our prompts; what is theirs is in the data."""
    asked = up.asked("mine")
    assert asked
    for seen in asked:
        assert seen.headers["authorization"] == f"Bearer {KEY}"
        assert seen.json["model"] == "m"
        system, user = (message["content"] for message in seen.json["messages"])
        assert WORDS not in system, "a built-in action was replaced"
        assert PRIVATE not in user
        assert not any("\U000e0000" <= char <= "\U000e007f" for char in user), "hidden tags"


def check_audit(record, client, repository, up, trusted):
    """The process opened, started and reached what it may, and nothing else."""
    events = [json.loads(line) for line in record.read_text().splitlines()]
    port = up.servers["mine"].port
    reached = {each[2] for each in events if each[0] == "socket.connect"}
    assert reached == {json.dumps(["127.0.0.1", str(port)])}
    started = {each[1] for each in events if each[0] in ("subprocess.Popen", "os.posix_spawn")}
    assert started == {str(Path(sys.executable).parent / "ruff"), sys.executable}  # the index's
    forbidden_events = {"os.exec", "os.system", "pty.spawn", "os.link", "os.symlink"}
    assert not [each for each in events if each[0] in forbidden_events]
    check_opened(events, client, repository, trusted)


def check_opened(events, client, repository, trusted):
    """Only settings are read of the repository, what it links to is not, nothing is written."""
    root, outside = (f"{each}{os.sep}" for each in (repository.root, repository.outside))
    own = (sys.prefix, sys.base_prefix, ROOT, client.home, repository.root.parent)
    inside = set()
    for _, name, mode, flags in (each for each in events if each[0] == "open"):
        path = os.path.normpath(os.path.join(repository.root, name))
        if name.isdigit():
            continue  # a descriptor that is open already
        if int(flags) & getattr(os, "O_DIRECTORY", 0) and os.sep not in name:
            continue  # a folder on the way to a file, which is opened name by name
        if path.startswith(root):
            inside.add(path.removeprefix(root))
            writes = int(flags) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or "w" in mode
            assert not writes, f"wrote to {path}"
        elif path.startswith(outside):
            assert Path(path).name == "ruff.toml", f"read {path}"
        else:
            assert path.startswith((*map(str, own), *SYSTEM)), f"opened {path}"
    theirs = {name for name in inside if name.startswith(".moa")}
    assert ".moa/config.yaml" in theirs, "nothing was seen"
    assert ".moa/mixes/theirs.yaml" in theirs or not trusted
    assert {name for name in theirs if "mixes" in name} == set() or trusted
    assert not any("actions" in name for name in theirs)
    others = {Path(name).name for name in inside - theirs}
    # What ruff is set by, what is never shown, what a project says of itself, and its own sources:
    # those are what a prompt may show beside the document; no link is one.
    sources = {
        each.name
        for each in repository.root.rglob("*.py")
        if each.is_file() and not each.is_symlink()
    }
    assert others <= {"ruff.toml", ".ruff.toml", *IGNORE_FILES, *MANIFESTS, *sources}


SYSTEM = ("/dev/null", "/proc/", "/etc/", "/usr/", "/sys/")
"""Of the system: what Python and its libraries look up."""


@pytest.mark.skipif(strace() is None, reason="strace is missing or may not trace")
def test_S18_by_the_kernel_s_account(opened, up, tmp_path):
    """Child processes included: no program but Python and ruff, no address but the user's."""
    calls = tmp_path / "calls"
    tracer = (strace(), "-f", "-qq", "-e", "trace=execve,connect", "-o", str(calls))
    runner, repository, _ = opened(True, *tracer)
    use(runner, repository, ["mine", "embedded"])
    assert runner.client.quit() == 0
    programs, places = set(), set()
    for line in calls.read_text("utf-8", "replace").splitlines():
        if "execve(" in line:  # also one that was tried in vain
            programs.add(line.split('"')[1])
        if "connect(" in line and "AF_INET" in line:
            places.add(line.partition("sin_port=htons(")[2].partition(")")[0])
    assert programs == {sys.executable, str(Path(sys.executable).parent / "ruff")}
    assert places == {str(up.servers["mine"].port)}


def test_a_module_of_the_folder_is_not_ours(tmp_path, spawn):
    """``python -m moa_lsp`` looks for modules where it was started: in the user's project."""
    repository = build(tmp_path, forbidden().url)
    done = subprocess.run(
        (sys.executable, "-m", "moa_lsp", "mix", "list"),
        cwd=repository.root,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "MOA_LSP_CONFIG": str(tmp_path / "none.yaml")},
    )
    assert "embedded" in done.stdout, done.stderr
    assert not repository.trace.exists(), "a module of the folder was imported"
