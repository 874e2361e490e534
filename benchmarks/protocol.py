"""Start-up, speed, leaks and memory of our shell beside a stock pygls server, in one run.

    python -m benchmarks.protocol [--rounds N]

Rounds are interleaved, so that whatever else the machine does meets both; medians are printed,
and their ratio. "whole" is ``moa_lsp serve`` with every feature; "bare" is Python that reads one
message and answers it. Linux only: it reads /proc.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

SERVERS = {
    "stock": ("-m", "benchmarks.stock_server"),
    "shell": ("-m", "benchmarks.shell_server"),
    "whole": ("-m", "moa_lsp", "serve"),
}

BARE = ("benchmarks/bare_server.py",)
"""Started as a file, as no server of ours is: ``-m`` costs some milliseconds."""

ANSWERED = "wall ms to initialize"

IDLE_S = 3.0
"""After which a server has made what it makes in idle moments."""

URI = "file:///bench/a.py"

REQUESTS = 5_000

CHANGES = 20_000

TEXT = "def f(x):\n    return x + 1\n\n\n" * 100

_FRAME = re.compile(rb"Content-Length: (\d+)\r\n(?:[^\r\n]+\r\n)*\r\n")


class Editor:
    """The cheapest client that can be: it must not be what is measured."""

    def __init__(self, command: tuple[str, ...]) -> None:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        self.process = subprocess.Popen(
            (sys.executable, *command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        self._buffer = bytearray()
        self._id = 0

    def message(self, method: str, params: object, *, request: bool = True) -> bytes:
        """A framed message."""
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if request:
            self._id += 1
            message["id"] = self._id
        body = json.dumps(message).encode()
        return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def read(self) -> dict:
        """The next message."""
        while True:
            match = _FRAME.match(self._buffer)
            if match and len(self._buffer) >= (end := match.end() + int(match[1])):
                message = json.loads(bytes(self._buffer[match.end() : end]))
                del self._buffer[:end]
                return message
            data = os.read(self.process.stdout.fileno(), 1 << 16)
            if not data:
                raise EOFError
            self._buffer += data

    def ask(self, method: str, params: object) -> dict:
        """The response to a request."""
        self.write(self.message(method, params))
        wanted = self._id
        while (message := self.read()).get("id") != wanted or "method" in message:
            if "method" in message and "id" in message:
                self.answer(message, None)
        return message

    def answer(self, message: dict, result: object) -> None:
        """Answer a question of the server."""
        body = json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}).encode()
        self.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    def flood(self, data: bytes, answers: int) -> float:
        """Seconds from the first byte of ``data`` to the last of ``answers`` messages."""
        writer = threading.Thread(target=self.write, args=(data,))
        started = time.perf_counter()
        writer.start()
        seen = 0
        while seen < answers:
            seen += "method" not in self.read()
        writer.join()
        return time.perf_counter() - started

    def cpu_ms(self) -> float:
        """Processor time of all threads so far."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6

    def rss_mib(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def close(self) -> None:
        """Shut the server down."""
        self.ask("shutdown", None)
        self.write(self.message("exit", None, request=False))
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


def started(command: tuple[str, ...]) -> tuple[Editor, dict[str, float]]:
    """An editor with an open document, and what it took."""
    begun = time.perf_counter()
    editor = Editor(command)
    editor.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    numbers = {
        ANSWERED: (time.perf_counter() - begun) * 1000,
        "CPU ms to initialize": editor.cpu_ms(),
    }
    item = {"uri": URI, "languageId": "python", "version": 1, "text": TEXT}
    editor.write(editor.message("initialized", {}, request=False))
    editor.write(editor.message("textDocument/didOpen", {"textDocument": item}, request=False))
    editor.ask("no/such", {})
    time.sleep(0.3)  # what a server does after "initialized" belongs to its memory
    numbers["RSS MiB with a file open"] = editor.rss_mib()
    time.sleep(IDLE_S)
    numbers[f"the same {IDLE_S:.0f} s later"] = editor.rss_mib()
    return editor, numbers


def bare_ms() -> float:
    """From the start of a bare Python process to its answer."""
    begun = time.perf_counter()
    editor = Editor(BARE)
    editor.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    taken = (time.perf_counter() - begun) * 1000
    editor.process.stdin.close()
    editor.process.wait(10)
    editor.process.stdout.close()
    return taken


def speed(editor: Editor) -> dict[str, float]:
    """Requests and changes a second, and what they leave behind."""
    document = {"uri": URI}
    place = {"line": 1, "character": 4}
    hover = {"textDocument": document, "position": place}
    span = {"start": place, "end": place}
    action = {"textDocument": document, "range": span, "context": {"diagnostics": []}}
    change = {
        "textDocument": {"uri": URI, "version": 2},
        "contentChanges": [{"range": {"start": place, "end": place}, "text": ""}],
    }
    numbers = {}
    for name, method, params in (
        ("sync requests/s", "textDocument/hover", hover),
        ("async requests/s", "textDocument/codeAction", action),
    ):
        data = b"".join(editor.message(method, params) for _ in range(REQUESTS))
        numbers[name] = REQUESTS / editor.flood(data, REQUESTS)
    before = editor.rss_mib()
    note = editor.message("textDocument/didChange", change, request=False)
    last = editor.message("textDocument/hover", hover)
    numbers["didChange/s"] = CHANGES / editor.flood(note * CHANGES + last, 1)
    numbers["RSS MiB grown by 20,000 changes"] = editor.rss_mib() - before
    left = editor.ask("workspace/executeCommand", {"command": "bench.left"})
    numbers["futures left by them"] = left["result"]
    return numbers


def measure(rounds: int, report: Callable[[str], object]) -> dict[str, dict[str, float]]:
    """Medians by server and by what was measured."""
    found: dict[str, dict[str, list[float]]] = {name: {} for name in ("bare", *SERVERS)}
    for number in range(rounds):
        found["bare"].setdefault(ANSWERED, []).append(bare_ms())
        for name, command in SERVERS.items():
            editor, numbers = started(command)
            if name != "whole" and number < 3:
                numbers |= speed(editor)
            editor.close()
            for what, value in numbers.items():
                found[name].setdefault(what, []).append(value)
        report(f"round {number + 1} of {rounds}")
    return {
        name: {what: statistics.median(values) for what, values in numbers.items()}
        for name, numbers in found.items()
    }


def table(medians: dict[str, dict[str, float]]) -> str:
    lines = [f"{'':34}{'stock':>10}{'shell':>10}{'whole':>10}{'shell/stock':>13}"]
    for what, stock in medians["stock"].items():
        shell, whole = medians["shell"][what], medians["whole"].get(what)
        ratio = f"{shell / stock:.2f}" if stock else "-"
        shown = "-" if whole is None else f"{whole:.1f}"
        lines.append(f"{what:34}{stock:10.1f}{shell:10.1f}{shown:>10}{ratio:>13}")
    whole, bare = medians["whole"][ANSWERED], medians["bare"][ANSWERED]
    lines.append(f"\nto initialize: bare {bare:.1f} ms, whole / bare {whole / bare:.2f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(table(measure(rounds, lambda line: print(line, file=sys.stderr))))


if __name__ == "__main__":
    main()
