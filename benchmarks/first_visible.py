"""From the start of a run to the first proposal on the screen, beside the end of the run.

    python -m benchmarks.first_visible [--quick] [--rounds N]

A real ``serve``, proposers of 2, 4 and 6 s and an aggregator of 4 s, each of which says all of its
answer at the end of that time, and an editor that shows partial text. ``shown`` is when its first
``moa/partial`` with code came; the other two are what the run record says.
"""

import argparse
import tempfile
import time
from pathlib import Path

from benchmarks.machine import facts, median, table
from benchmarks.overhead import model_server
from benchmarks.protocol import Editor
from benchmarks.responses import IDLE_S, begin, editor, ended

PROPOSERS_MS, AGGREGATOR_MS = (2_000, 4_000, 6_000), 4_000

MIX = "visible"


def measured(at: Editor, number: int) -> tuple[float, float, float]:
    """Seconds of one run: until code was shown, and both of the record."""
    sent, run = begin(at, MIX, number)
    while True:
        message = at.read()
        if message.get("method") == "moa/partial" and message["params"]["text"].strip():
            break
        if message.get("method") == "workspace/applyEdit":
            raise RuntimeError("the edit came before any proposal was shown")
        if "method" in message and "id" in message:
            at.answer(message, None)
    shown = time.monotonic() - sent
    while (message := at.read()).get("method") != "workspace/applyEdit":
        if "method" in message and "id" in message:
            at.answer(message, None)
    at.answer(message, {"applied": False})
    record = ended(at, run)
    return shown, record["first_visible_seconds"], record["seconds"]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(f"first_visible: {facts()}", flush=True)
    agents = ", ".join(
        f"{{model: lab/{agent}-{wait}}}" for agent, wait in zip("abc", PROPOSERS_MS, strict=True)
    )
    mix = f"name: {MIX}\nproposers: [{agents}]\naggregator: [{{model: lab/z-{AGGREGATOR_MS}}}]\n"
    able = {"experimental": {"moa": {"partial": True}}, "workspace": {"applyEdit": True}}
    with (
        model_server() as url,
        tempfile.TemporaryDirectory() as folder,
        editor(Path(folder), url, able, {MIX: mix}) as at,
    ):
        at.ask("no/such", {})
        time.sleep(IDLE_S)
        rounds = [measured(at, number) for number in range(1 if given.quick else given.rounds)]
    rows = [
        (told, len(each), *(f"{value:.2f}" for value in (min(each), median(each), max(each))))
        for told, each in zip(
            ("shown", "first_visible_seconds", "seconds"),
            (list(each) for each in zip(*rounds, strict=True)),
            strict=True,
        )
    ]
    print(table(("s after the start", "n", "least", "median", "most"), rows))


if __name__ == "__main__":
    main()
