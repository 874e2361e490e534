"""Providers over HTTP that are made when they are first asked for something.

The modules that talk HTTP take a quarter of a second to import; a server that asks no model, or
not yet, never pays for it. The import happens in a thread.
"""

import asyncio
import importlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from moa_lsp.config.apis import SPOKEN_APIS
from moa_lsp.config.mixes import Mix
from moa_lsp.config.settings import ModelFacts, ProviderEntry
from moa_lsp.providers import limits
from moa_lsp.providers.base import Listener, Provider, Reply, Request
from moa_lsp.providers.parameters import Habits

if TYPE_CHECKING:
    from moa_lsp.providers.http import HttpProvider
    from moa_lsp.providers.origin import Origin
    from moa_lsp.providers.policy import RetryBudget

_BUILD = "moa_lsp.providers.build"


@dataclass(slots=True)
class LazyProvider:
    """A provider that is not there yet.

    Attributes:
        entry: what it will be made of.
        environ: where its key and its proxies stand.
        budgets: retries in hand by origin, shared by all providers of one setup.
        fim: what the user says of how its models fill gaps, by bare name.
        habits: what the user says of what its models' servers take, by bare name.
    """

    entry: ProviderEntry
    environ: Mapping[str, str]
    budgets: "dict[Origin, RetryBudget]"
    fim: Mapping[str, str] = field(default_factory=dict)
    habits: Mapping[str, Habits] = field(default_factory=dict)
    _made: "HttpProvider | None" = None
    _used: float = -math.inf

    @property
    def name(self) -> str:
        """What stands before the slash in ``provider/model``."""
        return self.entry.name

    async def answer(self, request: Request, on_delta: Listener) -> Reply:
        """Answer one request.

        Raises:
            ProviderError: the request failed.
            UsageError: the entry cannot be used.
        """
        provider = await self._provider()
        try:
            return await provider.answer(request, on_delta)
        finally:
            self._used = asyncio.get_running_loop().time()

    @property
    def made(self) -> bool:
        """Whether it was asked for anything yet."""
        return self._made is not None

    async def warm(self) -> None:
        """Open a connection ahead of a request, unless one may be there; sends no key."""
        now = asyncio.get_running_loop().time()
        if now - self._used < limits.KEEP_ALIVE_S:
            return
        self._used = now
        await (await self._provider()).warm()

    async def close(self) -> None:
        """Give back connections, if there ever were any; safe to call twice.

        A later request makes the provider anew: on another event loop, if need be.
        """
        made, self._made = self._made, None
        self._used = -math.inf
        if made is not None:
            await made.close()

    async def _provider(self) -> "HttpProvider":
        if self._made is None:
            await asyncio.to_thread(importlib.import_module, _BUILD)
        if self._made is None:  # nothing is awaited between this and the next line
            from moa_lsp.providers.build import build

            self._made = build(
                self.name,
                self.entry,
                self.environ,
                budgets=self.budgets,
                fim=self.fim,
                habits=self.habits,
            )
        return self._made


@dataclass(slots=True)
class ConnectionWarmup:
    """Connections being opened ahead of a run's requests, for as long as the run takes."""

    _work: set["asyncio.Task[None]"] = field(default_factory=set)

    def begin(self, providers: Mapping[str, Provider], mix: Mix) -> None:
        """Begin to open one connection to each provider that will be asked, but not at once.

        The first layer's own requests follow immediately, and are as quick as we; only where the
        provider has yet to be made there is time to win.
        """
        at_once = {agent.model.partition("/")[0] for agent in mix.layers[0].agents}
        for name in dict.fromkeys(model.partition("/")[0] for model in mix.primary_models):
            provider = providers.get(name)
            if isinstance(provider, LazyProvider) and not (name in at_once and provider.made):
                self._work.add(asyncio.create_task(provider.warm()))

    async def end(self) -> None:
        """Leave those that are not open yet."""
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)


def lazy_providers(
    entries: Mapping[str, ProviderEntry],
    environ: Mapping[str, str],
    models: Mapping[str, ModelFacts] = MappingProxyType({}),
) -> dict[str, Provider]:
    """Make a provider of every sound entry whose wire is spoken; opens and imports nothing.

    Args:
        entries: by name.
        environ: where keys and proxies stand.
        models: what the user knows of models, by ``provider/model``.
    """
    budgets: dict[Origin, RetryBudget] = {}
    fim: dict[str, dict[str, str]] = {}
    habits: dict[str, dict[str, Habits]] = {}
    for full, facts in models.items():
        name, _, bare = full.partition("/")
        if facts.fim is not None:
            fim.setdefault(name, {})[bare] = facts.fim
        stated = Habits(facts.system_role, facts.max_tokens_field)
        if stated != Habits():
            habits.setdefault(name, {})[bare] = stated
    return {
        name: LazyProvider(entry, environ, budgets, fim.get(name, {}), habits.get(name, {}))
        for name, entry in entries.items()
        if entry.sound and entry.base_url and entry.api in SPOKEN_APIS
    }
