"""From nothing to the first runs of an own mix with an own provider: one command, one variable."""

import asyncio
from pathlib import Path

from moa_lsp.cli.main import main
from tests.fakes.faulty_server import FaultyServer, healthy, whole

ANSWER = "```python\ndef size(path):\n    return path.stat().st_size\n```\n"
OLD = "def size(path):\n    s = path.stat()\n    return s.st_size\n"
NEW = "def size(path):\n    return path.stat().st_size\n"
LISTED = whole('{"data": [{"id": "m"}]}')


def write(files):
    for name, content in files.items():
        Path(name).write_text(content)


def texts():
    return {path.name: path.read_text() for path in sorted(Path().glob("*.py"))}


async def call(*argv):
    """A command beside the server, on a thread with an event loop of its own."""
    return await asyncio.to_thread(main, [str(each) for each in argv])


async def test_init_then_run(tmp_path, monkeypatch, capsys):
    for kind in ("STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    monkeypatch.setenv("LAB_KEY", "sk-canary-0123456789")
    write({"a.py": OLD, "b.py": f"\n{OLD}"})
    async with FaultyServer.of(*[healthy(text=ANSWER)] * 6, models=LISTED) as server:
        where = ("--from", f"{server.url}/v1", "--key-env", "LAB_KEY", "--price", "0.1/0.2")
        assert await call("init", *where, "--models", "m") == 0
        assert "local: ok · " in capsys.readouterr().err
        assert await call("mix", "check") == 0
        capsys.readouterr()
        assert await call("run", "refactor", "a.py:1-3", "b.py:2-4", "--write") == 0
    captured = capsys.readouterr()
    assert texts() == {"a.py": NEW, "b.py": f"\n{NEW}"}
    assert captured.err.count("mix mine · ") == 2
    assert "USD" in captured.err
    assert "sk-canary" not in captured.out + captured.err
