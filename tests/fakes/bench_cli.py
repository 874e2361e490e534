"""``moa-lsp bench sweep`` with a sandbox that reads, for processes that are killed.

Run as ``python -m tests.fakes.bench_cli SWEEP OUT CONFIG [log]``; prints the results as JSON.
With ``log`` cells are carried out by inspect; ``stubborn`` answers an interrupt by a line and goes
on for ever.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from moa_bench.cli.run import SweepArguments, sweep_file
from moa_bench.engine import Engine, local
from moa_bench.run import BenchEnvironment
from moa_lsp.cli.main import answered
from tests.fakes.bench import ReadingSandbox


@asynccontextmanager
async def reading() -> AsyncIterator[BenchEnvironment]:
    yield BenchEnvironment(ReadingSandbox(), "reading", "nothing", 4)


@asynccontextmanager
async def stubborn() -> AsyncIterator[BenchEnvironment]:
    async with reading() as found:
        try:
            yield found
        finally:
            sys.stderr.write("stays\n")
            sys.stderr.flush()
            await asyncio.Event().wait()


def main(file: str, out: str, config: str, how: str = "") -> int:
    swept = SweepArguments(Path(file), Path(out), as_json=True, config=Path(config))
    engine = replace(local(), sandbox=reading) if how == "log" else Engine(reading)
    engine = Engine(stubborn) if how == "stubborn" else engine
    return answered(lambda: sys.exit(sweep_file(swept, engine)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
