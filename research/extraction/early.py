"""What an early stop saves on recorded chat answers, and how often it takes another text.

``python -m research.extraction.early [FOLDER] [--quick]``
"""

import argparse
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import facts, table
from moa_lsp.answers.early_stop import enough, is_left
from moa_lsp.answers.extract import ExtractionTarget, extract
from moa_lsp.text.eol import to_lf
from research.extraction import chat

EVERY = 10
"""Of a quick look."""

_ENDS = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*\n", re.MULTILINE)
"""Where an answer that streams line by line is looked at."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where one answer is stopped: ``chars`` of it are not waited for, ``None`` if it is not."""

    chars: int | None
    equal: bool = True


def taken_early(raw: str, asked: ExtractionTarget) -> tuple[int, str] | None:
    """Where an answer that streams in small pieces is closed, and the code that it gave till then.

    Args:
        raw: the whole answer, LF line endings.
        asked: the place it is for.
    """
    for end in _ENDS.finditer(raw):
        code = enough(raw[: end.end()], asked)
        if code is not None:
            return (end.end(), code) if is_left(raw[end.end() :]) is not False else None
    return None


def stop(raw: str, each: chat.Chat, place: str) -> Stop:
    """Stop one answer as a run would."""
    asked = each.asked(place)
    early = taken_early(raw, asked)
    if early is None:
        return Stop(None)
    return Stop(len(raw) - early[0], extract(raw, "stop", asked).code == early[1])


def study(chats: Sequence[chat.Chat], place: str) -> str:
    """The table of one place, by family of models."""
    counts: dict[str, Counter[str]] = {}
    for each in chats:
        raw = to_lf(each.raw)
        found = stop(raw, each, place)
        for name in (chat.family(each.model), "all"):
            count = counts.setdefault(name, Counter())
            count["answers"] += 1
            count["chars"] += len(raw)
            if found.chars is not None:
                count["stopped"] += 1
                count["saved"] += found.chars
                count["equal"] += found.equal
                count["passed"] += each.passed
                count["equal and passed"] += each.passed and found.equal
    ordered = sorted(counts.items(), key=lambda one: (one[0] == "all", -one[1]["answers"]))
    rows = [
        (
            name,
            f"{count['answers']:,}",
            _share(count["stopped"], count["answers"], 1),
            _share(count["saved"], count["chars"], 1),
            _share(count["equal"], count["stopped"], 2),
            _share(count["equal and passed"], count["passed"], 2),
        )
        for name, count in ordered
    ]
    columns = (
        "family", "answers", "stopped, %", "characters saved, %", "as at the end, %",
        "the same of those that pass, %",
    )  # fmt: skip
    return table(columns, rows)


def _share(part: int, whole: int, digits: int) -> str:
    return f"{100 * part / whole:.{digits}f}" if whole else "-"


def main() -> None:
    """Print a table for each place."""
    parser = argparse.ArgumentParser(prog="python -m research.extraction.early")
    parser.add_argument("folder", nargs="?", default=os.environ.get("MOA_RECORDED"), type=Path)
    parser.add_argument("--quick", action="store_true", help="every tenth answer")
    given = parser.parse_args()
    if given.folder is None:
        parser.error("no recordings: name their folder, or set MOA_RECORDED")
    print(f"early stop: {facts()}\n", flush=True)
    chats, _ = chat.read(given.folder)
    for place in chat.PLACES[:2]:
        print(
            f"### {place}\n\n{study(chats[:: EVERY if given.quick else 1], place)}\n", flush=True
        )


if __name__ == "__main__":
    main()
