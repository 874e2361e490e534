"""A typist of 300 keys, a model that fills gaps after 250 ms, and what stands between them.

First in virtual time (``typist``), where nothing counts but who waits for whom: the same figures
on every machine. Then a real model server and real language servers, all driven as an editor
drives them: every key is a change and a request for an inline completion. To ``serve`` it is also
the cancellation of the one before; beside it the editor of a server that asks the model at every
request (``naive_server``) shows whatever comes. What is shown counts as stale when the text had
moved on in another way than by typing what is shown, or when it is not what the model says there.

Then the first suggestion alone, of many typists who each begin a new document, the clients in
turns: from the sending of the first key's change to the suggestion's arrival. An editor without
any server, which asks the model itself, is the floor. The same of servers that never completed
anything before. Last: how long a server takes for what it knows already.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import urllib.parse
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
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

BEGINNERS = 60
"""Typists who begin a document with servers that are at work."""

SESSIONS = 15
"""Typists who each begin with a server of their own, ``OPEN_S`` seconds after its start."""

OPEN_S = 2.0

BEGINNING = 4
"""Keys that each of both types: the last some 330 ms behind the first."""

LONG = "\n\n".join(f"def f{number}(a, b):\n    return a + b\n" for number in range(2500))
"""A document of 10,000 lines above the typed text, for what is known already."""


@dataclass
class Client:
    """A small asynchronous editor of a real language server."""

    process: asyncio.subprocess.Process
    waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    ids: Any = field(default_factory=count)

    @classmethod
    async def start(cls, *module: str, environ: dict[str, str]) -> "Client":
        """Start a server and shake hands."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *module,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environ, cwd=ROOT,
        )  # fmt: skip
        made = cls(process)
        made.reading = asyncio.ensure_future(made._read())
        able = {"textDocument": {"inlineCompletion": {}}}
        await made.ask("initialize", {"processId": None, "rootUri": None, "capabilities": able})
        made.tell("initialized", {})
        return made

    async def warm(self) -> None:
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


async def typed(client: Client, model: GapServer, cancels: bool, waits: Sequence[float]) -> Trace:
    """Type a new document through a language server.

    Args:
        client: the editor.
        model: whom its server asks.
        cancels: whether each key cancels the request before it, whose answer is not shown.
        waits: seconds before each key.
    """
    trace = Trace()
    clock = asyncio.get_running_loop().time
    asked, left = model.asked, model.left
    document = {"uri": URI, "languageId": "python", "version": 0, "text": ""}
    client.tell("textDocument/didOpen", {"textDocument": document})
    text, before = "", None
    tasks = []

    async def shown(answer: asyncio.Future[Any], asked_at: str) -> None:
        found = await answer
        items = found.get("items") if isinstance(found, dict) else found
        if items and (asked_at == text or not cancels):
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
        if cancels and before is not None:
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
    client.tell("textDocument/didClose", {"textDocument": {"uri": URI}})
    trace.asked, trace.left = model.asked - asked, model.left - left
    return trace


async def direct(model: GapServer, url: str, waits: Sequence[float]) -> Trace:
    """Ask the model at every key, without a server between, and show what comes."""
    trace = Trace()
    clock = asyncio.get_running_loop().time
    asked, left = model.asked, model.left
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
    trace.asked, trace.left = model.asked - asked, model.left - left
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


FLOOR = "no server between"

Work = Callable[[Sequence[float]], Coroutine[Any, Any, Trace]]
"""Types, with these pauses before the keys."""


async def firsts(works: Mapping[str, Work], typists: int) -> list[list[object]]:
    """The table of the first suggestions of some typists; the clients take turns."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for seed in range(1, typists + 1):
        waits = pauses(BEGINNING, seed)
        for name, work in works.items():
            first = (await work(waits)).first
            found[name].append(float("nan") if first is None else 1000 * first)
    return [first_row(name, times, found[CLIENTS[0]]) for name, times in found.items()]


FIRST_COLUMNS = ("client", "first shown after, ms", "p10", "p90", "later than ours", "p10", "p90")


def first_row(client: str, times: Sequence[float], ours: Sequence[float]) -> list[object]:
    """A client's line: its milliseconds, and how many more than with ours each typist waits."""
    later = [each - mine for each, mine in zip(times, ours, strict=True)]
    spread = [(median(each), quantile(each, 0.1), quantile(each, 0.9)) for each in (times, later)]
    return [client, *(f"{each:.1f}" for each in (*spread[0], *spread[1]))]


