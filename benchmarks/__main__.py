"""Every benchmark of this project, or the named ones: ``python -m benchmarks [NAME…]``.

Each runs in a process of its own and prints its tables; none of them judges what it measured. One
that cannot run here says so and does not keep the others from running.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.machine import ROOT


@dataclass(frozen=True)
class Bench:
    """One benchmark.

    Attributes:
        tells: what it measures.
        usual: arguments of a usual run; ``quick`` those of the shortest, ``full`` of the longest.
            A benchmark without a short form has ``None`` there.
        needs: an environment variable without which there is nothing to measure.
        module: where it is, if it is no module of this package with its own name.
    """

    tells: str
    usual: tuple[str, ...] = ()
    quick: tuple[str, ...] | None = ("--quick",)
    full: tuple[str, ...] = ()
    needs: str | None = None
    module: str | None = None


BENCHES: Mapping[str, Bench] = {
    "protocol": Bench(
        "start-up, requests a second and memory beside a stock server",
        ("--rounds", "3"),
        ("--rounds", "1"),
        ("--rounds", "7"),
    ),
    "overhead": Bench("what a mix costs beside its models", full=("--rounds", "60")),
    "responses": Bench("moa.run to first byte, moa.cancel to closed sockets"),
    "first_visible": Bench("the start of a run to the first proposal shown, and to its end"),
    "editing": Bench("typing and offers while runs go on, and the server's memory"),
    "latency": Bench("quorum, grace and deadline in virtual time", full=("--full",)),
    "hostile": Bench("offers, moa.run and memory in a repository that is made to be slow"),
    "gateway": Bench("a chat through the gateway beside LiteLLM's and optillm's proxies"),
    "gateway_load": Bench("a hundred clients of the gateway at once"),
    "index": Bench("the index of a workspace: building, asking, typing meanwhile"),
    "inline_embedded": Bench("what completion without a model shows, gets right and takes"),
    "inline_calibration": Bench("what n-grams show and get right, by the estimate they need"),
    "extraction": Bench(
        "which code is taken of recorded answers",
        needs="MOA_RECORDED",
        module="research.extraction",
    ),
    "early_stop": Bench(
        "what of recorded answers is not waited for",
        needs="MOA_RECORDED",
        module="research.extraction.early",
    ),
    "recorded": Bench(
        "rules of selection on recorded answers",
        quick=None,
        needs="MOA_RECORDED",
        module="research.recorded",
    ),
    "inline_choice": Bench(
        "choosing and waiting for inline completion, on recorded infills",
        quick=("--draws", "2"),
        needs="MOA_RECORDED",
    ),
    "published_cost": Bench(
        "the open mix's cost beside the commercial one's",
        needs="MOA_RECORDED",
        module="research.published_cost",
    ),
    "inline_typing": Bench("a typist of 300 keys, asked at every key and as we ask"),
}


def run(name: str, arguments: tuple[str, ...] | None) -> int:
    """Run one; its exit code."""
    if arguments is None:
        print(f"{name}: left out, it has no short form", flush=True)
        return 0
    needs = BENCHES[name].needs
    if needs and not os.environ.get(needs):
        print(f"{name}: left out, {needs} names no folder", flush=True)
        return 0
    began = time.monotonic()
    module = BENCHES[name].module or f"benchmarks.{name}"
    command = (sys.executable, "-m", module, *arguments)
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    ended = f"ended with {code}" if code else "done"
    print(f"{name}: {ended} in {time.monotonic() - began:.0f} s\n", flush=True)
    return code


def main() -> int:
    told = "\n".join(f"  {name:10} {bench.tells}" for name, bench in BENCHES.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"{(__doc__ or '').partition(':')[0]}.\n\n{told}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which (all)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_const", const="quick", dest="size")
    size.add_argument("--full", action="store_const", const="full", dest="size")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(BENCHES))
    if unknown:
        parser.error(f"no benchmark is named {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    names = given.names or list(BENCHES)
    return max([run(name, getattr(BENCHES[name], given.size or "usual")) for name in names])


if __name__ == "__main__":
    sys.exit(main())
