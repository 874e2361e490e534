"""Which requests of a run are worth the keeping of their prompt's beginning by a provider. Pure.

Keeping costs more than reading where a provider asks for a mark (Anthropic: a quarter more), so it
pays only where the same model is asked again with the same beginning: by a later layer, or to
aggregate.
"""

from collections import Counter
from dataclasses import replace

from moa_lsp.config.mixes import Agent, Mix
from moa_lsp.config.steps import ModelRequestStep, asking
from moa_lsp.task import Message


def for_cache(
    mix: Mix, asked: Agent | ModelRequestStep, messages: tuple[Message, ...]
) -> tuple[Message, ...]:
    """The messages, of which a shared beginning is marked only where it will be read again."""
    if _beginning(asked) in _read_again(mix):
        return messages
    return tuple(replace(each, shared=0) for each in messages)


def _beginning(asked: Agent | ModelRequestStep) -> tuple[str, str, bool]:
    """What decides how a request begins, within one run: who is asked, and the system message."""
    return asked.models[0], asked.system or "", isinstance(asked, Agent) or asked.writes


def _read_again(mix: Mix) -> frozenset[tuple[str, str, bool]]:
    """The beginnings at more than one stage; those of one layer are asked at once."""
    stages = [{_beginning(agent) for agent in layer.agents} for layer in mix.layers]
    stages += [{_beginning(step)} for step in asking(mix.aggregator)]
    counts = Counter(each for stage in stages for each in stage)
    return frozenset(each for each, count in counts.items() if count > 1)
