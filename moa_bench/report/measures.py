"""What one row of a board measures, from the questions of one mix on one task set. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

from moa_bench import statistics
from moa_bench.report.board import Latency, MixCost, Oracle, OutcomeCounts
from moa_bench.report.questions import ScoredQuestion
from moa_lsp.limits import MAX_SHOWN_CHARS
from moa_lsp.text.sanitize import escape

PASS_AT = (1, 5, 10, 20, 50, 100)
"""The k of pass@k, as far as there are samples."""

REASONS = 5
"""Of the missing, as many as are shown."""


def counts(asked: Sequence[ScoredQuestion]) -> OutcomeCounts:
    """Questions by what became of them."""
    states = Counter(each.state for each in asked)
    why = Counter(each.why for each in asked if each.state == "missing")
    ordered = sorted(why.items(), key=lambda item: (-item[1], item[0]))
    return OutcomeCounts(
        states["passed"],
        states["failed"],
        states["no_answer"],
        sum(each.timed_out for each in asked if each.state == "failed"),
        states["missing"],
        tuple((escape(reason, MAX_SHOWN_CHARS), n) for reason, n in ordered[:REASONS]),
    )


def pass_at(tasks: Sequence[Sequence[ScoredQuestion]]) -> dict[int, float]:
    """pass@k of the tasks, for each k of ``PASS_AT`` that all have samples for."""
    least = min(map(len, tasks), default=0)
    counted = sorted((len(them), sum(each.passed for each in them)) for them in tasks)
    return {
        k: sum(statistics.pass_at_k(samples, passed, k) for samples, passed in counted)
        / len(counted)
        for k in PASS_AT
        if k <= least
    }


def cost(
    asked: Sequence[ScoredQuestion], scored: Sequence[ScoredQuestion], counts: OutcomeCounts
) -> MixCost:
    """Money in USD, of the scored questions and of all that were asked."""
    total = sum(sorted(each.cost_usd for each in scored))
    return MixCost(
        total,
        total / counts.scored if counts.scored else 0.0,
        total / counts.passed if counts.passed else None,
        all(each.cost_known for each in scored),
        sum(sorted(each.spent_usd for each in asked)),
    )


def latency(scored: Sequence[ScoredQuestion]) -> Latency | None:
    """Median and 95th percentile in seconds; ``None`` without scored questions."""
    if not scored:
        return None
    whole = sorted(each.seconds for each in scored)
    slowest = sorted(each.slowest for each in scored)
    return Latency(
        statistics.quantile(whole, 0.5),
        statistics.quantile(whole, 0.95),
        statistics.quantile(slowest, 0.5),
        statistics.quantile(slowest, 0.95),
    )


def rejected(scored: Sequence[ScoredQuestion]) -> float | None:
    """Share of the proposals that were rejected; ``None`` without any."""
    proposed = sum(each.proposed for each in scored)
    return sum(each.rejected for each in scored) / proposed if proposed else None


def oracle(by_task: Mapping[str, Sequence[ScoredQuestion]]) -> Oracle | None:
    """How often any proposer was right; ``None`` where that is not known."""
    shares = []
    for task in sorted(by_task):
        known = [each.any_right for each in by_task[task] if each.any_right is not None]
        if known:
            shares.append(sum(known) / len(known))
    return Oracle(sum(shares) / len(shares), len(shares)) if shares else None
