"""Checks files before they are used: mixes, ``config.yaml`` and actions, for ``mix check``.

A file is known by its shape: ``.md`` is an action; YAML with a mix's keys is a mix; the rest, and
every file named ``config``, is a configuration. Files given together may name each other.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import get_args

from moa_lsp.config import files
from moa_lsp.config.catalog import YAML, bundled_folder, load_catalog
from moa_lsp.config.check_names import settings_faults
from moa_lsp.config.compose import MixSource, compose
from moa_lsp.config.mixes import MixFile
from moa_lsp.config.problems import Fault, inspect, located
from moa_lsp.config.recover import mended
from moa_lsp.config.registry import overlaid
from moa_lsp.config.settings import ProviderEntry, Settings
from moa_lsp.config.strict_yaml import Keys, YamlDocument, load
from moa_lsp.config.values import Reasoning
from moa_lsp.errors import ConfigError, Problem

ReasoningCheck = Callable[[ProviderEntry, str, Reasoning], str | None]
"""Says what a model cannot do of a depth of reasoning."""

DEPTHS: tuple[Reasoning, ...] = get_args(Reasoning)

_MIX_KEYS = frozenset(MixFile.model_fields) - frozenset(Settings.model_fields)


def check_paths(
    paths: Iterable[Path],
    *,
    environ: Mapping[str, str],
    load_action: Callable[[str, str], object],
    config: Path | None = None,
    reasoning: ReasoningCheck = lambda _entry, _model, _depth: None,
) -> list[Problem]:
    """Find every problem of files, and of the files in folders.

    Args:
        paths: files or folders.
        environ: says where the user's own configuration is, whose providers and mixes count.
        load_action: reads an action's text, given its path too; raises ``ConfigError``.
        config: the user's ``config.yaml``, instead of where it is looked for.
        reasoning: says what a provider's model, by bare name, cannot do of a depth.

    Returns:
        Problems in the order of path and line; none of files that were not asked about.
    """
    problems: list[Problem] = []
    found: list[YamlDocument] = []
    for path in _files(paths, problems):
        try:
            text = files.read(path)
            if path.suffix == ".md":
                load_action(text, str(path))
            else:
                found.append(load(text, str(path)))
        except ConfigError as error:
            problems += error.problems
    problems += _yaml_problems(found, environ, config, reasoning)
    return sorted(set(problems))


def _files(paths: Iterable[Path], problems: list[Problem]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside, wrong = files.members(path, (*YAML, ".md"))
        kept = [each for each in inside if each.name.lower() != "readme.md"]
        problems += wrong
        if not kept:
            problems.append(
                Problem(
                    str(path),
                    1,
                    1,
                    "there is no .yaml and no .md file in here: name another folder",
                )
            )
        found += kept
    return list(dict.fromkeys(found))


def _yaml_problems(
    found: list[YamlDocument],
    environ: Mapping[str, str],
    config: Path | None,
    reasoning: ReasoningCheck,
) -> list[Problem]:
    catalog = load_catalog(config=config, environ=environ)
    providers = dict(catalog.providers)
    problems: list[Problem] = []
    configs: list[tuple[YamlDocument, Settings]] = []
    mixes = [loaded for loaded in found if _is_mix(loaded)]
    for loaded in found:
        if loaded in mixes:
            continue
        _, faults = inspect(Settings, loaded.value)
        settings, _, touched = mended(Settings, loaded.value)
        if settings:
            providers, wrong = overlaid(settings, touched, providers)
            faults += wrong
            configs.append((loaded, settings))
        problems += located(faults, loaded)
    done = compose(_sources(mixes, catalog.sources), providers)
    asked = {loaded.path for loaded in mixes}
    problems += [problem for problem in done.problems if problem.path in asked]
    for loaded in mixes:
        faults = [*_reasoning_faults((), loaded.value, providers, reasoning)]
        problems += located(faults, loaded) if not loaded.problems else []
    names = {*done.mixes, *done.broken}
    for loaded, settings in configs:
        # Its own folders of mixes count, as they will when it is in use.
        own = load_catalog(config=Path(loaded.path), environ=environ)
        faults = settings_faults(settings, {*names, *own.mixes, *own.broken}, providers)
        problems += located([one for one in faults if one.keys in loaded.places], loaded)
    return problems


def _reasoning_faults(
    at: Keys, part: object, providers: Mapping[str, ProviderEntry], check: ReasoningCheck
) -> Iterator[Fault]:
    """Look at every agent and step of a raw mix that says how deep it reasons."""
    if isinstance(part, list):
        for number, each in enumerate(part):
            yield from _reasoning_faults((*at, number), each, providers, check)
    if not isinstance(part, dict):
        return
    said, fallbacks = part.get("reasoning"), part.get("fallbacks")
    depth = next((each for each in DEPTHS if each == said), None)
    if depth is not None:
        for model in (part.get("model"), *(fallbacks if isinstance(fallbacks, list) else ())):
            name, _, bare = str(model).partition("/")
            message = check(providers[name], bare, depth) if name in providers else None
            if message is not None:
                yield Fault((*at, "reasoning"), message)
                break
    for key, each in part.items():
        yield from _reasoning_faults((*at, key), each, providers, check)


def _is_mix(loaded: YamlDocument) -> bool:
    if Path(loaded.path).stem == "config":
        return False
    return bool(_MIX_KEYS & loaded.value.keys()) or not loaded.value


def _sources(mixes: list[YamlDocument], known: Iterable[str]) -> list[MixSource]:
    """Give the files asked about, and beside them those of the user and the bundled ones.

    One that is asked about itself is not taken a second time.
    """
    bundled = bundled_folder().resolve()
    asked = {Path(loaded.path).resolve() for loaded in mixes}
    sources = [MixSource(loaded, "user") for loaded in mixes]
    for name in known:
        path = Path(name)
        if path.resolve() in asked:
            continue
        try:
            loaded = load(files.read(path), name)
        except ConfigError:
            continue  # a file that nobody asked about; what needs it says so
        if _is_mix(loaded):
            inside = path.resolve().is_relative_to(bundled)
            sources.append(MixSource(loaded, "bundled" if inside else "user"))
    return sources
