"""Who wrote a run's result, in words for its edit's label: ``GLM from 3 proposals``.

Names are those of the models' families where they are known, else the agents' own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from moa_lsp.answers.rejection import Category
from moa_lsp.mix.record import Aggregation

MAX_NAMED_AUTHORS = 3
"""Agents that are named when they agree; of more it is said how many: a label is one line."""

FAMILIES = {
    "claude": "Claude",
    "codestral": "Codestral",
    "command": "Command",
    "deepseek": "DeepSeek",
    "devstral": "Devstral",
    "gemini": "Gemini",
    "gemma": "Gemma",
    "glm": "GLM",
    "gpt": "GPT",
    "granite": "Granite",
    "grok": "Grok",
    "kimi": "Kimi",
    "llama": "Llama",
    "minimax": "MiniMax",
    "ministral": "Ministral",
    "mistral": "Mistral",
    "mixtral": "Mixtral",
    "nemotron": "Nemotron",
    "phi": "Phi",
    "qwen": "Qwen",
    "starcoder": "StarCoder",
}
"""How families of models are written, by how their names begin."""

_WORD = re.compile(r"[a-z]+")
_LOST = re.compile(r"removes (.+), which every proposal keeps")
_FAILED: dict[Category | None, str] = {
    "parse": "does not parse",
    "names": "uses undefined names",
    "tests": "fails tests",
    "truncated": "was cut off",
    "no_change": "changed nothing",
}


@dataclass(frozen=True, slots=True)
class Proposer:
    """A seat with a usable proposal.

    Attributes:
        agent: the seat's id.
        taken: whether the result says the same.
    """

    agent: str
    taken: bool = False


@dataclass(frozen=True, slots=True)
class FailedSynthesis:
    """A model that was to write the result, and whose answer was not taken.

    Attributes:
        category: of the rejection, ``None`` of one that gave no answer.
        reason: its sentence.
    """

    model: str
    category: Category | None = None
    reason: str | None = None


def author(
    settled: Aggregation | None,
    proposers: Sequence[Proposer],
    failed: FailedSynthesis | None = None,
) -> str | None:
    """Name who wrote the result, ``None`` where there is none.

    Args:
        settled: how the run was settled.
        proposers: the usable proposals, the preferred first.
        failed: the last synthesis that was not taken, where a proposal stands in for it.
    """
    if settled is None:
        return None
    names = display_names([each.agent for each in proposers])
    if settled.by == "model" and settled.model is not None:
        return f"{display_name(settled.model)}{_from(len(proposers))}"
    taken = [name for each, name in zip(proposers, names, strict=True) if each.taken]
    if settled.by == "agree" and len(taken) > 1:
        return f"{_listed(taken)} agree"
    if not taken:
        return None
    return f"{taken[0]} ({_why(failed)})" if failed is not None else taken[0]


def display_name(name: str) -> str:
    """A model's family, or a name as it stands: ``z-ai/glm-4.6`` is ``GLM``."""
    bare = name.rpartition("/")[2]
    for word in _WORD.findall(bare.lower()):
        for start, family in FAMILIES.items():
            if word.startswith(start):
                return family
    return bare


def display_names(agents: Sequence[str]) -> list[str]:
    """Display names; agents whose names are the same keep their ids."""
    names = [display_name(agent) for agent in agents]
    return [
        agent if names.count(name) > 1 else name for agent, name in zip(agents, names, strict=True)
    ]


def _from(count: int) -> str:
    return f" from {count} proposal{'' if count == 1 else 's'}" if count else ""


def _listed(names: Sequence[str]) -> str:
    if len(names) > MAX_NAMED_AUTHORS:
        return f"{len(names)} agents"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _why(failed: FailedSynthesis) -> str:
    name = display_name(failed.model)
    lost = _LOST.search(failed.reason or "")
    if failed.category == "lost" and lost:
        return f"{name}'s synthesis lost `{lost.group(1)}`"
    if failed.category is None:
        return f"{name} gave no answer"
    return f"{name}'s synthesis {_FAILED.get(failed.category, 'was rejected')}"
