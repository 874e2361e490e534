"""Everything that runs need and that lives longer than one: mixes, actions, providers.

Made from files and environment in one go, off the event loop, and replaced as a whole when they
change; a run keeps the setup it started with. Making one opens no connection but those that look
whether a server on this machine listens.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from moa_lsp.actions.definition import Action
from moa_lsp.actions.library import read_library
from moa_lsp.config.apis import SPOKEN_APIS
from moa_lsp.config.catalog import embedded_catalog, load_catalog
from moa_lsp.config.last_good import LastGoodConfig
from moa_lsp.config.registry import BUILTIN
from moa_lsp.config.resolve import Catalog
from moa_lsp.config.settings import ProviderEntry
from moa_lsp.providers.base import Provider
from moa_lsp.providers.embedded.provider import EmbeddedProvider
from moa_lsp.providers.lazy import lazy_providers
from moa_lsp.providers.local import listens
from moa_lsp.verification.service import VerificationService


@dataclass(frozen=True, slots=True)
class RuntimeConfig:
    """What runs are made of.

    Attributes:
        actions: by id, built-in and the user's.
        providers: by the name that stands before the slash in ``provider/model``.
        accounted: whether runs are written to the user's accounts; not where providers were made
            elsewhere, since nobody pays those.
        stands_in: whether it holds defaults alone, because the user's files are not read yet.
        verification: what running tests keeps from run to run.
    """

    catalog: Catalog
    actions: Mapping[str, Action]
    providers: Mapping[str, Provider] = field(default_factory=dict)
    accounted: bool = False
    stands_in: bool = False
    verification: VerificationService = field(default_factory=VerificationService)

    async def close(self) -> None:
        """Give back what the providers hold; safe to call twice."""
        for provider in self.providers.values():
            await provider.close()


@dataclass(slots=True)
class LastGoodFiles:
    """What outlives a reading of files, for who reads them again and again."""

    catalog: LastGoodConfig = field(default_factory=LastGoodConfig)
    actions: Mapping[str, Action] = field(default_factory=dict)
    verification: VerificationService = field(default_factory=VerificationService)


def load_runtime_config(
    *,
    config: Path | None = None,
    workspace: Path | None = None,
    trusted: bool = False,
    environ: Mapping[str, str] | None = None,
    providers: Mapping[str, Provider] | None = None,
    entries: Mapping[str, ProviderEntry] = MappingProxyType({}),
    remembered: LastGoodFiles | None = None,
    mix_file: Path | None = None,
) -> RuntimeConfig:
    """Read configuration, mixes and actions, and make the providers.

    Args:
        config: a configuration file to read instead of the user's.
        workspace: root of the opened folder, if any.
        trusted: whether the user trusts that folder.
        environ: the environment, by default the process's.
        providers: made elsewhere, by name, for tests and benchmarks.
        entries: what mixes may know of those.
        remembered: of earlier readings; a file that is broken now counts as it was then.
        mix_file: one more mix of the user, which hides another of its name.
    """
    remembered = LastGoodFiles() if remembered is None else remembered
    environ = os.environ if environ is None else environ
    spoken = SPOKEN_APIS | {entry.api for entry in entries.values()}
    catalog = load_catalog(
        config=config,
        workspace=workspace,
        trusted=trusted,
        environ=environ,
        providers={**BUILTIN, **entries},
        apis=spoken,
        listens=listens,
        memory=remembered.catalog,
        mix_file=mix_file,
    )
    library = read_library(catalog.actions_dirs, remembered.actions)
    remembered.actions = library.files
    embedded = EmbeddedProvider()
    reached = lazy_providers(catalog.providers, environ, catalog.settings.models)
    return RuntimeConfig(
        replace(
            catalog,
            problems=catalog.problems + library.problems,
            kept=catalog.kept | library.kept,
        ),
        library.actions,
        {embedded.name: embedded, **reached, **(providers or {})},
        accounted=providers is None,
        verification=remembered.verification,
    )


def default_runtime_config() -> RuntimeConfig:
    """What counts until the user's files are read: the built-in actions, the embedded provider."""
    embedded = EmbeddedProvider()
    catalog = embedded_catalog()
    return RuntimeConfig(
        catalog, read_library((), {}).actions, {embedded.name: embedded}, stands_in=True
    )
