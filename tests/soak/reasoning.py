"""Recorded answers behind reasoning in every format: never is a draft of it taken.

    MOA_RECORDED=FOLDER python -m tests.soak.reasoning [--runs N]

Takes the recorded chat answers that passed, over a stub of their function, in turns with every
format and shape of reasoning. The exit code says whether any draft was taken, or anything else but
what is taken of the same answer without reasoning.
"""

import argparse
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

from moa_lsp.answers.extract import ExtractionTarget, extract
from research.extraction import chat
from tests.fakes.reasoned import Reasoned, outcome, reasoned

RUNS = 100_000
SHOWN = 10
"""Failures that are told in full."""

STEP = 7
"""Of the combinations of one answer each seventh is taken, another seventh for the next answer, so
that a run sees all formats and many answers."""


def combinations(folder: Path) -> Iterator[tuple[ExtractionTarget, str | None, Reasoned]]:
    """Places, what is to be taken, and answers."""
    chats, _ = chat.read(folder)
    for number, each in enumerate(one for one in chats if one.passed):
        asked = each.asked(chat.PLACES[0])
        expected = extract(each.raw, "stop", asked).code
        every = reasoned(each.raw, each.language, each.name)
        for found in itertools.islice(every, number % STEP, None, STEP):
            yield asked, expected, found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    given = parser.parse_args()
    folder = Path(os.environ.get("MOA_RECORDED", "") or "nowhere")
    if not (folder / chat.ANSWERS).exists():
        print("reasoning: left out, MOA_RECORDED names no folder with recordings")
        return 0
    began, count, taken, failures = time.monotonic(), 0, 0, 0
    for asked, expected, found in itertools.islice(combinations(folder), given.runs):
        count += 1
        told = outcome(found, asked, expected)
        taken += told == "final"
        if told not in ("final", "nothing"):
            failures += 1
            if failures <= SHOWN:
                print(told, flush=True)
    seconds = time.monotonic() - began
    print(
        f"reasoning: {count:,} answers, {taken:,} taken, {failures} wrong, in {seconds:.0f} s",
        flush=True,
    )
    return 1 if failures or not count else 0


if __name__ == "__main__":
    raise SystemExit(main())
