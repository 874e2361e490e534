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
from moa_lsp.answers.fences import scan
from moa_lsp.text.eol import to_lf
from research.extraction import chat

EVERY = 10
"""Of a quick look."""

ALL = "all"
WITH_A_BLOCK = "all with a closed block"
"""The others were cut off in their code, or have no fence around it."""

_ENDS = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[ \t]*\n", re.MULTILINE)
"""Where an answer that streams line by line is looked at."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Where one answer is stopped.

    Attributes:
        chars: of it that are not waited for, ``None`` if it is not stopped.
        behind: characters behind the block that was enough; some are heard to tell whether the
            model has done with it.
        equal: whether the whole answer gives the same code.
    """

    chars: int | None
    behind: int = 0
    equal: bool = True


@dataclass(frozen=True, slots=True)
class EarlyCode:
    """The code that an answer gave so far, its block's end and where the request is closed."""

    code: str
    end: int
    closed: int


def taken_early(raw: str, asked: ExtractionTarget) -> EarlyCode | None:
    """Stop an answer that streams in small pieces.

    Args:
        raw: the whole answer, LF line endings.
        asked: the place it is for.
    """
    for end in _ENDS.finditer(raw):
        code = enough(raw[: end.end()], asked)
        if code is not None:
            known = _left(raw, end.end())
            return None if known is None else EarlyCode(code, end.end(), known)
    return None


def _left(raw: str, end: int) -> int | None:
    """Where it is known that a model has done with the block before; ``None`` where it has not.

    Its words arrive one character at a time here, and a few at once in a run.
    """
    for heard in range(end, len(raw)):
        left = is_left(raw[end:heard])
        if left is not None:
            return heard if left else None
    return len(raw)


def stop(raw: str, each: chat.Chat, place: str) -> Stop:
    """Stop one answer as a run would."""
    asked = each.asked(place)
    early = taken_early(raw, asked)
    if early is None:
        return Stop(None)
    return Stop(
        chars=len(raw) - early.closed,
        behind=len(raw) - early.end,
        equal=extract(raw, "stop", asked).code == early.code,
    )


def study(chats: Sequence[chat.Chat], place: str) -> str:
    """The table of one place, by family of models."""
    counts: dict[str, Counter[str]] = {}
    for each in chats:
        raw = to_lf(each.raw)
        found = stop(raw, each, place)
        groups = [chat.family(each.model), ALL]
        if any(block.closed for block in scan(raw)):
            groups.append(WITH_A_BLOCK)
        for name in groups:
            count = counts.setdefault(name, Counter())
            count["answers"] += 1
            count["chars"] += len(raw)
            if found.chars is not None:
                count["stopped"] += 1
                count["saved"] += found.chars
                count["behind"] += found.behind
                count["equal"] += found.equal
                count["passed"] += each.passed
                count["equal and passed"] += each.passed and found.equal
    ordered = sorted(
        counts.items(), key=lambda one: (one[0] in (ALL, WITH_A_BLOCK), -one[1]["answers"])
    )
    rows = [
        (
            name,
            f"{count['answers']:,}",
            _share(count["stopped"], count["answers"], 1),
            _share(count["saved"], count["chars"], 1),
            _share(count["behind"], count["chars"], 1),
            _share(count["equal"], count["stopped"], 2),
            _share(count["equal and passed"], count["passed"], 2),
        )
        for name, count in ordered
    ]
    columns = (
        "family", "answers", "stopped, %", "characters saved, %", "behind the block, %",
        "as at the end, %", "the same of those that pass, %",
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
