"""What our commands answer and our own messages hold, as JSON: the one schema of it.

``python -m docs.tables`` writes the VS Code extension's types and the tables of
docs/editor-protocol.md from this; every answer in the end-to-end tests is checked against it.
Nothing of it is needed at run time.
"""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from moa_lsp.lsp.session.remedies import RemedyJson
from moa_lsp.mix.progress import Phase
from moa_lsp.mix.record import AgentState, RunState


class PositionJson(TypedDict):
    """A position in a document, in the units that client and server agreed on."""

    line: int
    character: int


class RangeJson(TypedDict):
    """A range in a document."""

    start: PositionJson
    end: PositionJson


class ActionRequestJson(TypedDict):
    """The argument of `moa.run`."""

    action: str
    uri: str
    range: RangeJson
    version: NotRequired[int]
    mix: NotRequired[str]
    instruction: NotRequired[str]
    again: NotRequired[str]


class TokensJson(TypedDict):
    """Tokens; ``cached`` counts those of ``input`` that a provider had kept."""

    input: int
    output: int
    cached: int


class AgentRecordJson(TypedDict):
    """What one agent of a run did."""

    agent: str
    model: str
    state: AgentState
    reason: NotRequired[str]
    seconds: float
    first_token_seconds: float | None
    usage: TokensJson | None
    cost_usd: float | None


class AggregationJson(TypedDict):
    """Which step of the aggregator settled a run."""

    by: str
    model: NotRequired[str]
    fallback: NotRequired[str]


class RunRecordJson(TypedDict):
    """A run; `edit` is LSP's `WorkspaceEdit`, `text` the new text of the target or Markdown."""

    run: str
    action: str
    mix: str
    mix_hash: str
    state: RunState
    applied: bool
    needs_confirmation: bool
    edit: dict[str, Any] | None
    text: str | None
    reason: str | None
    seconds: float
    first_visible_seconds: float | None
    author: str | None
    aggregation: AggregationJson | None
    proposals: list[AgentRecordJson]
    usage: TokensJson
    cost_usd: float
    cost_known: bool
    warnings: list[str]
    rejected: dict[str, int]
    remedies: list[RemedyJson]


class TestsJson(TypedDict):
    """What the project's tests said of a proposal; names in the runner's own form."""

    ok: bool
    passed: list[str]
    failed: list[str]
    failure: str


class ProposalJson(TypedDict):
    """A proposal as it would stand in the target; the run's result is agent `result`."""

    agent: str
    model: NotRequired[str]
    state: AgentState
    reason: NotRequired[str]
    text: NotRequired[str]
    equal_to: NotRequired[str]
    applied: bool
    checks: dict[str, str | TestsJson | None]
    seconds: float
    usage: TokensJson | None
    cost_usd: float | None


class RunStartJson(TypedDict):
    """The id of a run that began."""

    run: str


class CancelledJson(TypedDict):
    """How many runs were cancelled."""

    cancelled: int


class SettledJson(TypedDict):
    """How many runs go on with the proposals that are in."""

    settled: int


class WhyJson(TypedDict):
    """Why nothing was offered, one sentence."""

    reason: str


class MixJson(TypedDict):
    """A mix; `estimate_usd` is the worst case of a run, `null` where no price is known."""

    name: str
    description: str
    ready: bool
    missing: list[str]
    selected: bool
    estimate_usd: float | None


SelectedMixJson = TypedDict(
    "SelectedMixJson", {"name": str, "for": Literal["actions", "inline"]}
)  # `for` is a word of Python's
SelectedMixJson.__doc__ = "The mix that was chosen."


class AcceptedJson(TypedDict):
    """Whether the run is known."""

    accepted: bool


class SumsJson(TypedDict):
    """Sums of runs and of inline requests."""

    runs: int
    inline: int
    usage: TokensJson
    cost_usd: float
    cost_known: bool
    offered: int
    taken: int
    acceptance: float | None


class TodayJson(SumsJson):
    """Sums of today, with what is charged to the day's budget."""

    day: str
    charged_usd: float
    reserved_usd: float
    budget_usd: float


class UsageJson(TypedDict):
    """What runs cost."""

    session: SumsJson
    today: TodayJson


class SessionCostJson(TypedDict):
    """What the runs of a server cost so far."""

    usd: float
    input: int
    output: int


class StatusJson(TypedDict):
    """`moa/status`: how the server stands."""

    state: Literal["idle", "busy", "warning", "error"]
    message: str
    mix: str | None
    inlineMix: str | None
    runs: int
    session: SessionCostJson


class PartialJson(TypedDict):
    """`moa/partial`: all of an answer so far."""

    run: str
    uri: str
    range: RangeJson
    text: str
    done: bool


class WaitingJson(TypedDict):
    """`moa/waiting`: who is waited for; `settles`: whether `moa.settle` goes on without them."""

    run: str
    phase: Phase
    usable: int
    asked: int
    waiting: list[str]
    seconds: int
    settles: bool


class HunkJson(TypedDict):
    """A part of an edit that can be taken alone."""

    id: str
    uri: str
    range: RangeJson
    newText: str


class PreviewJson(TypedDict):
    """`moa/preview`: what the user is to agree to."""

    run: str
    uri: str
    title: str
    diff: str
    warnings: list[str]
    hunks: list[HunkJson]


class VerdictJson(TypedDict):
    """The client's answer to `moa/preview`; without `hunks` all of them are meant."""

    accept: bool
    hunks: NotRequired[list[str]]


class ChatToolCallJson(TypedDict):
    """A call of a tool, for the client of a chat to carry out."""

    id: str
    name: str
    arguments: str


class ChatAnswerJson(TypedDict):
    """The next turn of a chat; the text may have come as partial results before."""

    run: str
    text: str
    tool_calls: list[ChatToolCallJson]
    finish: Literal["stop", "length", "tool_calls"]
    usage: TokensJson
    cost_usd: float
    cost_known: bool


ANSWERS: Mapping[str, Any] = {
    "moa.run": RunStartJson,
    "moa.result": RunRecordJson,
    "moa.cancel": CancelledJson,
    "moa.settle": SettledJson,
    "moa.apply": RunRecordJson,
    "moa.proposals": list[ProposalJson],
    "moa.refine": RunStartJson,
    "moa.why": WhyJson,
    "moa.mixes": list[MixJson],
    "moa.selectMix": SelectedMixJson,
    "moa.accepted": AcceptedJson,
    "moa.usage": UsageJson,
    "moa/chat": ChatAnswerJson,
}
"""What each command answers, and each request of our own."""

MESSAGES: Mapping[str, Any] = {
    "moa/status": StatusJson,
    "moa/partial": PartialJson,
    "moa/waiting": WaitingJson,
    "moa/preview": PreviewJson,
}
"""What our own notifications and requests hold."""
