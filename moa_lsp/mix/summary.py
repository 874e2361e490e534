"""How a run went, in one line for its user: who proposed, who failed and why, who wrote, the cost.

Pure. One cause is said once, however many agents it stopped.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from moa_lsp.mix.record import AgentRecord, RunRecord


class Cause(NamedTuple):
    """Why an agent gave nothing."""

    agent: str
    model: str
    reason: str


def grouped(causes: Iterable[Cause]) -> list[str]:
    """Clauses such as ``a, b: lab rejected the key (401)``, one for each cause.

    Causes that differ by the model's name alone are one, told of the provider.
    """
    found: dict[tuple[str, str], list[Cause]] = {}
    for each in causes:
        provider = each.model.partition("/")[0]
        common = each.reason.replace(each.model, provider)
        found.setdefault((provider, common), []).append(each)
    merged: dict[str, list[str]] = {}
    for (_, common), alike in found.items():
        reason = common if len({each.reason for each in alike}) > 1 else alike[0].reason
        merged.setdefault(reason, []).extend(each.agent for each in alike)
    return [f"{', '.join(agents)}: {reason}" for reason, agents in merged.items()]


def failures(proposals: Sequence[AgentRecord]) -> list[str]:
    """Of the proposers whose provider did not answer, each cause once."""
    return [
        f"failed: {each}"
        for each in grouped(
            Cause(one.agent, one.model, one.reason or "no reason given")
            for one in proposals
            if one.state == "failed"
        )
    ]


def troubled(record: RunRecord) -> bool:
    """Whether an agent of a run failed although the run gave a result."""
    fell_back = record.aggregation is not None and record.aggregation.fallback is not None
    return fell_back or any(each.state == "failed" for each in record.proposals)


def summary(record: RunRecord, *, cached: bool = False) -> str:
    """The line: ``refactor by trio: a, b proposed; failed: c: …; z wrote; $0.0123, 4.2 s``.

    Args:
        record: of a run that has ended.
        cached: whether an earlier result was taken.
    """
    parts: list[str] = []
    usable = [each.agent for each in record.proposals if each.state == "ok"]
    if usable:
        parts.append(f"{', '.join(usable)} proposed")
    parts += failures(record.proposals)
    unusable = [each.agent for each in record.proposals if each.state == "rejected"]
    if unusable:
        parts.append(f"not usable: {', '.join(unusable)}")
    settled = record.aggregation
    if settled is not None and settled.fallback is not None:
        parts.append(f"the aggregator failed ({settled.fallback}), so {_stand_in(settled.model)}")
    elif settled is not None and not cached:
        writer = _writer(record)
        parts.append(f"{writer} wrote" if writer else f"taken by {settled.by}")
    if cached:
        parts.append("from the cache")
    parts.append(f"{_cost(record)}, {record.seconds:.1f} s")
    return f"{record.action} by {record.mix}: {'; '.join(parts)}"


def _writer(record: RunRecord) -> str | None:
    """Whose text the result is, as far as the record tells: an aggregator, or agents."""
    if record.aggregation is None:
        return None
    if record.aggregation.by == "model":
        return record.aggregation.model
    usable = [each.agent for each in record.proposals if each.state == "ok"]
    if record.aggregation.by == "agree" and usable:
        return ", ".join(usable)
    return usable[0] if len(usable) == 1 else None


def _stand_in(model: str | None) -> str:
    return f"{model} wrote" if model else "the best proposal was taken"


def _cost(record: RunRecord) -> str:
    if not record.cost_known:
        return f"${record.cost_usd:.4f} and what nobody told"
    return f"${record.cost_usd:.4f}" if record.cost_usd else "free"
