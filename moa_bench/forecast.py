"""What a sweep will take, before it begins: requests that are sent, and about what they cost.

A forecast and no bound: prompts are as long as the tasks' texts, answers as the reference ones,
everybody answers, and no step before the aggregator settles. What mixes share is counted once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from moa_bench.values import BenchTask
from moa_lsp.config.estimate import Estimate, as_if
from moa_lsp.config.mixes import Agent, Layer, Mix
from moa_lsp.config.resolve import Catalog
from moa_lsp.config.steps import asking
from moa_lsp.runs import limits
from moa_lsp.text.tokens import tokens


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected.

    Attributes:
        requests: to models, for all questions together.
        usd: ``None`` where a price is not known.
        unknown: the models whose price it is.
    """

    requests: int
    usd: float | None
    unknown: tuple[str, ...] = ()

    def __str__(self) -> str:
        cost = "at a cost that is not known" if self.usd is None else f"about ${self.usd:.2f}"
        return f"some {self.requests:,} requests, {cost}"


def forecast(
    mixes: Iterable[Mix], tasks: Sequence[BenchTask], catalog: Catalog, *, samples: int
) -> Forecast:
    """Add up what mixes ask for all tasks together."""
    if not tasks:
        return Forecast(0, 0.0)
    prompt = sum(map(_prompt, tasks)) // len(tasks)
    answer = sum(tokens(task.reference) for task in tasks) // len(tasks)
    proposers: dict[Agent, tuple[int, Mix]] = {}
    requests, usd = 0, 0.0
    unknown: dict[str, None] = {}

    def price(mix: Mix) -> Estimate:
        found = as_if(mix, catalog.settings, catalog.providers, prompt=prompt, answer=answer)
        unknown.update(dict.fromkeys(found.unknown))
        return found

    for mix in mixes:
        for agent in mix.layers[0].agents:
            same = agent.model_copy(update={"id": "", "samples": 1, "weight": 1.0})
            most = max(agent.samples, proposers.get(same, (0, mix))[0])
            proposers[same] = most, mix
        later = [agent for layer in mix.layers[1:] for agent in layer.agents]
        requests += sum(agent.samples for agent in later)
        requests += len(asking(mix.aggregator))
        first = replace(mix, layers=mix.layers[:1], aggregator=())
        usd += (price(mix).usd or 0.0) - (price(first).usd or 0.0)
    for agent, (most, mix) in proposers.items():
        slot = agent.model_copy(update={"id": "one"})
        alone = replace(mix, layers=(Layer(agents=(slot,)),), aggregator=())
        requests += most
        usd += most * (price(alone).usd or 0.0)
    many = len(tasks) * samples
    return Forecast(requests * many, None if unknown else usd * many, tuple(unknown))


def _prompt(task: BenchTask) -> int:
    ask = task.ask
    around = sum(map(tokens, ask.beside.values()))
    return limits.PROMPT_FRAME_TOKENS + tokens(ask.text) + tokens(ask.instruction) + around
