"""Answers distorted as models distort them: the exact text comes back, or none, never another.

Regions are lines of standard library modules, changed a little; each is written as an answer that
keeps the contract and then distorted in one way.
"""

import importlib
import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random

from hypothesis import example, given, strategies

from moa_lsp.answers.extract import ExtractionTarget, extract
from moa_lsp.syntax.gates import parses
from moa_lsp.syntax.symbols import symbols

MODULES = ("textwrap", "string", "bisect", "heapq", "shlex", "json.decoder", "fnmatch", "colorsys")


@dataclass(frozen=True)
class Case:
    """A region of a document and what a model makes of it."""

    before: str
    region: str
    after: str
    new: str

    def asked(self) -> ExtractionTarget:
        return ExtractionTarget(self.region, self.before, self.after, "python")


@cache
def source(module: str) -> str:
    return inspect.getsource(importlib.import_module(module))


@cache
def functions(module: str) -> list[tuple[int, int]]:
    return [
        (found.span.start, found.span.end)
        for found in symbols(source(module), "python")
        if found.kind in {"function", "method"}
    ]


def case(module: str, pick: int, seed: int, *, part: bool) -> Case | None:
    """Some function of a module, or (`part`) some lines of one, with one line changed."""
    text, spans = source(module), functions(module)
    start, end = spans[pick % len(spans)]
    random = Random(seed)
    if part:
        lines = text[start:end].split("\n")
        if len(lines) < 6:
            return None
        first = random.randrange(1, len(lines) - 3)
        last = random.randrange(first + 2, len(lines))
        start += sum(len(line) + 1 for line in lines[:first])
        end = start + len("\n".join(lines[first:last]))
    region = text[start:end]
    lines = region.split("\n")
    filled = [index for index, line in enumerate(lines) if line.strip()]
    if len(filled) < 3:
        return None
    index = filled[len(filled) // 2]
    indent = lines[index][: len(lines[index]) - len(lines[index].lstrip())]
    lines.insert(index, f"{indent}changed_value = compute({seed})")
    found = Case(text[:start], region, text[end:], "\n".join(lines))
    whole = found.before + found.new + found.after
    return found if parses(text, whole, "python").ok else None


def fenced(code: str, info: str = "python", ticks: str = "```") -> str:
    return f"{ticks}{info}\n{code}\n{ticks}\n"


def around(case: Case, above: int, below: int) -> str:
    head = case.before.rstrip("\n").split("\n")[-above:] if above else []
    tail = case.after.lstrip("\n").split("\n")[:below] if below else []
    return "\n".join([*head, case.new, *tail])


def tabbed(indent: re.Match[str]) -> str:
    return "\t" * (len(indent.group()) // 4)


def first_dedented(case: Case) -> str:
    first, _, rest = case.new.lstrip("\n").partition("\n")
    return f"{first.strip()}\n{rest}"


def elided(case: Case) -> str:
    lines = case.new.split("\n")
    return "\n".join([*lines[:1], "    # ... existing code ...", *lines[-1:]])


DISTORTIONS: dict[str, Callable[[Case], str]] = {
    "plain": lambda case: fenced(case.new),
    "prose": lambda case: (
        f"Here is the code:\n\n{fenced(case.new)}\nI changed `x`. Hope it helps!"
    ),
    "no language": lambda case: fenced(case.new, ""),
    "tildes": lambda case: fenced(case.new, "python", "~~~"),
    "longer fence": lambda case: fenced(case.new, "py", "`````"),
    "carriage returns": lambda case: fenced(case.new).replace("\n", "\r\n"),
    "tabs": lambda case: fenced(re.sub(r"(?m)^(?: {4})+", tabbed, case.new)),
    "two blocks": lambda case: f"Before:\n{fenced('a = 1')}After:\n{fenced(case.new)}",
    "said twice": lambda case: fenced(case.new) + "Again:\n" + fenced(case.new),
    "shell block": lambda case: fenced("pip install x", "bash") + fenced(case.new),
    "numbers": lambda case: fenced(
        "\n".join(f"{n:4d} | {line}" for n, line in enumerate(case.new.split("\n"), 7))
    ),
    "thoughts": lambda case: "\ufeff<think>```x```\nhm</think>\n" + fenced(case.new),
    "orphan thoughts": lambda case: "let me see\n</think>\n\n" + fenced(case.new),
    "control token": lambda case: fenced(case.new) + "<|im_end|>",
    "in a list": lambda case: "1. So:\n\n" + textwrap.indent(fenced(case.new), "   "),
    "tags": lambda case: fenced(f"<region-a1b2c3>\n{case.new}\n</region-a1b2c3>"),
    "dedented": lambda case: fenced(textwrap.dedent(case.new)),
    "first line dedented": lambda case: fenced(first_dedented(case)),
    "no fence": lambda case: case.new,
    "no fence, prose": lambda case: (
        f"Sure, here it is:\n\n{case.new}\n\nI hope this is what you want."
    ),
    "line before": lambda case: fenced(around(case, 1, 0)),
    "line after": lambda case: fenced(around(case, 0, 1)),
    "lines around": lambda case: fenced(around(case, 3, 3)),
    "whole file": lambda case: fenced(case.before + case.new + case.after.rstrip("\n")),
    "blank edges": lambda case: fenced(f"\n\n{case.new}\n\n"),
    "elided": lambda case: fenced(elided(case)),
    "unclosed": lambda case: "```python\n" + "\n".join(case.new.rstrip().split("\n")[:-1]),
}
NEVER = {"elided", "unclosed"}
"""Distortions that lose code: nothing may be taken."""


def outcome(name: str, case: Case) -> str:
    """``exact``, ``rejected``, ``caught`` by the parse gate, or ``wrong``."""
    taken = extract(DISTORTIONS[name](case), "stop", case.asked())
    if taken.code is None:
        return "rejected"
    if taken.code == case.new:
        return "exact"
    before, after = case.asked().document, case.asked().placed(taken.code)
    return "wrong" if parses(before, after, "python").ok else "caught"


@given(
    module=strategies.sampled_from(MODULES),
    pick=strategies.integers(0, 10**6),
    seed=strategies.integers(0, 10**6),
    part=strategies.booleans(),
    name=strategies.sampled_from(sorted(DISTORTIONS)),
)
@example(module="bisect", pick=0, seed=0, part=True, name="shell block")
def test_a_distorted_answer_comes_back_exact_or_not_at_all(module, pick, seed, part, name):
    found = case(module, pick, seed, part=part)
    if found is None:
        return
    result = outcome(name, found)
    assert result != "wrong"
    if name in NEVER:
        assert result == "rejected"
