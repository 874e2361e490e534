"""A repository that is made to be slow: how soon offers and ``moa.run`` are answered, and memory.

    python -m benchmarks.hostile [--quick]

What is multiplied there: ignore files of the largest size and manifests by 31 nested folders,
mixes by 16 opened folders, open documents by the patterns above them, diagnostics of a document by
the documents that it may be shown with. ``moa.run`` is answered before any of that is read. Memory
is that of the server and of its index together. The first request of a kind also imports what it
needs; it stands apart. Linux only: it reads /proc.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.machine import facts, median, quantile, table
from tests.fakes.client import SERVER, Client
from tests.fakes.desk import Desk, fenced, folder
from tests.fakes.upstreams import KEY, Upstreams

DEPTH, FOLDERS, MIXES, DOCUMENTS, DIAGNOSTICS = 31, 16, 200, 500, 1_000

TEXT = "def total(items):\n    result = 0\n    for each in items:\n        result += each\n"

MANIFESTS = {
    "pyproject.toml": ("[project]\ndependencies = [\n", '"package-{0}-{1}",\n', "]\n"),
    "package.json": ('{"dependencies": {\n', '"package-{0}-{1}": "1",\n', '"last": "1"}}\n'),
    "requirements.txt": ("", "package-{0}-{1}==1\n", ""),
    "go.mod": ("module m\nrequire (\n", "example.org/p{0}/q{1} v1.0.0\n", ")\n"),
}
"""By name: how one begins, a line of it by its folder's number and its own, and how it ends."""

MIX = "name: {}\nproposers: [{{model: mine/m}}]\n"


def build(place: Path, *, quick: bool) -> tuple[list[Path], Path]:
    """Make the folders to open; the deepest one in the first of them."""
    roots = [place / f"repository{number}" for number in range(FOLDERS)]
    for root in roots:
        mixes = root / ".moa" / "mixes"
        mixes.mkdir(parents=True)
        for number in range(MIXES):
            (mixes / f"m{number}.yaml").write_text(MIX.format(f"m{number}"))
    lines = range(100 if quick else 4000)
    folder = roots[0]
    for depth in range(DEPTH):
        rules = "".join(f"*{depth:x}_{number:x}[a-z]*a*c*{number}*\n" for number in lines)
        folder.mkdir(parents=True, exist_ok=True)
        for name in (".gitignore", ".moaignore"):
            (folder / name).write_text(rules)
        for name, (head, line, tail) in MANIFESTS.items():
            declared = "".join(line.format(depth, number) for number in lines)
            (folder / name).write_text(f"{head}{declared}{tail}")
        folder = folder / f"d{depth}"
    folder.mkdir()
    return roots, folder


def diagnostics() -> list[dict[str, Any]]:
    """What tools say of one document: of one place very often."""
    start, end = {"line": 1, "character": 4}, {"line": 1, "character": 10}
    return [
        {
            "range": {"start": start, "end": end},
            "message": f"{number}: {'a' * 100}",
            "code": f"E{number}",
            "source": "lint",
        }
        for number in range(DIAGNOSTICS)
    ]


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
    diagnosed: list[float] = []
    runs: list[float] = []
    with tempfile.TemporaryDirectory() as place, Upstreams("mine") as up:
        up.say(mine=fenced("def total(items):\n    return sum(items)"))
        roots, deep = build(Path(place), quick=quick)
        config = up.write(
            Path(place) / "config", {"one": "proposers: [{model: mine/m}]\n"}, "mix: one\n"
        )
        client = Client(SERVER, env={"MOA_LSP_CONFIG": str(config), "LAB_KEY": KEY})
        try:
            desk = Desk(client)
            desk.initialize(root=roots[0], trusted=True)
            event = {"added": [folder(each) for each in roots[1:]], "removed": []}
            client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
            for number in range(DOCUMENTS):
                client.open((deep / f"o{number}.py").as_uri(), TEXT, "python")
            document = deep / ("a" * 200 + ".py")
            document.write_text(TEXT)
            buffer = desk.open(document.as_uri(), TEXT)
            where, said = buffer.range(0, len(TEXT) - 1), diagnostics()
            for number in range(5 if quick else 20):
                seconds(offers, lambda: desk.offers(where))
                words = {"instruction": f"shorter, {number}"}
                run = seconds(runs, lambda words=words: desk.run(where, **words))
                desk.result(run)
                desk.result(desk.run(where, mix="embedded"))
                seconds(diagnosed, lambda: desk.offers(where, diagnostics=said))
                run = seconds(
                    runs, lambda words=words: desk.run(where, action="fix", version=1, **words)
                )
                desk.result(run)
            held = memory(client.process.pid)
            client.quit()
        finally:
            client.close()
    rows = []
    timed = (
        ("offers", offers),
        (f"offers with {DIAGNOSTICS} diagnostics", diagnosed),
        ("moa.run", runs),
    )
    for name, (first, *found) in timed:
        times = (first, median(found), quantile(found, 0.95), max(found))
        rows.append([name, len(found), *(f"{each * 1e3:.1f}" for each in times)])
    print(table(["request", "n", "first ms", "p50 ms", "p95 ms", "most ms"], rows))
    print(f"memory of server and index: {held:.0f} MiB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
