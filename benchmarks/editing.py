"""What typing and the lightbulb wait for while runs go on, and how much the server holds.

    python -m benchmarks.editing [--quick] [--rounds N]

A real ``serve``, a Python file of 10,000 lines, a model server on loopback that streams six
answers at once, a word every 20 ms each, and the cheapest editor. Typing is a ``didChange`` with a
request behind it that only has to be answered: its answer says when the change was taken in. Linux
only: memory is read from /proc.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.machine import facts, median, quantile, table
from benchmarks.overhead import model_server
from benchmarks.protocol import Editor
from benchmarks.responses import AGENTS, command, editor, seen

LINES = 10_000

RUNS = 2
"""At work at once: as many as the server allows."""

DOCUMENTS = 50
DOCUMENT_LINES = 300

URI = "file:///bench/long.py"

PATIENCE_S = 20.0

BLOCK = '''\
class Part{0}:
    """What stands at {0}."""

    def size(self, path):
        total = os.stat(path)
        return total.st_size

    def other(self, value):
        return [each for each in value if each is not None and each.size > {0}]

'''


def program(lines: int) -> str:
    """A Python file of about as many lines."""
    blocks = (BLOCK.format(number) for number in range(lines // BLOCK.count("\n")))
    return "import os\n\n" + "".join(blocks)


def opened(at: Editor, uri: str, text: str) -> None:
    """Open a document."""
    item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
    at.write(at.message("textDocument/didOpen", {"textDocument": item}, request=False))


def ms(at: Editor, method: str, params: object) -> float:
    """How long a request takes."""
    began = time.perf_counter()
    answer = at.ask(method, params)
    if "error" in answer and method != "no/such":
        raise RuntimeError(answer["error"]["message"])
    return (time.perf_counter() - began) * 1000


def place(line: int, character: int = 0) -> dict[str, int]:
    return {"line": line, "character": character}


def offer(at: Editor, number: int) -> float:
    """One request for actions, at another place each time."""
    line = 3 + number * 37 % (LINES - 20)
    where = {"start": place(line), "end": place(line + 4)}
    context = {"diagnostics": [], "triggerKind": 1}
    params = {"textDocument": {"uri": URI}, "range": where, "context": context}
    return ms(at, "textDocument/codeAction", params)


def keystroke(at: Editor, number: int) -> float:
    """One character typed, and the first answer after it."""
    line = 8 + number * 41 % (LINES - 20)
    where = {"start": place(line), "end": place(line)}
    change = {
        "textDocument": {"uri": URI, "version": number + 2},
        "contentChanges": [{"range": where, "text": " "}],
    }
    began = time.perf_counter()
    at.write(at.message("textDocument/didChange", change, request=False))
    at.ask("no/such", {})
    return (time.perf_counter() - began) * 1000


def fresh_offer(at: Editor, number: int) -> float:
    """Offers on a text that was changed a moment ago."""
    keystroke(at, number)
    return offer(at, number)


def begin(at: Editor, number: int) -> str:
    """A run on a few lines of the file, whose models answer until it is cancelled."""
    line = 5 + 1000 * number
    where = {"start": place(line), "end": place(line + 3)}
    action_request = {"action": "refactor", "uri": URI, "range": where, "mix": "drip"}
    return command(at, "moa.run", {**action_request, "instruction": f"shorter {number}"})["run"]


def busy(at: Editor, url: str) -> list[str]:
    """As many runs as may be at work, with their questions asked."""
    seen(url)
    runs = [begin(at, number + 1) for number in range(RUNS)]
    until = time.monotonic() + PATIENCE_S
    while len(seen(url, keep=True)) < RUNS * AGENTS:
        if time.monotonic() > until:
            raise RuntimeError("the questions never came")
        time.sleep(0.02)
    return runs


def measured(at: Editor, work: Callable[[Editor, int], float], rounds: int, pause: float) -> list:
    """Milliseconds of each round, with the pauses that a person makes."""
    found = []
    for number in range(rounds):
        found.append(work(at, number))
        time.sleep(pause)
    return found


def timings(rounds: int, url: str, folder: Path) -> dict[str, list[float]]:
    """Milliseconds by what was measured."""
    found: dict[str, list[float]] = {}
    with editor(folder, url) as at:
        opened(at, URI, program(LINES))
        ms(at, "no/such", {})
        found["first"] = [offer(at, 0)]
        measured(at, offer, 20, 0.0)
        found["offers idle"] = measured(at, offer, rounds, 0.01)
        found["typing idle"] = measured(at, keystroke, rounds, 0.01)
        runs = busy(at, url)
        found["offers"] = measured(at, offer, rounds, 0.01)
        found["typing"] = measured(at, lambda at, n: keystroke(at, n + rounds), rounds, 0.01)
        found["offers typed"] = measured(
            at, lambda at, n: fresh_offer(at, n + 2 * rounds), rounds, 0.01
        )
        states = {command(at, "moa.result", {"run": run})["state"] for run in runs}
        if states != {"running"}:
            raise RuntimeError(f"the runs did not go on: {states}")
        command(at, "moa.cancel", {})
    return found


def memory(url: str, folder: Path) -> dict[str, float]:
    """MiB of the server's own process by what was done before."""
    found: dict[str, float] = {}
    with editor(folder, url) as at:
        command(at, "moa.mixes", {})
        text = program(DOCUMENT_LINES)
        for number in range(DOCUMENTS):
            opened(at, f"file:///bench/{number}.py", text)
        ms(at, "no/such", {})
        found[f"{DOCUMENTS} documents open"] = at.rss_mib()
        where = {"start": place(5), "end": place(8)}
        asked: dict[str, Any] = {"range": where, "context": {"diagnostics": []}}
        for number in range(DOCUMENTS):
            uri = f"file:///bench/{number}.py"
            ms(at, "textDocument/codeAction", {"textDocument": {"uri": uri}, **asked})
        action_request = {
            "action": "refactor",
            "uri": "file:///bench/1.py",
            "range": where,
            "mix": "quick",
        }
        run = command(at, "moa.run", action_request)["run"]
        command(at, "moa.result", {"run": run, "wait": 30})
        found["the same after offers in each and a run with models"] = at.rss_mib()
    return found


