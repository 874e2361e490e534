"""Who wrote the result of a run, read from what its agents answered."""

from collections.abc import Sequence

from moa_lsp.mix.author import FailedSynthesis, Proposer, author
from moa_lsp.mix.judge import key
from moa_lsp.mix.layer import AgentAnswer
from moa_lsp.mix.record import Aggregation
from moa_lsp.task import Task


def author_of(
    task: Task,
    text: str,
    settled: Aggregation | None,
    answers: Sequence[AgentAnswer],
    syntheses: Sequence[AgentAnswer],
) -> str | None:
    """As ``mix.author.author``, for a result and what was answered on the way to it.

    Args:
        task: what was asked for.
        text: the result.
        settled: how the run was settled.
        answers: of every seat.
        syntheses: of every model that was to write the result.
    """
    usable = [each for each in answers if each.text is not None and each.state == "ok"]
    usable.sort(key=lambda each: -each.slot.weight)
    by_key = settled is not None and settled.by == "agree"
    wanted = key(task, text) if by_key else text
    proposers = [
        Proposer(
            each.slot.agent,
            taken=(key(task, each.text or "") if by_key else each.text) == wanted,
        )
        for each in usable
    ]
    failed = None
    if settled is not None and settled.fallback is not None and syntheses:
        last = syntheses[-1]
        failed = FailedSynthesis(last.model, last.category, last.reason)
    return author(settled, proposers, failed)
