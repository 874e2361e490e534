"""What the gates see of faults in answers: in the standard library and in recorded JavaScript.

Each region is damaged in one way. Tree-sitter alone and our gate see the merged text; the last
columns say what is left of it when extraction goes first and may mend it.
"""

import importlib
import inspect
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from moa_lsp.answers.extract import ExtractionTarget, extract
from moa_lsp.syntax.gates import parses
from moa_lsp.syntax.symbols import symbols
from moa_lsp.syntax.tree import faults
from research.extraction.losses import Whole, fenced

MODULES = (
    "argparse ast bisect calendar cmd code codecs configparser contextlib copy csv dataclasses"
    " difflib dis doctest fileinput fnmatch fractions ftplib functools getopt gettext glob gzip"
    " heapq html.parser http.client http.cookies imaplib inspect ipaddress json.decoder"
    " json.encoder logging mailbox mimetypes netrc optparse pathlib pdb pickle pickletools"
    " plistlib poplib pprint profile pstats pydoc queue random reprlib shelve shlex shutil smtplib"
    " statistics string tarfile tempfile textwrap timeit tokenize trace traceback typing"
    " unittest.case urllib.parse urllib.request uuid warnings wave weakref zipfile"
)

Damage = Callable[[list[str], Random], str | None]


@dataclass(slots=True)
class Seen:
    """How often a fault was seen, of how many."""

    regions: int = 0
    tree_sitter: int = 0
    gate: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _pick(lines: Sequence[str], random: Random, least: int = 1) -> int | None:
    found = [at for at, line in enumerate(lines) if at >= least and line.strip()]
    return random.choice(found) if found else None


def _at_line(lines: list[str], random: Random) -> str:
    return "\n".join(lines[: random.randrange(1, len(lines))])


def _mid_line(lines: list[str], random: Random) -> str | None:
    at = _pick(lines, random)
    if at is None or len(lines[at].strip()) < 2:
        return None
    own = _indent(lines[at])
    return "\n".join([*lines[:at], lines[at][: random.randrange(own + 1, len(lines[at]))]])


def _bracket(lines: list[str], random: Random) -> str | None:
    text = "\n".join(lines)
    found = [match.start() for match in re.finditer(r"[)\]}]", text)]
    at = random.choice(found) if found else None
    return None if at is None else text[:at] + text[at + 1 :]


def _on_one(change: Callable[[str], str], least: int = 0) -> Damage:
    def damaged(lines: list[str], random: Random) -> str | None:
        margin = _indent(lines[0])
        fit = [line if _indent(line) >= margin + least else "" for line in lines]
        at = _pick(fit, random)
        if at is None:
            return None
        return "\n".join([*lines[:at], change(lines[at]), *lines[at + 1 :]])

    return damaged


def _dropped(lines: list[str], random: Random) -> str | None:
    at = _pick(lines, random)
    return None if at is None else "\n".join([*lines[:at], *lines[at + 1 :]])


def _dedented(lines: list[str], _random: Random) -> str | None:
    text = "\n".join(lines)
    flat = textwrap.dedent(text)
    return None if flat == text else flat


DAMAGE: dict[str, Damage] = {
    "truncated at a line boundary": _at_line,
    "truncated mid line": _mid_line,
    "dropped closing bracket": _bracket,
    "one line + 1 space": _on_one(lambda line: f" {line}"),
    "one line dedented 4": _on_one(lambda line: line[4:], least=4),
    "one line dropped": _dropped,
    "prose left in front": lambda lines, _: "\n".join(["Here is the new code:", *lines]),
    "stray fence left behind": lambda lines, _: "\n".join([*lines, "```"]),
    "header duplicated": lambda lines, _: "\n".join([lines[0], *lines]),
    "whole region dedented": _dedented,
}


def python_regions(count: int, *, seed: int = 1) -> list[Whole]:
    """Functions and methods of the standard library, each in its module."""
    random = Random(seed)
    found: list[Whole] = []
    for name in MODULES.split():
        try:
            text = inspect.getsource(importlib.import_module(name))
        except (ImportError, OSError):
            continue  # of another version of Python
        spans = [
            each.span for each in symbols(text, "python") if each.kind in {"function", "method"}
        ]
        for span in spans:
            start = text.rindex("\n", 0, span.start) + 1 if "\n" in text[: span.start] else 0
            region = text[start : span.end]
            if 5 <= region.count("\n") <= 60:
                asked = ExtractionTarget(region, text[:start], text[span.end :], "python")
                found.append(Whole(region, asked))
    random.shuffle(found)
    return found[:count]


def measure(wholes: Sequence[Whole], *, seed: int = 1) -> dict[str, Seen]:
    """What is seen of each fault."""
    random = Random(seed)
    found = {name: Seen() for name in DAMAGE}
    for whole in wholes:
        for name, damage in DAMAGE.items():
            damaged = damage(whole.code.split("\n"), random)
            if damaged is not None and damaged.strip() and damaged != whole.code:
                _note(found[name], whole, damaged)
    return {name: seen for name, seen in found.items() if seen.regions}


def _note(seen: Seen, whole: Whole, damaged: str) -> None:
    asked = whole.asked
    after = asked.placed(damaged)
    seen.regions += 1
    seen.tree_sitter += (faults(after, asked.language) or 0) > (
        faults(asked.document, asked.language) or 0
    )
    gate = parses(asked.document, after, asked.language, asked.region, damaged)
    seen.gate += not gate.ok
    found = extract(fenced(damaged, asked.language), "stop", asked)
    if found.code is None:
        seen.outcomes["mended" if found.category == "no_change" else "rejected"] += 1
        return
    ok = parses(asked.document, asked.placed(found.code), asked.language, asked.region, found.code)
    seen.outcomes["let through" if ok.ok else "gate"] += 1


def javascript_regions(codes: Sequence[str]) -> Iterator[Whole]:
    """Recorded programs of some lines as regions of a file of nothing else."""
    for code in codes:
        if code.strip("\n").count("\n") >= 5:
            region = code.strip("\n")
            yield Whole(region, ExtractionTarget(region, "", "\n", "javascript"))
