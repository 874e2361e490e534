"""What a chat through our gateway costs beside its model, and beside two other proxies.

    python -m benchmarks.gateway [--quick] [--rounds N]

One model server in its own process, whose answers come at once; ours, LiteLLM's proxy and that of
optillm in theirs. Every request is streamed and asks something new over a connection that is kept.
The first byte is that of the answer's text: comments that keep a connection alive are none. Rounds
are interleaved. Then how soon the model's connection is closed after a client has left.
"""

import argparse
import http.client
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chat_servers import (
    ChatServer,
    Unavailable,
    gateway_python,
    litellm_proxy,
    optillm,
    our_gateway,
)
from benchmarks.machine import facts, median, quantile, table
from benchmarks.overhead import model_server
from benchmarks.responses import seen

MODEL = "a-0"
"""Answers at once."""

WARM_UP = 5
"""Rounds that are not counted: connections, imports, first-use work."""

MIXES = {
    "one": f"proposers: [{{model: lab/{MODEL}}}]\n",
    "one-and-writer": f"proposers: [{{model: lab/{MODEL}}}]\naggregator: {{model: lab/z-0}}\n",
    "three-and-writer": (
        "proposers: [{model: lab/a-0}, {model: lab/b-0}, {model: lab/c-0}]\n"
        "aggregator: {model: lab/z-0}\n"
    ),
    "proposing": "proposers: [{model: lab/drip-20}]\naggregator: {model: lab/z-0}\n",
    "writing": "proposers: [{model: lab/a-0}]\naggregator: {model: lab/drip-20}\n",
}

PATIENCE_S = 60.0


@dataclass
class Found:
    """Of one way to ask: milliseconds a round each, questions that came to the model in all.

    Attributes:
        first: to the first byte of the answer.
        whole: to the end of the response.
        cpu: processor time of the server.
    """

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    asked: int = 0


@dataclass
class Asker:
    """A client of one server with a connection that is kept."""

    server: ChatServer
    model: str
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port,
                                                     timeout=PATIENCE_S)  # fmt: skip

    def send(self, text: str) -> http.client.HTTPResponse:
        """Ask for a stream; its response, of which nothing is read yet."""
        turns = [{"role": "user", "content": text}]
        body = json.dumps({"model": self.model, "messages": turns, "stream": True})
        headers = {
            "authorization": f"Bearer {self.server.key}",
            "content-type": "application/json",
        }
        self.connection.request("POST", "/v1/chat/completions", body, headers)
        return self.connection.getresponse()

    def ask(self, text: str) -> tuple[float, float, float]:
        """Milliseconds to the first byte and to the end, and of the server's processor."""
        cpu, began = self.server.cpu_s(), time.perf_counter()
        response = self.send(text)
        first = None
        while line := response.readline():
            if first is None and content(line):
                first = time.perf_counter()
        ended = time.perf_counter()
        if response.status != 200 or first is None:
            raise RuntimeError(f"no answer: {response.status}")
        spent = (first - began, ended - began, self.server.cpu_s() - cpu)
        return (spent[0] * 1000, spent[1] * 1000, spent[2] * 1000)


def content(line: bytes) -> str:
    """The text of a line of a stream."""
    if not line.startswith(b"data: {"):
        return ""
    choices = json.loads(line[6:]).get("choices") or [{}]
    return str((choices[0].get("delta") or {}).get("content") or "")


def measure(askers: Mapping[str, Asker], url: str, rounds: int) -> dict[str, Found]:
    """What each takes, a round after the other."""
    found = {name: Found() for name in askers}
    for number in range(-WARM_UP, rounds):
        for name, asker in askers.items():
            seen(url)
            first, whole, cpu = asker.ask(f"How is this done? ({name} {number})")
            if number >= 0:
                each = found[name]
                each.first.append(first)
                each.whole.append(whole)
                each.cpu.append(cpu)
                each.asked += len(seen(url))
    return found


def report(found: Mapping[str, Found]) -> str:
    """The table; ratios are to our gateway with one model."""
    ours = found["moa-lsp, one model"]
    rows = [
        (
            name,
            f"{each.asked / len(each.first):.0f}",
            f"{median(each.first):.1f}",
            f"{quantile(each.first, 0.9):.1f}",
            f"{median(each.whole):.1f}",
            f"{median(each.cpu):.1f}",
            f"{median(each.first) / median(ours.first):.2f}",
            f"{median(each.cpu) / median(ours.cpu):.2f}",
        )
        for name, each in found.items()
    ]
    columns = (
        "server", "requests to the model", "first byte, ms", "p90", "whole, ms", "CPU ms",
        "first byte / ours", "CPU / ours",
    )  # fmt: skip
    return table(columns, rows)


def left(server: ChatServer, url: str, mix: str, rounds: int) -> Iterator[float]:
    """Milliseconds from a client's close to the model's connection being closed."""
    for number in range(rounds):
        seen(url)
        asker = Asker(server, mix)
        response = asker.send(f"Go on and on ({mix} {number})")
        end = time.monotonic() + PATIENCE_S
        while not any(each["model"] == "drip-20" for each in seen(url, keep=True)):
            if time.monotonic() > end:
                raise RuntimeError("the model was not asked")
            time.sleep(0.005)
        closed = time.monotonic()
        response.close()
        asker.connection.close()
        while not (gone := [each["left"] for each in seen(url, keep=True) if each["left"]]):
            if time.monotonic() > end:
                raise RuntimeError("the model is still asked")
            time.sleep(0.005)
        yield (gone[0] - closed) * 1000


def servers(stack: ExitStack, folder: Path, url: str, *, others: bool) -> dict[str, Asker]:
    """Ours and, if asked for, those of others that can be had."""
    ours = stack.enter_context(our_gateway(folder / "ours", url, MIXES))
    askers = {
        "moa-lsp, one model": Asker(ours, "one"),
        "moa-lsp, one model and one that writes": Asker(ours, "one-and-writer"),
        "moa-lsp, three models and one that writes": Asker(ours, "three-and-writer"),
    }
    for name, begin in (
        ("LiteLLM, one model", lambda: litellm_proxy(folder, url, MODEL)),
        ("optillm, one model", lambda: optillm(folder, url, "none")),
        ("optillm, moa", lambda: optillm(folder, url, "moa")),
    ):
        if not others:
            break
        try:
            askers[name] = Asker(stack.enter_context(begin()), MODEL)
        except Unavailable as why:
            print(f"{name} is left out: {why}", flush=True)
    return askers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="three rounds, without the others")
    parser.add_argument("--rounds", type=int, default=50)
    given = parser.parse_args()
    try:
        gateway_python()
    except Unavailable as why:
        print(f"gateway: left out, {why}")
        return
    rounds = 3 if given.quick else given.rounds
    print(f"gateway: {facts()}", flush=True)
    with ExitStack() as stack:
        url = stack.enter_context(model_server())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        askers = servers(stack, folder, url, others=not given.quick)
        print(report(measure(askers, url, rounds)), flush=True)
        ours = askers["moa-lsp, one model"].server
        rows = []
        for mix in ("proposing", "writing"):
            took = list(left(ours, url, mix, rounds))
            rows.append((f"while a model is {mix}", f"{median(took):.1f}", f"{max(took):.1f}"))
        print(table(("a client leaves", "ms to the model's closed connection", "most"), rows))


if __name__ == "__main__":
    main()
