"""The index over Python's standard library: building, starting warm, asking, changing, typing.

    python -m benchmarks.index [--quick]

Works on a copy of the library's sources, with caches of its own. The second table types into a
real ``moa-lsp serve``: a keystroke is a ``didChange`` and a request that does nothing, and its
latency is the time to that answer. Linux only: it reads /proc.
"""

import argparse
import asyncio
import os
import random
import shutil
import sysconfig
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine import facts, median, quantile, table
from benchmarks.protocol import Editor
from moa_lsp.workspace.index.index import Index
from moa_lsp.workspace.index.locations import place

LEFT_OUT = ("site-packages", "__pycache__")

SMALL = ("asyncio", "email", "json", "unittest")
"""Packages of a quick run."""

QUESTIONS = 300

CHANGES = 40

STROKES = 300

STROKE_S = 0.03
"""Between two keystrokes: a fast typist's burst."""

PATIENCE_S = 300.0


def copied(folder: Path, *, quick: bool) -> Path:
    """A copy of the library's sources; the folder."""
    library = Path(sysconfig.get_paths()["stdlib"])
    root = folder / "library"
    ignore = shutil.ignore_patterns(*LEFT_OUT, "*.so", "*.pyc", "*.a", "*.o")
    for name in SMALL if quick else ("",):
        shutil.copytree(library / name, root / name, ignore=ignore, dirs_exist_ok=True)
    return root


def process(pid: int) -> dict[str, float]:
    """Processor seconds and peak resident MiB of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    status = Path(f"/proc/{pid}/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0])
    return {"cpu": ticks / os.sysconf("SC_CLK_TCK"), "mib": peak / 1024}


def sources(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*.py"))


def lines(root: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in root.rglob("*.py"))


# --- the index alone --------------------------------------------------------------------------


async def started(root: Path, cache: Path) -> tuple[Index, float]:
    """A ready index, and the seconds that it took."""
    index = Index(cache)
    began = time.perf_counter()
    await index.start(root)
    if not await index.ready(PATIENCE_S):
        raise RuntimeError(f"the index never was ready: {index.state}")
    return index, time.perf_counter() - began


async def timed(ask: Callable[[], Awaitable[object]], times: int) -> list[float]:
    """Milliseconds of each of so many questions."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        await ask()
        found.append((time.perf_counter() - began) * 1000)
    return found


async def changes(index: Index, root: Path, times: int) -> list[float]:
    """Milliseconds from a written file to the answer that has its new definition."""
    path = root / "json" / "decoder.py"
    text = path.read_text()
    found = []
    for number in range(times):
        name = f"fresh_definition_{number}"
        path.write_text(f"{text}\n\ndef {name}():\n    pass\n")
        began = time.perf_counter()
        index.changed([path])
        while not await index.definitions([name], "python", "elsewhere.py"):  # noqa: ASYNC110  # a user would not be told either
            await asyncio.sleep(0.001)
        found.append((time.perf_counter() - began) * 1000)
    path.write_text(text)
    return found


