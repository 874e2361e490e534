"""Whether an answer ends the race of the last layer's proposers."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from moa_lsp.config.steps import Step
from moa_lsp.mix.aggregation import LEAST_CHECKS
from moa_lsp.mix.judge import Judge
from moa_lsp.mix.layer import AgentAnswer
from moa_lsp.mix.tests_gate import TESTS


def ends_race(steps: Sequence[Step], judge: Judge) -> Callable[[AgentAnswer], Awaitable[bool]]:
    """For a chain that takes the first usable answer: does this one end the race?

    Args:
        steps: of the aggregator.
        judge: of the run's task.
    """
    checks: tuple[str, ...] = LEAST_CHECKS
    for step in steps:
        if step.ends_race:
            return partial(_passes, judge, checks)
        if not step.gates or TESTS in step.gates:  # tests take longer than a race
            break
        checks += step.gates
    return never


async def never(_answer: AgentAnswer) -> bool:
    """No answer ends the race."""
    return False


async def _passes(judge: Judge, checks: tuple[str, ...], answer: AgentAnswer) -> bool:
    return answer.text is not None and await judge.fault(answer.text, checks) is None
