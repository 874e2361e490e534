"""One table of what each rule gets in each group: ``python -m benchmarks.recorded FOLDER``.

The folder holds the recordings; without it, ``MOA_RECORDED`` names it.
"""

import argparse
import os
from pathlib import Path

from benchmarks.recorded.answers import questions
from benchmarks.recorded.rules import RULES, agreement, oracle, score
from benchmarks.recorded.sets import RECORDINGS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recorded", description=__doc__)
    parser.add_argument("folder", nargs="?", default=os.environ.get("MOA_RECORDED"), type=Path)
    folder = parser.parse_args().folder
    if folder is None:
        parser.error("no recordings: name their folder, or set MOA_RECORDED")
    rules = [name for name in RULES if name != "best"]
    columns = ["tasks and models", "n", "best", "oracle", *rules, "pairs that agree, right"]
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")
    for recording in RECORDINGS:
        if not (folder / recording.answers).exists():
            print(f"| {recording.name}: {recording.answers} is not there |")
            continue
        of_group = questions(folder, recording)
        for group in recording.groups:
            found = of_group(group)
            share, right = agreement(found)
            cells = [f"{recording.name}, {group.name}", f"{len(found):,}"]
            cells += [f"{score(RULES['best'], found).points:.1f}", f"{oracle(found):.1f}"]
            for name in rules:
                got = score(RULES[name], found)
                cells.append(f"{got.points:.1f} ({got.gain:+.1f} [{got.low:.1f}, {got.high:.1f}])")
            cells.append(f"{share:.0f} %, {right:.0f} %")
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
