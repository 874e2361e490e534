"""A hundred clients of our gateway at once: what they are answered, memory, sockets.

    python -m benchmarks.gateway_load [--quick] [--clients N] [--seconds S]

Each client asks again as soon as it is answered: whole, streamed, or streamed and leaving after
the first piece, in turn, over a connection of its own each time. One that is told 429 waits as
long as ``retry-after`` says. A mix of three models and one that writes, which take 50 ms each;
every question is new. Memory and sockets are those of the gateway's process. Linux only.
"""

import argparse
import asyncio
import json
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chat_servers import ChatServer, Unavailable, gateway_python, our_gateway
from benchmarks.hostile import memory
from benchmarks.machine import facts, median, quantile, table
from benchmarks.overhead import model_server

MIX = (
    "proposers: [{model: lab/a-50}, {model: lab/b-50}, {model: lab/c-50}]\n"
    "aggregator: {model: lab/z-50}\n"
)

WARM_UP = 64
"""Requests before; the gateway works on a quarter of them at once."""

WARM_SHARE = 0.2
"""Of the time that is measured: until then memory may grow as caches fill."""

SETTLE_S = 15.0
"""For the last sockets to close after the clients have gone."""

WAYS = ("whole", "streamed", "leaves")


@dataclass
class Load:
    """What happened.

    Attributes:
        ended: how requests ended, counted.
        seconds: of each that was answered, by way.
        sizes: resident MiB, twice a second.
        sockets: that were open, at the same moments.
    """

    server: ChatServer
    model: str = "load"
    ended: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    sizes: list[float] = field(default_factory=list)
    sockets: list[int] = field(default_factory=list)

    async def client(self, number: int, until: float) -> None:
        """One client, as long as there is time."""
        clock = asyncio.get_running_loop().time
        turn = number
        while clock() < until:
            way = WAYS[turn % len(WAYS)]
            turn += 1
            began = clock()
            try:
                status, pause = await self.ask(f"client {number}, turn {turn}", way)
            except (OSError, asyncio.IncompleteReadError, ValueError) as error:
                self.ended[type(error).__name__] += 1
                continue
            self.ended[f"{status}, {way}" if status == 200 else str(status)] += 1
            if status == 200:
                self.seconds.setdefault(way, []).append(clock() - began)
            await asyncio.sleep(pause)

    async def ask(self, text: str, way: str) -> tuple[int, float]:
        """The status of a response, and for how long its client is to wait.

        Raises:
            ValueError: it is no whole response, or a refusal that names no time.
        """
        turns = [{"role": "user", "content": text}]
        asked = {"model": self.model, "messages": turns, "stream": way != "whole"}
        body = json.dumps(asked).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{self.server.port}\r\n"
            f"authorization: Bearer {self.server.key}\r\nconnection: close\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        ).encode()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        try:
            writer.write(head + body)
            told = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
            status = int(told[0].split()[1])
            if status == 200 and way == "leaves":
                await reader.read(1)
                return status, 0.0
            rest = await reader.read()
            if status == 429:
                (after,) = [line for line in told if line.startswith("retry-after:")]
                return status, float(after.partition(":")[2])
            if status == 200 and (b"[DONE]" if way == "streamed" else b'"stop"') not in rest:
                raise ValueError("a response that is not whole")
            return status, 0.0
        finally:
            writer.transport.abort()

    async def watch(self) -> None:
        """Note memory and sockets until cancelled."""
        while True:
            self.sizes.append(memory(self.server.pid))
            self.sockets.append(sockets(self.server.pid))
            await asyncio.sleep(0.5)


def sockets(pid: int) -> int:
    """How many sockets a process has open."""
    found = 0
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found += str(path.readlink()).startswith("socket:")
    return found


async def measure(server: ChatServer, clients: int, seconds: float) -> tuple[Load, int, int]:
    """The load, and how many sockets there were before it and a while after."""
    load = Load(server)
    # As many at once as there are places, so that connections to the model are kept already.
    await asyncio.gather(*(load.ask(f"warm up {each}", "whole") for each in range(WARM_UP)))
    await asyncio.sleep(1.0)
    before = sockets(server.pid)
    watching = asyncio.ensure_future(load.watch())
    until = asyncio.get_running_loop().time() + seconds
    await asyncio.gather(*(load.client(number, until) for number in range(clients)))
    watching.cancel()
    after = sockets(server.pid)
    for _ in range(int(SETTLE_S)):
        if after <= before:
            break
        await asyncio.sleep(1.0)
        after = sockets(server.pid)
    return load, before, after


def report(load: Load, before: int, after: int) -> str:
    """The tables."""
    ended = [(how, count) for how, count in sorted(load.ended.items())]
    took = [
        (way, len(each), f"{median(each):.2f}", f"{quantile(each, 0.9):.2f}", f"{max(each):.2f}")
        for way, each in sorted(load.seconds.items())
    ]
    warm = load.sizes[int(len(load.sizes) * WARM_SHARE) :]
    half = len(warm) // 2
    numbers = [
        ("memory in the first half after warming up, MiB", f"{median(warm[:half]):.1f}"),
        ("memory in the second half, MiB", f"{median(warm[half:]):.1f}"),
        ("most, MiB", f"{max(load.sizes):.1f}"),
        ("sockets before", before),
        ("most sockets", max(load.sockets)),
        ("sockets after", after),
    ]
    return "\n\n".join((
        table(("requests ended with", "how many"), ended),
        table(("answered, s", "how many", "median", "p90", "most"), took),
        table(("the gateway", "found"), numbers),
    ))  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="five seconds")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    try:
        gateway_python()
    except Unavailable as why:
        print(f"gateway_load: left out, {why}")
        return
    seconds = 5.0 if given.quick else given.seconds
    print(f"gateway_load: {given.clients} clients, {seconds:g} s; {facts()}", flush=True)
    with (
        model_server() as url,
        tempfile.TemporaryDirectory() as folder,
        our_gateway(Path(folder) / "ours", url, {"load": MIX}) as server,
    ):
        print(report(*asyncio.run(measure(server, given.clients, seconds))))


if __name__ == "__main__":
    main()