@dataclass
class Servers:
    """The language servers, and the model that they ask.

    Attributes:
        model: counts who asks it.
        url: where it is.
        folder: for the configuration of ours and what it writes.
    """

    model: GapServer
    url: str
    folder: Path

    async def ours(self) -> Client:
        """Start ours, and wait until it is configured."""
        config = self.folder / "config.yaml"
        (self.folder / "mixes").mkdir(exist_ok=True)
        (self.folder / "mixes" / "gap.yaml").write_text(
            "name: gap\nproposers: [{model: lab/m}]\naggregator: {select: prior}\n"
        )
        config.write_text(
            "mix_dirs: [mixes]\ninline: {mix: gap}\n"
            f"providers: {{lab: {{api: openai, base_url: '{self.url}'}}}}\n"
            "models: {lab/m: {fim: suffix, price: {input: 0, output: 0}}}\n"
        )
        homes = {f"XDG_{kind}_HOME": str(self.folder / kind) for kind in ("STATE", "CACHE")}
        client = await Client.start(
            "moa_lsp", "serve", environ={**homes, "MOA_LSP_CONFIG": str(config), "PATH": ""}
        )
        await client.ask("workspace/executeCommand", {"command": "moa.mixes"})
        return client

    async def naive(self) -> Client:
        """Start the one that asks the model at every request."""
        return await Client.start("benchmarks.naive_server", self.url, environ={"PATH": ""})

    async def new(
        self,
        start: Callable[[], Coroutine[Any, Any, Client]],
        cancels: bool,
        waits: Sequence[float],
    ) -> Trace:
        """Type with a server that was started a little before."""
        client = await start()
        await asyncio.sleep(OPEN_S)
        trace = await typed(client, self.model, cancels, waits)
        await client.stop()
        return trace


async def measure(keys: int, beginners: int, sessions: int) -> None:
    """The same over sockets and pipes, in real time, and what is known already."""
    with tempfile.TemporaryDirectory() as folder:
        model = GapServer(SOURCE, LATENCY_S)
        servers = Servers(model, await model.start(), Path(folder))
        starts = dict(zip(CLIENTS, ((servers.ours, True), (servers.naive, False)), strict=True))
        clients = {name: await start() for name, (start, _) in starts.items()}
        works: dict[str, Work] = {}
        for name, client in clients.items():
            await client.warm()
            works[name] = partial(typed, client, model, starts[name][1])
        waits = pauses(keys, SEEDS[0])
        rows = [row(SEEDS[0], name, await work(waits)) for name, work in works.items()]
        print(table(COLUMNS, rows))
        works[FLOOR] = partial(direct, model, servers.url)
        print(f"\nThe first suggestion in a new document, {beginners} typists:\n", flush=True)
        print(table(FIRST_COLUMNS, await firsts(works, beginners)))
        model.text, model.wrong = f"{LONG}\n\ndef load(path):\n{SOURCE.split(chr(10))[6]}\n", 0.0
        times = await known(clients[CLIENTS[0]], 60)
        for client in clients.values():
            await client.stop()
        model.text, model.wrong = SOURCE, GapServer.wrong
        print(f"\nThe first of a server at all, {sessions} servers each:\n", flush=True)
        new = {name: partial(servers.new, *how) for name, how in starts.items()}
        print(table(FIRST_COLUMNS, await firsts(new, sessions)))
        await model.stop()
    numbers = (median(times), quantile(times, 0.95), max(times))
    print(f"\nWhat is known, {len(LONG.split(chr(10))):,} lines: "
          f"median {numbers[0]:.1f}, p95 {numbers[1]:.1f}, max {numbers[2]:.1f} ms")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="60 keys, few typists")
    given = parser.parse_args()
    print(f"inline_typing: {facts()}", flush=True)
    keys = 60 if given.quick else KEYS
    print("\nIn virtual time:\n")
    print(table(COLUMNS, simulate(keys, SEEDS[:1] if given.quick else SEEDS)))
    print("\nWith real servers, over sockets and pipes:\n", flush=True)
    asyncio.run(measure(keys, *((5, 2) if given.quick else (BEGINNERS, SESSIONS))))


if __name__ == "__main__":
    main()
