"""Real editors with the real server as a process, and model servers on loopback."""

import json
import os

import pytest

from tests.editors.neovim import Neovim
from tests.fakes.client import ROOT, SERVER
from tests.fakes.desk import fenced
from tests.fakes.faulty_server import whole
from tests.fakes.monitors import forbidden
from tests.fakes.upstreams import KEY, Upstreams

OLD = 's = "𝒳é"; t = 1\ndef f(a):\n    b = a\n    return b\n\n\nlast = 1'
NEW = "def f(a):\n    return a"
CHANGED = 's = "𝒳é"; t = 1\ndef f(a):\n    return a\n\n\nlast = 1'

UNTIDY, TIDY = "def f( a,b ):\n    return   a+b\n", "def f(a, b):\n    return a + b\n"
"""What the embedded tools make of it."""

MIXES = {
    "solo": "description: one model\nproposers: [{model: a/m}]\n",
    "other": "proposers: [{model: b/m}]\n",
    "gap": "proposers: [{model: a/gap}]\n",
}
MORE = "  a/gap: {fim: suffix, max_output: 64}\nmix: solo\n"


def completion(text):
    """A model's answer to a prompt with a suffix."""
    choice = {"index": 0, "text": text, "finish_reason": "stop"}
    return whole(json.dumps({"choices": [choice]}))


@pytest.fixture
def up():
    with Upstreams("a", "b") as made:
        made.say(a=fenced("pass"), b=fenced("pass"))
        yield made


@pytest.fixture
def environ(up, tmp_path, monkeypatch):
    """Of an editor whose user has these models, and of what it starts."""
    for name, value in forbidden().environ().items():
        monkeypatch.setenv(name, value)
    config = up.write(tmp_path / "config", MIXES, MORE)
    homes = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("STATE", "CACHE")}
    yield {"MOA_LSP_CONFIG": str(config), "LAB_KEY": KEY, "PYTHONPATH": str(ROOT), **homes}
    forbidden().check()


@pytest.fixture
def folder(tmp_path):
    """An opened folder: a project's root."""
    made = tmp_path / "project"
    (made / ".git").mkdir(parents=True)
    return made


@pytest.fixture
def neovim(tmp_path, environ):
    """Starts Neovims: ``neovim(lua)``, with the server's command set before it."""
    started = []
    command = ", ".join(f"'{part}'" for part in SERVER)

    def begin(init="vim.lsp.enable('moa')", *, cmd=f"{{ {command} }}"):
        lead = f"vim.lsp.config('moa', {{ cmd = {cmd} }})\n"
        started.append(Neovim(tmp_path / f"home{len(started)}", environ, lead + init))
        return started[-1]

    yield begin
    for each in started:
        each.close()


@pytest.fixture
def opened(neovim, folder):
    """A Neovim with a file open that the server serves."""

    def begin(text=OLD, name="m.py", init="vim.lsp.enable('moa')"):
        path = folder / name
        path.write_text(text + "\n", "utf-8")
        made = neovim(init)
        made.edit(path)
        return made

    return begin


@pytest.fixture
def variables(environ):
    """Of a process that a test starts itself."""
    return {**os.environ, **environ}
