"""Mixes as values: what a mix file may say (``MixFile``), and what a run is given (``Mix``).

Pure: text and files are read elsewhere. A ``MixFile`` is one file's words, where nearly
everything may be left out; a ``Mix`` is complete: parent merged, ids and defaults filled in, one
shape for one layer and for many. Same content, same ``Mix.hash``.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field

from moa_lsp import limits as shared_limits
from moa_lsp.config import limits
from moa_lsp.config.agent_ids import agent_ids
from moa_lsp.config.steps import DEFAULT_AGGREGATOR, AnyStep, Step, asking
from moa_lsp.config.values import (
    Extra,
    ModelName,
    Name,
    Reasoning,
    Seconds,
    Temperature,
    Text,
    Tokens,
    Usd,
    Value,
)
from moa_lsp.syntax.languages import canonical

HASH_VERSION = 2
"""Part of what is hashed; rises when the meaning of a field changes, so that old cache entries
and records are not taken for new ones."""

MIX = "mix"
"""In place of a provider: ``mix/NAME`` is another mix that answers as one agent."""

NOT_OF_A_MIX = ("system", "temperature", "max_tokens", "reasoning", "extra")
"""Keys of an agent that mean nothing when it is a whole mix."""


class Agent(Value):
    """A model with its parameters, as a proposer.

    Attributes:
        model: ``provider/model``, or ``mix/NAME`` for another mix (``Mix.inner``).
        id: unique in its mix; in a ``Mix`` never empty.
        samples: proposals asked of it, each its own request.
        weight: order in the prompt, vote weight, preference on ties.
        system: text added to the action's system prompt.
        temperature: ``None`` for the provider's default.
        max_tokens: bound on the answer; ``None`` for the provider's default.
        timeout: seconds without a sign of life: until the first byte of an answer, and between
            two; reasoning and keep-alives are signs of life. Deadlines bound the whole.
        reasoning: how deep it reasons; absent: as deep as the provider has it do.
        extra: further fields of the request's body, as they are.
        fallbacks: models asked in turn when the ones before failed.
        sees: the task alone, or also the proposals of the layer before.
    """

    model: ModelName
    id: Name = ""
    samples: int = Field(default=1, ge=1, le=limits.MAX_AGENTS)
    weight: float = Field(default=1.0, ge=0, le=limits.MAX_WEIGHT)
    system: Text | None = None
    temperature: Temperature | None = 0.7
    max_tokens: Tokens | None = 4096
    timeout: Seconds = shared_limits.AGENT_TIMEOUT_S
    reasoning: Reasoning | None = None
    extra: Extra = Field(default_factory=dict)
    fallbacks: tuple[ModelName, ...] = Field(default=(), max_length=limits.MAX_FALLBACKS)
    sees: Literal["task", "previous"] = "task"

    @property
    def models(self) -> tuple[str, ...]:
        """The models in the order in which they are asked: its own, then its fallbacks."""
        return (self.model, *self.fallbacks)


class Quorum(Value):
    """Once ``min`` usable proposals are in, the rest get ``grace`` more seconds."""

    min: int = Field(default=1, ge=1, le=limits.MAX_AGENTS)
    grace: float = Field(default=2.0, ge=0, le=limits.MAX_WAIT_S)


class Layer(Value):
    """Agents that are asked at the same time.

    Attributes:
        quorum: ``None`` means that all are waited for; in a ``Mix`` the mix's quorum is already
            filled in where a layer sets none.
        deadline: seconds for this layer, ``None`` for what the run's deadline leaves.
    """

    agents: Annotated[tuple[Agent, ...], Field(min_length=1, max_length=limits.MAX_MIX_ENTRIES)]
    quorum: Quorum | None = None
    deadline: Seconds | None = None


class MixBudget(Value):
    """``usd``: the worst case of a run that is still agreed to."""

    usd: Usd


class OverrideCondition(Value):
    """What an override asks of a run; all given keys must match.

    A language may go by any of its names (``syntax/language_ids.py``).
    """

    language: Text | None = None
    action: Name | None = None

    def matches(self, action: str, language: str) -> bool:
        """Say whether a run of ``action`` on ``language`` is meant."""
        if self.language is not None and canonical(self.language) != canonical(language):
            return False
        return self.action in (None, action)


_Listed = Field(max_length=limits.MAX_MIX_ENTRIES)
Agents = Annotated[tuple[Agent, ...], _Listed]
Layers = Annotated[tuple[Layer, ...], _Listed]
Steps = Annotated[tuple[AnyStep, ...], _Listed]


class MixBody(Value):
    """What a mix and an override may both say; ``None`` stands for the default."""

    description: Text | None = None
    proposers: Agents | None = None
    layers: Layers | None = None
    aggregator: Steps | None = None
    quorum: Quorum | None = None
    deadline: Seconds | None = None
    budget: MixBudget | None = None
    cache: bool | None = None
    early_stop: bool | None = None


class OverrideFile(MixBody):
    """Changes for some runs, as written: any key of a mix but its name, parent and overrides."""

    when: OverrideCondition


class MixFile(MixBody):
    """A mix as written, ``aggregator`` already a list."""

    name: Name
    extends: Name | None = None
    overrides: Annotated[
        tuple[OverrideFile, ...] | None, Field(max_length=limits.MAX_OVERRIDES)
    ] = None


@dataclass(frozen=True, slots=True)
class Override:
    """The complete mix for the runs that ``when`` matches."""

    when: OverrideCondition
    mix: "Mix"


@dataclass(frozen=True, slots=True)
class Mix:
    """A complete mix.

    Attributes:
        layers: at least one; the first sees the task, later ones also the layer before.
        aggregator: the chain of steps; the first that settles ends the run.
        quorum: default of the layers, already filled in there.
        deadline: seconds for the whole run.
        budget: worst case in USD that is agreed to, if the mix sets one.
        cache: whether its results may be kept.
        early_stop: whether a request is closed once the answer that would be taken is complete.
        overrides: the first that matches replaces this mix; empty in a resolved one.
        inner: the complete mixes that agents named ``mix/NAME`` stand for, by ``NAME``; none of
            them has such agents itself. Such an agent runs its mix on the same task, and what
            that settles on is its proposal.
        hash: SHA-256 in hex of what decides the outcome (``digest``).
    """

    name: str
    description: str
    layers: tuple[Layer, ...]
    aggregator: tuple[Step, ...] = DEFAULT_AGGREGATOR
    quorum: Quorum | None = None
    deadline: float = limits.RUN_DEADLINE_S
    budget: MixBudget | None = None
    cache: bool = True
    early_stop: bool = True
    overrides: tuple[Override, ...] = ()
    inner: Mapping[str, "Mix"] = field(default_factory=dict, hash=False)
    hash: str = ""

    @property
    def agents(self) -> tuple[Agent, ...]:
        """Every proposer, layer by layer."""
        return tuple(agent for layer in self.layers for agent in layer.agents)

    @property
    def models(self) -> tuple[str, ...]:
        """Every ``provider/model`` that a run may ask, fallbacks too, each once, in order.

        Of a mix among the agents, its own models.
        """
        return tuple(dict.fromkeys(name for one in self.seats for name in one))

    @property
    def primary_models(self) -> tuple[str, ...]:
        """Every ``provider/model`` that is asked before any fallback, each once, in order."""
        return tuple(dict.fromkeys(one[0] for one in self.seats))

    @property
    def seats(self) -> list[tuple[str, ...]]:
        """Who is asked, agent by agent and then step by step: a model and its fallbacks."""
        asked: list[tuple[str, ...]] = []
        for agent in self.agents:
            name = inner_name(agent.model)
            if name is None:
                asked.append(agent.models)
                continue
            *others, last = self.inner[name].seats
            asked += [*others, (*last, *agent.fallbacks)]
        return asked + [step.models for step in asking(self.aggregator)]

    def resolved(self, action: str, language: str) -> "Mix":
        """Give the mix for one run: the first matching override's, else itself."""
        chosen = replace(self, overrides=())
        for override in self.overrides:
            if override.when.matches(action, language):
                chosen = override.mix
                break
        if not chosen.inner:
            return chosen
        inner = {name: mix.resolved(action, language) for name, mix in chosen.inner.items()}
        made = replace(chosen, inner=inner)
        return replace(made, hash=digest(made))


