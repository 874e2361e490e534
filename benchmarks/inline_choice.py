"""What choosing among several answers for a gap gains, and how long it is worth waiting for.

Recorded infills of four small models (HumanEval, one line each) go through the filters and the
choice of inline completion itself. Then their answers arrive at random delays, and what is shown
is what the race would show: the best of those that came within the grace after the first one.
"""

import argparse
import os
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import facts, median, table
from moa_lsp.config.steps import Agree, Select, Step, Verify
from moa_lsp.inline.choice import ranked
from moa_lsp.inline.cursor import CursorContext
from moa_lsp.inline.memory import Suggestion
from moa_lsp.inline.trim import trim
from research.recorded.answers import rows
from research.recorded.sets import INFILLING

PARSES = Verify(verify=("parse",))
RULES: dict[str, tuple[Step, ...]] = {
    "order of weights": (Select(select="prior"),),
    "verify, order of weights": (PARSES, Select(select="prior")),
    "verify, agree 0.6, order of weights": (PARSES, Agree(agree=0.6), Select(select="prior")),
    "verify, agree 0.5, order of weights": (PARSES, Agree(agree=0.5), Select(select="prior")),
    "verify, vote": (PARSES, Select(select="vote")),
    "verify, medoid": (PARSES, Select(select="medoid")),
}
SHOWN = "verify, agree 0.6, order of weights"
"""The rule of the grace table, and of the bundled mix."""

GRACES_MS = (0, 50, 100, 150, 200, 300, 400, 600, 1000)
MEDIANS_S = (0.35, 0.3, 0.25, 0.3)
"""Of the delays, best model first: better small models are the larger and slower ones."""

SPREAD = 0.4
"""Of the delays' logarithms: p90 at 1.7 times the median, as hosted small models have it."""


@dataclass(frozen=True)
class Question:
    """One gap: the offers of the models that have one, best model first, and which are right."""

    offers: tuple[Suggestion, ...]
    right: frozenset[int]


def questions(folder: Path) -> list[Question]:
    """The recorded gaps that all models of the group answered."""
    group = INFILLING.groups[0]
    tasks = {row["task_id"]: row for row in rows(folder / str(INFILLING.tasks))}
    answers: dict[str, dict[str, dict[str, object]]] = {}
    (file,) = INFILLING.answers
    for row in rows(folder / file):
        answers.setdefault(row["task_id"], {})[row["model"]] = row
    shared = {name: by for name, by in answers.items() if set(group.models) <= set(by)}
    score = {m: sum(bool(by[m]["passed"]) for by in shared.values()) for m in group.models}
    best_first = sorted(group.models, key=lambda model: -score[model])
    found = []
    for name, by in shared.items():
        task = tasks[name]
        place = CursorContext("u", task["prompt"] + task["suffix"], len(task["prompt"]), "python")
        offers = []
        for order, model in enumerate(best_first):
            first = next((line for line in str(by[model]["raw_output"]).split("\n") if line), "")
            cut = trim(f"{first}\n", place, trigger="invoked")
            if cut.text is not None:
                weight = float(len(best_first) - order)
                offers.append(Suggestion(cut.text, name, model, model, weight, order, cut.whole))
        right = frozenset(order for order, m in enumerate(best_first) if by[m]["passed"])
        found.append(Question(tuple(offers), right))
    return found


def share(questions: Sequence[Question], steps: Sequence[Step]) -> float:
    """Points of 100 that a rule gets when everybody is waited for."""
    right = sum(_right(each, ranked(each.offers, steps)) for each in questions)
    return 100 * right / len(questions)


def raced(questions: Sequence[Question], grace: float, draws: int) -> tuple[float, float]:
    """Points when answers come at random delays, and the mean seconds until something is shown."""
    chance = random.Random(1)
    right, waits = 0, []
    for _ in range(draws):
        for each in questions:
            delays = [m * chance.lognormvariate(0, SPREAD) for m in MEDIANS_S]
            coming = sorted(each.offers, key=lambda offer: delays[offer.order])
            if not coming:
                continue
            first = delays[coming[0].order]
            there = [offer for offer in coming if delays[offer.order] <= first + grace]
            right += _right(each, ranked(there, RULES[SHOWN]))
            last = delays[coming[-1].order]
            waits.append(min(first + grace, last))
    return 100 * right / (draws * len(questions)), statistics.mean(waits)


def _right(question: Question, offers: Sequence[Suggestion]) -> bool:
    return bool(offers) and offers[0].order in question.right


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.inline_choice", description=__doc__
    )
    parser.add_argument("folder", nargs="?", default=os.environ.get("MOA_RECORDED"), type=Path)
    parser.add_argument("--draws", type=int, default=20)
    given = parser.parse_args()
    if given.folder is None:
        parser.error("no recordings: name their folder, or set MOA_RECORDED")
    asked = questions(given.folder)
    print(f"inline_choice: {facts()}\n")
    best = 100 * sum(0 in each.right for each in asked) / len(asked)
    oracle = 100 * sum(bool(each.right) for each in asked) / len(asked)
    cells = [
        ["best single model", f"{best:.1f}", "", ""],
        ["some model is right", f"{oracle:.1f}", "", ""],
    ]
    for name, steps in RULES.items():
        times = []
        for each in asked:
            began = time.perf_counter()
            ranked(each.offers, steps)
            times.append(1000 * (time.perf_counter() - began))
        points = share(asked, steps)
        cells.append([name, f"{points:.1f}", f"{points - best:+.1f}", f"{median(times):.3f}"])
    print(table(["rule", "right of 100", "over the best", "ms for four"], cells))
    full = share(asked, RULES[SHOWN]) - best
    cells = []
    for grace in GRACES_MS:
        points, waited = raced(asked, grace / 1000, given.draws)
        kept = 100 * (points - best) / full
        cells.append(
            [
                f"{grace} ms",
                f"{points:.1f}",
                f"{points - best:+.1f}",
                f"{kept:.0f} %",
                f"{1000 * waited:.0f} ms",
            ]
        )
    medians = ", ".join(f"{1000 * each:.0f}" for each in MEDIANS_S)
    print(f"\nGrace, with answers after {medians} ms in the median, best model first:\n")
    print(
        table(
            ["grace", "right of 100", "over the best", "of the gain kept", "shown after, mean"],
            cells,
        )
    )


if __name__ == "__main__":
    main()
