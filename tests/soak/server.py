"""S10: the real server at work for minutes or hours, a fifth of its model servers' answers faulty.

    python -m tests.soak.server [--minutes N] [--rate N] [--seed N]

One run after another, about ``--rate`` a second, on documents of 100 kB to 1.5 MB, with typing,
offers, inline completions, cancelled runs, changed files and folders that come and go between.
Every request is answered, every run ends; memory, descriptors, threads, children and tasks are
those of after the warm-up. The exit code says whether all of that held.
"""

import argparse
import json
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fakes.client import Client
from tests.fakes.desk import Desk, fenced, folder
from tests.fakes.faulty_server import (
    Close,
    Hang,
    Reset,
    Script,
    Wait,
    chunked,
    delta,
    head,
    healthy,
    sse,
    whole,
)
from tests.fakes.monitors import Held
from tests.fakes.upstreams import KEY, Upstreams

MINUTES = 10.0
MOST_MINUTES = 8 * 60.0
FAULTY = 0.2
DEADLINE_S = 3
WARM_UP_S = 300.0
"""After which memory is to stand still: pools and caches are full by then."""

WARM_UP = 0.25
"""Share of the time that takes its place in a short soak."""

DOCUMENT_CHARS = (100_000, 100_000, 300_000, 100_000, 1_500_000)
"""Of the documents, in turn: what a parser keeps of a short one does not show, and by chance the
texts of the runs that are kept would come to more in one hour than in another."""

FILES = 40
"""Of each folder, for its index to read."""

MAX_GROWTH_MIB = 16.0
"""From the end of the warm-up to the end."""

MAX_SLOPE_MIB = 1.0
"""An hour, in soaks long enough to tell a slope from noise."""

SLOPE_MINUTES = 30.0
"""The shortest of those."""

FLOOR_S = 60.0
"""Of which the least memory counts: what a run holds while it is at work comes and goes, tens of
MiB for 1.5 MB, and what is never given back stays in every minute."""

