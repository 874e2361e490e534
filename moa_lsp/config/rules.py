"""What a mix must be beyond its shape: the rules that need more than one of its values.

Pure. Every rule is looked at, so that all mistakes of a mix are told at once.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from moa_lsp.config import limits
from moa_lsp.config.agent_ids import agent_ids
from moa_lsp.config.extra_fields import extra_faults
from moa_lsp.config.mixes import (
    MIX,
    NOT_OF_A_MIX,
    Agent,
    Layer,
    MixFile,
    Quorum,
    inner_name,
)
from moa_lsp.config.problems import Fault, did_you_mean
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.config.steps import ModelRequestStep, asking
from moa_lsp.config.strict_yaml import Keys

_PLACEHOLDER = re.compile(r"\{\{\s*[A-Za-z_][\w.-]*\s*\}\}")

Providers = Mapping[str, ProviderEntry]

InnerFault = Callable[[str], str | None]
"""Says why a mix, by name, cannot be another one's agent; ``None`` when it can."""


def _no_inner(name: str) -> str | None:
    return f"there is no mix `{name}`"


def spelling_faults(raw: Mapping[str, Any]) -> list[Fault]:
    """Find what is wrong with a raw mix or override before anything is merged into it."""
    if raw.get("proposers") is not None and raw.get("layers") is not None:
        message = "a mix has `proposers` (one layer) or `layers`, not both"
        return [Fault(("layers",), message, at_key=True)]
    return []


def mix_faults(
    mix: MixFile,
    providers: Providers,
    *,
    inner_fault: InnerFault = _no_inner,
) -> list[Fault]:
    """Find everything that is wrong with a merged mix; places are as in its file.

    Args:
        mix: one file with its parent merged in.
        providers: all that are known.
        inner_fault: says what is wrong with a mix as an agent.
    """
    layers = list(_layers(mix))
    faults = [*_panel_faults(mix, layers), *_id_faults(layers)]
    for depth, (keys, layer) in enumerate(layers):
        for number, agent in enumerate(layer.agents):
            at = (*keys, number)
            if inner_name(agent.model) is None:
                faults += _model_faults(at, "model", agent.models, providers)
            else:
                faults += _inner_faults(at, agent, inner_fault)
                faults += _fallback_faults(at, agent.model, agent.fallbacks, providers)
            faults += _system_faults(at, agent.system)
            faults += extra_faults(at, agent.extra)
            if agent.sees == "previous" and depth == 0:
                message = "the first layer has none before it: `sees: previous` is for later ones"
                faults.append(Fault((*at, "sees"), message))
    return faults + _chain_faults(mix, providers)


def model_fault(keys: Keys, model: str, providers: Providers) -> Fault | None:
    """Say what is wrong with a model's name: its provider, or for embedded tools the tool."""
    provider, _, name = model.partition("/")
    entry = providers.get(provider)
    if provider == MIX:
        return Fault(keys, "a mix can be a proposer only: name a model here")
    if entry is None:
        hint = did_you_mean(provider, providers) or "; define it under `providers` in config.yaml"
        return Fault(keys, f"there is no provider `{provider}`{hint}")
    if entry.models is not None and name not in entry.models:
        hint = did_you_mean(name, entry.models) or f"; there are {', '.join(sorted(entry.models))}"
        return Fault(keys, f"{provider} has no `{name}`{hint}")
    return None


def _layers(mix: MixFile) -> Iterator[tuple[Keys, Layer]]:
    """Give each layer with the place of its agents."""
    if mix.layers is not None:
        for number, layer in enumerate(mix.layers):
            yield ("layers", number, "agents"), layer
    elif mix.proposers:
        yield ("proposers",), Layer(agents=mix.proposers)