async def alone(root: Path, folder: Path, *, quick: bool) -> str:
    """The table of what the index takes and gives."""
    cache = folder / "indexes"
    index, cold_s = await started(root, cache)
    cost = process(index.pid or 0)
    files = index.state.total
    await index.close()
    index, warm_s = await started(root, cache)
    size = sum(path.stat().st_size for path in cache.glob(f"{place(root, cache).name}*"))
    paths = await asyncio.to_thread(sources, root)
    chance = random.Random(1)
    names = ["OrderedDict", "dumps", "loads", "Path", "run", "Thread", "partial", "TestCase",
             "namedtuple", "wraps", "Message", "JSONDecoder"]  # fmt: skip
    share = 10 if quick else 1
    asked = {
        "definitions of 12 names, ms": await timed(
            lambda: index.definitions(names, "python", chance.choice(paths)), QUESTIONS // share
        ),
        "neighbours of a file, ms": await timed(
            lambda: index.neighbours(chance.choice(paths)), QUESTIONS // share
        ),
        "map of 100 definitions, ms": await timed(lambda: index.outline(100), QUESTIONS // share),
        "a changed file to its new definition, ms": await changes(index, root, CHANGES // share),
    }
    await index.close()
    rows: list[tuple[object, ...]] = [
        ("files", files, "", ""),
        ("lines", lines(root), "", ""),
        ("first build, s", f"{cold_s:.1f}", "", ""),
        ("its processor time, s", f"{cost['cpu']:.1f}", "", ""),
        ("its process's peak RSS, MiB", f"{cost['mib']:.0f}", "", ""),
        ("start of a server that has an index, s", f"{warm_s:.2f}", "", ""),
        ("database, MiB", f"{size / 2**20:.1f}", "", ""),
    ]
    for told, values in asked.items():
        numbers = (median(values), quantile(values, 0.95), max(values))
        rows.append((told, *(f"{each:.1f}" for each in numbers)))
    return table(("the index", "median or total", "p95", "max"), rows)


# --- typing in a server -----------------------------------------------------------------------


@contextmanager
def editor(root: Path, folder: Path, *, enabled: bool) -> Iterator[Editor]:
    """An editor of a server with the library open."""
    (folder / "config.yaml").write_text(f"index: {{enabled: {str(enabled).lower()}}}\n")
    homes = {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("STATE", "CACHE", "CONFIG")}
    os.environ.update({**homes, "MOA_LSP_CONFIG": str(folder / "config.yaml")})
    made = Editor(("-m", "moa_lsp", "serve"))
    try:
        opened = {"processId": None, "rootUri": root.as_uri(), "capabilities": {}}
        made.ask("initialize", opened)
        made.write(made.message("initialized", {}, request=False))
        uri, text = (root / "json" / "decoder.py").as_uri(), (root / "json/decoder.py").read_text()
        item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        made.write(made.message("textDocument/didOpen", {"textDocument": item}, request=False))
        made.ask("workspace/executeCommand", {"command": "moa.mixes"})
        yield made
        made.close()
    finally:
        made.process.kill()


def working(at: Editor) -> int | None:
    """The index's process of a server."""
    for listed in Path(f"/proc/{at.process.pid}/task").glob("*/children"):
        for child in listed.read_text().split():
            if b"moa_lsp.workspace.index" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    return None


def cpu_s(pid: int | None) -> float:
    return process(pid)["cpu"] if pid is not None else 0.0


def typed(at: Editor, root: Path, strokes: int) -> list[float]:
    """Milliseconds of each keystroke."""
    document = {"uri": (root / "json" / "decoder.py").as_uri()}
    place_ = {"line": 5, "character": 0}
    found = []
    for number in range(strokes):
        change = {"range": {"start": place_, "end": place_}, "text": "x"}
        params = {"textDocument": {**document, "version": number + 2}, "contentChanges": [change]}
        began = time.perf_counter()
        at.write(at.message("textDocument/didChange", params, request=False))
        at.ask("no/such", {})
        found.append((time.perf_counter() - began) * 1000)
        time.sleep(max(0.0, STROKE_S - (time.perf_counter() - began)))
    return found


def settled(at: Editor) -> None:
    """Wait until the index's process rests."""
    patience = time.monotonic() + PATIENCE_S
    before = -1.0
    while (now := cpu_s(working(at))) != before:
        if time.monotonic() > patience:
            raise RuntimeError("the index never came to rest")
        before = now
        time.sleep(1.5)


def typing(root: Path, folder: Path, strokes: int) -> str:
    """The table of keystrokes without an index, while it is built, and with it."""
    rows = []
    for told, enabled, rest in (
        ("without an index", False, False),
        ("while it is built", True, False),
        ("when it is there", True, True),
    ):
        with editor(root, folder, enabled=enabled) as at:
            patience = time.monotonic() + PATIENCE_S
            while enabled and working(at) is None and time.monotonic() < patience:
                time.sleep(0.02)
            if rest:
                settled(at)
            before = cpu_s(working(at))
            found = typed(at, root, strokes)
            worked = cpu_s(working(at)) - before
            shares = (median(found), *(quantile(found, share) for share in (0.95, 0.99, 1.0)))
            rows.append(
                (
                    told,
                    len(found),
                    *(f"{each:.2f}" for each in shares),
                    f"{worked:.1f}",
                    f"{at.rss_mib():.0f}",
                )
            )
    columns = ("keystroke, ms", "n", "median", "p95", "p99", "max")
    return table((*columns, "CPU s of the index", "RSS MiB of the server"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="four packages")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        root = copied(folder, quick=quick)
        print(f"index: {facts()}", flush=True)
        print(asyncio.run(alone(root, folder, quick=quick)), flush=True)
        print(f"\ntyping: {facts()}", flush=True)
        print(typing(root, folder, 30 if quick else STROKES))


if __name__ == "__main__":
    main()
