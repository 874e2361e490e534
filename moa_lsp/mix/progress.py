"""What a run tells while it goes on: small values that a shell turns into progress reports."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

SHOWN_REASONING = 2
"""Agents that a progress message names as reasoning: it is one short line."""

Phase = Literal["proposing", "testing", "aggregating", "checking"]

PROPOSING_SHARE = 0.7
"""Share of a run's progress bar that the proposers fill; the aggregator is one more round."""


NAMES_SHOWN = 3
"""Of those that are waited for: a status line has room for no more."""


@dataclass(frozen=True, slots=True)
class MixProgress:
    """Where a run stands.

    Attributes:
        ended: agents of the current layer that have ended, usable or not.
        asked: agents of the current layer.
        usable: of those ended, how many gave a usable proposal.
        lines: lines of the answer heard so far from the aggregator.
        waiting: who is waited for: agents of the layer, or the aggregator's model.
        reasoning: agents that reason now, each with the tokens of it so far.
        detail: what else those who wait should know: which tests, how long at most.
    """

    phase: Phase
    ended: int
    asked: int
    usable: int
    layer: int = 1
    layers: int = 1
    lines: int = 0
    waiting: tuple[str, ...] = ()
    reasoning: tuple[tuple[str, int], ...] = ()
    detail: str = ""

    @property
    def share(self) -> float:
        """Between 0 and 1, never falling while a run goes on."""
        if self.phase != "proposing":
            return 0.95 if self.phase == "checking" else PROPOSING_SHARE
        done = self.layer - 1 + (self.ended / self.asked if self.asked else 0.0)
        return PROPOSING_SHARE * done / max(self.layers, 1)

    @property
    def words(self) -> str:
        """As in ``2/3 proposals · aggregating · 27 lines``."""
        parts = [f"{self.usable}/{self.asked} proposals"]
        if self.layers > 1:
            parts.insert(0, f"layer {self.layer}/{self.layers}")
        if self.phase != "proposing":
            parts.append(f"{self.phase} ({self.detail})" if self.detail else self.phase)
        if self.lines:
            parts.append(f"{self.lines} line{'' if self.lines == 1 else 's'}")
        deepest = sorted(self.reasoning, key=lambda each: -each[1])[:SHOWN_REASONING]
        parts += [f"{agent} reasons, {tokens:,} tokens" for agent, tokens in deepest]
        return " · ".join(parts)

    @property
    def names(self) -> str:
        """Who is waited for, as in ``deepseek, mistral and 2 more``; ``""`` for nobody."""
        more = len(self.waiting) - NAMES_SHOWN
        told = ", ".join(self.waiting[:NAMES_SHOWN])
        return f"{told} and {more} more" if more > 0 else told


Watch = Callable[[MixProgress], None]


@dataclass(frozen=True, slots=True)
class AnswerPiece:
    """The next piece of an answer that is being written.

    Attributes:
        stage: layer from 1, then whether the aggregator writes; a later one is greater.
        agent: who writes; with ``model`` it names one answer of the stage.
    """

    stage: tuple[int, bool]
    agent: str
    model: str
    text: str


Follow = Callable[[AnswerPiece], None]
