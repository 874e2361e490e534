"""Whatever a model thinks aloud, and in whatever format: never is a draft of it taken."""

import itertools

import pytest

from moa_lsp.answers.extract import ExtractionTarget, extract
from moa_lsp.answers.reasoning_formats import FORMATS
from tests.fakes.reasoned import outcome, reasoned

PYTHON = {
    "plain": "def largest(xs):\n    best = xs[0]\n    for x in xs:\n        best = max(best, x)\n"
    "    return best",
    "docstring": 'def largest(xs):\n    """Give the largest.\n\n    ```\n    largest([1])\n'
    '    ```\n    """\n    return max(xs)',
    "tags of its own": 'def largest(xs):\n    return max(x.split("</think>")[-1] for x in xs)',
}
JAVASCRIPT = {
    "plain": "function largest(xs) {\n  return Math.max(...xs);\n}",
    "template": "function largest(xs) {\n  return `${Math.max(...xs)}<think>`;\n}",
}
STYLES = (
    "```{language}\n{code}\n```",
    "Here it is:\n\n```{language}\n{code}\n```\n\nIt takes one pass.\n",
    "```\n{code}\n```\n",
    "{code}\n",
)
ANSWERS = [
    (language, style.format(language=language, code=code), code)
    for language, codes in (("python", PYTHON), ("javascript", JAVASCRIPT))
    for code, style in itertools.product(codes.values(), STYLES)
]
ASKED = {
    "python": ExtractionTarget("def largest(xs):\n    pass", "", "\n", "python", symbol="largest"),
    "javascript": ExtractionTarget(
        "function largest(xs) {\n}", "", "\n", "javascript", symbol="largest"
    ),
}


EVERY = 3
"""Of the combinations of one answer, another third for the next one."""

SHARE = 0.6
"""Of the answers that are taken at the least: rejecting all of them is no way out."""


def combinations(number):
    language, answer, _ = ANSWERS[number]
    return list(reasoned(answer, language, "largest"))[number % EVERY :: EVERY]


@pytest.mark.heavy
@pytest.mark.parametrize("number", range(len(ANSWERS)))
def test_what_is_taken_behind_reasoning_is_the_final_code_or_nothing(number):
    language, answer, code = ANSWERS[number]
    asked = ASKED[language]
    assert extract(answer, "stop", asked).code == code
    told = [outcome(each, asked, code) for each in combinations(number)]
    assert set(told) <= {"final", "nothing"}
    assert told.count("final") > len(told) * SHARE


def test_there_are_some_thousands_and_all_formats_are_among_them():
    every = [each.how for number in range(len(ANSWERS)) for each in combinations(number)]
    assert len(every) >= 2_000
    assert {how.partition(", ")[0] for how in every} >= {row.name for row in FORMATS}
