"""A repository that is made to be slow: how soon offers and ``moa.run`` are answered, and memory.

    python -m benchmarks.hostile [--quick]

Ignore files of the largest size in 31 nested folders, mixes and open documents by the hundred, a
document at the bottom of it. ``moa.run`` is answered before any of that is read. Memory is that of
the server and of its index together. The first request of a kind also imports what it needs; it
stands apart. Linux only: it reads /proc.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.machine import facts, median, quantile, table
from tests.fakes.client import SERVER, Client
from tests.fakes.desk import Desk, fenced
from tests.fakes.upstreams import KEY, Upstreams

DEPTH, MIXES, DOCUMENTS = 31, 200, 500

TEXT = "def total(items):\n    result = 0\n    for each in items:\n        result += each\n"

MIX = "name: {}\nproposers: [{{model: mine/m}}]\n"


def build(root: Path, *, quick: bool) -> Path:
    """Make the repository; its deepest document."""
    folder = root
    for depth in range(DEPTH):
        rules = "".join(
            f"*{depth:x}_{number:x}[a-z]*a*c*{number}*\n"
            for number in range(100 if quick else 4000)
        )
        folder.mkdir(parents=True, exist_ok=True)
        for name in (".gitignore", ".moaignore"):
            (folder / name).write_text(rules)
        folder = folder / f"d{depth}"
    folder.mkdir()
    mixes = root / ".moa" / "mixes"
    mixes.mkdir(parents=True)
    for number in range(MIXES):
        (mixes / f"m{number}.yaml").write_text(MIX.format(f"m{number}"))
    document = folder / ("a" * 200 + ".py")
    document.write_text(TEXT)
    return document


def memory(pid: int) -> float:
    """Resident MiB of a process and of its children."""
    pids = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        pids += map(int, (task / "children").read_text().split())
    found = 0.0
    for each in pids:
        status = Path(f"/proc/{each}/status").read_text()
        found += int(status.partition("VmRSS:")[2].split()[0]) / 1024
    return found


def seconds(times: list[float], work: Callable[[], Any]) -> Any:
    """Do it, and note how long it took."""
    began = time.perf_counter()
    found = work()
    times.append(time.perf_counter() - began)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    print(facts())
    offers: list[float] = []
    runs: list[float] = []
    with tempfile.TemporaryDirectory() as place, Upstreams("mine") as up:
        up.say(mine=fenced("def total(items):\n    return sum(items)"))
        root = Path(place) / "repository"
        document = build(root, quick=quick)
        config = up.write(
            Path(place) / "config", {"one": "proposers: [{model: mine/m}]\n"}, "mix: one\n"
        )
        client = Client(SERVER, env={"MOA_LSP_CONFIG": str(config), "LAB_KEY": KEY})
        try:
            desk = Desk(client)
            desk.initialize(root=root, trusted=True)
            for number in range(DOCUMENTS):
                client.open((root / f"o{number}.py").as_uri(), TEXT, "python")
            buffer = desk.open(document.as_uri(), TEXT)
            where = buffer.range(0, len(TEXT) - 1)
            for number in range(5 if quick else 20):
                seconds(offers, lambda: desk.offers(where))
                words = {"instruction": f"shorter, {number}"}
                run = seconds(runs, lambda words=words: desk.run(where, **words))
                desk.result(run)
                desk.result(desk.run(where, mix="embedded"))
            held = memory(client.process.pid)
            client.quit()
        finally:
            client.close()
    rows = []
    for name, (first, *found) in (("offers", offers), ("moa.run", runs)):
        times = (first, median(found), quantile(found, 0.95), max(found))
        rows.append([name, len(found), *(f"{each * 1e3:.1f}" for each in times)])
    print(table(["request", "n", "first ms", "p50 ms", "p95 ms", "most ms"], rows))
    print(f"memory of server and index: {held:.0f} MiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
