"""Simulated editing, many times over all cores.

    python -m tests.soak.editing [--runs N] [--seed FIRST] [--workers N]

Prints the first seed; a run that went wrong is told with its own, which repeats it alone:
``--seed SEED --runs 1``. The exit code says whether any did.
"""

import argparse
import logging
import multiprocessing
import os
import secrets
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.run import simulate

RUNS = 100_000
CHUNK = 1_000
SHOWN = 10
"""Failures that are told in full."""


def chunk(seeds: range) -> tuple[int, Counter[str], list[str]]:
    """Edits that went in, what happened how often, and every run that went wrong."""
    logging.disable(logging.CRITICAL)  # the server's warnings of odd versions
    outcomes = simulate(seeds)
    happened = Counter(kind for each in outcomes for kind in each.kinds)
    wrong = [str(each) for each in outcomes if each.wrong]
    return sum(each.applied for each in outcomes), happened, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=None, help="the first (random)")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    given = parser.parse_args()
    first = secrets.randbelow(2**40) if given.seed is None else given.seed
    print(f"editing: {given.runs:,} runs from seed {first}", flush=True)
    began, applied, happened, wrong = time.monotonic(), 0, Counter[str](), list[str]()
    last = first + given.runs
    chunks = [range(at, min(at + CHUNK, last)) for at in range(first, last, CHUNK)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(given.workers, mp_context=context) as pool:
        for more, kinds, failed in pool.map(chunk, chunks):
            applied += more
            happened += kinds
            for each in failed[: max(0, SHOWN - len(wrong))]:
                print(each, flush=True)
            wrong += failed
    seconds = time.monotonic() - began
    print(f"editing: {applied:,} edits applied, {len(wrong)} runs wrong, in {seconds:.0f} s")
    print("; ".join(f"{kind} {number:,}" for kind, number in happened.most_common()))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