def _panel_faults(mix: MixFile, layers: list[tuple[Keys, Layer]]) -> Iterator[Fault]:
    if not layers:
        key = "proposers" if mix.layers is None else "layers"
        yield Fault((key,), "a mix needs at least one proposer", at_key=True)
    if len(layers) > limits.MAX_LAYERS:
        yield Fault(("layers",), f"more than {limits.MAX_LAYERS} layers: each adds a round")
    for keys, layer in layers:
        asked = sum(agent.samples for agent in layer.agents)
        if asked > limits.MAX_AGENTS:
            yield Fault(keys, f"{asked} proposals in one layer: at most {limits.MAX_AGENTS}")
        quorum, place = _quorum(mix, keys, layer)
        if quorum and quorum.min > asked:
            message = f"a quorum of {quorum.min} can never be met by {asked} proposals"
            yield Fault(place, message)


def _quorum(mix: MixFile, keys: Keys, layer: Layer) -> tuple[Quorum | None, Keys]:
    if layer.quorum:
        return layer.quorum, (*keys[:-1], "quorum", "min")
    return mix.quorum, ("quorum", "min")


def _id_faults(layers: list[tuple[Keys, Layer]]) -> Iterator[Fault]:
    agents = [
        (keys, number, agent)
        for keys, layer in layers
        for number, agent in enumerate(layer.agents)
    ]
    seen: set[str] = set()
    for (keys, number, agent), name in zip(
        agents, agent_ids([(each.id, each.model) for _, _, each in agents]), strict=True
    ):
        if name in seen and agent.id:
            yield Fault((*keys, number, "id"), f"a second agent with the id `{name}`")
        seen.add(name)


def _model_faults(
    at: Keys, key: str, models: tuple[str, ...], providers: Providers
) -> Iterator[Fault]:
    model, *fallbacks = models
    if fault := model_fault((*at, key), model, providers):
        yield fault
    yield from _fallback_faults(at, model, fallbacks, providers)


def _inner_faults(at: Keys, agent: Agent, inner_fault: InnerFault) -> Iterator[Fault]:
    if message := inner_fault(inner_name(agent.model) or ""):
        yield Fault((*at, "model"), message)
    for key in NOT_OF_A_MIX:
        if key in agent.model_fields_set and getattr(agent, key) not in (None, {}):
            message = f"`{key}` is for a model: the mix `{agent.model}` sets its own"
            yield Fault((*at, key), message)
    if agent.sees == "previous":
        yield Fault((*at, "sees"), "a mix sees the task alone: leave `sees` out")


def _fallback_faults(
    at: Keys, model: str, fallbacks: Sequence[str], providers: Providers
) -> Iterator[Fault]:
    before = {model}
    for number, fallback in enumerate(fallbacks):
        place = (*at, "fallbacks", number)
        if fallback in before:
            yield Fault(place, f"`{fallback}` has been asked by then: a fallback is another model")
        elif fault := model_fault(place, fallback, providers):
            yield fault
        before.add(fallback)


def _system_faults(at: Keys, system: str | None) -> Iterator[Fault]:
    found = _PLACEHOLDER.search(system or "")
    if found:
        message = f"`{found.group()}`: placeholders stand in actions, not in mixes"
        yield Fault((*at, "system"), message)


def _chain_faults(mix: MixFile, providers: Providers) -> list[Fault]:
    faults: list[Fault] = []
    steps = mix.aggregator or ()
    if mix.aggregator == ():
        faults.append(Fault(("aggregator",), "the list is empty: leave `aggregator` out instead"))
    for number, step in enumerate(steps):
        at: Keys = ("aggregator", number)
        for request in asking([step]):
            faults += _model_faults(at, request.key, request.models, providers)
            faults += _system_faults(at, request.system)
            faults += extra_faults(at, request.extra)
            faults += _aggregator_faults(at, request, providers)
        if step.always_settles and number + 1 < len(steps):
            message = f"never reached: `{step.key}` before it always settles"
            faults.append(Fault(("aggregator", number + 1), message))
    return faults


def _aggregator_faults(at: Keys, step: ModelRequestStep, providers: Providers) -> Iterator[Fault]:
    places = [(*at, step.key), *((*at, "fallbacks", n) for n in range(len(step.fallbacks)))]
    for place, model in zip(places, step.models, strict=True):
        entry = providers.get(model.partition("/")[0])
        if entry and entry.api == "embedded" and model.partition("/")[2] in (entry.models or ()):
            yield Fault(place, "embedded tools read no proposals: they cannot aggregate")
