"""The run record: what a run did, agent by agent, as values and as JSON.

It never holds a prompt. ``text`` is the new text of the target, or the Markdown of an explanation;
``edit`` is the workspace edit in LSP's JSON shape, once there is one.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from moa_lsp.answers.rejection import Category
from moa_lsp.providers.base import Usage

AgentState = Literal["ok", "declined", "rejected", "failed", "cancelled", "late"]
"""``ok`` usable; ``declined`` not its work; ``rejected`` the answer is no usable code; ``failed``
the provider did not answer; ``cancelled`` with the run; ``late`` cut off, because enough others
had come or the time was up."""

RunState = Literal["running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """What one agent did.

    Attributes:
        seconds: from its request to its end.
        first_token_seconds: from its request to the first text, ``None`` when nothing came.
        cost_usd: ``None`` when the price is not known.
        category: the kind of ``reason`` of one that is ``rejected``.
        estimated: whether ``usage`` and ``cost_usd`` hold what answers came to that were cut off,
            broke or were closed early, by estimate of their text.
        uncounted: whether a model was at work for it whose answer was not taken, at a cost that
            nobody told; ``cost_usd`` is that of who answered after it.
    """

    agent: str
    model: str
    state: AgentState
    reason: str | None = None
    seconds: float = 0.0
    first_token_seconds: float | None = None
    usage: Usage | None = None
    cost_usd: float | None = None
    category: Category | None = None
    uncounted: bool = False
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class RunCost:
    """What requests took together.

    Attributes:
        usd: of those whose price is known.
        known: false when one was billed at a price that nobody told us: it was answered, or cut
            off while its answer came or was made.
        estimated: what is not known is an estimate, and part of ``usd``.
    """

    usage: Usage
    usd: float
    known: bool
    estimated: bool = False


ESTIMATED = "a part of the cost is an estimate: answers were cut off before their usage was told"
"""Among a run's warnings when its cost holds an estimate."""


def cost_of(agents: Iterable[AgentRecord]) -> RunCost:
    """Add up what agents took, aggregators too."""
    agents = list(agents)
    told = not any(each.uncounted for each in agents) and all(
        each.cost_usd is not None
        for each in agents
        if each.state in ("ok", "rejected") or each.first_token_seconds is not None
    )
    guessed = any(each.estimated for each in agents)
    return RunCost(
        sum((each.usage for each in agents if each.usage is not None), Usage()),
        math.fsum(each.cost_usd or 0.0 for each in agents),
        told and not guessed,
        told and guessed,
    )


def rejections(agents: Iterable[AgentRecord]) -> dict[Category, int]:
    """How many answers were rejected for each kind of reason, aggregators' too, by name."""
    counts = Counter(
        each.category for each in agents if each.state == "rejected" and each.category is not None
    )
    return dict(sorted(counts.items()))


@dataclass(frozen=True, slots=True)
class Aggregation:
    """Which step of the chain settled the run.

    Attributes:
        by: the key of the step (``Step.key``), or ``single`` for the only usable proposal.
        model: the one that wrote or chose the answer.
        fallback: why the step that should have settled it did not, if so.
    """

    by: str
    model: str | None = None
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run from request to end.

    Attributes:
        cost_estimated: the cost is not known because a part of it is an estimate, which
            ``cost_usd`` holds.
        author: who wrote what is in ``text``, or what the user took in its place; ``None`` where
            nobody can be named.
        first_visible_seconds: from the request to the first text of an answer that the user could
            see, ``None`` when there was none.
    """

    run: str
    action: str
    mix: str
    mix_hash: str
    state: RunState = "running"
    applied: bool = False
    needs_confirmation: bool = False
    edit: Mapping[str, object] | None = None
    text: str | None = None
    reason: str | None = None
    seconds: float = 0.0
    aggregation: Aggregation | None = None
    proposals: tuple[AgentRecord, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0
    cost_known: bool = True
    cost_estimated: bool = False
    warnings: tuple[str, ...] = ()
    rejected: Mapping[Category, int] = field(default_factory=dict)
    author: str | None = None
    first_visible_seconds: float | None = None

    def as_json(self) -> dict[str, object]:
        """The record as plain JSON values, keys as in docs/editor-protocol.md."""
        settled = self.aggregation
        return {
            "run": self.run,
            "action": self.action,
            "mix": self.mix,
            "mix_hash": self.mix_hash,
            "state": self.state,
            "applied": self.applied,
            "needs_confirmation": self.needs_confirmation,
            "edit": self.edit,
            "text": self.text,
            "reason": self.reason,
            "seconds": round(self.seconds, 4),
            "first_visible_seconds": self.first_visible_seconds
            and round(self.first_visible_seconds, 4),
            "author": self.author,
            "aggregation": settled
            and {name: value for name, value in asdict(settled).items() if value is not None},
            "proposals": [_agent_json(agent) for agent in self.proposals],
            "usage": self.usage.as_json(),
            "cost_usd": self.cost_usd,
            "cost_known": self.cost_known,
            "warnings": [*self.warnings, *([ESTIMATED] if self.cost_estimated else [])],
            "rejected": dict(self.rejected),
        }


def _agent_json(agent: AgentRecord) -> dict[str, object]:
    values: dict[str, object] = {
        "agent": agent.agent,
        "model": agent.model,
        "state": agent.state,
        "seconds": round(agent.seconds, 4),
        "first_token_seconds": agent.first_token_seconds and round(agent.first_token_seconds, 4),
        "usage": agent.usage and agent.usage.as_json(),
        "cost_usd": agent.cost_usd,
    }
    if agent.reason is not None:
        values["reason"] = agent.reason
    return values
