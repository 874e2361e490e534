"""A typist of 300 keys, a model that fills gaps after 250 ms, and two clients between them.

First in virtual time (``typist``), where nothing counts but who waits for whom: the same figures
on every machine. Then a real ``serve`` and a real model server, driven as an editor drives them:
every key is a change, a request for an inline completion, and the cancellation of the one before;
beside it a client that asks the model at every key and shows whatever comes. What is shown counts
as stale when the text had moved on in another way than by typing what is shown. Last: how long a
server takes for what it knows already.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks import typist
from benchmarks.gap_server import GapServer
from benchmarks.machine import ROOT, facts, median, quantile, table
from benchmarks.typist import LATENCY_S, SOURCE, URI, Shown, Trace, pauses
from tests.fakes.clock import virtual_run

KEYS = 300
SEEDS = range(1, 6)
"""Typists of the first table; the first one is that of the second."""

LONG = "\n\n".join(f"def f{number}(a, b):\n    return a + b\n" for number in range(2500))
"""A document of 10,000 lines above the typed text, for what is known already."""


@dataclass
class Client:
    """A small asynchronous editor of a real server."""

    process: asyncio.subprocess.Process
    waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    ids: Any = field(default_factory=count)

    @classmethod
    async def start(cls, environ: dict[str, str]) -> "Client":
        """Start a server and shake hands."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "moa_lsp", "serve",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environ, cwd=ROOT,
        )  # fmt: skip
        made = cls(process)
        made.reading = asyncio.ensure_future(made._read())
        able = {"textDocument": {"inlineCompletion": {}}}
        await made.ask("initialize", {"processId": None, "rootUri": None, "capabilities": able})
        made.tell("initialized", {})
        await made.ask("workspace/executeCommand", {"command": "moa.mixes"})
        await made._warmed()
        return made

    async def _warmed(self) -> None:
        """Have it complete something once: an editor is open for a while before anybody types."""
        uri = "file:///bench/other.py"
        document = {"uri": uri, "languageId": "python", "version": 0, "text": "x = \n"}
        at = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 4}}
        self.tell("textDocument/didOpen", {"textDocument": document})
        await self.ask("textDocument/inlineCompletion", {**at, "context": {"triggerKind": 1}})

    def tell(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._write({"method": method, "params": params})

    def send(self, method: str, params: Any) -> tuple[int, asyncio.Future[Any]]:
        """Send a request; its id and its answer to come."""
        number = next(self.ids)
        answer = asyncio.get_running_loop().create_future()
        self.waiting[number] = answer
        self._write({"id": number, "method": method, "params": params})
        return number, answer

    async def ask(self, method: str, params: Any) -> Any:
        """A request's result."""
        return await self.send(method, params)[1]

    async def stop(self) -> None:
        """End the server."""
        await self.ask("shutdown", None)
        self.tell("exit", None)
        await self.process.wait()
        self.reading.cancel()

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    async def _read(self) -> None:
        out = self.process.stdout
        while True:
            try:
                head = await out.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            message = json.loads(await out.readexactly(length))
            if "method" in message:
                if "id" in message:
                    self._write({"id": message["id"], "result": None})
                continue
            answer = self.waiting.pop(message["id"])
            if not answer.done():
                answer.set_result(message.get("result"))


def place(text: str) -> dict[str, int]:
    """The end of a text as a position."""
    return {"line": text.count("\n"), "character": len(text) - text.rfind("\n") - 1}


async def ours(client: Client, server: GapServer, waits: list[float]) -> Trace:
    """Type through the real server."""
    trace = Trace()
    clock = asyncio.get_running_loop().time
    asked, left = server.asked, server.left
    client.tell(
        "textDocument/didOpen",
        {"textDocument": {"uri": URI, "languageId": "python", "version": 0, "text": ""}},
    )
    text, before = "", None
    tasks = []

    async def shown(answer: asyncio.Future[Any], asked_at: str) -> None:
        found = await answer
        items = (found or {}).get("items") or []
        if items and asked_at == text:  # no editor shows the answer of a request it cancelled
            start = items[0]["range"]["start"]["character"]
            line = asked_at[asked_at.rfind("\n") + 1 :]
            whole = asked_at[: len(asked_at) - len(line)] + line[:start] + items[0]["insertText"]
            trace.shown.append(Shown(clock(), len(text), whole))

    for number, wait in enumerate(waits):
        await asyncio.sleep(wait)
        trace.keys.append(clock())
        where, text = place(text), text + SOURCE[number]
        change = {"range": {"start": where, "end": where}, "text": SOURCE[number]}
        client.tell(
            "textDocument/didChange",
            {"textDocument": {"uri": URI, "version": number + 1}, "contentChanges": [change]},
        )
        if before is not None:
            client.tell("$/cancelRequest", {"id": before})
        before, answer = client.send(
            "textDocument/inlineCompletion",
            {
                "textDocument": {"uri": URI},
                "position": place(text),
                "context": {"triggerKind": 2},
            },
        )
        tasks.append(asyncio.ensure_future(shown(answer, text)))
    await asyncio.gather(*tasks)
    trace.asked, trace.left = server.asked - asked, server.left - left
    return trace


async def naive(server: GapServer, url: str, waits: list[float]) -> Trace:
    """Ask at every key, and show what comes."""
    trace = Trace()
    clock = asyncio.get_running_loop().time
    text, tasks = "", []
    host = urllib.parse.urlsplit(url)

    async def one(asked_at: str) -> None:
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        body = json.dumps({"prompt": asked_at}).encode()
        writer.write(
            b"POST /v1/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        found = json.loads(await reader.readexactly(length))["choices"][0]["text"]
        writer.close()
        if found.strip():
            trace.shown.append(Shown(clock(), len(text), asked_at + found))

    for number, wait in enumerate(waits):
        await asyncio.sleep(wait)
        trace.keys.append(clock())
        text += SOURCE[number]
        tasks.append(asyncio.ensure_future(one(text)))
    await asyncio.gather(*tasks)
    trace.asked, trace.left = server.asked, server.left
    return trace


async def known(client: Client, rounds: int) -> list[float]:
    """Milliseconds for what is known, at the end of a document of 10,000 lines."""
    uri = "file:///bench/long.py"
    line = SOURCE.split("\n")[6]
    text = f"{LONG}\n\ndef load(path):\n{line[:8]}"
    client.tell(
        "textDocument/didOpen",
        {"textDocument": {"uri": uri, "languageId": "python", "version": 0, "text": text}},
    )
    found = []
    for number in range(rounds):
        at = {"textDocument": {"uri": uri}, "position": place(text)}
        began = asyncio.get_running_loop().time()
        await client.ask("textDocument/inlineCompletion", {**at, "context": {"triggerKind": 2}})
        if number:  # the first asks the model
            found.append(1000 * (asyncio.get_running_loop().time() - began))
    return found


COLUMNS = (
    "typist", "client", "asked", "cut off", "shown", "of them stale", "first shown after",
    "first right one of a line, mean",
)  # fmt: skip


def row(typist: int, client: str, trace: Trace) -> list[object]:
    """A client's line in a table."""
    lines = [each for each in trace.lines() if each is not None]
    right = f"{1000 * sum(lines) / len(lines):.0f} ms ({len(lines)})" if lines else "never"
    first = "never" if trace.first is None else f"{1000 * trace.first:.0f} ms"
    return [
        typist, client, trace.asked, trace.left, len(trace.shown), trace.stale, first, right,
    ]  # fmt: skip


CLIENTS = ("moa-lsp", "asks at every key")


def simulate(keys: int, seeds: Sequence[int]) -> list[list[object]]:
    """Both clients in virtual time, with the keys of several typists."""
    found = []
    for seed in seeds:
        waits = pauses(keys, seed)
        for client, work in zip(CLIENTS, (typist.ours, typist.naive), strict=True):
            found.append(row(seed, client, virtual_run(work(waits))))
    return found


async def measure(keys: int) -> None:
    """The same over sockets and pipes, in real time, and what is known already."""
    waits = pauses(keys, SEEDS[0])
    with tempfile.TemporaryDirectory() as folder:
        server = GapServer(SOURCE, LATENCY_S)
        url = await server.start()
        config = Path(folder) / "config.yaml"
        (Path(folder) / "mixes").mkdir()
        (Path(folder) / "mixes" / "gap.yaml").write_text(
            "name: gap\nproposers: [{model: lab/m}]\naggregator: {select: prior}\n"
        )
        config.write_text(
            "mix_dirs: [mixes]\ninline: {mix: gap}\n"
            f"providers: {{lab: {{api: openai, base_url: '{url}'}}}}\n"
            "models: {lab/m: {fim: suffix, price: {input: 0, output: 0}}}\n"
        )
        homes = {f"XDG_{kind}_HOME": str(Path(folder) / kind) for kind in ("STATE", "CACHE")}
        client = await Client.start({**homes, "MOA_LSP_CONFIG": str(config), "PATH": ""})
        mine = await ours(client, server, waits)
        times = []
        server.text, server.wrong = f"{LONG}\n\ndef load(path):\n{SOURCE.split(chr(10))[6]}\n", 0.0
        times = await known(client, 60)
        await client.stop()
        await server.stop()
        other = GapServer(SOURCE, LATENCY_S)
        theirs = await naive(other, await other.start(), waits)
        await other.stop()
    rows = [row(SEEDS[0], *each) for each in zip(CLIENTS, (mine, theirs), strict=True)]
    print(table(COLUMNS, rows))
    numbers = (median(times), quantile(times, 0.95), max(times))
    print(f"\nWhat is known, {len(LONG.split(chr(10))):,} lines: "
          f"median {numbers[0]:.1f}, p95 {numbers[1]:.1f}, max {numbers[2]:.1f} ms")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="60 keys")
    given = parser.parse_args()
    print(f"inline_typing: {facts()}", flush=True)
    keys = 60 if given.quick else KEYS
    print("\nIn virtual time:\n")
    print(table(COLUMNS, simulate(keys, SEEDS[:1] if given.quick else SEEDS)))
    print("\nWith a real server, over sockets and pipes:\n", flush=True)
    asyncio.run(measure(keys))


if __name__ == "__main__":
    main()
