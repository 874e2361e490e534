"""What a run of a mix costs: at most (``worst_case``), or at given numbers of tokens (``as_if``).

Pure but for the price library's data. The worst case is an upper bound, not a forecast: every
agent reads a full prompt and writes up to its bound, every fallback is asked after the one before
was paid for, and no step settles early. A price or bound that is not known makes the whole
unknown; nothing is guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from moa_lsp.config.mixes import Agent, Mix, inner_name
from moa_lsp.config.prices import Tariff, cost, is_free, price_of
from moa_lsp.config.settings import ModelFacts, ProviderEntry, Settings
from moa_lsp.config.steps import ModelRequestStep, asking

Providers = Mapping[str, ProviderEntry]


@dataclass(frozen=True, slots=True)
class Estimate:
    """The cost of one run.

    Attributes:
        usd: ``None`` when it is not known.
        unknown: the models whose price or bound is not known.
    """

    usd: float | None
    unknown: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.usd:
            return "unknown" if self.usd is None else "$0"
        return f"${self.usd:.4f}"


@dataclass(frozen=True, slots=True)
class RequestTokens:
    """Tokens of one request."""

    input: int
    output: int
    cached: int = 0
    stored: int = 0


def worst_case(mix: Mix, settings: Settings, providers: Providers) -> Estimate:
    """Bound the cost of one run of a resolved mix."""
    sheet = _WorstCase(settings, providers)
    sheet.run(mix)
    return sheet.estimate()


def as_if(
    mix: Mix, settings: Settings, providers: Providers, *, prompt: int, answer: int
) -> Estimate:
    """Price one run of a resolved mix in which everything has a given length.

    Every proposer reads ``prompt`` tokens and writes ``answer``; the aggregator reads the prompt
    and all proposals, with no instructions of its own, and writes ``answer``; a step that only
    chooses writes its ``max_tokens``, if that is less. Nobody fails, and no step before the
    aggregator settles.
    """
    sheet = _GivenLengths(settings, providers, prompt, answer)
    sheet.run(mix)
    return sheet.estimate()


class _CostSheet:
    """Adds up the requests of a run; how one request is counted is for the subclasses."""

    dearest = False

    def __init__(self, settings: Settings, providers: Providers) -> None:
        self.settings = settings
        self.providers = providers
        self.usd = 0.0
        self.unknown: list[str] = []

    def estimate(self) -> Estimate:
        if self.unknown:
            return Estimate(None, tuple(dict.fromkeys(self.unknown)))
        return Estimate(self.usd)

    def run(self, mix: Mix, samples: int = 1) -> int:
        """Add ``samples`` runs of a mix; give the tokens of one answer."""
        shown = longest = 0
        for layer in mix.layers:
            below, shown, longest = shown, 0, 0
            for agent in layer.agents:
                seen = below if agent.sees == "previous" else 0
                written = self._agent(mix, agent, seen, samples)
                shown += agent.samples * written
                longest = max(longest, written)
        steps = asking(mix.aggregator)
        for step in steps[:1] if self.stops_at_model else steps:
            longest = max(longest, self.ask(step, shown, samples))
        return longest

    stops_at_model = True

    def _agent(self, mix: Mix, agent: Agent, seen: int, samples: int) -> int:
        """Add the requests of one agent; give the tokens of one of its proposals."""
        name = inner_name(agent.model)
        if name is None:
            return self.ask(agent, seen, samples * agent.samples)
        written = self.run(mix.inner[name], samples * agent.samples)
        return max(written, self.fallbacks(agent, seen, samples * agent.samples))

    def ask(self, asked: Agent | ModelRequestStep, proposals: int, times: int) -> int:
        """Add the requests of one agent or step; give the tokens of one answer."""
        raise NotImplementedError

    def fallbacks(self, asked: Agent, proposals: int, times: int) -> int:
        """Add the requests of an agent's fallbacks alone; give the tokens of one answer."""
        raise NotImplementedError

    def tariff(self, model: str) -> Tariff | None:
        provider = self.providers.get(model.partition("/")[0])
        return price_of(model, provider, self.settings, dearest=self.dearest)


class _WorstCase(_CostSheet):
    dearest = True
    stops_at_model = False

    def ask(self, asked: Agent | ModelRequestStep, proposals: int, times: int) -> int:
        return self._each(asked.models, asked, proposals, times)

    def fallbacks(self, asked: Agent, proposals: int, times: int) -> int:
        return self._each(asked.fallbacks, asked, proposals, times)

    def _each(
        self, models: tuple[str, ...], asked: Agent | ModelRequestStep, proposals: int, times: int
    ) -> int:
        written = 0
        for model in models:
            provider = self.providers.get(model.partition("/")[0])
            if provider and provider.api == "embedded":
                continue  # free, and the length of what it writes has no bound that is known
            facts = self.settings.models.get(model, ModelFacts())
            bounds = [bound for bound in (asked.max_tokens, facts.max_output) if bound]
            free = facts.price is None and provider is not None and is_free(provider)
            tariff = self.tariff(model)
            if not bounds or tariff is None:
                self.unknown += [] if free else [model]
                continue
            prompt = self.settings.context.max_tokens + proposals
            bounded = Tariff(((0, tariff.dearest(prompt)),))
            self.usd += times * cost(bounded, RequestTokens(prompt, min(bounds)))
            written = max(written, min(bounds))
        return written


class _GivenLengths(_CostSheet):
    def __init__(self, settings: Settings, providers: Providers, prompt: int, answer: int) -> None:
        super().__init__(settings, providers)
        self.prompt = prompt
        self.answer = answer

    def ask(self, asked: Agent | ModelRequestStep, proposals: int, times: int) -> int:
        model = asked.models[0]
        written = self.answer
        if not isinstance(asked, Agent) and not asked.writes:
            written = min(written, asked.max_tokens or written)
        tariff = self.tariff(model)
        if tariff is None:
            self.unknown.append(model)
            return written
        self.usd += times * cost(tariff, RequestTokens(self.prompt + proposals, written))
        return written

    def fallbacks(self, asked: Agent, proposals: int, times: int) -> int:
        return 0  # nobody fails
