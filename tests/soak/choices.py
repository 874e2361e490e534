"""Simulated exchanges of proposals, many times over all cores.

    python -m tests.soak.choices [--runs N] [--seed FIRST] [--workers N]

As ``tests.soak.editing``: the exit code says whether any sequence went wrong.
"""

import argparse
import logging
import multiprocessing
import os
import secrets
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.choices import exchange

RUNS = 10_000
CHUNK = 250
SHOWN = 10
"""Failures that are told in full."""


def chunk(seeds: range) -> tuple[Counter[str], list[str]]:
    """What happened how often, and every sequence that went wrong."""
    logging.disable(logging.CRITICAL)
    outcomes = exchange(seeds)
    happened = Counter(kind for each in outcomes for kind in each.kinds)
    return happened, [str(each) for each in outcomes if each.wrong]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=None, help="the first (random)")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    given = parser.parse_args()
    first = secrets.randbelow(2**40) if given.seed is None else given.seed
    print(f"choices: {given.runs:,} sequences from seed {first}", flush=True)
    happened, wrong = Counter[str](), list[str]()
    last = first + given.runs
    chunks = [range(at, min(at + CHUNK, last)) for at in range(first, last, CHUNK)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(given.workers, mp_context=context) as pool:
        for kinds, failed in pool.map(chunk, chunks):
            happened += kinds
            for each in failed[: max(0, SHOWN - len(wrong))]:
                print(each, flush=True)
            wrong += failed
    print(f"choices: {len(wrong)} sequences wrong")
    print("; ".join(f"{kind} {number:,}" for kind, number in happened.most_common()))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
