"""How a chat's client bounds the answer: texts that end it, and its tokens. Pure."""

from dataclasses import dataclass, replace

from moa_lsp.config.mixes import Agent, Layer, Mix, digest
from moa_lsp.config.steps import ModelRequestStep, Step, asking


@dataclass(frozen=True, slots=True)
class AnswerBounds:
    """The bounds of one answer.

    Attributes:
        stops: the first of these in it ends it, and is no part of it.
        max_tokens: of the model that writes it; ``None`` for the mix's own.
    """

    stops: tuple[str, ...] = ()
    max_tokens: int | None = None

    def cut(self, text: str) -> tuple[str, bool]:
        """A whole text up to its first stop, and whether there is one."""
        ends = [at for stop in self.stops if (at := text.find(stop)) >= 0]
        return (text[: min(ends)], True) if ends else (text, False)

    def held_back(self, text: str) -> int:
        """How many characters at the end of a text may be the beginning of a stop."""
        longest = max(map(len, self.stops), default=1) - 1
        return next(
            (size for size in range(min(longest, len(text)), 0, -1)
             if any(stop.startswith(text[-size:]) for stop in self.stops)),
            0,
        )  # fmt: skip


NO_BOUNDS = AnswerBounds()


def bounded(mix: Mix, most: int | None) -> Mix:
    """A mix whose answer has at most so many tokens.

    What proposers write for an aggregator is not the answer: only where no model writes it is
    theirs bounded too.
    """
    if most is None:
        return mix
    if any(step.writes for step in asking(mix.aggregator)):
        made = replace(mix, aggregator=tuple(_step(each, most) for each in mix.aggregator))
    else:
        made = replace(mix, layers=(*mix.layers[:-1], _layer(mix.layers[-1], most)))
    return mix if made == mix else replace(made, hash=digest(made))


def _step(step: Step, most: int) -> Step:
    if not isinstance(step, ModelRequestStep) or not step.writes:
        return step
    return step.model_copy(update={"max_tokens": min(step.max_tokens or most, most)})


def _layer(layer: Layer, most: int) -> Layer:
    def bound(agent: Agent) -> Agent:
        return agent.model_copy(update={"max_tokens": min(agent.max_tokens or most, most)})

    return layer.model_copy(update={"agents": tuple(map(bound, layer.agents))})