def report(found: dict[str, list[float]], held: dict[str, float]) -> str:
    """Both tables."""
    rows = []
    for name, told in (
        ("offers idle", "offers, no run"),
        ("offers", f"offers, {RUNS} runs at work"),
        ("offers typed", f"offers after a keystroke, {RUNS} runs at work"),
        ("typing idle", "a change and the next answer, no run"),
        ("typing", f"a change and the next answer, {RUNS} runs at work"),
    ):
        values = found[name]
        numbers = (*(quantile(values, share) for share in (0.95, 0.99)), max(values))
        rows.append((told, len(values), *(f"{each:.2f}" for each in (median(values), *numbers))))
    sizes = [(told, f"{mib:.1f}") for told, mib in held.items()]
    return (
        f"{table((f'ms, {LINES:,} lines', 'n', 'p50', 'p95', 'p99', 'max'), rows)}\n\n"
        f"The first offer of a server took {found['first'][0]:.1f} ms.\n\n"
        f"{table(('memory of the server', 'MiB'), sizes)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="50 rounds")
    parser.add_argument("--rounds", type=int, default=1_000)
    given = parser.parse_args()
    print(f"editing: {facts()}", flush=True)
    rounds = 50 if given.quick else given.rounds
    with model_server() as url, tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / name for name in ("typing", "memory")]
        for each in places:
            each.mkdir()
        found = timings(rounds, url, places[0])
        print(report(found, memory(url, places[1])))


if __name__ == "__main__":
    main()
