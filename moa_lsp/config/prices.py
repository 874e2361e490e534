"""What models cost: the user's own figures first, then those of the price library, never a guess.

* A price is unknown (``None``) unless the user states it under ``models:``, the library knows the
  model at this provider's address, or the model runs on this machine, where nobody charges.
* The library is looked up by address, not by the provider's name: a user who sends ``openai`` to
  a gateway pays the gateway.
* It is data in a package: the network is never asked. Its import takes 0.4 s of CPU and 17 MB, so
  it happens in the first look-up that needs it; callers on an event loop let a ``Pricer`` learn
  the models that they will ask about in a thread.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from moa_lsp.config.settings import Price, ProviderEntry, Settings, on_loopback

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice

MILLION = 1_000_000

STORING = 1.25
"""Price of a token that a provider stores, in prices of one that it reads: Anthropic's, for five
minutes (platform.claude.com/docs/en/build-with-claude/prompt-caching)."""

_FREE_SUFFIX = ":free"
_PER_REQUEST = ("requests_kcount",)

_FRAME_TOKENS = 1000
"""Of a request beside its text: the roles of its messages, and what a provider adds to them."""


class TokenCounts(Protocol):
    """What is needed of ``providers.base.Usage``."""

    @property
    def input(self) -> int:
        """Tokens read, kept ones included."""

    @property
    def output(self) -> int:
        """Tokens written."""

    @property
    def cached(self) -> int:
        """Tokens of ``input`` that the provider had kept."""

    @property
    def stored(self) -> int:
        """Tokens of ``input`` that it stored, at a price of its own."""


@dataclass(frozen=True, slots=True)
class Tariff:
    """A model's prices by the size of a request.

    Attributes:
        steps: ``(above, price)`` in rising order, the first one ``(0, …)``; a request with more
            than ``above`` input tokens is charged at ``price`` as a whole.
    """

    steps: tuple[tuple[int, Price], ...]

    def price(self, input_tokens: int) -> Price:
        """Give the price of a request that reads this many tokens."""
        return [price for above, price in self.steps if not above or input_tokens > above][-1]

    def dearest(self, input_tokens: int) -> Price:
        """Give what no request that reads at most this many tokens exceeds."""
        reached = [price for above, price in self.steps if not above or input_tokens > above]
        return _dearest(reached)


FREE = Tariff(((0, Price(input=0, output=0, cached_input=0)),))
"""Of what runs on this machine."""


def cost(tariff: Tariff, usage: TokenCounts) -> float:
    """Give the USD that a request's tokens cost."""
    price = tariff.price(usage.input)
    kept = min(usage.cached, usage.input)
    kept_at = price.input if price.cached_input is None else price.cached_input
    stored = min(usage.stored, usage.input - kept)
    fresh = usage.input - kept + stored * (STORING - 1)
    return (fresh * price.input + kept * kept_at + usage.output * price.output) / MILLION


def price_of(
    model: str,
    provider: ProviderEntry | None,
    settings: Settings,
    *,
    at: datetime | None = None,
    dearest: bool = False,
) -> Tariff | None:
    """Look up a model's prices.

    Args:
        model: ``provider/model``.
        provider: where it is asked; ``None`` when nobody knows.
        settings: their ``models`` win over everything.
        at: the moment of the request, now by default: some prices change with the hour.
        dearest: the dearest hour's prices instead, for a bound.

    Returns:
        ``None`` when the prices are not known.
    """
    facts = settings.models.get(model)
    if facts and facts.price:
        return Tariff(((0, facts.price),))
    if provider is None or not provider.sound:
        return None
    if is_free(provider):
        return FREE
    if not provider.base_url:
        return None
    name = model.partition("/")[2]
    found = _listed(name, provider.base_url)
    if found is None:
        return None
    moment = at or datetime.now(UTC)
    prices = _hourly(found, moment) if dearest else [found.get_prices(moment)]
    tariffs = [_tariff(price, free=name.endswith(_FREE_SUFFIX)) for price in prices]
    known = [tariff for tariff in tariffs if tariff]
    return _joined(known) if known and len(known) == len(tariffs) else None


def is_free(provider: ProviderEntry) -> bool:
    """Say whether a provider is part of this program or of this machine, and charges nothing.

    A gateway on this machine that leads to models that cost money is for the user to price
    (``models:``), who runs it.
    """
    return provider.api == "embedded" or on_loopback(provider)


