"""The one place that makes the seats of a layer: one for every sample of every agent."""

import math
from collections.abc import Callable, Iterable

from moa_lsp.config.mixes import Agent
from moa_lsp.mix.layer import AgentSlot
from moa_lsp.providers.base import Request
from moa_lsp.task import Message, Task


def slots_for(
    agents: Iterable[Agent],
    request_of: Callable[[Agent], Callable[[str], Request]],
    *,
    longest: float = math.inf,
) -> list[AgentSlot]:
    """The seats of some agents, in their order.

    Args:
        agents: of one layer.
        request_of: called once an agent; what makes its request for a model's bare name.
        longest: seconds that no model may take more of.
    """
    slots: list[AgentSlot] = []
    for agent in agents:
        ask = request_of(agent)
        for sample in range(1, agent.samples + 1):
            slots.append(
                AgentSlot(
                    agent.id if sample == 1 else f"{agent.id}#{sample}",
                    (agent.model, *agent.fallbacks),
                    agent.weight,
                    len(slots),
                    min(agent.timeout, longest),
                    ask,
                )
            )
    return slots


def request_for(agent: Agent, messages: tuple[Message, ...], task: Task, model: str) -> Request:
    """An agent's request to a model, by its bare name."""
    return Request(
        model,
        messages,
        task,
        agent.temperature,
        agent.max_tokens,
        agent.timeout,
        reasoning=agent.reasoning,
        extra=agent.extra,
    )