FAULTS: dict[str, Script] = {
    "no answer": [Hang()],
    "reset": [Reset()],
    "closed": [Close()],
    "cut": chunked(delta("```python\nx ="), Close()),
    "stalled": chunked(delta("```python\nx ="), Hang()),
    "400": whole('{"error": {"message": "no"}}', 400),
    "429": whole('{"error": {"message": "busy"}}', 429, "Retry-After: 1"),
    "500": whole("oops", 500, kind="text/html"),
    "529": whole('{"error": {"message": "overloaded"}}', 529),
    "no JSON": chunked(b"data: {{{\n\n"),
    "no UTF-8": chunked(b'data: {"choices": [{"delta": {"content": "\xff"}}]}\n\n'),
    "error inside": chunked(sse({"error": {"code": 503, "message": "later"}})),
    "prose": healthy("openai", "I am sorry, but I cannot help with that."),
    "empty": healthy("openai", ""),
    "too long": chunked(delta("x" * 300_000), delta(None, "stop")),
    "a page": whole("<html>sign in</html>", kind="text/html"),
    "broken HTTP": [b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"],
    "cut by length": chunked(delta("```python\nx = 1\n```"), delta(None, "length")),
    "slow": [Wait(1.0), *healthy("openai", fenced("x = 1"))],
    "bad gzip": [head(200, "Content-Encoding: gzip", "Content-Length: 3"), b"abc"],
}

SLACK_S = 5.0
"""Of a run beyond its deadline, on a machine that others use too."""

PATIENCE_S = 120.0
"""For an answer about the longest document, on a machine that others use too."""

RESTS_S = 4.0
"""For what was asked to end."""

FUNCTION = "def f(a, b):\n    total = a + b\n    return total\n\n\n"

MIXES = {
    "solo": f"proposers: [{{model: a/m}}]\ndeadline: {DEADLINE_S}\ncache: false\n",
    "trio": (
        f"proposers: [{{model: a/m}}, {{model: b/m}}]\naggregator: [{{model: z/m}}]\n"
        f"deadline: {DEADLINE_S}\nquorum: {{min: 1, grace: 0.2}}\n"
    ),
}
MORE = "mix: trio\nbudget: {usd_per_run: 1, usd_per_day: 9000}\n"


@dataclass
class Soak:
    """What was seen.

    Attributes:
        documents: characters of each, in turn.
        samples: seconds since the start, MiB, descriptors, threads, children.
        folders: the opened one, and one that comes and goes.
        tasks: of the server's loop while nothing was asked, at the first rest and at the last.
        wrong: what must not be.
    """

    rng: random.Random
    documents: tuple[int, ...] = DOCUMENT_CHARS
    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[float, float, int, int, int]] = field(default_factory=list)
    folders: tuple[Path, ...] = ()
    tasks: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def step(self, runner: Desk, up: Upstreams, number: int) -> None:
        """One run, with whatever an editor does beside it."""
        for name, server in up.servers.items():
            faulty = self.rng.random() < FAULTY
            fault = self.rng.choice(tuple(FAULTS)) if faulty else None
            server.scripts[:] = [FAULTS[fault]] if fault else []  # another attempt is answered
            up.say(**{name: fenced(f"x = {number}")})
            server.seen.clear()
            self.faults.update([fault] if fault else [])
        uri = (self.folders[0] / f"open{number % 8}.py").as_uri()
        repeats = self.documents[number % len(self.documents)] // len(FUNCTION)
        buffer = runner.open(uri, f"x=1\n\n\ny = 2\n\n\n{FUNCTION * repeats}")
        runner.offers(buffer.range(0, 3))
        self.beside(runner, number)
        action = self.rng.choice(("refactor", "refactor", "generate", "explain"))
        mix = self.rng.choice(("solo", "trio", "trio", "embedded"))
        words = {} if mix == "embedded" else {"instruction": f"number {number}"}
        asked = {"action": action, "uri": uri, "range": buffer.range(0, 3), "mix": mix, **words}
        run = runner.client.command("moa.run", asked, timeout=PATIENCE_S)["run"]
        if self.rng.random() < 0.5:
            runner.type("y = 2", "y = 2  # typed")
        if self.rng.random() < 0.1:
            runner.client.command("moa.cancel", {"run": run})
        wait = {"run": run, "wait": PATIENCE_S / 2}
        record = runner.client.command("moa.result", wait, timeout=PATIENCE_S)
        self.states[record["state"]] += 1
        if record["state"] == "failed":
            self.reasons[str(record["reason"])[:60]] += 1
        if record["state"] not in ("done", "failed", "cancelled"):
            self.wrong.append(f"run {number} is {record['state']}")
        if "internal error" in str(record["reason"]):
            self.wrong.append(f"run {number}: {record['reason']}")
        if mix != "embedded" and repeats < 10_000 and record["seconds"] > DEADLINE_S + SLACK_S:
            self.wrong.append(f"run {number} took {record['seconds']:.1f} s")
        if open_requests := runner.client.unanswered():
            self.wrong.append(f"run {number}: unanswered {open_requests}")
        runner.client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        runner.forget()
        runner.client.forget()

    def beside(self, runner: Desk, number: int) -> None:
        """What an editor asks and tells beside a run."""
        place = {"line": 8, "character": 10}
        asked = {
            "textDocument": {"uri": runner.buffer.uri},
            "position": place,
            "context": {"triggerKind": 1 + number % 2},
        }
        runner.client.call("textDocument/inlineCompletion", asked, PATIENCE_S)
        first, other = self.folders
        if number % 5 == 0:
            path = first / f"file{self.rng.randrange(FILES)}.py"
            path.write_text(FUNCTION.replace("f(", f"f{number}(") * 20)
            changes = [{"uri": path.as_uri(), "type": 2}]
            runner.client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        if number % 10 == 0:
            added = number % 20 == 0
            event = {"added": [folder(other)] if added else [], "removed": []}
            event["removed"] = [] if added else [folder(other)]
            runner.client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
        if number % 30 == 0:  # the first folder goes and comes: its index is read again
            for added, removed in (([], [folder(first)]), ([folder(first)], [])):
                event = {"added": added, "removed": removed}
                runner.client.notify("workspace/didChangeWorkspaceFolders", {"event": event})

    def sample(self, pid: int, seconds: float) -> None:
        """See what the server holds."""
        held = Held.by(pid)
        if held is not None:
            counts = len(held.files), held.threads, len(held.children)
            self.samples.append((seconds, held.memory / 2**20, *counts))

    def rest(self, client: Client, record: Path) -> None:
        """Let what was asked end, and count the tasks of the server's loop."""
        client.command("moa.cancel", {})
        size, fewest = record.stat().st_size, 10**6
        end = time.monotonic() + RESTS_S
        while time.monotonic() < end:
            time.sleep(0.5)
            with record.open() as file:
                file.seek(size)
                told = [json.loads(line) for line in file if line.endswith("\n")]
            fewest = min([fewest, *(each["tasks"] for each in told if "tasks" in each)])
        self.tasks.append(fewest)
        if fewest > self.tasks[0] + 1:  # the one that talks with an index that was started since
            self.wrong.append(f"{fewest} tasks are left, there were {self.tasks[0]}")

    def judge(self, minutes: float) -> str:
        """Compare the end with what was after the warm-up."""
        warm = min(WARM_UP_S, minutes * 60 * WARM_UP)
        late = [each for each in self.samples if each[0] >= warm]
        floors = floors_of(late)
        if len(floors) < 3:
            return "too short to judge memory"
        times, sizes = [at / 3600 for at, _ in floors], [size for _, size in floors]
        slope, _ = statistics.linear_regression(times, sizes)
        third = max(1, len(sizes) // 3)
        grown = statistics.median(sizes[-third:]) - statistics.median(sizes[:third])
        if grown > MAX_GROWTH_MIB:
            self.wrong.append(f"memory grew by {grown:.1f} MiB after the warm-up")
        if minutes >= SLOPE_MINUTES and slope > MAX_SLOPE_MIB:
            self.wrong.append(f"memory grows by {slope:.2f} MiB an hour")
        first, last = late[0], late[-1]
        return (
            f"memory {sizes[0]:.1f} MiB after the warm-up, {sizes[-1]:.1f} at the end, "
            f"{max(each[1] for each in late):.1f} at most "
            f"({grown:+.1f}, slope {slope:+.2f} MiB an hour); "
            f"descriptors {first[2]} and {last[2]}, "
            f"threads {first[3]} and {last[3]}, children {first[4]} and {last[4]}, "
            f"tasks at rest {self.tasks}"
        )


def floors_of(samples: Sequence[tuple[float, float, int, int, int]]) -> list[tuple[float, float]]:
    """The least of each ``FLOOR_S`` of samples: seconds and MiB."""
    floors: dict[int, tuple[float, float]] = {}
    for seconds, size, *_ in samples:
        minute = int(seconds // FLOOR_S)
        if minute not in floors or size < floors[minute][1]:
            floors[minute] = (seconds, size)
    return list(floors.values())


def soak(
    minutes: float,
    rate: float,
    seed: int,
    *,
    least: int = 0,
    documents: tuple[int, ...] = DOCUMENT_CHARS,
) -> Soak:
    """Keep a server at work.

    Args:
        minutes: for how long.
        rate: runs a second, at most.
        seed: of what happens.
        least: runs, however long they take.
        documents: characters of each, in turn.
    """
    made = Soak(random.Random(seed), documents)
    with tempfile.TemporaryDirectory() as place, Upstreams("a", "b", "z") as up:
        config = up.write(Path(place), MIXES, MORE)
        made.folders = tuple(map(_filled, (Path(place) / "first", Path(place) / "other")))
        record = Path(place) / "record"
        watched = (sys.executable, "-m", "tests.fakes.watched_server", str(record))
        command = (*watched, "moa_lsp", "serve")
        client = Client(
            command, env={"MOA_LSP_CONFIG": str(config), "LAB_KEY": KEY}, canaries=[KEY]
        )
        try:
            runner = Desk(client)
            runner.initialize(root=made.folders[0])
            made.step(runner, up, 1)
            made.rest(client, record)
            _work(made, runner, up, minutes * 60, rate, least)
            made.sample(client.process.pid, minutes * 60)
            client.rest()
            made.rest(client, record)
            if client.quit() != 0:
                made.wrong.append("it did not leave well")
        except AssertionError as error:
            made.wrong.append(str(error))
        finally:
            client.close()
    return made


def _filled(place: Path) -> Path:
    """A folder with files to index."""
    place.mkdir()
    for number in range(FILES):
        text = FUNCTION.replace("f(", f"f{number}(") * 100
        (place / f"file{number}.py").write_text(text)
    return place


def _work(
    made: Soak, runner: Desk, up: Upstreams, seconds: float, rate: float, least: int
) -> None:
    began = time.monotonic()
    number, sampled, told = 0, 0.0, 0.0
    while (now := time.monotonic() - began) < seconds or number < least:
        number += 1
        made.step(runner, up, number)
        if now - sampled >= min(5.0, seconds / 50):
            sampled = now
            made.sample(runner.client.process.pid, now)
        if now - told >= 60:
            told = now
            print(f"soak: {now / 60:.0f} min, {number} runs, {made.samples[-1][1:]}", flush=True)
        time.sleep(max(0.0, began + number / rate - time.monotonic()))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--rate", type=float, default=2.0, help="runs a second, at most")
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    minutes = min(given.minutes, MOST_MINUTES)
    seed = secrets.randbelow(2**32) if given.seed is None else given.seed
    print(f"soak: {minutes:g} minutes, seed {seed}, {os.cpu_count()} cores", flush=True)
    made = soak(minutes, given.rate, seed)
    print(made.judge(minutes))
    print(f"runs: {dict(made.states)}; faults: {sum(made.faults.values())}")
    for reason, times in made.reasons.most_common(12):
        print(f"{times:6} {reason}")
    for each in made.wrong[:20]:
        print(f"wrong: {each}")
    return 1 if made.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
