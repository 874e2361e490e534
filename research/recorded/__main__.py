"""What each rule gets in each group: ``python -m research.recorded FOLDER [--html FILE]``.

The folder holds the recordings; without it, ``MOA_RECORDED`` names it. A table is printed; the
page has all of it. The examples that stand in prompts are run in the bench's sandbox.
"""

import argparse
import os
from pathlib import Path

from research.recorded.answers import CACHE
from research.recorded.page import page
from research.recorded.study import Row, Study, study

COLUMNS = (
    "verify: [parse], prior",
    "verify: [parse], majority",
    "verify: [parse], vote",
    "verify: [parse], medoid",
    "verify: [parse, names], prior",
    "verify: [parse, names], majority",
    "verify: [parse, examples], prior",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m research.recorded", description=__doc__)
    parser.add_argument("folder", nargs="?", default=os.environ.get("MOA_RECORDED"), type=Path)
    parser.add_argument("--html", type=Path, help="file to write the page to")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of what was done before")
    asked = parser.parse_args()
    if asked.folder is None:
        parser.error("no recordings: name their folder, or set MOA_RECORDED")
    found = study(asked.folder, asked.cache)
    print(table(found))
    if asked.html:
        asked.html.write_text(page(found), encoding="utf-8")


def table(found: Study) -> str:
    """The engine's rules in Markdown."""
    head = ("tasks and models", "n", "best", "oracle", *COLUMNS)
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for each in found.tables:
        rows = {row.name: row for row in each.rows}
        cells = [f"{each.set}, {each.group}", f"{each.oracle.tasks:,}"]
        cells += [f"{100 * each.models[0][1].value:.1f}", f"{100 * each.oracle.value:.1f}"]
        cells += [_told(rows[name]) if name in rows else "none" for name in COLUMNS]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [f"{name}: not in the folder" for name in found.missing]
    return "\n".join(lines)


def _told(row: Row) -> str:
    low, high = 100 * row.pair.interval.low, 100 * row.pair.interval.high
    return (
        f"{100 * row.score.value:.1f} ({100 * row.pair.difference:+.1f} [{low:.1f}, {high:.1f}])"
    )


if __name__ == "__main__":
    main()
