"""A resolved mix as YAML: every default written out, so that a user sees what will run.

What is shown can be saved and read again: it is the same mix, with the same hash.
"""

from typing import Any

from moa_lsp.config.mixes import NOT_OF_A_MIX, Agent, Layer, Mix, inner_name
from moa_lsp.config.resolve import MixEntry
from moa_lsp.config.strict_yaml import dump


def as_yaml(entry: MixEntry) -> str:
    """Write a mix out whole; its overrides as the keys in which they differ from it."""
    plain = _plain(entry.mix)
    plain["name"] = entry.mix.name.removesuffix(" (workspace)")
    if entry.mix.overrides:
        plain["overrides"] = [
            {"when": one.when.model_dump(exclude_none=True), **_difference(plain, one.mix)}
            for one in entry.mix.overrides
        ]
    return dump(plain)


def _plain(mix: Mix) -> dict[str, Any]:
    plain: dict[str, Any] = {"name": mix.name}
    if mix.description:
        plain["description"] = mix.description
    first = mix.layers[0]
    if len(mix.layers) == 1 and first.deadline is None and first.quorum == mix.quorum:
        plain["proposers"] = [_agent(agent) for agent in first.agents]
    else:
        plain["layers"] = [_layer(layer) for layer in mix.layers]
    plain["aggregator"] = [step.model_dump(mode="json") for step in mix.aggregator]
    if mix.quorum:
        plain["quorum"] = mix.quorum.model_dump(mode="json")
    plain["deadline"] = mix.deadline
    if mix.budget:
        plain["budget"] = mix.budget.model_dump(mode="json")
    plain["cache"] = mix.cache
    plain["early_stop"] = mix.early_stop
    return plain


def _difference(base: dict[str, Any], mix: Mix) -> dict[str, Any]:
    changed = {
        key: value
        for key, value in _plain(mix).items()
        if key not in ("name", "description") and base.get(key) != value
    }
    if mix.quorum is None and "quorum" in base:
        changed["quorum"] = None
    if mix.budget is None and "budget" in base:
        changed["budget"] = None
    return changed


def _agent(agent: Agent) -> dict[str, Any]:
    plain = agent.model_dump(mode="json")
    if inner_name(agent.model) is None:
        return plain
    return {key: value for key, value in plain.items() if key not in (*NOT_OF_A_MIX, "sees")}


def _layer(layer: Layer) -> dict[str, Any]:
    plain: dict[str, Any] = {"agents": [_agent(agent) for agent in layer.agents]}
    if layer.quorum:
        plain["quorum"] = layer.quorum.model_dump(mode="json")
    if layer.deadline is not None:
        plain["deadline"] = layer.deadline
    return plain
