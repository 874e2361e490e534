"""Which mix does a run use? Pure: everything that was read is in the ``Catalog`` it is given.

Order: what was asked for, else the first matching route, else the settings' mix. ``auto`` is the
first ready mix of ``auto_order`` whose servers on this machine are running, at last ``embedded``.
A mix is ready when this version speaks to every provider that its proposers and its aggregator
name first, and their keys are present.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wcmatch import glob

from moa_lsp.config.fingerprints import NONE, Stamps
from moa_lsp.config.mixes import Mix
from moa_lsp.config.settings import (
    AUTO,
    AUTO_INLINE,
    FALLBACK_MIX,
    INLINE_ORDER,
    ProviderEntry,
    Settings,
    is_local,
)
from moa_lsp.errors import Problem, UsageError
from moa_lsp.syntax.languages import canonical

Scope = Literal["bundled", "user", "workspace"]


@dataclass(frozen=True, slots=True)
class MixEntry:
    """A mix and the file it came from."""

    mix: Mix
    origin: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that files and environment said, read once.

    Attributes:
        mixes: by name; a workspace's mix is named ``name (workspace)``.
        providers: by name, built-in and the user's.
        lacks: by provider, what its key lacks; a provider that is not named lacks nothing.
        apis: the wires that this version speaks.
        listening: providers on this machine where a server was there when files were read; those
            of ``auto_order`` alone are looked for.
        actions_dirs: folders of the user's actions that exist.
        broken: names of mixes that could not be used, with the first problem of each.
        problems: what is wrong in files; a broken file takes no other down.
        warnings: what was ignored, and why; one sentence each.
        sources: files that were read.
        seen: files and folders that decide about all this, as they were just before reading.
        kept: files that are broken now and count as they were when they were good.
    """

    settings: Settings = field(default_factory=Settings)
    mixes: Mapping[str, MixEntry] = field(default_factory=dict)
    providers: Mapping[str, ProviderEntry] = field(default_factory=dict)
    lacks: Mapping[str, str] = field(default_factory=dict)
    apis: frozenset[str] = frozenset()
    listening: frozenset[str] = frozenset()
    actions_dirs: tuple[str, ...] = ()
    broken: Mapping[str, Problem] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    seen: Stamps = field(default_factory=lambda: NONE)
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ResolvedMix:
    """A mix for one run.

    Attributes:
        mix: complete, overrides applied.
        origin: the file it came from.
        missing: what keeps it from being ready, one short reason each; empty when it is.
        by: why this mix: ``requested``, ``route``, ``settings`` or ``auto``.
    """

    mix: Mix
    origin: str
    missing: tuple[str, ...] = ()
    by: Literal["requested", "route", "settings", "auto"] = "requested"

    @property
    def ready(self) -> bool:
        """Whether a run may start."""
        return not self.missing

    @property
    def name(self) -> str:
        """The mix's name."""
        return self.mix.name

    @property
    def hash(self) -> str:
        """The mix's hash."""
        return self.mix.hash


def choose(
    catalog: Catalog, *, action: str, language: str, path: str, requested: str | None = None
) -> ResolvedMix:
    """Pick and resolve the mix for a run.

    Args:
        catalog: what files and environment said.
        action: the action's id.
        language: LSP language identifier.
        path: of the file, below the workspace, with forward slashes; ``""`` when it has none.
        requested: the mix that was asked for by name, ``auto`` and ``None`` included.

    Returns:
        The mix; look at ``missing`` before running it.

    Raises:
        UsageError: there is no mix of that name; lists those that there are.
    """
    name, by = _named(catalog, action, language, path, requested)
    if name != AUTO:
        return _resolved(catalog, find(catalog, name), action, language, by)
    for candidate in (*catalog.settings.auto_order, FALLBACK_MIX):
        entry = catalog.mixes.get(candidate)
        if entry and entry.scope != "workspace":
            resolved = _resolved(catalog, entry, action, language, "auto")
            if resolved.ready and not _silent(catalog, resolved.mix):
                return resolved
    return _resolved(catalog, find(catalog, FALLBACK_MIX), action, language, "auto")


def choose_inline(catalog: Catalog, *, language: str, requested: str | None = None) -> ResolvedMix:
    """Pick and resolve the mix for an inline completion.

    Args:
        catalog: what files and environment said.
        language: LSP language identifier.
        requested: the mix that was asked for by name, ``auto-inline`` and ``None`` included.

    Returns:
        The mix; look at ``missing`` before asking it.

    Raises:
        UsageError: there is no mix of that name.
    """
    name = requested or catalog.settings.inline.mix
    if name not in (AUTO, AUTO_INLINE):
        return _resolved(catalog, find(catalog, name), COMPLETE, language, "requested")
    for candidate in INLINE_ORDER[:-1]:
        entry = catalog.mixes.get(candidate)
        if entry and entry.scope != "workspace":
            resolved = _resolved(catalog, entry, COMPLETE, language, "auto")
            if resolved.ready and not _silent(catalog, resolved.mix):
                return resolved
    return _resolved(catalog, find(catalog, INLINE_ORDER[-1]), COMPLETE, language, "auto")


