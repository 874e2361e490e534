"""The real server with models that say what the test tells them to, and when.

Run as ``python -m tests.fakes.scripted_server [--reply-s SECONDS] [--hold-config]``; its
mixes come from the folder that ``MOA_LSP_CONFIG`` points into and name models ``scripted/<any>``.
Commands for tests only:

- ``test.script {model: line}``: what each model answers: ``text``, ``error``, ``bug``,
  ``declines``, ``hangs``, ``gate`` (waits until that gate is open);
- ``test.open {gate}``: opens a gate for good;
- ``test.load``: lets a configuration be read that ``--hold-config`` held back;
- ``test.prompts``: every question so far, as ``{model, user}``;
- ``test.tasks``: how many tasks the event loop has;
- ``test.state``: what is at work and what is held, for leaks and for the order of events.
"""

import argparse
import asyncio
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import ProviderOverloaded
from moa_lsp.lsp import warmup
from moa_lsp.lsp.app import create_server, serve
from moa_lsp.lsp.features.table import plug
from moa_lsp.lsp.rpc.server import Server
from moa_lsp.providers.base import AgentDeclines, Listener, Reply
from moa_lsp.runs.runtime_config import LastGoodFiles, RuntimeConfig, load_runtime_config
from tests.fakes.scripted import Line, Scripted


def _tasks() -> int:
    """Tasks of the loop, but for those that import ahead of the first request."""
    return sum(task.get_name() != warmup.TASK for task in asyncio.all_tasks())


class Gated(Scripted):
    """A scripted provider whose answers wait at gates."""

    def __init__(self) -> None:
        super().__init__({})
        self.gates: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.gate_of: dict[str, str | None] = {}

    def tell(self, script: dict[str, dict[str, Any]]) -> None:
        for model, said in script.items():
            line = dict(said)
            self.gate_of[model] = line.pop("gate", None)
            error = ProviderOverloaded(line.pop("error")) if "error" in line else None
            if line.pop("bug", False):
                error = ZeroDivisionError("at /home/someone/secret.py")
            self.script = {**self.script, model: Line(**line, error=error)}

    async def _say(self, line: Line, on_delta: Listener) -> Reply | AgentDeclines:
        gate = self.gate_of.get(self.requests[-1].model)
        if gate is not None:
            await self.gates[gate].wait()
        return await super()._say(line, on_delta)


class Fake:
    """The server, its provider, and what tests may ask of both."""

    def __init__(self, config: Path | None = None, reply_s: float | None = None) -> None:
        self.provider = Gated()
        self.config = config
        self.remembered = LastGoodFiles()
        self.may_load = threading.Event()
        self.may_load.set()
        self.loads = 0
        self.server = create_server((self._register,))
        if reply_s is not None:
            self.server.reply_s = reply_s

    def _load(self, root: Path | None, trusted: bool) -> RuntimeConfig:
        assert self.may_load.wait(20)
        self.loads += 1
        return load_runtime_config(
            config=self.config,
            workspace=root,
            trusted=trusted,
            providers={"scripted": self.provider},
            entries={"scripted": ProviderEntry("scripted", "scripted")},
            remembered=self.remembered,
        )

    def prompts(self) -> list[dict[str, str]]:
        """What every model was asked, in the order of the questions."""
        return [
            {"model": each.model, "user": each.messages[-1].content}
            for each in self.provider.requests
        ]

    def _register(self, server: Server) -> None:
        self.session = plug(server, self._load)
        server.command("test.script")(lambda script: self.provider.tell(script))
        server.command("test.prompts")(lambda *_nothing: self.prompts())
        server.command("test.open")(lambda asked: self.provider.gates[asked["gate"]].set())
        server.command("test.load")(lambda: self.may_load.set())
        server.command("test.tasks")(_tasks)
        server.command("test.state")(lambda: self.state())

    def state(self) -> dict[str, Any]:
        server, provider = self.server, self.provider
        documents = server.documents._open.values()
        return {
            "open": provider.open,
            "cancelled": provider.cancelled,
            "asked": [request.model for request in provider.requests],
            "logs": sum(len(document._logs) for document in documents),
            "tasks": _tasks(),
            "tokens": len(server.work_done_progress.tokens),
            "waiting": len(server.protocol._request_futures),
            "closed": provider.closed,
            "loads": self.loads,
        }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reply-s", type=float)
    parser.add_argument("--hold-config", action="store_true")
    asked = parser.parse_args()
    fake = Fake(reply_s=asked.reply_s)
    if asked.hold_config:
        fake.may_load.clear()
    return serve(create=lambda: fake.server)


if __name__ == "__main__":
    sys.exit(main())
