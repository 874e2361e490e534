"""The aggregation chain: steps tried in order until one settles the run.

Only usable proposals come in, and only their text goes on: of a failed or rejected agent nothing
is shown to anyone. What a step does is in ``mix/steps.py``.
"""

from collections.abc import Sequence

from moa_lsp.config.steps import Step
from moa_lsp.mix.aggregation import AggregationContext, AggregationResult
from moa_lsp.mix.steps import by_prior, run_step


async def settle(steps: Sequence[Step], context: AggregationContext) -> AggregationResult:
    """Run the steps over the usable proposals (at least one).

    Those that a step drops are marked as rejected. Where proposals are words, only steps that
    write an answer are run.
    """
    steps = [step for step in steps if step.writes or not context.worded]
    for place, step in enumerate(steps, start=1):
        context.may_mend = any(later.writes for later in steps[place:])
        result = await run_step(step, context)
        if result is not None:
            return result
    return await by_prior(context)