COMPLETE = "complete"
"""The action that an inline completion is, for overrides of a mix."""


def find(catalog: Catalog, name: str) -> MixEntry:
    """Give the mix of this name.

    Raises:
        UsageError: there is none; says which there are, or why it cannot be used.
    """
    entry = catalog.mixes.get(name)
    if entry:
        return entry
    if name in catalog.broken:
        raise UsageError(f"the mix `{name}` cannot be used: {catalog.broken[name]}")
    names = sorted(catalog.mixes)
    near = difflib.get_close_matches(name, names, n=1)
    meant = f"; did you mean `{near[0]}`?" if near else ""
    raise UsageError(f"there is no mix `{name}`{meant}; there are: {', '.join(names) or 'none'}")


def is_embedded(mix: Mix, providers: Mapping[str, ProviderEntry]) -> bool:
    """Say whether a mix asks no model, not even as a fallback: nothing leaves the process."""
    names = {model.partition("/")[0] for model in mix.models}
    return all(name in providers and providers[name].api == "embedded" for name in names)


def missing(catalog: Catalog, mix: Mix) -> tuple[str, ...]:
    """Say what keeps a resolved mix from being ready, one short reason for each provider.

    Fallbacks need not be ready: they are asked only when others fail.
    """
    names = dict.fromkeys(model.partition("/")[0] for model in mix.primary_models)
    return tuple(reason for name in names if (reason := _lack(catalog, name)))


@dataclass(frozen=True, slots=True)
class Summary:
    """A mix as it is listed to a user.

    Attributes:
        missing: as in ``ResolvedMix``, for a run that no override matches.
    """

    name: str
    description: str
    scope: Scope
    origin: str
    missing: tuple[str, ...]


def summaries(catalog: Catalog) -> list[Summary]:
    """List every mix by name."""
    return [
        Summary(
            name, entry.mix.description, entry.scope, entry.origin, missing(catalog, entry.mix)
        )
        for name, entry in sorted(catalog.mixes.items())
    ]


def _named(
    catalog: Catalog, action: str, language: str, path: str, requested: str | None
) -> tuple[str, Literal["requested", "route", "settings"]]:
    if requested is not None:
        return requested, "requested"
    for route in catalog.settings.routes:
        if (
            route.action in (None, action)
            and (route.language is None or canonical(route.language) == language)
            and (route.path is None or under(path, route.path))
        ):
            return route.mix, "route"
    return catalog.settings.mix, "settings"


def under(path: str, pattern: str) -> bool:
    """Say whether a glob of a route or an exclusion matches a path with forward slashes."""
    flags = glob.GLOBSTAR | glob.DOTGLOB | glob.FORCEUNIX
    return bool(path) and glob.globmatch(path, pattern, flags=flags)


def _resolved(
    catalog: Catalog,
    entry: MixEntry,
    action: str,
    language: str,
    by: Literal["requested", "route", "settings", "auto"],
) -> ResolvedMix:
    mix = entry.mix.resolved(action, language)
    return ResolvedMix(mix, entry.origin, missing(catalog, mix), by)


def _silent(catalog: Catalog, mix: Mix) -> bool:
    """Say whether a mix asks a server on this machine that is not running.

    Such a server needs no key, so that every machine seems ready for it: who names the mix is
    told by the failed connection, ``auto`` goes on to the next mix.
    """
    return bool(_away(catalog, mix))


def _away(catalog: Catalog, mix: Mix) -> list[str]:
    """The servers on this machine that a mix asks and that were not there."""
    names = {model.partition("/")[0] for model in mix.primary_models}
    entries = [catalog.providers[name] for name in sorted(names) if name in catalog.providers]
    return [one.name for one in entries if is_local(one) and one.name not in catalog.listening]


def _lack(catalog: Catalog, name: str) -> str | None:
    provider = catalog.providers.get(name)
    if provider is None:
        return f"no provider `{name}`"
    if not provider.sound:
        return f"{name}: its entry in config.yaml has problems"
    if provider.api not in catalog.apis:
        return f"{name}: this version does not yet speak {provider.api}"
    return f"{name}: {catalog.lacks[name]}" if name in catalog.lacks else None


def not_running(catalog: Catalog, name: str) -> tuple[str, ...]:
    """The servers on this machine that a mix asks and that were not there when files were read.

    Only those of mixes that are chosen by themselves were looked for.
    """
    if name not in (*catalog.settings.auto_order, *INLINE_ORDER):
        return ()
    return tuple(f"{each} is not running" for each in _away(catalog, catalog.mixes[name].mix))


def is_inline(catalog: Catalog, name: str) -> bool:
    """Whether a mix is for inline completion: by its name, or because settings say so."""
    return name.endswith("-inline") or name == catalog.settings.inline.mix
