"""What a mix costs beside its models: wall and processor time over the critical path.

    python -m benchmarks.overhead [--quick] [--rounds N]

One model server in its own process, three clients in theirs: our engine with providers over HTTP,
a bare httpx client, and the package moa-llm from ``.cache/bench`` where it can be installed. The
critical path is the slowest proposer and then the aggregator. Rounds are interleaved, so that
whatever else the machine does meets all; medians are printed, and what they are to ours.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT, facts, median, quantile, table

CASES: dict[str, dict[str, Any]] = {
    "2+1": {"proposers": ["a-100", "b-200"], "aggregator": "z-100"},
    "3+1": {"proposers": ["a-100", "b-200", "c-150"], "aggregator": "z-100"},
    "8+1": {"proposers": [f"{name}-100" for name in "abcdefgh"], "aggregator": "z-100"},
}

PACKAGE = "moa-llm==0.1.0"

CACHE = ROOT / ".cache" / "bench"

WARM_UP = 3
"""Rounds that are not counted: connections, imports, first-use work."""


@dataclass
class Found:
    """Milliseconds over the critical path, and of processor time, a round each."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def critical_ms(case: Mapping[str, Any]) -> int:
    """What the models alone take."""
    waits = [int(model.rpartition("-")[2]) for model in case["proposers"]]
    return max(waits) + int(case["aggregator"].rpartition("-")[2])


@contextmanager
def process(*argv: str, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """A process with text pipes, ended with its block."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(argv, text=True, bufsize=1, **pipes, **more) as started:
        try:
            yield started
        finally:
            started.kill()


@contextmanager
def model_server() -> Iterator[str]:
    """The URL of a model server that runs as long as the block."""
    with process(sys.executable, "-m", "benchmarks.model_server", cwd=ROOT) as server:
        yield server.stdout.readline().strip()


def package() -> tuple[Path | None, str]:
    """A Python that has moa-llm, installed if need be; ``None`` and why when there is none."""
    python = CACHE / "bin" / "python"
    looks = (str(python), "-c", "import moa_llm")
    try:
        if (
            python.exists()
            and subprocess.run(looks, capture_output=True, check=False).returncode == 0
        ):
            return python, ""
        subprocess.run((sys.executable, "-m", "venv", str(CACHE)), check=True, capture_output=True)
        install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE)
        ended = subprocess.run(
            (str(python), *install), capture_output=True, text=True, check=False, timeout=180
        )
    except (OSError, subprocess.SubprocessError) as error:
        return None, str(error)
    if ended.returncode:
        return None, (ended.stderr.strip().split("\n") or ["pip failed"])[-1]
    return python, ""


def measure(rounds: int, *, with_package: bool = True) -> dict[tuple[str, str], Found]:
    """What each client takes in each case: by case and client."""
    pythons = {"moa-lsp": sys.executable, "httpx": sys.executable}
    if with_package:
        python, why = package()
        if python is None:
            print(f"moa-llm is left out, it cannot be installed: {why}")
        else:
            pythons["moa-llm"] = str(python)
    with ExitStack() as stack:
        url = stack.enter_context(model_server())
        # moa-llm reads .env and may write ./outputs: it gets an empty folder
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        callers = {
            name: stack.enter_context(
                process(python, "-m", "benchmarks.callers", name, url, cwd=folder, env=environ)
            )
            for name, python in pythons.items()
        }
        found = {(case, name): Found() for case in CASES for name in callers}
        for number in range(-WARM_UP, rounds):
            for case, asked in CASES.items():
                for name, caller in callers.items():
                    numbers = call(name, caller, asked)
                    if number >= 0:
                        found[case, name].wall.append(numbers["wall_ms"] - critical_ms(asked))
                        found[case, name].cpu.append(numbers["cpu_ms"])
        return found


def call(name: str, caller: subprocess.Popen[str], case: Mapping[str, Any]) -> dict[str, Any]:
    """One call of a client: its ``wall_ms``, ``cpu_ms`` and ``text``."""
    caller.stdin.write(json.dumps(case) + "\n")
    line = caller.stdout.readline()
    if not line:
        raise RuntimeError(
            f"the client {name} ended, run `python -m benchmarks.callers {name} URL`"
        )
    return json.loads(line)


def report(found: Mapping[tuple[str, str], Found]) -> str:
    """The table, and how processor time grows with proposers."""
    rows = []
    for (case, name), each in found.items():
        ours = found[case, "moa-lsp"]
        rows.append(
            (
                f"{case}, {critical_ms(CASES[case])} ms",
                name,
                f"{median(each.wall):.1f}",
                f"{quantile(each.wall, 0.1):.1f}",
                f"{quantile(each.wall, 0.9):.1f}",
                f"{median(each.cpu):.1f}",
                f"{median(each.wall) / median(ours.wall):.2f}",
                f"{median(each.cpu) / median(ours.cpu):.2f}",
            )
        )
    columns = (
        "agents, critical path", "client", "wall over it, ms", "p10", "p90", "CPU ms",
        "wall / ours", "CPU / ours",
    )  # fmt: skip
    clients = dict.fromkeys(name for _, name in found)
    growth = [
        f"{name} {(median(found['8+1', name].cpu) - median(found['2+1', name].cpu)) / 6:.2f}"
        for name in clients
    ]
    return f"{table(columns, rows)}\n\nCPU ms for each proposer more: {', '.join(growth)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two rounds, without moa-llm")
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    print(f"overhead: {facts()}", flush=True)
    rounds = 2 if given.quick else given.rounds
    print(report(measure(rounds, with_package=not given.quick)))


if __name__ == "__main__":
    main()
