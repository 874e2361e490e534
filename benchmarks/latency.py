"""What quorum, grace and deadline do to the latency and the cost of a mix: a simulation.

    python -m benchmarks.latency [--quick | --full] [--runs N] [--sigma S]

The real engine runs in virtual time over a provider whose answers take log-normal times, some of
them many times as long; every policy meets the same times (run by run), so that differences are
those of the policies. Cost is in tokens of input: a cut-off answer costs its prompt and the share
of its tokens that was written by then.
"""

import argparse
import asyncio
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.machine import facts, quantile, table
from moa_lsp.actions.definition import builtin
from moa_lsp.config.mixes import Mix, MixFile, build
from moa_lsp.config.values import frozen
from moa_lsp.mix.engine import Run
from moa_lsp.providers.base import Listener, Reply, Request, Usage
from tests.fakes.clock import virtual_run
from tests.fakes.runs import task

STRAGGLERS = 0.05
"""Share of requests that are slow; assumed, as every number of the times is."""

SLOWER = 5.0
"""How many times as long a straggler takes."""

SIGMA = 0.35
"""Of the log-normal times: 95 of 100 plain requests take less than 1.8 times the median."""

PROMPT, ANSWER = 1_500, 700
"""Tokens of a refactoring of a middle-sized function, and of its answer."""

OUTPUT_PRICE = 4
"""Price of an output token in input tokens; 3 to 5 in the lists of most providers."""

SEED = 20_240_611


@dataclass(frozen=True)
class Panel:
    """Who is asked: median seconds of each proposer, then of the aggregator."""

    name: str
    proposers: tuple[float, ...]
    aggregator: float


@dataclass(frozen=True)
class Policy:
    """How long is waited.

    Attributes:
        quorum: least number of proposals and grace in seconds; ``None`` waits for all.
        deadline: of the run in seconds; two thirds of it are the proposers'.
    """

    quorum: tuple[int, float] | None = None
    deadline: float = 90.0

    def __str__(self) -> str:
        parts = ["all" if self.quorum is None else "{} and {:g} s".format(*self.quorum)]
        parts += [f"deadline {self.deadline:g} s"] if self.deadline != 90 else []
        return ", ".join(parts)


def _graces(least: int, *graces: float) -> tuple[Policy, ...]:
    return tuple(Policy((least, grace)) for grace in graces)


_SHORT = 30.0

STUDY: tuple[tuple[Panel, tuple[Policy, ...]], ...] = (
    (
        Panel("three alike: 6, 6, 6 s, aggregator 6 s", (6, 6, 6), 6),
        (
            Policy(),
            *_graces(2, 0, 1, 2, 4, 8),
            *_graces(1, 2),
            Policy(deadline=_SHORT),
            Policy((2, 2), deadline=_SHORT),
        ),
    ),
    (
        Panel("three apart: 4, 6, 10 s, aggregator 8 s", (4, 6, 10), 8),
        (Policy(), *_graces(2, 0, 1, 2, 4, 8), *_graces(1, 2)),
    ),
    (
        Panel("two alike: 6, 6 s, aggregator 6 s", (6, 6), 6),
        (Policy(), *_graces(1, 0, 1, 2, 4, 8)),
    ),
)


@dataclass
class Timed:
    """A provider whose models take the times that were drawn for this run.

    Attributes:
        seconds: by model, one for each time that it is asked.
        spent: tokens of input that everything asked so far has cost.
        proposals: how many were written to their end, and are shown to the aggregator.
    """

    seconds: dict[str, list[float]]
    name: str = "timed"
    spent: float = 0.0
    proposals: int = 0
    asked: dict[str, int] = field(default_factory=dict)

    async def answer(self, request: Request, on_delta: Listener) -> Reply:
        """Answer after the time that was drawn."""
        number = self.asked.get(request.model, 0)
        self.asked[request.model] = number + 1
        takes = self.seconds[request.model][number]
        clock = asyncio.get_running_loop().time
        began = clock()
        self.spent += PROMPT + (self.proposals * ANSWER if request.model == "z" else 0)
        try:
            await asyncio.sleep(takes)
        finally:
            self.spent += ANSWER * OUTPUT_PRICE * min(1.0, (clock() - began) / takes)
        self.proposals += request.model != "z"
        text = f"This is what {request.model} says."
        on_delta(text)
        return Reply(text, usage=Usage(PROMPT, ANSWER))

    async def close(self) -> None:
        """Nothing is held."""


