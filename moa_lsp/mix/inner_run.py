"""A whole mix at work as one agent of another, and what a mix's run finds."""

from dataclasses import dataclass
from typing import Protocol

from moa_lsp.mix.layer import UNCHANGED, AttemptResult
from moa_lsp.mix.record import AgentRecord, Aggregation


@dataclass(frozen=True, slots=True)
class MixOutcome:
    """What a run found.

    Attributes:
        text: the answer of the run (see ``Task.placed``), or Markdown; ``None`` with a ``reason``.
        unchanged: true when there is no text because every usable agent found nothing to change.
        warnings: what was mended on the way.
    """

    text: str | None
    reason: str | None
    unchanged: bool
    aggregation: Aggregation | None
    warnings: tuple[str, ...]


class MixRun(Protocol):
    """One execution of a mix (``engine.Run``)."""

    @property
    def proposals(self) -> tuple[AgentRecord, ...]:
        """What every seat asked so far has come to."""

    @property
    def aggregators(self) -> tuple[AgentRecord, ...]:
        """What every model asked by a step has come to."""

    async def go(self) -> MixOutcome:
        """Run the mix."""


@dataclass(frozen=True, slots=True)
class InnerRun:
    """A run as one agent of another (``layer.InnerMix``)."""

    run: MixRun

    @property
    def records(self) -> tuple[AgentRecord, ...]:
        """What each of its own agents has come to, those that aggregate too."""
        return self.run.proposals + self.run.aggregators

    async def end(self) -> AttemptResult:
        """Run it to its end."""
        outcome = await self.run.go()
        if outcome.text is not None:
            return AttemptResult("ok", None, outcome.text, outcome.warnings)
        if outcome.unchanged:
            return UNCHANGED
        declined = all(each.state == "declined" for each in self.run.proposals)
        return AttemptResult("declined" if declined else "failed", outcome.reason)
