"""Why a layer gave no usable proposal, in one clause for the user."""

from collections.abc import Mapping, Sequence

from moa_lsp.mix.layer import UNCHANGED, AgentAnswer
from moa_lsp.mix.record import AgentState
from moa_lsp.mix.summary import Cause, grouped

_WHY: Mapping[AgentState, str] = {
    "failed": "no agent could answer; `moa-lsp doctor` shows which providers do",
    "late": "no agent answered in time; raise the mix's deadline or take a faster mix",
    "rejected": "no answer was usable; run the action again or take another mix",
    "declined": "no agent of this mix does that; take a mix with a model",
}
_MIXED = "no agent gave a usable proposal; run the action again or take another mix"


def _telling(answers: Sequence[AgentAnswer]) -> list[AgentAnswer]:
    """The answers that say why there is nothing: declining is worth a word only if all do."""
    return [each for each in answers if each.state != "declined"] or list(answers)


def all_unchanged(answers: Sequence[AgentAnswer]) -> bool:
    """Whether every agent that counts answered with the text that stands there already."""
    telling = {(each.state, each.category) for each in _telling(answers)}
    return telling == {(UNCHANGED.state, UNCHANGED.category)}


def explain(answers: Sequence[AgentAnswer]) -> str:
    """One clause that tells why no agent gave a usable proposal."""
    telling = _telling(answers)
    states = {each.state for each in telling}
    lead = _WHY[states.pop()] if len(states) == 1 else _MIXED
    causes = [Cause(each.slot.agent, each.model, each.reason or "no reason") for each in telling]
    return f"{lead} ({'; '.join(grouped(causes))})"
