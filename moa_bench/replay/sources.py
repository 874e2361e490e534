"""The real providers of a setup, as the bench asks them: with its own patience and places."""

from collections.abc import Iterable
from dataclasses import dataclass

from moa_bench.replay.request_cache import RealProvider
from moa_lsp import limits
from moa_lsp.config.prices import is_free
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.errors import ProviderError, ProviderOverloaded, Unreachable
from moa_lsp.providers.base import Provider
from moa_lsp.providers.lazy import LazyProvider
from moa_lsp.providers.policy import Backoff, Breaker
from moa_lsp.runs.runtime_config import RuntimeConfig


@dataclass(frozen=True, slots=True)
class _SingleAttempt(Backoff):
    """No second attempt here: the bench makes them, and each is timed alone."""

    def pause(
        self, error: ProviderError, attempt: int, left: float, chance: float
    ) -> float | None:
        """None at all."""
        del error, attempt, left, chance
        return None


class _WaitingBreaker(Breaker):
    """Never opens: the bench waits for a provider that fails and asks again.

    What an open breaker refuses at once would be missing: one outage of half a minute would take
    the rest of a sweep with it.
    """

    def failed(self, error: ProviderError, now: float, run: object = None) -> None:
        """Take note of what asking again does not mend."""
        if not isinstance(error, Unreachable | ProviderOverloaded):
            super().failed(error, now, run)


def sources_of(runtime: RuntimeConfig, names: Iterable[str]) -> dict[str, RealProvider]:
    """The providers of these names; nothing is asked or opened yet.

    Args:
        runtime: has them; unknown ones are left out.
        names: each is what stands before the slash.

    Raises:
        UsageError: an entry cannot be used.
    """
    catalog = runtime.catalog
    found: dict[str, RealProvider] = {}
    for name in dict.fromkeys(names):
        provider = runtime.providers.get(name)
        if provider is None:
            continue
        entry = catalog.providers.get(name, ProviderEntry(name, ""))
        fim = {
            model: facts.fim
            for model, facts in catalog.settings.models.items()
            if facts.fim is not None and model.startswith(f"{name}/")
        }
        found[name] = RealProvider(
            _really(provider),
            [entry.api, entry.base_url, fim],
            by_task=entry.api == "embedded",
            most=entry.max_concurrency if entry.base_url else limits.PROVIDER_CONCURRENCY,
            unmetered=is_free(entry),
        )
    return found


def _really(provider: Provider) -> Provider:
    """A provider over HTTP without retries and breakers of its own; any other as it is."""
    if not isinstance(provider, LazyProvider):
        return provider
    from moa_lsp.providers.build import build

    made = build(
        provider.name,
        provider.entry,
        provider.environ,
        budgets=provider.budgets,
        fim=provider.fim,
    )
    made.backoff = _SingleAttempt()
    made.breaker = _WaitingBreaker
    return made
