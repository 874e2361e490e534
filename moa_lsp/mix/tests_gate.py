"""The gate `tests` of the step `verify`: the user's own tests as a judge of proposals.

Tests advise: they drop proposals only where another one does better, and a run on which they say
nothing goes on as if they had not been asked for.
"""

import asyncio
from collections.abc import Mapping, Sequence

from moa_lsp.answers.rejection import Rejection
from moa_lsp.config.time_of_tests import TESTS_SHARE
from moa_lsp.mix.aggregation import AggregationContext
from moa_lsp.mix.select import Candidate
from moa_lsp.verification.verdict import (
    SHOWN_NAMES,
    TestVerdict,
    fails_what_passed,
    most_passed,
    report,
)

TESTS = "tests"
"""The name of the gate."""


async def drop_failing(
    context: AggregationContext, candidates: Sequence[Candidate]
) -> dict[int, Rejection]:
    """Run the tests, and say which proposals are dropped because another one does better.

    Args:
        context: takes what tests say of those that fail, for the aggregator.
        candidates: that passed all other gates.

    Returns:
        By ``Candidate.order``. Never all of them. Where none passes and a model is to write the
        answer, nobody: it is told what failed, and may mend it.
    """
    found = await _verdicts(context, candidates)
    failing = {order: each for order, each in found.items() if not each.ok}
    context.reports |= {order: report(each) for order, each in failing.items()}
    if not failing or (len(failing) == len(candidates) and context.may_mend):
        context.faults |= dict.fromkeys(failing, FAILS)
        return {}
    # One about which tests say nothing is not worse than one that they fail.
    kept = set(most_passed(found)) if len(failing) == len(candidates) else set()
    return {
        order: Rejection("tests", f"{FAILS}: {_named(each.failed)}")
        for order, each in failing.items()
        if order not in kept
    }


FAILS = "fails tests of the project"


async def worse_by_tests(text: str, context: AggregationContext) -> Rejection | None:
    """Why a synthesis is worse than a proposal by the tests, if it is."""
    tests = context.tests
    if tests is None:
        return None
    context.testing()
    found = (await tests.judge([text], _stop_at(context))).get(text)
    if found is None or found.ok:
        return None
    others = (tests.known(answer.text or "") for answer in context.answers.values())
    lost = fails_what_passed(found, [each for each in others if each is not None])
    if not lost:
        return None
    return Rejection("tests", f"fails tests that a proposal passes: {_named(lost)}")


async def _verdicts(
    context: AggregationContext, candidates: Sequence[Candidate]
) -> Mapping[int, TestVerdict]:
    if context.tests is None:
        return {}
    context.testing()
    texts = [each.text for each in candidates]
    found = await context.tests.judge(texts, _stop_at(context))
    return {each.order: found[each.text] for each in candidates if each.text in found}


def _stop_at(context: AggregationContext) -> float:
    now = asyncio.get_running_loop().time()
    return now + max(0.0, context.stop_at - now) * TESTS_SHARE


def _named(names: Sequence[str]) -> str:
    more = len(names) - SHOWN_NAMES
    listed = ", ".join(names[:SHOWN_NAMES])
    return f"{listed} and {more} more" if more > 0 else listed