def inner_name(model: str) -> str | None:
    """Give ``NAME`` of ``mix/NAME``, ``None`` for a model of a provider."""
    provider, _, name = model.partition("/")
    return name if provider == MIX else None


def build(file: MixFile, inner: Mapping[str, Mix] = MappingProxyType({})) -> Mix:
    """Complete a merged file that has passed ``rules``; overrides are added by the caller.

    Args:
        file: the merged file.
        inner: complete mixes by name, at least those that the file's agents name.
    """
    layers = file.layers if file.layers is not None else (Layer(agents=file.proposers or ()),)
    ids = iter(agent_ids([(each.id, each.model) for one in layers for each in one.agents]))
    mix = Mix(
        name=file.name,
        description=file.description or "",
        layers=tuple(
            layer.model_copy(
                update={
                    "agents": tuple(
                        agent.model_copy(update={"id": next(ids), **_filled(agent, depth, inner)})
                        for agent in layer.agents
                    ),
                    "quorum": layer.quorum or file.quorum,
                }
            )
            for depth, layer in enumerate(layers)
        ),
        aggregator=file.aggregator or DEFAULT_AGGREGATOR,
        quorum=file.quorum,
        deadline=file.deadline or limits.RUN_DEADLINE_S,
        budget=file.budget,
        cache=True if file.cache is None else file.cache,
        early_stop=True if file.early_stop is None else file.early_stop,
        inner={
            name: inner[name]
            for layer in layers
            for agent in layer.agents
            if (name := inner_name(agent.model)) is not None
        },
    )
    return replace(mix, hash=digest(mix))


def digest(mix: Mix) -> str:
    """Hash what decides a run's outcome.

    SHA-256, in hex, of the UTF-8 bytes of a JSON object with sorted keys and no spaces: the
    layers with every agent's every field, the aggregator's steps, quorum, deadline, budget, cache
    and early_stop, and ``HASH_VERSION``. Name, description and overrides are left out: they change
    no result. Of the mixes among the agents, their hashes.
    """
    content: dict[str, Any] = {
        "version": HASH_VERSION,
        "layers": [layer.model_dump(mode="json") for layer in mix.layers],
        "aggregator": [step.model_dump(mode="json") for step in mix.aggregator],
        "quorum": mix.quorum and mix.quorum.model_dump(mode="json"),
        "deadline": float(mix.deadline),
        "budget": mix.budget and mix.budget.model_dump(mode="json"),
        "cache": mix.cache,
        "early_stop": mix.early_stop,
    }
    if mix.inner:
        content["inner"] = {name: inner.hash for name, inner in mix.inner.items()}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _filled(agent: Agent, depth: int, inner: Mapping[str, Mix]) -> dict[str, object]:
    """Give the fields of an agent whose defaults depend on where and what it is."""
    name = inner_name(agent.model)
    if name is not None:
        # Its own deadline bounds it, and its agents see the task as in a run of its own.
        timeout = agent.timeout if "timeout" in agent.model_fields_set else inner[name].deadline
        return {"sees": "task", "timeout": timeout}
    return {"sees": "previous" if depth and "sees" not in agent.model_fields_set else agent.sees}