@dataclass(slots=True)
class Pricer:
    """Prices the usage of requests, for accounting."""

    settings: Settings
    providers: Mapping[str, ProviderEntry]
    _known: dict[str, bool] = field(default_factory=dict)

    def learn(self, models: Iterable[str]) -> None:
        """Look up models that will be asked about; blocks for the first of them."""
        for model in models:
            self._tariff(model)

    def __call__(self, model: str, usage: TokenCounts) -> float | None:
        """Give the USD of one request, ``None`` when the model's price is not known."""
        tariff = self._tariff(model)
        return None if tariff is None else cost(tariff, usage)

    def bound(self, model: str, prompt: int, max_tokens: int | None) -> float | None:
        """Give what one request costs at most, ``None`` when that is not known.

        Args:
            model: ``provider/model``.
            prompt: bytes of its prompt: no tokenizer makes more tokens of them.
            max_tokens: bound on the answer, if the request has one.
        """
        facts = self.settings.models.get(model)
        bounds = [each for each in (max_tokens, facts and facts.max_output) if each]
        tariff = self._tariff(model)
        if tariff is None or not bounds:
            return None
        most = max(prompt + _FRAME_TOKENS, self.settings.context.max_tokens)
        price = tariff.dearest(most)
        return (most * price.input + min(bounds) * price.output) / MILLION

    def _tariff(self, model: str) -> Tariff | None:
        """Look a model up; one that is not listed is not looked for again."""
        if not self._known.get(model, True):
            return None
        provider = self.providers.get(model.partition("/")[0])
        tariff = price_of(model, provider, self.settings)
        self._known[model] = tariff is not None
        return tariff


def _listed(name: str, base_url: str) -> "ModelInfo | None":
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    try:
        provider = snapshot.find_provider(None, None, f"{base_url.rstrip('/')}/")
        return snapshot.find_provider_model(name, provider, None, None)[1]
    except LookupError:
        return None


def _hourly(model: "ModelInfo", moment: datetime) -> "list[ModelPrice]":
    """Give the prices that can apply on this moment's day, whatever the hour.

    The library takes the last entry that applies; one that applies all day ends the list.
    """
    from genai_prices.types import ModelPrice, TimeOfDateConstraint

    if isinstance(model.prices, ModelPrice):
        return [model.prices]
    found: list[ModelPrice] = []
    for entry in reversed(model.prices):
        if isinstance(entry.constraint, TimeOfDateConstraint):
            found.append(entry.prices)
        elif entry.constraint is None or entry.constraint.active(moment):
            return [*found, entry.prices]
    return [*found, model.prices[0].prices]


def _tariff(listed: "ModelPrice", *, free: bool) -> Tariff | None:
    """Turn the library's prices into ours; ``None`` unless tokens alone decide the cost."""
    from genai_prices.types import TieredPrices

    if free and listed.input_mtok is None and listed.output_mtok is None:
        return FREE
    if listed.input_mtok is None or listed.output_mtok is None:
        return None
    if any(getattr(listed, key) is not None for key in _PER_REQUEST):
        return None
    parts = (listed.input_mtok, listed.output_mtok, listed.cache_read_mtok)
    bounds = {0}
    for part in parts:
        if isinstance(part, TieredPrices):
            bounds |= {tier.start for tier in part.tiers}

    def at(part: object, bound: int) -> float | None:
        if not isinstance(part, TieredPrices):
            return None if part is None else float(str(part))
        reached = [tier.price for tier in part.tiers if tier.start <= bound and bound]
        return float(reached[-1] if reached else part.base)

    steps: list[tuple[int, Price]] = []
    for bound in sorted(bounds):
        read, written, kept = (at(part, bound) for part in parts)
        steps.append((bound, Price(input=read or 0.0, output=written or 0.0, cached_input=kept)))
    return Tariff(tuple(steps))


def _joined(tariffs: list[Tariff]) -> Tariff:
    """Take at every size the dearest of several tariffs."""
    bounds = sorted({above for tariff in tariffs for above, _ in tariff.steps})
    steps = [(above, _dearest([one.price(above + 1) for one in tariffs])) for above in bounds]
    return Tariff(tuple(steps))


def _dearest(prices: list[Price]) -> Price:
    kept = [price.cached_input for price in prices]
    known = [price for price in kept if price is not None]
    return Price(
        input=max(price.input for price in prices),
        output=max(price.output for price in prices),
        cached_input=max(known) if len(known) == len(kept) else None,
    )
