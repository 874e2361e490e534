"""Answers that lost code on the way: cut off at many places, or with code left out.

Made of real answers that passed. What matters is what is then taken: nothing, the whole code all
the same (a lost fence is no lost code), or something else, which is a hole.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from moa_lsp.answers.compare import normalised
from moa_lsp.answers.extract import ExtractionTarget, extract
from moa_lsp.syntax.gates import parses

CUTS = (
    "finish: length, the whole text",
    "inside a line of code",
    "at the end of a line of code",
    "behind the last character of code",
    "behind the last line of code",
    "inside the closing fence",
    "behind the closing fence",
)

SIGNS = {
    "python": ("# {}", "#{}", "## {}", "    # {}", '"""{}"""', "pass  # {}"),
    "javascript": ("// {}", "//{}", "/* {} */", "/** {} */", "{{/* {} */}}", " * {}", "; // {}"),
}
"""How a comment is written; the last ones trail a statement."""

WORDS = (
    "...",
    "…",
    "... existing code ...",
    "...existing code...",
    "rest of the code",
    "... rest of the function",
    "Rest of the implementation remains the same",
    "remaining methods unchanged",
    "(unchanged)",
    "other methods here ...",
    "same as before",
    "Same as above",
    "[previous code]",
    "the rest of your code goes here",
    "keep the existing implementation",
    "code omitted for brevity",
    "... (omitted)",
    "etc...",
    "snip ...",
    "Your existing code here",
    "everything else stays the same",
    "Note: rest of the code",
    "implementation unchanged",
    "No changes below this line",
    "<existing code>",
    "existing code continues here",
)


@dataclass(frozen=True, slots=True)
class Whole:
    """Code that was an answer once, and where it goes."""

    code: str
    asked: ExtractionTarget


def fenced(code: str, language: str) -> str:
    """An answer as it is asked for."""
    ticks = "`" * max(3, max(map(len, re.findall("`+", code)), default=0) + 1)
    return f"{ticks}{language}\n{code}\n{ticks}\n"


def cut(whole: Whole, how: str, random: Random) -> tuple[str, str] | None:
    """Text and finish reason of an answer that was cut off."""
    code = whole.code.strip("\n")
    text = fenced(code, whole.asked.language)
    start = text.index("\n") + 1
    end = start + len(code)
    ends = [at for at in range(start, end) if text[at] == "\n"]
    if how == CUTS[0]:
        return text, "length"
    if how == CUTS[1]:
        inside = [at for at in range(start + 1, end) if not text[at - 1 : at + 1].isspace()]
        inside = [at for at in inside if "\n" not in text[at - 1 : at + 1]]
        return (text[: random.choice(inside)], "stop") if inside else None
    if how == CUTS[2]:
        return (text[: random.choice(ends) + random.randrange(2)], "stop") if ends else None
    at = {CUTS[3]: end, CUTS[4]: end + 1, CUTS[5]: end + 1 + random.randrange(1, 3)}
    return text[: at.get(how, len(text.rstrip()))], "stop"


def elided(code: str, language: str, random: Random) -> Iterator[tuple[str, str]]:
    """Sign and answer, with some lines of the code replaced by a comment, for every sign."""
    lines = code.split("\n")
    inner = [at for at, line in enumerate(lines) if at and line.strip()]
    if len(inner) < 4:
        return
    for sign in SIGNS[language]:
        for words in WORDS:
            first = random.randrange(len(inner) - 2)
            last = random.randrange(first + 1, len(inner))
            first_line = lines[inner[first]]
            indent = first_line[: len(first_line) - len(first_line.lstrip())]
            comment = indent + sign.format(words)
            made = [*lines[: inner[first]], comment, *lines[inner[last] + 1 :]]
            yield sign, fenced("\n".join(made), language)


def outcome(whole: Whole, text: str, finish: str) -> tuple[str, str]:
    """``rejected``, ``whole``, ``gate`` (the parse gate stops it) or ``hole``; and the code."""
    found = extract(text, finish, whole.asked)
    if found.code is None:
        return "rejected", found.category or ""
    language = whole.asked.language
    if normalised(found.code, language) == normalised(whole.code, language):
        return "whole", found.code
    before, after = whole.asked.document, whole.asked.placed(found.code)
    return ("hole" if parses(before, after, language).ok else "gate"), found.code


def truncations(wholes: Sequence[Whole], *, seed: int = 1) -> dict[tuple[str, str], Counter[str]]:
    """What comes of cut answers, by language and cut."""
    random = Random(seed)
    found: dict[tuple[str, str], Counter[str]] = {}
    for whole in wholes:
        for how in CUTS:
            made = cut(whole, how, random)
            if made is not None:
                counts = found.setdefault((whole.asked.language, how), Counter())
                counts[outcome(whole, *made)[0]] += 1
    return found


def elisions(wholes: Sequence[Whole], *, seed: int = 1) -> dict[tuple[str, str], Counter[str]]:
    """What comes of answers with code left out, by language and sign of the comment."""
    random = Random(seed)
    found: dict[tuple[str, str], Counter[str]] = {}
    for whole in wholes:
        for sign, text in elided(whole.code, whole.asked.language, random):
            counts = found.setdefault((whole.asked.language, sign), Counter())
            counts[outcome(whole, text, "stop")[0]] += 1
    return found
