"""Recorded answers for one question: its own samples, whichever questions came before."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from moa_bench.replay.recorded import NAME, RecordedProvider, Recordings
from moa_bench.values import BenchTask
from moa_lsp.config.mixes import Mix
from moa_lsp.providers.base import Listener, Provider, Reply, Request


@dataclass(frozen=True, slots=True)
class RecordingSampler:
    """Gives who answers one question (``cell.Own``)."""

    recordings: Recordings

    def __call__(self, mix: Mix, task: BenchTask, sample: int) -> Mapping[str, Provider]:
        """The provider ``recorded`` for one question of a task."""
        seats: dict[str, int] = {}
        for agent in mix.layers[0].agents:
            name = agent.model.partition("/")[2]
            seats[name] = seats.get(name, 0) + agent.samples
        return {NAME: SampledRecording(self.recordings.provider(task.id), sample, seats)}


@dataclass(slots=True)
class SampledRecording:
    """A recording from the samples of one question on.

    Attributes:
        sample: of the question: what those before it were given is passed over.
        seats: answers that one question wants of a model.
    """

    recorded: RecordedProvider
    sample: int
    seats: Mapping[str, int]
    name: str = NAME
    _begun: set[Request] = field(default_factory=set)

    async def answer(self, request: Request, on_delta: Listener) -> Reply:
        """The recorded answer, at once.

        Raises:
            ProviderError: there is none, or none is left.
        """
        if request not in self._begun:
            self._begun.add(request)
            for _ in range(self.sample * self.seats.get(request.model, 1)):
                await self.recorded.answer(request, _unheard)
        return await self.recorded.answer(request, on_delta)

    async def close(self) -> None:
        """Nothing is open."""


def _unheard(delta: str) -> None:
    """Of an answer that is another question's."""
