"""Extraction and gates at work on recorded answers: ``python -m research.extraction [FOLDER]``.

The folder holds the recordings; without it, ``MOA_RECORDED`` names it. ``--quick`` looks at every
tenth answer. What is printed is the second half of docs/extraction.md.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.machine import facts, median, table
from moa_lsp.answers.extract import extract
from moa_lsp.answers.rejection import CATEGORIES
from research.extraction import chat, early, edits, forms, gates, losses

EVERY = 10
"""Of a quick look."""

FUNCTIONS = 100
"""Of the standard library, and programs in JavaScript, that the gates are tried on."""

ELIDED = 40
"""Programs that code is left out of, in every sign and wording."""


DOUBTFUL = ("doubtful", "several_blocks", "echo", "wrong_scope")
"""Kinds of rejection where there is a text, but which one is meant cannot be told."""

_HALVES = ("Python", "JavaScript")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"


def takes(taken: chat.Taken) -> str:
    """What each rule takes: the share that passes."""
    halves = [taken.half(language) for language in ("python", "javascript")]
    rows = [(name, *(f"{taken.share(name, half):.2f}" for half in halves)) for name in taken.codes]
    rows.append(("ceiling: any block passes", *(f"{taken.ceiling(half):.2f}" for half in halves)))
    counts = [f"{len(half):,} in {name}" for half, name in zip(halves, _HALVES, strict=True)]
    return table(("what is taken", *counts), rows)


def families(taken: chat.Taken, place: str) -> str:
    """Kinds of rejection by family of models."""
    counts: dict[str, Counter[str]] = {}
    for each, found in zip(taken.chats, taken.extractions[place], strict=True):
        counts.setdefault(chat.family(each.model), Counter())[found.category or "usable"] += 1
    kinds = [kind for kind in CATEGORIES if any(kind in count for count in counts.values())]
    ordered = sorted(counts.items(), key=lambda one: -one[1].total())
    ordered.append(("all", sum((count for _, count in ordered), Counter())))
    rows = [
        (
            name,
            count.total(),
            _share(count["usable"], count.total()),
            _share(sum(count[kind] for kind in DOUBTFUL), count.total()),
            *(count[kind] or "" for kind in kinds),
        )
        for name, count in ordered
    ]
    return table(("family", "answers", "usable, %", "doubtful, %", *kinds), rows)


def edited(found: Mapping[str, edits.Tally]) -> str:
    """Kinds of rejection by model, of answers that passed and of others."""

    def told(counts: Counter[str]) -> str:
        return ", ".join(f"{kind} {count}" for kind, count in counts.most_common()) or "none"

    rows = [
        (model, each.answers, each.right, told(each.lost), told(each.wrong))
        for model, each in sorted(found.items())
    ]
    lost = sum((each.lost for each in found.values()), Counter[str]())
    wrong = sum((each.wrong for each in found.values()), Counter[str]())
    answers = sum(each.answers for each in found.values())
    right = sum(each.right for each in found.values())
    rows.append(("all", answers, right, told(lost), told(wrong)))
    return table(("model", "answers", "passed", "of these rejected", "of the others"), rows)


def lost(found: Mapping[tuple[str, str], Counter[str]], what: str) -> str:
    """Outcomes of answers that lost code."""
    rows = [
        (
            language,
            name.replace("{{", "{").replace("}}", "}").replace("{}", "…"),
            counts.total(),
            _share(counts["rejected"] + counts["gate"], counts.total()),
            counts["whole"],
            counts["hole"],
        )
        for (language, name), counts in found.items()
    ]
    return table(("language", what, "n", "rejected, %", "whole all the same", "holes"), rows)


def seen(found: Mapping[str, gates.Seen]) -> str:
    """What the gates see."""
    rows = [
        (
            name,
            each.regions,
            _share(each.tree_sitter, each.regions),
            _share(each.gate, each.regions),
            _share(each.outcomes["mended"], each.regions),
            _share(each.regions - each.outcomes["let through"], each.regions),
        )
        for name, each in found.items()
    ]
    columns = ("fault", "n", "tree-sitter", "our gate", "mended", "mended or stopped")
    return table(columns, rows)


def shapes(taken: chat.Taken, wholes: Sequence[losses.Whole]) -> str:
    """How well each shape of an answer does."""
    said, made = forms.chat_forms(taken, chat.PLACES[0]), forms.edit_forms(wholes)
    rows = []
    for form in forms.FORMS:
        answers, usable, missed = said.get(form, (0, 0, 0))
        edit = made[form]
        rows.append(
            (
                form,
                _share(answers, len(taken.chats)),
                _share(usable, answers),
                _share(missed, answers),
                _share(edit["exact"], edit.total()),
                edit["another"],
            )
        )
    columns = (
        "shape", "chat answers", "usable", "a right block lost", "edits that come back exact",
        "as another",
    )  # fmt: skip
    return table(columns, rows)


def speed(taken: chat.Taken) -> float:
    """Milliseconds that an answer takes, in the median."""
    times = []
    for each in taken.chats:
        asked = each.asked(chat.PLACES[0])
        began = time.perf_counter()
        extract(each.raw, "stop", asked)
        times.append(1000 * (time.perf_counter() - began))
    return median(times)


def _right(taken: chat.Taken, place: str) -> list[losses.Whole]:
    found = {
        (each.program(code), place): losses.Whole(code, each.asked(place))
        for at, each in enumerate(taken.chats)
        if (code := taken.codes[place][at]) is not None and taken.passes(at, code)
    }
    return list(found.values())


def _told(title: str, *parts: str) -> None:
    print(f"### {title}\n")
    for part in parts:
        print(f"{part}\n", flush=True)


def _thinned(many: Iterable[losses.Whole], count: int, least_lines: int = 0) -> list[losses.Whole]:
    fit = [each for each in many if each.code.count("\n") >= least_lines]
    return fit[:: max(1, len(fit) // count)][:count]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m research.extraction", description=__doc__)
    parser.add_argument("folder", nargs="?", default=os.environ.get("MOA_RECORDED"), type=Path)
    parser.add_argument("--quick", action="store_true", help="every tenth answer")
    given = parser.parse_args()
    folder, step = given.folder, EVERY if given.quick else 1
    if folder is None:
        parser.error("no recordings: name their folder, or set MOA_RECORDED")
    print(f"extraction: {facts()}\n", flush=True)
    chats, tasks = chat.read(folder)
    taken = chat.take(chats[::step], tasks)
    _told("Which block passes, % of the answers", takes(taken))
    _told("Rejections by family of models", families(taken, chat.PLACES[0]))
    _told("Early stop, over a stub", early.study(taken.chats, chat.PLACES[0]))
    for name, read in (("CanItEdit", edits.canitedit), ("EditBench in part", edits.editbench)):
        every = list(read(folder))[::step]
        elided = list(edits.elided(iter(every)))
        passed = sum(each.passed for each in elided)
        note = f"{len(elided)} leave code out by our rules; {passed} of these passed."
        _told(f"Edits: {name}", edited(edits.tally(iter(every))), note)
    right = _right(taken, chat.PLACES[0])
    wholes = edits.wholes(folder)[::step]
    cuts = losses.truncations([*right, *_right(taken, chat.PLACES[1])])
    _told("Cut off: chat answers", lost(dict(sorted(cuts.items())), "cut"))
    cuts = losses.truncations(wholes)
    _told("Cut off: whole files of CanItEdit", lost(cuts, "cut"))
    some = _thinned(right, ELIDED // step, 9)
    _told("Code left out", lost(dict(sorted(losses.elisions(some).items())), "sign"))
    regions = gates.python_regions(FUNCTIONS // step)
    _told("Gates: Python, % seen", seen(gates.measure(regions)))
    programs = [each.code for each in right if each.asked.language == "javascript"]
    regions = _thinned(gates.javascript_regions(programs), FUNCTIONS // step)
    _told("Gates: JavaScript, % seen", seen(gates.measure(regions)))
    _told("Shapes of answers, %", shapes(taken, wholes))
    print(f"An answer takes {speed(taken):.2f} ms in the median.")


if __name__ == "__main__":
    main()
