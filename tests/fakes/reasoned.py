"""Answers with a draft in reasoning before them, in every format of reasoning."""

from collections.abc import Iterator
from dataclasses import dataclass

from moa_lsp.answers.extract import ExtractionTarget, extract
from moa_lsp.answers.reasoning_formats import FORMATS, ReasoningFormat
from moa_lsp.text.eol import to_lf
from research.extraction.early import taken_early

DRAFTS = {
    "python": 'def {name}(*given):\n    return "a draft"',
    "javascript": 'function {name}(...given) {{\n  return "a draft";\n}}',
}
"""A whole definition of what is asked for, which no answer may bring into the file."""

SHAPES = {
    "fenced": "First:\n\n```{language}\n{draft}\n```\n\nThat could be used instead of it.\n",
    "bare fence": "```\n{draft}\n```\nBut it's slow.",
    "open fence": "Let me write it:\n\n```{language}\n{draft}\n",
    "two fences": "```{language}\n{draft}\n```\nor\n```{language}\n{draft}\n```\nSo the first.\n",
    "no fence": "{draft}\n\nWait.\n",
}

LEADS = ("whole", "only closed", "late")


@dataclass(frozen=True, slots=True)
class Reasoned:
    """One answer with reasoning before it.

    Attributes:
        text: all that the model wrote.
        how: what it is, for a failure's message.
    """

    text: str
    how: str


def reasoned(answer: str, language: str, name: str) -> Iterator[Reasoned]:
    """An answer behind reasoning in every format, with a draft of every shape in it."""
    draft = DRAFTS[language].format(name=name)
    for row in FORMATS:
        for shape, pattern in SHAPES.items():
            thoughts = pattern.format(language=language, draft=draft)
            for lead in LEADS:
                if lead == "whole" or not row.framed:
                    yield Reasoned(
                        _written(row, thoughts, lead) + answer, f"{row.name}, {shape}, {lead}"
                    )


def _written(row: ReasoningFormat, thoughts: str, lead: str) -> str:
    opening, end = row.sample
    start = {"whole": opening, "only closed": "", "late": f"Sure.\n{opening}"}[lead]
    return f"{start}{thoughts}{end}"


def outcome(found: Reasoned, asked: ExtractionTarget, expected: str | None) -> str:
    """What is taken of an answer: ``final``, ``nothing``, or what is wrong with it.

    A draft that an early stop would take is wrong as well.

    Args:
        found: the answer.
        asked: the place it is for.
        expected: what is taken of the same answer without its reasoning.
    """
    early = taken_early(to_lf(found.text), asked)
    if early is not None and "a draft" in early.code:
        return f"{found.how}: took {early.code!r} before the answer's end"
    code = extract(found.text, "stop", asked).code
    if code is None:
        return "nothing"
    if code == expected:
        return "final"
    return f"{found.how}: took {code!r} instead of {expected!r}"