@dataclass
class Found:
    """What came of each run.

    Attributes:
        shown: how many proposals were usable.
        alone: runs that ended without the aggregator's answer.
        failed: runs without any answer.
    """

    seconds: list[float] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    alone: int = 0
    failed: int = 0


def drawn(chance: random.Random, middle: float, sigma: float) -> float:
    """One request's seconds."""
    seconds = middle * math.exp(sigma * chance.gauss())
    return seconds * SLOWER if chance.random() < STRAGGLERS else seconds


def times(proposer_layer: Panel, number: int, sigma: float) -> dict[str, list[float]]:
    """Every time of one run, the same under each policy."""
    chance = random.Random(f"{SEED}/{proposer_layer.name}/{number}")
    found = {
        f"p{n}": [drawn(chance, each, sigma)] for n, each in enumerate(proposer_layer.proposers)
    }
    return found | {"z": [drawn(chance, proposer_layer.aggregator, sigma)]}


def mix(proposer_layer: Panel, policy: Policy) -> Mix:
    """The mix of a panel under a policy."""
    plan: dict[str, Any] = {
        "name": "study",
        "proposers": [{"model": f"timed/p{n}"} for n in range(len(proposer_layer.proposers))],
        "aggregator": [{"verify": ["parse"]}, {"model": "timed/z"}],
        "deadline": policy.deadline,
    }
    if policy.quorum:
        plan["quorum"] = dict(zip(("min", "grace"), policy.quorum, strict=True))
    return build(MixFile.model_validate(frozen(plan)))


async def runs(proposer_layer: Panel, policy: Policy, count: int, sigma: float) -> Found:
    """Run the mix so many times, one after the other."""
    found, plan = Found(), mix(proposer_layer, policy)
    action, about = builtin()["explain"], task(action="explain", output="document")
    clock = asyncio.get_running_loop().time
    for number in range(count):
        provider = Timed(times(proposer_layer, number, sigma))
        run = Run(
            plan, action, about, {"timed": provider}, lambda _: None, lambda _m, _u: None,
            seed=str(number),
        )  # fmt: skip
        began = clock()
        outcome = await run.go()
        found.seconds.append(clock() - began)
        found.cost.append(provider.spent)
        found.shown.append(sum(each.state == "ok" for each in run.proposals))
        found.failed += outcome.text is None
        found.alone += outcome.aggregation is not None and outcome.aggregation.by != "model"
    return found


def study(proposer_layer: Panel, policies: Sequence[Policy], count: int, sigma: float) -> str:
    """The table of one panel; the first policy is what the others' cost is compared with."""
    rows = []
    base = math.nan
    for policy in policies:
        found = virtual_run(runs(proposer_layer, policy, count, sigma))
        cost = sum(found.cost) / count
        base = cost if math.isnan(base) else base
        times_s = [f"{quantile(found.seconds, share):.1f}" for share in (0.5, 0.95, 0.99)]
        every = sum(each == len(proposer_layer.proposers) for each in found.shown)
        rows.append(
            (
                policy,
                *times_s,
                f"{cost / base:.3f}",
                f"{sum(found.shown) / count:.2f}",
                f"{100 * every / count:.0f} %",
                f"{100 * found.alone / count:.1f} %",
                f"{100 * found.failed / count:.1f} %",
            )
        )
    columns = (
        "waits for", "p50 s", "p95 s", "p99 s", "cost", "proposals", "all of them",
        "no aggregator", "failed",
    )  # fmt: skip
    return f"{proposer_layer.name}\n\n{table(columns, rows)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_const", const=300, dest="runs")
    size.add_argument("--full", action="store_const", const=10_000, dest="runs")
    size.add_argument("--runs", type=int, help="runs of each policy (1,000)")
    parser.add_argument("--sigma", type=float, default=SIGMA, help="of the log-normal times")
    parser.set_defaults(runs=1_000)
    given = parser.parse_args()
    print(f"latency: {given.runs:,} runs a policy, sigma {given.sigma:g}, {facts()}", flush=True)
    for proposer_layer, policies in STUDY:
        print(f"\n{study(proposer_layer, policies, given.runs, given.sigma)}", flush=True)


if __name__ == "__main__":
    main()
