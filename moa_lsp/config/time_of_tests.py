"""What tests cost a run of a mix in time, at most. Pure."""

import math

from moa_lsp.config.mixes import Mix
from moa_lsp.config.settings import Settings
from moa_lsp.config.test_command import command_for

TESTS_AT_ONCE = 2
"""Answers of one run that are tested at once: tests keep a processor busy, and an editor's machine
has other things to do."""

TESTS_SHARE = 0.5
"""Of the time that a run has left, for tests: the rest is the aggregator's."""


def time_of_tests(mix: Mix, settings: Settings, language: str) -> str | None:
    """What `verify: [tests]` of a mix costs in time, in words; ``None`` where it is not wanted.

    Args:
        mix: resolved.
        settings: the user's.
        language: LSP language identifier of the document.
    """
    if not any("tests" in step.gates for step in mix.aggregator):
        return None
    command = command_for(settings.tests, language)
    if command is None:
        return (
            f"verify: tests is left out: no command for {language} stands under `tests:` in your "
            "config.yaml (docs/verification.md)"
        )
    answers = sum(agent.samples for agent in mix.layers[-1].agents)
    rounds = math.ceil(answers / TESTS_AT_ONCE)
    writes = any(step.writes for step in mix.aggregator)
    runs = f"{answers} answer{'' if answers == 1 else 's'}{' and the synthesis' if writes else ''}"
    longest = (rounds + writes) * command.timeout
    return (
        f"verify: tests runs `{' '.join(command.command)}` on the unchanged text while proposers "
        f"work, then on {runs}, {TESTS_AT_ONCE} at once: at most {longest:g} s more, within the "
        f"deadline of {mix.deadline:g} s"
    )
