"""What a run tells while it goes on: where it stands, who reasons, and what is being written."""

from dataclasses import dataclass, replace

from moa_lsp.mix.layer import AgentAnswer, ProposerLayer
from moa_lsp.mix.progress import AnswerPiece, Follow, MixProgress, Phase, Watch


@dataclass(slots=True)
class RunReporter:
    """Tells those who watch a run.

    Attributes:
        layers: of the mix.
        watch: hears how far the run is.
        follow: hears what is being written, and by whom.
        proposers: the layers that have begun.
        asked: the models that steps of the aggregator have asked, the last perhaps at work.
    """

    layers: int
    watch: Watch
    follow: Follow | None
    proposers: list[ProposerLayer]
    asked: list[AgentAnswer]
    _told: MixProgress | None = None

    def follows(self, answer: AgentAnswer, delta: str) -> None:
        """Pass on the next piece of an answer."""
        aggregates = any(answer is each for each in self.asked)
        stage = (len(self.proposers), aggregates)
        if self.follow is not None:
            self.follow(AnswerPiece(stage, answer.slot.agent, answer.model, delta))

    def reasons(self, _answer: AgentAnswer) -> None:
        """Tell again where the run stands, with who reasons."""
        if self._told is not None:
            self._told = replace(self._told, reasoning=self._reasoning())
            self.watch(self._told)

    def tell(
        self, proposer_layer: ProposerLayer, phase: Phase, lines: int = 0, *, detail: str = ""
    ) -> None:
        """Tell where the run stands.

        Args:
            proposer_layer: the one that is at work or whose proposals are settled.
            phase: of the run.
            lines: heard so far from the aggregator.
            detail: what else those who wait should know.
        """
        self._told = MixProgress(
            phase,
            ended=len(proposer_layer.arrived),
            asked=len(proposer_layer.seats),
            usable=len(proposer_layer.usable),
            layer=len(self.proposers),
            layers=self.layers,
            lines=lines,
            waiting=self._waiting(proposer_layer, phase),
            reasoning=self._reasoning(),
            detail=detail,
        )
        self.watch(self._told)

    def _reasoning(self) -> tuple[tuple[str, int], ...]:
        """The agents that are reasoning now, with the tokens of it."""
        asked = [*(self.proposers[-1].answers if self.proposers else ()), *self.asked]
        return tuple(
            (each.slot.agent, each.heard.tokens)
            for each in asked
            if each.state == "cancelled" and each.arrived is None and each.heard.reasons
        )

    def _waiting(self, proposer_layer: ProposerLayer, phase: Phase) -> tuple[str, ...]:
        if phase == "proposing":
            answers = proposer_layer.answers
            return tuple(each.slot.agent for each in answers if each.arrived is None)
        return (self.asked[-1].model,) if phase == "aggregating" and self.asked else ()
