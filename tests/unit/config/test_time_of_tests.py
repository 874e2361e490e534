"""What tests cost in time, as `mix show` says it."""

import pytest

from moa_lsp.config.settings import Settings
from moa_lsp.config.time_of_tests import time_of_tests
from tests.fakes.runs import mix

SETTINGS = Settings.model_validate(
    {"tests": {"python": {"command": ("python", "-m", "pytest", "{files}"), "timeout": 30.0}}}
)
TESTED = {"verify": ["parse", "tests"]}


@pytest.mark.parametrize(
    ("steps", "language", "parts"),
    [
        ([TESTED, {"select": "prior"}], "python", ["on 3 answers, 2 at once: at most 60 s more"]),
        (
            [TESTED, {"model": "scripted/x"}],
            "python",
            ["3 answers and the synthesis", "90 s more"],
        ),
        ([TESTED], "rust", ["is left out: no command for rust"]),
    ],
)
def test_the_worst_case_is_told(steps, language, parts):
    agents = ("a", {"model": "b", "samples": 2})
    said = time_of_tests(mix(*agents, aggregator=steps), SETTINGS, language)
    assert said is not None
    assert all(part in said for part in parts)


def test_nothing_is_said_of_a_mix_that_tests_nothing():
    assert time_of_tests(mix("a"), SETTINGS, "python") is None
